package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
	"github.com/tillpos/till/storage"
)

// The ports of the house and what stands behind them here.
var (
	_ payment.Journal   = (*storage.Journal)(nil)
	_ payment.Vault     = (*storage.Journal)(nil)
	_ register.History  = (*storage.Journal)(nil)
	_ register.Payments = (*payment.Engine)(nil)
	_ register.Reader   = (*device.Reader)(nil)
	_ register.PINPad   = (*device.PINPad)(nil)
	_ register.Printer  = (*device.Printer)(nil)
	_ register.Display  = (*device.Display)(nil)
	_ register.Scanner  = codes{}
)

// terminal is everything that sells, opened. Whoever opened it closes it.
type terminal struct {
	cfg       config.Config
	now       func() time.Time
	log       *slog.Logger
	words     *words.Catalog
	journal   *storage.Journal
	engine    *payment.Engine
	accounts  accounts // nil: the processor keeps none
	undoing   register.Undoing
	reader    *device.Reader  // nil: none configured or needed
	pinpad    *device.PINPad  // nil: likewise
	printer   *device.Printer // nil: likewise
	display   *device.Display // nil: likewise
	scanner   *device.Scanner // nil: likewise
	changed   chan struct{}   // a payment changed in the background
	devices   chan struct{}   // a device is otherwise than it was
	recovered []pos.Payment   // found between intent and outcome at the start

	mu       sync.Mutex
	turns    map[string]*turn // requests in flight by token
	stopping bool             // nobody is asked for a card or PIN any more
	closers  []func() error   // in the order of opening
}

// options change how a terminal is put together.
type options struct {
	needs deskNeeds
	level slog.Level // of the log
	// settling replaces the processor's own times of looking for lost answers, for a demo that must
	// not take minutes; nil keeps them.
	settling *payment.Settling
	// window replaces the configured time of the duplicate guard; negative never asks.
	window time.Duration
}

// open opens the terminal for one command.
func (s *shell) open(ctx context.Context, cfg config.Config, needs deskNeeds) (*terminal, error) {
	return openTerminal(ctx, cfg, options{needs: needs, level: s.level()}, s.language())
}

// openTerminal puts the terminal together: journal first, so that a second terminal on the same file
// gets no further; then the processor, the engine with its recovery, and the devices.
func openTerminal(ctx context.Context, cfg config.Config, o options, catalog *words.Catalog) (t *terminal, err error) {
	if ctx.Err() != nil {
		return nil, pos.NewError(pos.CodeCancelled)
	}
	// Opening takes milliseconds and sends nothing. Cut in the middle it would only tell a signal as a
	// damaged journal.
	ctx = context.WithoutCancel(ctx)
	t = &terminal{
		cfg: cfg, now: time.Now, words: catalog,
		changed: make(chan struct{}, 1), devices: make(chan struct{}, 1), turns: map[string]*turn{},
	}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	dir := filepath.Dir(cfg.Journal.Path)
	var logFile io.Closer
	t.log, logFile = newLog(filepath.Join(dir, "till.log"), o.level)
	t.closers = append(t.closers, logFile.Close)

	if t.journal, err = storage.Open(ctx, storage.Options{
		Path: cfg.Journal.Path, KeyFile: cfg.Journal.KeyFile, Live: cfg.Terminal.Live(), Lane: cfg.Terminal.Lane, Now: t.now,
	}); err != nil {
		return t, err
	}
	t.closers = append(t.closers, t.journal.Close)
	if err := t.noteConfiguration(ctx); err != nil {
		return t, err
	}
	if err := t.openEngine(ctx, o); err != nil {
		return t, err
	}
	t.log.Info("opened", "lane", cfg.Terminal.Lane, "mode", cfg.Terminal.Mode, "processor", cfg.Processor.Use, "version", versionText())
	return t, t.openDevices(ctx, o.needs)
}

// noteConfiguration journals that the terminal starts with another configuration than the last time (rule
// T21). What is hashed is what `config show` prints: it names the files of secrets and holds none.
func (t *terminal) noteConfiguration(ctx context.Context) error {
	const what = "configuration"
	sum := sha256.Sum256([]byte(t.cfg.Text(false)))
	// Base32 and short: nothing in it can be taken for a card number.
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
	last, found, err := t.journal.LastAudit(ctx, what)
	if err != nil || found && last.Detail["hash"] == hash {
		return err
	}
	return t.journal.Audit(ctx, pos.Event{
		Kind: pos.EventAudit, At: t.now(), Clerk: t.cfg.Terminal.Clerk, Detail: map[string]string{"what": what, "hash": hash},
	})
}

