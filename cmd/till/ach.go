package main

import (
	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

func (s *shell) achCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "ach", Short: "Payments from bank accounts in the United States", RunE: showHelp,
		Long: "Payments from bank accounts. The bank says only days later whether the money came: until then a payment is accepted,\nand the terminal asks for it.",
	}
	c.AddCommand(s.achSale(), s.achRefund())
	return c
}

func (s *shell) achSale() *cobra.Command {
	f := saleFlags{bank: true}
	c := &cobra.Command{
		Use: "sale --amount 12.34", Short: "Charge a bank account",
		Long: `Charge a bank account for an amount.

The account comes as one JSON object on standard input: {"routing":"9 digits","account","savings":false,"zip",
"address1"}, or is one that the processor keeps (--billing-id). It is never taken from the command line.`,
		Example: "  till ach sale --amount 12.34 --json < account.json",
		RunE: func(c *cobra.Command, _ []string) error {
			f.card = "stdin"
			if f.billingID != "" {
				f.bank, f.options.stored = false, true
			}
			return s.sell(c, pos.KindSale, f)
		},
	}
	s.payerFlags(c, &f)
	// There is no other way than standard input, and no stripe.
	for _, name := range []string{"card", "fallback", "timeout"} {
		c.Flags().MarkHidden(name)
	}
	c.Flags().StringVar(&f.amount, "amount", "", "amount to charge, such as 12.34")
	c.Flags().BoolVar(&f.again, "again", false, "charge although the same account paid the same amount a moment ago")
	f.options.offer(c, "check")
	return c
}

func (s *shell) achRefund() *cobra.Command {
	c := s.followCommand(control.Refund, "refund ID", "Give money of a payment back to the bank account, all that is left or part", true)
	c.Example = "  till ach refund bcdfg-12 --amount 5.00"
	return c
}
