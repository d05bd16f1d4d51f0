package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

func (s *shell) unknownSettle() *cobra.Command {
	return &cobra.Command{
		Use: "settle", Short: "Ask the host now about those that are due",
		Long: "Ask the host once about every unknown payment that is due, and list what is still open. No money is moved by asking.",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.desk(c.Context())
			if err != nil {
				return err
			}
			defer d.close()
			answer, err := s.done(c.Context(), d, control.Request{Do: control.Settle, Token: newToken()}, deskNeeds{})
			if err != nil {
				return err
			}
			if answer.Failure != nil {
				return answer.Failure.Err()
			}
			return s.unknownList().RunE(c, nil)
		},
	}
}

func (s *shell) unknownResolve() *cobra.Command {
	var state, reason string
	c := &cobra.Command{
		Use: "resolve ID --state STATE --reason TEXT", Short: "Say what became of one, with a reason",
		Long: `Record a person's decision on a payment that no machine could settle. Look it up in the host's own report by
its reference first. The decision and the reason are journaled for good.

States: ` + strings.Join(decisions(), ", ") + `.`,
		Example: `  till unknown resolve bcdfg-12 --state not_sent --reason "not in the gateway's report of 22 November"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(decisions(), state) {
				return usage("--state is one of: %s", strings.Join(decisions(), ", "))
			}
			if strings.TrimSpace(reason) == "" {
				return pos.NewError(pos.CodeReasonMissing)
			}
			d, err := s.desk(c.Context())
			if err != nil {
				return err
			}
			defer d.close()
			return s.request(c.Context(), d, control.Request{
				Do: control.Resolve, Token: newToken(), Payment: args[0], State: pos.State(state), Reason: reason,
			}, deskNeeds{})
		},
	}
	c.Flags().StringVar(&state, "state", "", "what became of it: "+strings.Join(decisions(), ", "))
	c.Flags().StringVar(&reason, "reason", "", "why you are sure; kept in the journal")
	return c
}

func (s *shell) unknownRelease() *cobra.Command {
	return &cobra.Command{
		Use: "release ID", Short: "Say that its sale was paid in another way, or given up", Args: cobra.ExactArgs(1),
		Long: `Say that the sale of a payment whose outcome is not known was paid in another way, or given up. If the host turns
out to have the payment, the terminal takes it back: it is voided or refunded, or a person is asked. Take the other
payment only after this command has ended with 0.`,
		Example: "  till unknown release bcdfg-12",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := s.desk(c.Context())
			if err != nil {
				return err
			}
			defer d.close()
			answer, err := s.done(c.Context(), d, control.Request{Do: control.Release, Token: newToken(), Payment: args[0]}, deskNeeds{})
			switch {
			case err != nil:
				return err
			case answer.Failure != nil:
				return answer.Failure.Err()
			case s.json:
				return printJSON(s.out, s.row(answer.Payment))
			}
			s.printPayment(answer.Payment)
			return nil
		},
	}
}

// release gives a payment up whose outcome is not known. What surely stands is voided or refunded instead.
func (t *terminal) release(ctx context.Context, id string) (pos.Payment, error) {
	p, err := t.journal.Find(ctx, id)
	if err != nil {
		return p, err
	}
	if !p.State.Open() {
		return pos.Payment{}, pos.NewError(pos.CodeNotAllowed, "release", string(p.Kind), string(p.State))
	}
	if err := t.engine.Release(ctx, id); err != nil {
		return pos.Payment{}, err
	}
	return t.journal.Find(ctx, id)
}
