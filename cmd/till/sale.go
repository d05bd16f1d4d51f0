package main

import (
	"crypto/rand"
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
	surcharge, fee        string
	card, ref             string
	debit                 bool
	timeout, pinTimeout   time.Duration
	fallback, again       bool
	offlineCode           string
	billingID             string
	manager, reason       string
	balance               bool // of a verify: ask what is left on the card
	bank                  bool // the account on standard input is a bank's
	options               optionFlags
}

func (s *shell) saleCommand(kind pos.Kind) *cobra.Command {
	var f saleFlags
	c := &cobra.Command{
		Use:   "sale --amount 12.34 --card swipe|stdin [--debit]",
		Short: "Sell: charge a card",
		Long: `Charge a card for an amount.

The card comes from the terminal's reader (--card swipe) or as one JSON object on standard input
(--card stdin): {"pan","exp":"MMYY","cvv","track1","track2","zip","address1"}. A card number is never taken
from the command line.

With --debit the customer types the PIN on the terminal's pad after the swipe. Until then nothing is sent: a PIN
that is cancelled or does not come ends with exit code 13, and nobody was charged. --cashback is part of the amount
and opens the drawer; the most is device.pinpad.cashback_max.`,
		Example: `  till sale --amount 12.34 --card swipe
  till sale --amount 12.34 --tip 2.00 --card stdin --json < card.json
  till sale --amount 32.34 --debit --cashback 20.00`,
		RunE: func(c *cobra.Command, _ []string) error { return s.sell(c, kind, f) },
	}
	if kind == pos.KindAuth {
		c.Use, c.Short = "auth --amount 12.34 --card swipe|stdin", "Hold money on a card, to be captured later"
		c.Long, c.Example = "Hold an amount on a card. `till capture ID` takes it, `till reverse ID` gives it back.\n"+
			"The card comes as for `till sale`.", "  till auth --amount 50 --card swipe"
	}
	s.payerFlags(c, &f)
	if kind == pos.KindSale {
		c.Flags().StringVar(&f.offlineCode, "offline-code", "", "a sale that the issuer approved by telephone with this code")
		c.Flags().BoolVar(&f.debit, "debit", false, "a debit: the customer types the PIN on the terminal's pad")
		c.Flags().DurationVar(&f.pinTimeout, "pin-timeout", pinTime, "how long to wait for the PIN")
	}
	f.options.offer(c, "moto")
	flags := c.Flags()
	flags.StringVar(&f.amount, "amount", "", "amount to charge, extras included, such as 12.34")
	flags.StringVar(&f.tip, "tip", "", "part of the amount that is a tip")
	flags.StringVar(&f.cashback, "cashback", "", "part of the amount that is given out in cash")
	flags.StringVar(&f.surcharge, "surcharge", "", "part of the amount for paying with a credit card, where [surcharge] allows it and the customer was told")
	flags.StringVar(&f.fee, "fee", "", "part of the amount for paying with debit and PIN, where device.pinpad.debit_fee allows it")
	flags.BoolVar(&f.again, "again", false, "charge although the same card paid the same amount a moment ago")
	return c
}

// orderVerbs are the requests for the kinds of payment that have no earlier one.
var orderVerbs = map[pos.Kind]control.Verb{
	pos.KindSale: control.Sale, pos.KindAuth: control.Auth, pos.KindVerify: control.Verify, pos.KindRefund: control.Credit,
}

// orderRequest checks the amounts of a new payment; a verify has none. Tip, cash back and the like are parts of the amount.
func orderRequest(kind pos.Kind, f saleFlags, currency money.Currency) (control.Request, error) {
	r := control.Request{
		Do: orderVerbs[kind], Token: newToken(), Ref: f.ref, Again: f.again, Fallback: f.fallback, CardMS: max(f.timeout.Milliseconds(), 1),
		PIN: f.debit, PINMS: f.pinTimeout.Milliseconds(),
		OfflineCode: f.offlineCode, Stored: f.billingID, Bank: f.bank, Manager: f.manager, Reason: f.reason,
	}
	if f.balance {
		r.Do = control.Balance
	}
	if kind == pos.KindVerify {
		return r, nil
	}
	limit := largest(currency)
	var err error
	if r.Amount, err = parseAmount(f.amount, currency, limit); err != nil {
		return r, err
	}
	for _, part := range []struct {
		text string
		to   *money.Amount
	}{{f.tip, &r.Tip}, {f.cashback, &r.Cashback}, {f.surcharge, &r.Surcharge}, {f.fee, &r.Fee}} {
		if part.text == "" {
			continue
		}
		if *part.to, err = parseAmount(part.text, currency, r.Amount); err != nil {
			return r, err
		}
	}
	return r, nil
}

