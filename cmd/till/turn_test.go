package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// TestASignalIsToldOnlyWhatIsSure: a command that was stopped said that nothing had been sent, because the terminal had not
// journaled the payment yet, or did not answer any more. The card was charged a moment later.
func TestASignalIsToldOnlyWhatIsSure(t *testing.T) {
	for _, c := range []struct {
		name string
		said control.Answer // to the question what is in flight
		code pos.Code
		id   string
	}{
		{"called off", control.Answer{Failure: control.Fail(pos.NewError(pos.CodeCancelled))}, pos.CodeCancelled, ""},
		{"under way, not journaled", control.Answer{Failure: control.Fail(pos.NewError(pos.CodeUnknown))}, pos.CodeUnknown, ""},
		{"nothing is said", control.Answer{}, pos.CodeUnknown, ""},
		{"the journal cannot be read", control.Answer{Failure: control.Fail(pos.NewError(pos.CodeJournalDamaged))}, pos.CodeUnknown, ""},
		{"in flight", control.Answer{Payment: pos.Payment{ID: "p-1", State: pos.StateSending}}, "", "p-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "turn") // short enough for a socket in it
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			var cfg config.Config
			cfg.Journal.Path = filepath.Join(dir, "journal.db")
			listener, err := control.Listen(socketPath(cfg))
			if err != nil {
				t.Fatal(err)
			}
			begun := make(chan struct{})
			ctx, end := context.WithCancel(t.Context())
			served := make(chan struct{})
			go func() {
				defer close(served)
				control.Server{Handle: func(ctx context.Context, r control.Request, gone <-chan struct{}) control.Answer {
					if r.Do == control.Interrupt {
						return c.said
					}
					close(begun)
					<-gone
					return control.Answer{}
				}}.Serve(ctx, listener)
			}()
			defer func() { end(); <-served }()
			client, err := control.Dial(ctx, socketPath(cfg))
			if err != nil {
				t.Fatal(err)
			}
			asked, signal := context.WithCancel(ctx)
			go func() { <-begun; signal() }()
			a := new(shell).overSocket(asked, desk{cfg, client}, control.Request{Do: control.Sale, Token: "s-1"})
			got := pos.Code("")
			if a.Failure != nil {
				got = a.Failure.Code
			}
			if got != c.code || a.Payment.ID != c.id {
				t.Errorf("code %q, payment %q", got, a.Payment.ID)
			}
		})
	}
}

// TestATurnIsCalledOffOrBegins, never both.
func TestATurnIsCalledOffOrBegins(t *testing.T) {
	term := terminalOn(t, hostAlone(t, queueing()), "tclink")
	here := func() *turn { return &turn{stopCard: func() {}} }
	said := func(token string) pos.Code { return pos.CodeOf(term.interrupt(t.Context(), token).Failure.Err()) }
	early := here()
	defer term.track("early", early)()
	if code := said("early"); code != pos.CodeCancelled || early.begin(nil) == nil {
		t.Errorf("what was called off, told with %q, begins", code)
	}
	late := here()
	defer term.track("late", late)()
	if err := late.begin(nil); err != nil || said("late") != pos.CodeUnknown {
		t.Errorf("%v; what may be sent at any moment is told with %q", err, said("late"))
	}
	left := make(chan struct{})
	close(left)
	if here().begin(left) == nil {
		t.Error("a card is charged for somebody who has gone")
	}
	if said("") != pos.CodeUnknown {
		t.Errorf("a request without a name: %q", said(""))
	}

	do := func(r control.Request) pos.Payment {
		t.Helper()
		r.Token = newToken()
		a := term.Do(t.Context(), r, nil)
		if err := a.Failure.Err(); err != nil {
			t.Fatal(err)
		}
		return a.Payment
	}
	sold := do(control.Request{Do: control.Sale, Amount: money.New(3000, money.USD), Card: []byte(`{"pan":"4111111111111111","exp":"1229"}`)})
	do(control.Request{Do: control.Refund, Payment: sold.ID, Amount: money.New(500, money.USD)})
	second := &turn{stopCard: func() {}, payment: sold.ID, begun: true}
	defer term.track("second", second)()
	if a := term.interrupt(t.Context(), "second"); a.Payment.ID != "" || a.Failure == nil {
		t.Errorf("the first refund is told as the second one: %s", a.Payment.State)
	}
}

// TestAStripeOfAChipCardNeedsAgreement, also when a program brings the tracks; and the agreement is journaled.
func TestAStripeOfAChipCardNeedsAgreement(t *testing.T) {
	term := terminalOn(t, hostAlone(t, queueing()), "tclink")
	r := control.Request{Do: control.Sale, Amount: money.New(700, money.USD), Card: []byte(`{"track2":";4111111111111111=49122010000000000?"}`), Token: newToken()}
	if code := pos.CodeOf(term.Do(t.Context(), r, nil).Failure.Err()); code != pos.CodeCardChip {
		t.Errorf("without: %q", code)
	}
	r.Fallback, r.Token = true, newToken()
	if a := term.Do(t.Context(), r, nil); a.Failure != nil || !a.Payment.Instrument.Fallback {
		t.Errorf("with: %+v", a.Failure)
	}
	if e, found, err := term.journal.LastAudit(t.Context(), "override"); err != nil || !found || e.Detail["detail"] == "" {
		t.Errorf("the journal does not know who agreed: %v %v", found, err)
	}
}
