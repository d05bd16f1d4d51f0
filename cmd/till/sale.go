package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/report"
)

// saleFlags are what sale and auth are told.
type saleFlags struct {
	amount, tip, cashback string
	card, ref             string
	timeout               time.Duration
	fallback, again       bool
}

func (s *shell) saleCommand(kind pos.Kind) *cobra.Command {
	var f saleFlags
	c := &cobra.Command{
		Use:   "sale --amount 12.34 --card swipe|stdin",
		Short: "Sell: charge a card",
		Long: `Charge a card for an amount.

The card comes from the terminal's reader (--card swipe) or as one JSON object on standard input
(--card stdin): {"pan","exp":"MMYY","cvv","track1","track2","zip","address1"}. A card number is never taken
from the command line.`,
		Example: `  till sale --amount 12.34 --card swipe
  till sale --amount 12.34 --tip 2.00 --card stdin --json < card.json`,
		RunE: func(c *cobra.Command, _ []string) error { return s.sell(c, kind, f) },
	}
	if kind == pos.KindAuth {
		c.Use, c.Short = "auth --amount 12.34 --card swipe|stdin", "Hold money on a card, to be captured later"
		c.Long, c.Example = "Hold an amount on a card. `till capture ID` takes it, `till reverse ID` gives it back.\n"+
			"The card comes as for `till sale`.", "  till auth --amount 50 --card swipe"
	}
	flags := c.Flags()
	flags.StringVar(&f.amount, "amount", "", "amount to charge, extras included, such as 12.34")
	flags.StringVar(&f.tip, "tip", "", "part of the amount that is a tip")
	flags.StringVar(&f.cashback, "cashback", "", "part of the amount that is given out in cash")
	flags.StringVar(&f.card, "card", "swipe", "where the card comes from: swipe or stdin")
	flags.StringVar(&f.ref, "ref", "", "a reference of your own for the host, at most 30 characters")
	flags.DurationVar(&f.timeout, "timeout", 60*time.Second, "how long to wait for the card")
	flags.BoolVar(&f.fallback, "fallback", false, "take the stripe of a chip card whose chip cannot be read")
	flags.BoolVar(&f.again, "again", false, "charge although the same card paid the same amount a moment ago")
	return c
}

func (s *shell) sell(c *cobra.Command, kind pos.Kind, f saleFlags) error {
	if !c.Flags().Changed("amount") {
		return usage("an amount is needed: --amount 12.34")
	}
	if f.card != "swipe" && f.card != "stdin" {
		return usage("--card is swipe or stdin; a card is never given on the command line")
	}
	if f.timeout <= 0 {
		return usage("--timeout is a time such as 60s")
	}
	d, err := s.desk(c.Context())
	if err != nil {
		return err
	}
	defer d.close()
	r, err := orderRequest(kind, f, d.cfg.Terminal.Currency)
	if err != nil {
		return err
	}
	if f.card == "stdin" {
		if isTerminal(s.in) {
			fmt.Fprintln(s.err, "waiting for the card on standard input, as JSON; Ctrl-C cancels")
		}
		if r.Card, err = readCardJSON(c.Context(), s.in); err != nil {
			return err
		}
		defer clear(r.Card)
		// Judged here too, so that a typing error is told without a terminal.
		credentials, err := parseCard(r.Card, time.Now())
		credentials.Wipe()
		if err != nil {
			return err
		}
	} else if d.client == nil && d.cfg.Device.Reader.URI == "" {
		return pos.NewError(pos.CodeReaderOffline).WithDetail("no reader is configured: device.reader.uri is empty")
	}
	if f.card == "swipe" && !s.json {
		fmt.Fprintf(s.err, "swipe the card now (within %s); Ctrl-C cancels\n", f.timeout)
	}
	return s.request(c.Context(), d, r, deskNeeds{reader: f.card == "swipe", printer: true})
}

// orderRequest checks the amounts of a sale or auth. Tip and cash back are parts of the amount.
func orderRequest(kind pos.Kind, f saleFlags, currency money.Currency) (control.Request, error) {
	r := control.Request{Do: control.Sale, Token: newToken(), Ref: f.ref, Again: f.again, Fallback: f.fallback, CardMS: max(f.timeout.Milliseconds(), 1)}
	if kind == pos.KindAuth {
		r.Do = control.Auth
	}
	limit := largest(currency)
	var err error
	if r.Amount, err = parseAmount(f.amount, currency, limit); err != nil {
		return r, err
	}
	for _, part := range []struct {
		text string
		to   *money.Amount
	}{{f.tip, &r.Tip}, {f.cashback, &r.Cashback}} {
		if part.text == "" {
			continue
		}
		if *part.to, err = parseAmount(part.text, currency, r.Amount); err != nil {
			return r, err
		}
	}
	return r, nil
}

// newToken names a request; it is also the id of the sale.
func newToken() string {
	b := make([]byte, 8)
	rand.Read(b)
	return "s-" + hex.EncodeToString(b)
}

func (s *shell) captureCommand() *cobra.Command {
	return s.followCommand(control.Capture, "capture ID", "Take the money that an auth holds, all or part", true)
}

func (s *shell) voidCommand() *cobra.Command {
	return s.followCommand(control.Void, "void ID", "Undo a payment of the open batch", false)
}

func (s *shell) refundCommand() *cobra.Command {
	return s.followCommand(control.Refund, "refund ID", "Give money of a payment back, all that is left or part", true)
}

func (s *shell) reverseCommand() *cobra.Command {
	return s.followCommand(control.Reverse, "reverse ID", "Give back a hold that was not captured", true)
}

func (s *shell) followCommand(verb control.Verb, use, short string, part bool) *cobra.Command {
	var amount, reason string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		Long:    short + ".\n\nID is a payment's id, as `till payment list` shows it.",
		Example: fmt.Sprintf("  till %s bcdfg-12", verb),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := s.desk(c.Context())
			if err != nil {
				return err
			}
			defer d.close()
			r := control.Request{Do: verb, Token: newToken(), Payment: args[0], Reason: reason}
			if c.Flags().Changed("amount") {
				if r.Amount, err = parseAmount(amount, d.cfg.Terminal.Currency, largest(d.cfg.Terminal.Currency)); err != nil {
					return err
				}
			}
			return s.request(c.Context(), d, r, deskNeeds{printer: true})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why; kept in the journal")
	if part {
		c.Flags().StringVar(&amount, "amount", "", "only this much of it, such as 5.00")
	}
	return c
}

// report prints what came of a request and turns it into the exit code.
func (s *shell) report(a control.Answer) error {
	if a.Failure != nil && a.Payment.ID == "" {
		return a.Failure.Err()
	}
	s.reported = true
	if s.json {
		out := struct {
			report.Payment
			Receipt pos.Code `json:"receipt,omitempty"` // why no receipt came out
		}{Payment: s.row(a.Payment)}
		if a.Receipt != nil {
			out.Receipt = a.Receipt.Code
		}
		if err := printJSON(s.out, out); err != nil {
			return err
		}
	} else {
		s.printPayment(a.Payment)
		if a.Receipt != nil {
			said := s.words().Sentence(asPosError(a.Receipt.Err()))
			said.Title = "receipt: " + said.Title
			printSentence(s.out, said)
		}
	}
	if code, ok := stateExits[a.Payment.State]; ok {
		return &exitError{code, "payment " + a.Payment.ID + " is " + string(a.Payment.State)}
	}
	return nil
}
