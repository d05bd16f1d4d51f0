package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
	"github.com/tillpos/till/ui"
)

// The account that every simulated TrustCommerce host knows.
const (
	demoCustID   = "TestMerchant"
	demoPassword = "password"
)

// demoFlags are what the demo is told.
type demoFlags struct {
	headless bool
	sales    int
	seed     int64
	passing  bool // the data go with the demo
	// A host that already runs elsewhere, instead of the demo's own.
	host simulatedHost
}

func (s *shell) demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use: "demo", Short: "Try it: a till with a simulated reader, PIN pad, printer, display, scanner and host",
		Long: `Start a simulated card reader, PIN pad, receipt printer, customer display, scanner and TrustCommerce host, and open the cashier's screen on them.
F9 swipes a test card, and types its PIN when that is asked for; F8 scans an article. No money moves and no hardware is needed.

With --headless the demo sells by itself: every card brand, debit with a PIN, declines, answers that get lost, bad swipes. Then it
finds out what became of the lost ones and compares its journal with the host's ledger to the cent.`,
		Example: "  till demo\n  till demo --headless --sales 200 --json\n" +
			"  till demo --headless --sales 50 --host 127.0.0.1:8443 --https 127.0.0.1:8443 --ca ca.pem --control 127.0.0.1:8081",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.sales < 1 || f.sales > 100_000 {
				return usage("--sales is a number from 1 to 100000")
			}
			if f.host.Listen != "" && (f.host.Control == "" || f.host.CAFile == "") {
				return usage("--host needs --ca and --control too: they are in the ready line of `hwsim host`")
			}
			return s.demo(c.Context(), f)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.headless, "headless", false, "no screen: sell by itself and compare with the host")
	flags.IntVar(&f.sales, "sales", 20, "how many sales the headless demo makes")
	flags.Int64Var(&f.seed, "seed", 1, "the same seed makes the same sales")
	flags.StringVar(&f.host.Listen, "host", "", "host:port of a simulated host that already runs")
	flags.StringVar(&f.host.HTTPS, "https", "", "its host:port for HTTPS (default: the same)")
	flags.StringVar(&f.host.CAFile, "ca", "", "its certificate authority, a PEM file")
	flags.StringVar(&f.host.Control, "control", "", "its control address")
	return c
}

