package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/report"
	"github.com/tillpos/till/storage"
)

func (s *shell) paymentCommand() *cobra.Command {
	c := &cobra.Command{Use: "payment", Aliases: []string{"payments"}, Short: "Look at payments", RunE: showHelp}
	c.AddCommand(s.paymentList(), s.paymentShow())
	return c
}

func (s *shell) paymentList() *cobra.Command {
	var f pos.Filter
	var since time.Duration
	var losses bool
	c := &cobra.Command{
		Use: "list", Short: "List payments, oldest first",
		Long: "List the journal's payments, oldest first. A running terminal is not disturbed.\n\nWith --json: a list of payments.",
		RunE: func(c *cobra.Command, _ []string) error {
			if losses {
				f.State = pos.StateRejectedLate
			}
			if since > 0 {
				f.Since = time.Now().Add(-since)
			}
			return s.reading(c.Context(), func(ctx context.Context, j *storage.Journal) error {
				found, err := j.List(ctx, f)
				if err != nil {
					return err
				}
				return s.printPayments(found, "there are no payments")
			})
		},
	}
	c.Flags().StringVar(&f.Ref, "ref", "", "only the one with this reference")
	c.Flags().StringVar(&f.Parent, "for", "", "only later payments for this payment id")
	c.Flags().BoolVar(&f.Open, "open", false, "only those whose outcome is not known")
	c.Flags().BoolVar(&losses, "losses", false, "only those that were given out as approved and refused later")
	c.Flags().BoolVar(&f.Newest, "newest", false, "newest first")
	c.Flags().IntVar(&f.Limit, "limit", 0, "at most so many")
	c.Flags().DurationVar(&since, "since", 0, "only those of the last so long, such as 12h")
	return c
}

func (s *shell) paymentShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one payment, by id or reference", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.reading(c.Context(), func(ctx context.Context, j *storage.Journal) error {
				p, err := findPayment(ctx, j, args[0])
				if err != nil {
					return err
				}
				if s.json {
					return printJSON(s.out, s.row(p))
				}
				s.printPayment(p)
				return nil
			})
		},
	}
}

func findPayment(ctx context.Context, j *storage.Journal, name string) (pos.Payment, error) {
	p, err := j.Find(ctx, name)
	if pos.CodeOf(err) != pos.CodeNotFound {
		return p, err
	}
	found, listErr := j.List(ctx, pos.Filter{Ref: name, Limit: 1})
	if listErr != nil || len(found) == 0 {
		return p, err
	}
	return found[0], nil
}

// reading opens the journal beside a running terminal, without its lock, and does something with it.
func (s *shell) reading(ctx context.Context, do func(context.Context, *storage.Journal) error) error {
	cfg, _, found, err := s.load()
	if err != nil {
		return err
	}
	j, err := openReadOnly(ctx, cfg, found)
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, j), j.Close())
}

// openReadOnly opens the journal for looking. Without a configuration it takes the mode the journal was
// born in: looking at it moves no money.
func openReadOnly(ctx context.Context, cfg config.Config, configured bool) (*storage.Journal, error) {
	if _, err := os.Stat(cfg.Journal.Path); errors.Is(err, os.ErrNotExist) {
		return nil, &exitError{exitJournal, "there is no journal at " + cfg.Journal.Path + " yet; the first sale makes it"}
	}
	o := storage.Options{Path: cfg.Journal.Path, KeyFile: cfg.Journal.KeyFile, Live: cfg.Terminal.Live(), ReadOnly: true}
	j, err := storage.Open(ctx, o)
	if !configured && pos.CodeOf(err) == pos.CodeJournalMode {
		o.Live = !o.Live
		j, err = storage.Open(ctx, o)
	}
	return j, err
}