// tokenLetters are the 16 signs of a token, a hexadecimal digit each: none of them a digit, or one token in some two thousand
// would read as a card number to whoever looks for those in the journal.
const tokenLetters = "bcdfghjklmnpqrst"

// newToken names a request; it is also the id of the sale.
func newToken() string {
	var random [8]byte
	rand.Read(random[:])
	out := []byte("s-")
	for _, b := range random {
		out = append(out, tokenLetters[b>>4], tokenLetters[b&15])
	}
	return string(out)
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

func (s *shell) adjustCommand() *cobra.Command {
	return s.followCommand(control.Adjust, "adjust ID --tip 2.00", "Set the tip of a sale or capture of the open batch, where the processor can", false)
}

func (s *shell) incrementCommand() *cobra.Command {
	return s.followCommand(control.Increment, "increment ID --amount 5.00", "Hold more on an auth, where the processor can", true)
}

func (s *shell) followCommand(verb control.Verb, use, short string, part bool) *cobra.Command {
	var amount, reason, tip string
	var options optionFlags
	var card, pin time.Duration // of a debit that is given back
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		Long:    short + ".\n\nID is a payment's id, as `till payment list` shows it.",
		Example: fmt.Sprintf("  till %s bcdfg-12", verb),
		RunE: func(c *cobra.Command, args []string) error {
			if verb == control.Adjust && !c.Flags().Changed("tip") {
				return usage("a tip is needed: --tip 2.00")
			}
			if verb == control.Increment && !c.Flags().Changed("amount") {
				return usage("an amount is needed: --amount 5.00")
			}
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
			if c.Flags().Changed("tip") {
				// Zero is a tip too: it says that there is none.
				if r.Tip, err = parseTip(tip, d.cfg.Terminal.Currency); err != nil {
					return err
				}
			}
			if r.Extra, err = options.extra(d.cfg.Processor.Use); err != nil {
				return err
			}
			if verb == control.Refund {
				r.CardMS, r.PINMS = max(card.Milliseconds(), 1), max(pin.Milliseconds(), 1)
				s.announceDebitRefund(c.Context(), args[0], card)
			}
			return s.request(c.Context(), d, r, deskNeeds{printer: true})
		},
	}
	switch verb {
	case control.Capture:
		c.Flags().StringVar(&tip, "tip", "", "the tip: part of --amount, or on top of what is held without it")
		options.offer(c, "moto", "shipdate")
	case control.Adjust:
		c.Flags().StringVar(&tip, "tip", "", "the tip as it shall be; 0 is a tip too")
	case control.Refund:
		c.Long = short + ".\n\nID is a payment's id, as `till payment list` shows it. A debit is given back to the card that paid it, with a new PIN:\n" +
			"the terminal waits for both. Cash that was paid out with it is not given back."
		c.Flags().DurationVar(&card, "timeout", cardTime, "of a debit: how long to wait for the card")
		c.Flags().DurationVar(&pin, "pin-timeout", pinTime, "of a debit: how long to wait for the PIN")
	}
	c.Flags().StringVar(&reason, "reason", "", "why; kept in the journal")
	switch {
	case verb == control.Increment:
		c.Flags().StringVar(&amount, "amount", "", "so much more, such as 5.00")
	case part:
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
			Receipt pos.Code `json:"receipt,omitempty"`       // why no receipt came out
			Balance *int64   `json:"balance_cents,omitempty"` // left on the card, if the host said so
		}{Payment: s.row(a.Payment)}
		if left := a.Payment.Balance; left.Currency() != "" {
			cents := left.Minor()
			out.Balance = &cents
		}
		if a.Receipt != nil {
			out.Receipt = a.Receipt.Code
		}
		if err := printJSON(s.out, out); err != nil {
			return err
		}
	} else {
		s.printPayment(a.Payment)
		if a.Receipt != nil {
			said := s.words().Sentence(pos.AsError(a.Receipt.Err()))
			said.Title = "receipt: " + said.Title
			printSentence(s.out, said)
		}
	}
	if code, ok := stateExits[a.Payment.State]; ok {
		return &exitError{code, "payment " + a.Payment.ID + " is " + string(a.Payment.State)}
	}
	return nil
}
