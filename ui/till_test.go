package ui_test

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/ui"
	"github.com/tillpos/till/ui/robot"
)

var update = flag.Bool("update", false, "write the golden screens")

// Test cards, as they stand on a stripe.
const (
	visa    = ";4111111111111111=49121010000000000?"
	master  = ";5411111111111115=49121010000000000?"
	expired = ";4111111111111111=20121010000000000?"
	chip    = ";4111111111111111=49122010000000000?"
)

// till is a whole terminal with a person, a reader, a printer and a bank.
type till struct {
	*robot.Robot
	t       *testing.T
	bank    *registertest.Bank
	reader  *registertest.Reader
	printer *registertest.Printer
	changed chan struct{}
	ended   chan error
	stop    context.CancelFunc
}

// story runs a test in a bubble with a terminal that is open for business.
func story(t *testing.T, tell func(s *till), with ...func(*register.Config, *ui.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &till{Robot: robot.New(t), t: t, bank: &registertest.Bank{Now: time.Now}, reader: registertest.NewReader(),
			printer: &registertest.Printer{}, changed: make(chan struct{}, 1), ended: make(chan error, 1)}
		config := register.Config{
			Payments: s.bank, History: s.bank, Reader: s.reader, Printer: s.printer, Changed: s.changed, Training: true, Clerk: "ann",
			Shop: receipt.Shop{Name: "Corner Shop"}, NewSaleID: func() string { return "sale" },
			HostHealth: func() pos.Health { return pos.Health{State: pos.DeviceOnline} },
		}
		options := ui.Options{Screen: s.Terminal()}
		for _, f := range with {
			f(&config, &options)
		}
		r, err := register.New(config)
		if err != nil {
			t.Fatal(err)
		}
		options.Register = r
		ctx, cancel := context.WithCancel(t.Context())
		s.stop = cancel
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			r.Run(ctx)
		}()
		go func() { s.ended <- ui.Run(ctx, options) }()
		synctest.Wait()
		tell(s)
		cancel()
		<-closed
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
	})
}

// swipe passes a card; the reader has to be armed.
func (s *till) swipe(track2 string) {
	s.t.Helper()
	if !s.reader.Swipe(registertest.Stripe(track2)) {
		s.t.Fatalf("a card was swiped while the reader was not armed:\n%s", s.Screen())
	}
	synctest.Wait()
}

// wait lets virtual time pass.
func (s *till) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// golden compares the screen with its picture and looks for card numbers on it.
func (s *till) golden(name string) {
	s.t.Helper()
	if screen := s.Screen(); strings.Contains(screen, "1111111111") || strings.Contains(screen, "4912") {
		s.t.Fatal("card data on the screen " + name)
	}
	s.Golden(filepath.Join("..", "testdata", "screens", name+".txt"), *update)
}

func (s *till) host(how func(*pos.Payment)) { s.bank.Script(how, nil, 0) }

func state(to pos.State, failure pos.Code, args ...string) func(*pos.Payment) {
	return func(p *pos.Payment) {
		p.State = to
		if failure != "" {
			p.Failure = pos.NewError(failure, args...)
		}
	}
}
