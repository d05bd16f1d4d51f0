package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

// payerFlags are the flags that say who pays with what.
func (s *shell) payerFlags(c *cobra.Command, f *saleFlags) {
	flags := c.Flags()
	flags.StringVar(&f.card, "card", "swipe", "where the card comes from: swipe or stdin")
	flags.StringVar(&f.billingID, "billing-id", "", "an account that the processor keeps, instead of a card; see `till vault`")
	flags.StringVar(&f.ref, "ref", "", "a reference of your own for the host, at most 30 characters")
	flags.DurationVar(&f.timeout, "timeout", 60*time.Second, "how long to wait for the card")
	flags.BoolVar(&f.fallback, "fallback", false, "take the stripe of a chip card whose chip cannot be read")
}

// sell leads a new payment from the command line to its outcome.
func (s *shell) sell(c *cobra.Command, kind pos.Kind, f saleFlags) error {
	if kind != pos.KindVerify && !c.Flags().Changed("amount") {
		return usage("an amount is needed: --amount 12.34")
	}
	if f.card != "swipe" && f.card != "stdin" {
		return usage("--card is swipe or stdin; a card is never given on the command line")
	}
	if f.billingID != "" && c.Flags().Changed("card") {
		return usage("--billing-id pays instead of a card; give one of them")
	}
	if f.timeout <= 0 || f.debit && f.pinTimeout <= 0 {
		return usage("--timeout and --pin-timeout are times such as 60s")
	}
	if f.debit && (f.card != "swipe" || f.billingID != "" || f.offlineCode != "") {
		return usage("--debit takes a card from the terminal's reader and is approved by the host: --card swipe alone")
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
	if r.Extra, err = f.options.extra(d.cfg.Processor.Use); err != nil {
		return err
	}
	swipe := f.billingID == "" && f.card == "swipe"
	switch {
	case f.billingID != "":
	case f.card == "stdin":
		if err := s.readPayer(c.Context(), &r); err != nil {
			return err
		}
		defer clear(r.Card)
	case d.client == nil && d.cfg.Device.Reader.URI == "":
		return pos.NewError(pos.CodeReaderOffline).WithDetail("no reader is configured: device.reader.uri is empty")
	case f.debit && d.client == nil && d.cfg.Device.PINPad.URI == "":
		return noPINPad()
	}
	s.announceCard(swipe, f.debit, f.timeout)
	return s.request(c.Context(), d, r, deskNeeds{reader: swipe, pinpad: f.debit, printer: true})
}

// readPayer takes a card or bank account from standard input into the request. The caller wipes it.
func (s *shell) readPayer(ctx context.Context, r *control.Request) (err error) {
	if isTerminal(s.in) {
		fmt.Fprintln(s.err, "waiting for the card on standard input, as JSON; Ctrl-C cancels")
	}
	if r.Card, err = readCardJSON(ctx, s.in); err != nil {
		return err
	}
	// Judged here too, so that a typing error is told without a terminal.
	var credentials pos.Credentials
	if r.Bank {
		credentials, err = parseBank(r.Card)
	} else {
		credentials, err = parseCard(r.Card, time.Now())
	}
	credentials.Wipe()
	if err != nil {
		clear(r.Card)
	}
	return err
}

func (s *shell) verifyCommand() *cobra.Command {
	var f saleFlags
	c := &cobra.Command{
		Use: "verify --card swipe|stdin", Short: "Ask whether a card or stored account is good; no money moves",
		Long:    "Ask the host whether a card or stored account is good. No money moves. The card comes as for `till sale`;\nwith zip and address1 the answer says how they match (avs).",
		Example: "  till verify --card stdin --json < card.json\n  till verify --billing-id A12345",
		RunE:    func(c *cobra.Command, _ []string) error { return s.sell(c, pos.KindVerify, f) },
	}
	s.payerFlags(c, &f)
	f.options.offer(c)
	return c
}

func (s *shell) balanceCommand() *cobra.Command {
	f := saleFlags{balance: true}
	c := &cobra.Command{
		Use: "balance --card swipe|stdin", Short: "Ask what is left on a card, where the processor can; no money moves",
		Long:    "Ask the host what is left on a card. No money moves. The card comes as for `till sale`; with --json the answer\nis balance_cents beside the payment.",
		Example: "  till balance --card swipe",
		RunE:    func(c *cobra.Command, _ []string) error { return s.sell(c, pos.KindVerify, f) },
	}
	s.payerFlags(c, &f)
	return c
}

func (s *shell) creditCommand() *cobra.Command {
	var f saleFlags
	c := &cobra.Command{
		Use: "credit --amount 5.00 --card swipe|stdin --manager NAME --reason TEXT", Short: "Give money to a card without an earlier payment",
		Long: "Give money to a card or stored account for no earlier payment of this journal. `till refund ID` is the safer way.\n" +
			"Who allowed it and why are journaled for good. The card comes as for `till sale`.",
		RunE: func(c *cobra.Command, _ []string) error {
			if strings.TrimSpace(f.manager) == "" {
				return pos.NewError(pos.CodeNotPermitted).WithDetail("--manager says who allowed it")
			}
			if strings.TrimSpace(f.reason) == "" {
				return pos.NewError(pos.CodeReasonMissing)
			}
			return s.sell(c, pos.KindRefund, f)
		},
	}
	s.payerFlags(c, &f)
	f.options.offer(c)
	c.Flags().StringVar(&f.amount, "amount", "", "amount to give, such as 5.00")
	c.Flags().StringVar(&f.manager, "manager", "", "who allowed it")
	c.Flags().StringVar(&f.reason, "reason", "", "why; kept in the journal")
	return c
}
