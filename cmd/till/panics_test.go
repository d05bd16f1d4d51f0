package main

import (
	"context"
	"strings"
	"testing"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// TestAPanicBesideTheScreenComesAfterIt: whatever runs beside the screen, its panic ends the screen first and
// comes out of live afterwards.
func TestAPanicBesideTheScreenComesAfterIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	faults := panics{stop: cancel}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		faults.watch(func() { panic("beside") })
	}()
	<-ctx.Done()
	<-ended
	faults.watch(func() { panic("later") })
	defer func() {
		v, _ := recover().(string)
		if !strings.HasPrefix(v, "beside\n") || !strings.Contains(v, "panics_test.go") {
			t.Errorf("panicked with %q", v)
		}
	}()
	faults.again()
	t.Error("the panic is lost")
}

func TestAPanicWhileAnsweringIsAFailure(t *testing.T) {
	stopped := false
	faults := panics{stop: func() { stopped = true }}
	for verb, code := range map[control.Verb]pos.Code{control.Ping: pos.CodeInternal, control.Sale: pos.CodeUnknown, control.Void: pos.CodeUnknown} {
		a := faults.answering(verb, func() control.Answer { panic("boom") })
		if a.Failure == nil || a.Failure.Code != code || !stopped {
			t.Errorf("%s: answered %+v, stopped %v", verb, a, stopped)
		}
	}
	good := panics{stop: func() { t.Error("stopped") }}
	if a := good.answering(control.Sale, func() control.Answer { return control.Answer{} }); a.Failure != nil {
		t.Errorf("answered %+v", a)
	}
	good.again()
}

// brokenPrinter is a device whose driver has a fault of its own.
type brokenPrinter struct{}

func (brokenPrinter) Print(context.Context, pos.Slip) error { panic("the driver broke") }
func (brokenPrinter) Health() pos.Health                    { panic("the driver broke") }

// TestABrokenRegisterEndsTheScreenFirst: the screen is over before the register's panic goes on.
func TestABrokenRegisterEndsTheScreenFirst(t *testing.T) {
	bank := &registertest.Bank{}
	r, err := register.New(register.Config{Payments: bank, History: bank, Printer: brokenPrinter{}, NewSaleID: func() string { return "s" }})
	if err != nil {
		t.Fatal(err)
	}
	over := false
	defer func() {
		if v, _ := recover().(string); !strings.HasPrefix(v, "the driver broke\n") {
			t.Errorf("panicked with %q", v)
		}
		if !over {
			t.Error("the screen was not ended")
		}
	}()
	err = counter(t.Context(), r, func(ctx context.Context) error {
		<-ctx.Done()
		over = true
		return ctx.Err()
	})
	t.Errorf("ended with %v", err)
}
