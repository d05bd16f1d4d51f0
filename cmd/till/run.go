package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/ui"
)

// grace is how long a payment in flight may still take once the terminal was told to stop. After it the
// wait is cut and the payment journaled as unknown.
const grace = 5 * time.Second

func (s *shell) runCommand() *cobra.Command {
	var headless bool
	c := &cobra.Command{
		Use: "run", Short: "Run the terminal: the cashier's screen, or headless for other programs",
		Long: `Run the terminal until it is told to stop. It holds the journal, asks the host about lost answers, and answers
other till commands on the socket till.sock beside the journal.

With --headless there is no screen; one JSON line says when it is ready: {"ready":true,"socket","journal"}.
SIGTERM ends a wait for a card or PIN at once, and lets a payment in flight become durable first.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if !headless && !interactive(s.in, s.out) {
				return usage("there is no screen here; use: till run --headless")
			}
			if err := s.assumeSize(); err != nil {
				return err
			}
			cfg, _, err := s.configured()
			if err != nil {
				return err
			}
			t, err := openTerminal(c.Context(), cfg, options{level: s.level(), needs: deskNeeds{reader: true, pinpad: true, printer: true, aside: !headless}}, s.language())
			if err != nil {
				return err
			}
			if headless {
				err = s.serve(c.Context(), t)
			} else {
				err = s.cashier(c.Context(), t, nil)
			}
			return errors.Join(err, t.Close())
		},
	}
	c.Flags().BoolVar(&headless, "headless", false, "no screen: serve other programs over the socket")
	return c
}

// serve answers on the socket until ctx ends.
func (s *shell) serve(ctx context.Context, t *terminal) error {
	return t.live(ctx, func(ctx context.Context) error {
		ready := struct {
			Ready   bool   `json:"ready"`
			Socket  string `json:"socket"`
			Journal string `json:"journal"`
		}{true, socketPath(t.cfg), t.cfg.Journal.Path}
		if err := printJSON(s.out, ready); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}

// live runs what a terminal does beside its work at the counter - the socket and the queue of unknown
// payments - as long as work runs, and lets everything in flight come to its end.
func (t *terminal) live(ctx context.Context, work func(context.Context) error) error {
	listener, err := control.Listen(socketPath(t.cfg))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, t.stopAsking)()
	faults := panics{stop: stop}
	handle := func(ctx context.Context, r control.Request, gone <-chan struct{}) control.Answer {
		return faults.answering(r.Do, func() control.Answer { return t.Do(ctx, r, gone) })
	}
	var beside sync.WaitGroup
	var served error
	beside.Go(func() {
		faults.watch(func() { served = control.Server{Handle: handle, Grace: grace}.Serve(ctx, listener) })
		stop()
	})
	beside.Go(func() {
		faults.watch(func() {
			if err := t.engine.Run(ctx); err != nil && ctx.Err() == nil {
				t.log.Error("the queue of unknown payments ended", "error", err)
			}
		})
	})
	err = work(ctx)
	stop()
	beside.Wait()
	faults.again()
	return errors.Join(err, served)
}

// cashier shows the screens until the cashier quits or ctx ends.
func (s *shell) cashier(ctx context.Context, t *terminal, extra []ui.Key) error {
	r, err := t.register()
	if err != nil {
		return err
	}
	o := ui.Options{Register: r, ExtraKeys: extra, Words: t.words}
	o.KeyFilter = t.keyFilter()
	return t.live(ctx, func(ctx context.Context) error {
		return counter(ctx, r, func(ctx context.Context) error { return ui.Run(ctx, o) })
	})
}

// counter runs the register for as long as show shows its screens. A payment in flight comes to its end
// before the register does; a panic of the register ends the screens first.
func counter(ctx context.Context, r *register.Register, show func(context.Context) error) error {
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	shown, hide := context.WithCancel(ctx)
	defer hide()
	faults := panics{stop: hide}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		faults.watch(func() { r.Run(run) })
	}()
	defer func() {
		end()
		<-ended
		faults.again()
	}()
	err := show(shown)
	if shown.Err() != nil {
		// The signal is the reason, not a fault of the screen.
		err = nil
	}
	letSendingEnd(r, ended)
	return err
}

// letSendingEnd waits until the host has answered what the cashier sent or the register has ended, at most
// for the grace.
func letSendingEnd(r *register.Register, ended <-chan struct{}) {
	limit := time.NewTimer(grace)
	defer limit.Stop()
	// An intent that no screen offers changes nothing and has the view published anew.
	r.Do(register.Intent{})
	for {
		select {
		case v := <-r.Views():
			if v.Screen != register.ScreenSending {
				return
			}
		case <-ended:
			return
		case <-limit.C:
			return
		}
	}
}

// register makes the workflow of the counter over this terminal.
func (t *terminal) register() (*register.Register, error) {
	c := register.Config{
		Payments: t.engine, History: t.journal, Currency: t.cfg.Terminal.Currency, Now: t.now,
		Policy: register.Policy{Undoing: t.undoing, Surcharge: t.engine.Surcharge, DebitFee: t.engine.DebitFee,
			Tips: t.cfg.Terminal.Industry == "restaurant", Voice: t.engine.Host.Voice != nil}, Alarms: t.engine.Alarms,
		NewSaleID: newToken, Words: t.words, Training: !t.cfg.Terminal.Live(), HostHealth: t.engine.HostHealth,
		Changed: t.changed, Devices: t.devices, Recovered: t.recovered, Audit: t.journal.Audit,
		Shop: t.shop(), Clerk: t.cfg.Terminal.Clerk, PaperWidth: t.cfg.Device.Printer.Columns,
	}
	// A nil *device.Reader in the interface would not be nil.
	if t.reader != nil {
		c.Reader = t.reader
	}
	if t.pinpad != nil {
		c.PINPad = t.pinpad
		most, err := t.cfg.CashbackMax()
		if err != nil {
			return nil, pos.NewError(pos.CodeConfig, "device.pinpad.cashback_max", "the amount cannot be read")
		}
		c.Policy.Cashback = most
	}
	if t.printer != nil {
		c.Printer = t.printer
	}
	if t.display != nil {
		c.Display = t.display
	}
	if t.scanner != nil {
		c.Scanner = codes{t.scanner}
		list, fault := t.cfg.PriceList()
		if fault != nil {
			return nil, fault
		}
		c.Prices = list
	}
	r, err := register.New(c)
	if err != nil {
		return nil, fmt.Errorf("the register: %w", err)
	}
	return r, nil
}