func (s *shell) printPayments(list []pos.Payment, none string) error {
	if s.json {
		return printJSON(s.out, report.Rows(list, s.words().Message))
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, none)
		return nil
	}
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{
			p.Created.Local().Format("01-02 15:04:05"), p.ID, string(p.Kind), string(p.State),
			p.Requested.String(), p.Approved.String(), string(p.Requested.Currency()),
			p.Instrument.Masked, p.Ref,
		})
	}
	printTable(s.out, []string{"WHEN", "ID", "KIND", "STATE", "ASKED", "APPROVED", "", "CARD", "REF"}, rows, map[int]bool{4: true, 5: true})
	return nil
}

func (s *shell) unknownCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "unknown", Short: "Payments whose outcome is not known", RunE: showHelp,
		Long: "Payments that were sent and got no usable answer. A running terminal asks the host about them by itself;\nwhat the host does not know after its whole window needs a person.",
	}
	c.AddCommand(s.unknownList(), s.unknownSettle(), s.unknownRelease(), s.unknownResolve())
	return c
}

func (s *shell) unknownList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List them, oldest first, and whatever else a person should look at",
		Long: "List the payments whose outcome is not known, and the holds that nobody captures: what is the matter, since when, and\nwhat to do. A running terminal is not disturbed.\n\nWith --json: a list of payments; message and next say the same.",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.reading(c.Context(), func(ctx context.Context, j *storage.Journal) error {
				found, err := toSettle(ctx, j)
				if err != nil {
					return err
				}
				if err := s.printPayments(found, "nothing is unknown"); err != nil || s.json {
					return err
				}
				s.sayWhatIs(found)
				s.sayWhatNext(found)
				lost, err := j.List(ctx, pos.Filter{State: pos.StateRejectedLate})
				if err == nil && len(lost) > 0 {
					fmt.Fprintf(s.out, "%d given out as approved and refused later: till payment list --losses\n", len(lost))
				}
				return err
			})
		},
	}
}

// longestDue is later than any look that is planned.
const longestDue = 100 * 24 * time.Hour

// toSettle lists what is not settled, the oldest first.
func toSettle(ctx context.Context, j *storage.Journal) ([]pos.Payment, error) {
	open, err := j.List(ctx, pos.Filter{Open: true})
	if err != nil {
		return nil, err
	}
	planned, err := j.List(ctx, pos.Filter{DueBy: time.Now().Add(longestDue)})
	if err != nil {
		return nil, err
	}
	for _, p := range planned {
		if !p.State.Open() && payment.AlarmOf(p) != nil {
			open = append(open, p)
		}
	}
	slices.SortStableFunc(open, func(a, b pos.Payment) int { return cmp.Compare(a.Seq, b.Seq) })
	return open, nil
}

// sayWhatIs tells of each what is the matter, since when, and what to do.
func (s *shell) sayWhatIs(list []pos.Payment) {
	for _, p := range list {
		what := p.Outcome()
		if alarm := payment.AlarmOf(p); alarm != nil {
			what = alarm
		}
		message, next := s.words().Message(what)
		fmt.Fprintf(s.out, "\n%s  since %s\n  %s\n  %s\n", p.ID, p.Created.Local().Format("2006-01-02 15:04"), message, next)
	}
	if len(list) > 0 {
		fmt.Fprintln(s.out)
	}
}

// sayWhatNext tells what the terminal and what a person does about open payments.
func (s *shell) sayWhatNext(list []pos.Payment) {
	waiting, person := 0, 0
	for _, p := range list {
		switch {
		case p.State == pos.StateNeedsPerson:
			person++
		case p.State.Open():
			waiting++
		}
	}
	if waiting > 0 {
		fmt.Fprintf(s.out, "%d: the terminal asks the host by itself while it runs; `till unknown settle` asks now about those that are due\n", waiting)
	}
	if person > 0 {
		fmt.Fprintf(s.out, "%d: look it up in the host's own report by its REF, then: till unknown resolve ID --state %s --reason TEXT\n", person, strings.Join(decisions(), "|"))
	}
}

// decisions names the states that a person may decide on.
func decisions() []string {
	var names []string
	for _, state := range payment.Decisions() {
		names = append(names, string(state))
	}
	return names
}
