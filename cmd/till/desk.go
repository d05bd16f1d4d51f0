package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

// afterSignal is how long a command still waits for its payment's answer once it was told to stop.
const afterSignal = time.Second

// deskNeeds says which devices a command needs when it has to open the terminal itself.
type deskNeeds struct {
	reader, pinpad, printer bool
	aside                   bool // customer display and scanner: they are of use on the cashier's screen only
}

// socketPath is where a terminal that runs on this journal listens.
func socketPath(cfg config.Config) string {
	return filepath.Join(filepath.Dir(cfg.Journal.Path), "till.sock")
}

// desk is where requests go: to the terminal that runs on the journal, or to one opened for this command.
type desk struct {
	cfg    config.Config
	client *control.Client // nil: no terminal runs
}

// desk looks whether a terminal runs on the configured journal. If none does the configuration must be
// whole, because this command has to open the terminal itself.
func (s *shell) desk(ctx context.Context) (desk, error) {
	cfg, _, _, err := s.load()
	if err != nil {
		return desk{}, err
	}
	client, err := control.Dial(ctx, socketPath(cfg))
	switch {
	case err == nil:
		return desk{cfg, client}, nil
	case !errors.Is(err, control.ErrNobody):
		return desk{}, pos.NewError(pos.CodeCancelled)
	}
	cfg, _, err = s.configured()
	return desk{cfg, nil}, err
}

// close gives up the connection if it was not used.
func (d desk) close() {
	if d.client != nil {
		d.client.Close()
	}
}

// request has one thing done and prints what came of it.
func (s *shell) request(ctx context.Context, d desk, r control.Request, needs deskNeeds) error {
	answer, err := s.done(ctx, d, r, needs)
	if err != nil {
		return err
	}
	if err := s.report(answer); err != nil {
		return err
	}
	if p := answer.Payment; (r.Do == control.Sale || r.Do == control.Auth) && takenBack(p) {
		return &exitError{exitDeclined, "payment " + p.ID + " was taken back"}
	}
	return nil
}

// takenBack says that a new payment came to nothing although the host had approved a part of it: it is not done.
func takenBack(p pos.Payment) bool {
	switch p.State {
	case pos.StateVoided, pos.StateReversed, pos.StateHeld:
		return true
	}
	return p.GivenBack()
}

// done has one thing done.
func (s *shell) done(ctx context.Context, d desk, r control.Request, needs deskNeeds) (control.Answer, error) {
	if d.client != nil {
		return s.overSocket(ctx, d, r), nil
	}
	t, err := s.open(ctx, d.cfg, needs)
	if err != nil {
		return control.Answer{}, err
	}
	for _, p := range t.recovered {
		fmt.Fprintf(s.err, "till: payment %s was cut off in an earlier run; see: till unknown list\n", p.ID)
	}
	answer := t.Do(ctx, r, nil)
	if err := t.Close(); err != nil {
		fmt.Fprintln(s.err, "till: closing the terminal:", err)
	}
	return answer, nil
}

// overSocket waits for the running terminal's answer. A signal does not cut a payment short: the
// terminal is asked to stop waiting for a card, and what is in flight is reported with its id.
func (s *shell) overSocket(ctx context.Context, d desk, r control.Request) control.Answer {
	answered := make(chan control.Answer, 1)
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() { answered <- d.client.Do(work, r) }()
	defer stop()
	select {
	case a := <-answered:
		return a
	case <-ctx.Done():
	}
	inFlight := interrupt(work, d.cfg, r)
	timer := time.NewTimer(afterSignal)
	defer timer.Stop()
	select {
	case a := <-answered:
		return a
	case <-timer.C:
	}
	stop()
	cut := <-answered
	switch {
	case r.Do == control.Account:
		return cut // there is no payment to tell of, and the change may have been sent
	case inFlight.Payment.ID != "", inFlight.Failure != nil && inFlight.Failure.Code == pos.CodeCancelled:
		return inFlight
	case r.Do == control.Settle:
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeCancelled))}
	}
	// Nobody has said that nothing is sent: the terminal may be at it, or be gone with it.
	return cut
}

// interrupt asks the running terminal to call a request off, and what of it is in flight.
func interrupt(ctx context.Context, cfg config.Config, r control.Request) control.Answer {
	ctx, cancel := context.WithTimeout(ctx, afterSignal)
	defer cancel()
	client, err := control.Dial(ctx, socketPath(cfg))
	if err != nil {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeUnknown))}
	}
	return client.Do(ctx, control.Request{Do: control.Interrupt, Token: r.Token})
}
