package counter

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/host"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/hwsim/scanner"
)

// Config sets a whole counter.
type Config struct {
	Dir     string // sockets, and the host's state
	Seed    uint64
	Profile string // file of the host's profile; empty takes the host's own
}

// Address is where one device of a counter is.
type Address struct {
	URI     string `json:"uri"`
	Control string `json:"control"`
}

// AllReady is what a whole counter says when all of it listens.
type AllReady struct {
	Ready   bool       `json:"ready"`
	Reader  Address    `json:"reader"`
	PINPad  Address    `json:"pinpad"`
	Printer Address    `json:"printer"`
	Display Address    `json:"display"`
	Scanner Address    `json:"scanner"`
	Host    host.Ready `json:"host"`
	PID     int        `json:"pid"`
}

// Counter is a reader, a PIN pad, a printer, a customer display, a scanner and a TrustCommerce host in this process.
type Counter struct {
	Ready   AllReady
	Reader  *reader.Reader
	PINPad  *pinpad.Pad
	Printer *printer.Printer
	Display *display.Display
	Scanner *scanner.Scanner
}

// Start brings a counter up, in g.
func Start(g *hwsim.Group, c Config) (*Counter, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	r, err := reader.New(reader.Config{Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	pad, err := pinpad.New(pinpad.Config{KSN: freshKSN(time.Now()), Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	p, d, s := printer.NewSeeded(c.Seed), display.New(""), scanner.NewSeeded(c.Seed)
	at, err := StartReader(g, r, Place{Socket: filepath.Join(c.Dir, "reader.sock")})
	if err != nil {
		return nil, err
	}
	keys, err := StartPINPad(g, pad, Place{Socket: filepath.Join(c.Dir, "pinpad.sock")})
	if err != nil {
		return nil, err
	}
	paper, err := StartPrinter(g, p, Place{Socket: filepath.Join(c.Dir, "printer.sock")})
	if err != nil {
		return nil, err
	}
	lines, err := StartDisplay(g, d, Place{Socket: filepath.Join(c.Dir, "display.sock")})
	if err != nil {
		return nil, err
	}
	codes, err := StartScanner(g, s, Place{Socket: filepath.Join(c.Dir, "scanner.sock")})
	if err != nil {
		return nil, err
	}
	h, err := startHost(g, c)
	if err != nil {
		return nil, err
	}
	return &Counter{
		Ready: AllReady{true, Address{at.URI, at.Control}, Address{keys.URI, keys.Control}, Address{paper.URI, paper.Control},
			Address{lines.URI, lines.Control}, Address{codes.URI, codes.Control}, h, os.Getpid()},
		Reader: r, PINPad: pad, Printer: p, Display: d, Scanner: s,
	}, nil
}

// freshKSN is the initial key serial number of a pad that nobody has met: a journal takes each key once, so a pad
// that was started anew must not begin where the last one began. The device's number is the second of now.
func freshKSN(now time.Time) string { return fmt.Sprintf("FFFF%010XE00000", now.Unix()) }

func startHost(g *hwsim.Group, c Config) (host.Ready, error) {
	h, err := host.Start(context.Background(), host.Options{
		Name: "trustcommerce", Listen: "127.0.0.1:0", Control: "127.0.0.1:0",
		Profile: c.Profile, StateDir: filepath.Join(c.Dir, "host"), Seed: c.Seed,
	})
	if err != nil {
		return host.Ready{}, err
	}
	g.Go(func(ctx context.Context) error {
		<-ctx.Done()
		return h.Close()
	})
	return h.Ready, nil
}