func (s *shell) demo(ctx context.Context, f demoFlags) (err error) {
	alone := !f.headless && !interactive(s.in, s.out)
	if alone {
		fmt.Fprintln(s.err, "There is no terminal to draw on here, so the demo makes one sale without a screen.")
		f.headless, f.sales = true, 1
	}
	if err := s.assumeSize(); err != nil {
		return err
	}
	// Sockets have short names, so the simulator gets a short folder of its own.
	scratch, err := os.MkdirTemp("", "till-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	f.passing = s.dataDir == "" && (alone || !f.headless)
	data, err := s.demoFolder(scratch, f.passing)
	if err != nil {
		return err
	}
	sim, err := startSimulator(ctx, filepath.Join(scratch, "sim"), f.seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	cfg, err := demoConfig(sim, f.host, data, scratch)
	if err != nil {
		return err
	}
	if f.headless {
		return s.sellAlone(ctx, cfg, sim, f)
	}
	if err := s.demoScreen(ctx, cfg, sim); err != nil {
		return err
	}
	if f.passing {
		fmt.Fprintln(s.out, "The demo is over; nothing of it was kept. With --data-dir DIR it keeps its journal.")
	} else {
		fmt.Fprintf(s.out, "The demo is over. See its payments with: till payment list --data-dir %s\n", data)
	}
	return nil
}

// demoFolder is where the demo's journal goes: the folder that was asked for, one that goes with the
// demo, or one that stays to be looked at.
func (s *shell) demoFolder(scratch string, passing bool) (string, error) {
	switch {
	case s.dataDir != "":
		return filepath.Abs(s.dataDir)
	case passing:
		return filepath.Join(scratch, "data"), nil
	}
	return os.MkdirTemp("", "till-demo-data-")
}

// demoConfig is the configuration of a terminal on simulated hardware.
func demoConfig(sim *simulator, host simulatedHost, data, scratch string) (config.Config, error) {
	if host.Listen == "" {
		host = sim.Host
	}
	if host.HTTPS == "" {
		host.HTTPS = host.Listen
	}
	secret := filepath.Join(scratch, "password")
	if err := os.WriteFile(secret, []byte(demoPassword+"\n"), 0o600); err != nil {
		return config.Config{}, err
	}
	c := config.Default(data)
	c.Terminal.Lane = "DEMO"
	tc := &c.Processor.TrustCommerce
	tc.Hosts = []string{host.Listen}
	tc.QueryURL = "https://" + host.HTTPS + "/query/"
	tc.CAFile, tc.VerifyName = host.CAFile, "localhost"
	tc.CustID, tc.PasswordFile, tc.Demo = demoCustID, secret, true
	c.Device.Reader.URI, c.Device.PINPad.URI, c.Device.Printer.URI = sim.Reader.URI, sim.PINPad.URI, sim.Printer.URI
	c.Device.PINPad.Cashback = "100.00"
	c.Device.Printer.Drawer = "high"
	c.Device.Display.URI, c.Device.Scanner.URI = sim.Display.URI, sim.Scanner.URI
	c.Register.Prices, c.Register.PriceInCode = filepath.Join(scratch, "prices.csv"), true
	if err := os.WriteFile(c.Register.Prices, []byte(demoPrices), 0o600); err != nil {
		return config.Config{}, err
	}
	if faults := c.Check(); len(faults) > 0 {
		return c, faults[0]
	}
	return c, nil
}

// demoSettling finds lost answers while somebody is watching; the simulated host knows them at once.
func demoSettling() *payment.Settling {
	return &payment.Settling{First: time.Second, Every: time.Second, Window: 30 * time.Second}
}

func (s *shell) demoScreen(ctx context.Context, cfg config.Config, sim *simulator) error {
	t, err := openTerminal(ctx, cfg, options{level: s.level(), needs: deskNeeds{reader: true, pinpad: true, printer: true, aside: true}, settling: demoSettling()}, s.language())
	if err != nil {
		return err
	}
	reader := newControlClient(sim.Reader.Control)
	defer reader.close()
	pinpad := newControlClient(sim.PINPad.Control)
	defer pinpad.close()
	scanner := newControlClient(sim.Scanner.Control)
	defer scanner.close()
	return errors.Join(s.cashier(ctx, t, []ui.Key{swipeKey(reader, t.reader.Armed, t.words), pinKey(pinpad), scanKey(scanner, t.words)}), t.Close())
}

// demoCards are the cards that F9 swipes in turn, by the names that the simulated reader knows.
var demoCards = []string{"visa", "mastercard", "amex", "visa-decline", "discover", "diners", "jcb", "unionpay", "maestro", "mastercard-call"}

// armsWithin is more than it takes from the screen that asks for a card to the reader that waits for one.
const armsWithin = 5 * time.Second

// swipeKey draws a test card through the simulated reader, as soon as that waits for one: the screen may be there first, and
// a card that nobody waits for pays nothing.
func swipeKey(reader controlClient, armed func() bool, words *words.Catalog) ui.Key {
	var swiped atomic.Int64
	return ui.Key{
		Screens: []register.Screen{register.ScreenCard}, Key: tcell.KeyF9, Name: "F9", Label: "Swipe a test card",
		Help: "Only in the demo: draw the next test card through the simulated reader.",
		Run: func(ctx context.Context) string {
			limited, cancel := context.WithTimeout(ctx, armsWithin)
			_ = waitFor(limited, armed)
			cancel()
			name := demoCards[int(swiped.Add(1)-1)%len(demoCards)]
			if err := reader.call(ctx, "POST", "/swipe", map[string]string{"card": name}, nil); err != nil {
				return "the simulated reader did not take the card"
			}
			return words.Phrase("swiped the test card {1}", name)
		},
	}
}

// pinKey types the PIN of the test card that the simulated pad asks for.
func pinKey(pinpad controlClient) ui.Key {
	return ui.Key{
		Screens: []register.Screen{register.ScreenPIN}, Key: tcell.KeyF9, Name: "F9", Label: "Type the test PIN",
		Help: "Only in the demo: type the test card's PIN on the simulated pad.",
		Run: func(ctx context.Context) string {
			if err := pinpad.call(ctx, "POST", "/pin", map[string]string{}, nil); err != nil {
				return "the simulated PIN pad did not take the PIN"
			}
			return "typed the test card's PIN"
		},
	}
}

// demoPrices is the price list of the demo's shop, demoCodes what F8 scans in turn: the last one is weighed.
const demoPrices = `code,name,price
4006381333931,Pencil,1.20
96385074,Chewing gum,0.80
036000291452,Tissues,2.50
2112345,Cheese,
`

var demoCodes = []string{"4006381333931", "96385074", "036000291452", "2112345003504"}

// scanKey holds the next article before the simulated scanner.
func scanKey(scanner controlClient, words *words.Catalog) ui.Key {
	var scanned atomic.Int64
	return ui.Key{
		Screens: []register.Screen{register.ScreenAmount, register.ScreenItems, register.ScreenResult}, Key: tcell.KeyF8, Name: "F8", Label: "Scan",
		Help: "Only in the demo: hold the next article before the simulated scanner.",
		Run: func(ctx context.Context) string {
			code := demoCodes[int(scanned.Add(1)-1)%len(demoCodes)]
			if err := scanner.call(ctx, "POST", "/scan", map[string]string{"text": code}, nil); err != nil {
				return "the simulated scanner did not read the code"
			}
			return words.Phrase("scanned {1}", code)
		},
	}
}