func (t *terminal) openEngine(ctx context.Context, o options) error {
	build, ok := processors[t.cfg.Processor.Use]
	if !ok {
		return pos.NewError(pos.CodeConfig, "processor.use", "no processor of this build")
	}
	built, err := build(t.cfg, t.log, t.now)
	if err != nil {
		return err
	}
	offline, err := offlineOf(t.cfg)
	if err != nil {
		return err
	}
	host := built.Host
	t.accounts, t.undoing = built.accounts, built.undoing
	if o.settling != nil {
		host.Settling = *o.settling
	}
	surcharge, err := t.cfg.SurchargePolicy()
	if err != nil {
		return pos.NewError(pos.CodeConfig, "surcharge", "it cannot be read")
	}
	fee, err := t.cfg.DebitFee()
	if err != nil {
		return pos.NewError(pos.CodeConfig, "device.pinpad.debit_fee", "the amount cannot be read")
	}
	window := time.Duration(t.cfg.Terminal.DuplicateMinutes) * time.Minute
	if o.window != 0 {
		window = max(o.window, 0)
	}
	t.engine, err = payment.New(payment.Config{
		Journal: t.journal, Vault: t.journal, Host: host, Position: t.journal.Position(),
		Lane: t.cfg.Terminal.Lane, Currency: t.cfg.Terminal.Currency, Now: t.now, Log: t.log,
		DuplicateWindow: window, FingerprintKey: t.journal.FingerprintKey(), Changed: t.changed, Offline: offline,
		Surcharge: surcharge, DebitFee: fee,
	})
	if err != nil {
		return pos.NewError(pos.CodeConfig, "terminal", "the payment engine refuses it").Because(err)
	}
	if t.recovered, err = t.engine.Recover(ctx); err != nil {
		return err
	}
	if len(t.recovered) > 0 {
		t.log.Warn("payments found between intent and outcome", "count", len(t.recovered))
	}
	return nil
}

// offlineOf is what the merchant lets the terminal approve alone; nil if nothing.
func offlineOf(cfg config.Config) (*payment.Offline, error) {
	o := cfg.Offline
	if !o.Enabled {
		return nil, nil
	}
	perSale, total, err := cfg.Limits()
	if err != nil {
		return nil, pos.NewError(pos.CodeConfig, "offline", "an amount cannot be read")
	}
	out := &payment.Offline{PerSale: perSale, Total: total, Count: o.Count, Age: time.Duration(o.AgeHours) * time.Hour}
	for _, b := range o.Brands {
		out.Brands = append(out.Brands, card.Brand(b))
	}
	return out, nil
}

func (t *terminal) openDevices(ctx context.Context, needs deskNeeds) (err error) {
	if u := t.cfg.Device.Reader; needs.reader && u.URI != "" {
		if t.reader, err = device.OpenReader(ctx, u.URI, u.Driver, device.Options{Now: t.now, Changed: t.devices}); err != nil {
			return err
		}
		t.closers = append(t.closers, t.reader.Close)
	}
	if u := t.cfg.Device.PINPad; needs.pinpad && u.URI != "" {
		set := u.Settings()
		if set.After, err = t.lastKSN(ctx); err != nil {
			return err
		}
		if t.pinpad, err = device.OpenPINPad(ctx, u.URI, u.Driver, set, device.Options{Now: t.now, Changed: t.devices}); err != nil {
			return err
		}
		t.closers = append(t.closers, t.pinpad.Close)
	}
	if u := t.cfg.Device.Printer; needs.printer && u.URI != "" {
		o := printerOptions(u)
		o.Now, o.Changed = t.now, t.devices
		if t.printer, err = device.OpenPrinter(ctx, u.URI, u.Driver, o); err != nil {
			return err
		}
		t.closers = append(t.closers, t.printer.Close)
	}
	if u := t.cfg.Device.Display; needs.aside && u.URI != "" {
		if t.display, err = device.OpenDisplay(ctx, u.URI, u.Driver, device.Options{Now: t.now, Changed: t.devices}); err != nil {
			return err
		}
		t.closers = append(t.closers, t.display.Close)
	}
	if u := t.cfg.Device.Scanner; needs.aside && u.URI != "" {
		if t.scanner, err = device.OpenScanner(ctx, u.URI, u.Driver, device.Options{Now: t.now, Changed: t.devices}); err != nil {
			return err
		}
		t.closers = append(t.closers, t.scanner.Close)
	}
	return nil
}

// printerOptions are what the configuration says of a printer.
func printerOptions(p config.Printer) device.Options {
	return device.Options{Columns: p.Columns, CodePage: p.CodePage, Drawer: escpos.DrawerSwitch(p.Drawer)}
}

// codes are what a scanner reads, without what kind of code it was.
type codes struct{ *device.Scanner }

func (c codes) Next(ctx context.Context) (string, error) {
	scan, err := c.Scanner.Next(ctx)
	return scan.Text, err
}

// shop is the head of the receipts.
func (t *terminal) shop() receipt.Shop {
	return receipt.Shop{Name: t.cfg.Shop.Name, Address: t.cfg.Shop.Address, Phone: t.cfg.Shop.Phone}
}

// Close closes everything in the reverse order of opening.
func (t *terminal) Close() error {
	var all []error
	for i := len(t.closers) - 1; i >= 0; i-- {
		all = append(all, t.closers[i]())
	}
	t.closers = nil
	return errors.Join(all...)
}
