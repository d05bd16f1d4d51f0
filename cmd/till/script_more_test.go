package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// billing sets a variable to the billing id that the last program printed as JSON: billing CARD
func billing(ts *testscript.TestScript, _ bool, args []string) {
	var stored storedJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &stored))
	if stored.BillingID == "" {
		ts.Fatalf("there is no billing id")
	}
	ts.Setenv(args[0], stored.BillingID)
}

// settledPayment waits until a running terminal has found out what became of a payment: settled ID
func settledPayment(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	for {
		ts.Check(ts.Exec("till", "payment", "show", args[0], "--json"))
		var p struct{ State string }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &p))
		switch p.State {
		case "unknown", "sending", "accepted":
		default:
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			ts.Fatalf("the payment is still %s", p.State)
		}
	}
}

// booked wants so many transactions of a reference in the host's ledger: booked 1 REF
func booked(ts *testscript.TestScript, _ bool, args []string) {
	host := newControlClient(worldOf(ts).host.Control)
	defer host.close()
	var l ledger
	ts.Check(host.call(context.Background(), "GET", "/ledger?ref="+url.QueryEscape(args[1]), nil, &l))
	if got := fmt.Sprint(len(l.Transactions)); got != args[0] {
		ts.Fatalf("the host has booked it %s times", got)
	}
}
