package register_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// Test cards, as they stand on a stripe.
const (
	good     = ";4111111111111111=49121010000000000?"
	other    = ";5411111111111115=49121010000000000?"
	expired  = ";4111111111111111=99121010000000000?" // in the year 2000 of the bubble's clock
	chip     = ";4111111111111111=49122010000000000?"
	badCheck = ";4111111111111112=49121010000000000?"
)

// till is a register that runs, with doubles around it. The test's goroutine is the cashier.
type till struct {
	t       *testing.T
	r       *register.Register
	bank    *registertest.Bank
	reader  *registertest.Reader
	printer *registertest.Printer
	changed chan struct{}
	audits  chan pos.Event
	last    register.View
	stop    func()
}

func open(t *testing.T, tell func(s *till), with ...func(*register.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &till{t: t, bank: &registertest.Bank{Now: time.Now}, reader: registertest.NewReader(), printer: &registertest.Printer{},
			changed: make(chan struct{}, 1), audits: make(chan pos.Event, 10)}
		sales := 0
		config := register.Config{Payments: s.bank, History: s.bank, Reader: s.reader, Printer: s.printer, Changed: s.changed,
			NewSaleID: func() string { sales++; return "sale" },
			Audit:     func(_ context.Context, e pos.Event) error { s.audits <- e; return nil }}
		for _, f := range with {
			f(&config)
		}
		r, err := register.New(config)
		if err != nil {
			t.Fatal(err)
		}
		s.r = r
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); r.Run(ctx) }()
		stopped := false
		s.stop = func() {
			if !stopped {
				stopped = true
				cancel()
				<-ended
			}
		}
		defer s.stop()
		tell(s)
	})
}

// view is the newest snapshot when everything is idle.
func (s *till) view() register.View {
	synctest.Wait()
	select {
	case s.last = <-s.r.Views():
	default:
	}
	return s.last
}

func (s *till) do(verbs ...register.Verb) register.View {
	for _, v := range verbs {
		s.view()
		s.r.Do(register.Intent{Verb: v})
	}
	return s.view()
}

func (s *till) write(text string) register.View {
	for _, c := range text {
		s.r.Do(register.Intent{Verb: register.VerbType, Rune: c})
		s.view()
	}
	return s.view()
}

// charge types an amount and arms the reader.
func (s *till) charge(amount string) {
	s.t.Helper()
	s.write(amount)
	s.expect(s.do(register.VerbEnter), register.ScreenCard)
}

func (s *till) swipe(track2 string) register.View {
	s.t.Helper()
	return s.pass(registertest.Stripe(track2))
}

func (s *till) pass(c card.Swipe) register.View {
	s.t.Helper()
	synctest.Wait()
	if !s.reader.Swipe(c) {
		s.t.Fatal("a card was swiped while the reader was not armed")
	}
	return s.view()
}

func (s *till) wait(d time.Duration) register.View {
	time.Sleep(d)
	return s.view()
}

func (s *till) expect(v register.View, screen register.Screen) {
	s.t.Helper()
	if v.Screen != screen {
		s.t.Fatalf("the screen is %s, not %s: %q %q", v.Screen, screen, v.Word, v.Message.Happened)
	}
}

func usd(minor int64) money.Amount { return money.New(minor, money.USD) }

// says checks that the view tells the sentence of a code.
func (s *till) says(v register.View, c pos.Code, args ...string) {
	s.t.Helper()
	if want := sentence(pos.NewError(c, args...)); v.Message != want {
		s.t.Errorf("the message is %+v, not %+v", v.Message, want)
	}
}
