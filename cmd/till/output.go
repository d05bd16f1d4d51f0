package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/report"
	"github.com/tillpos/till/pos/words"
)

// printJSON writes one line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// row is a payment as programs get it.
func (s *shell) row(p pos.Payment) report.Payment { return report.Row(p, s.words().Message) }

// headlines are the words that a person sees first.
var headlines = map[pos.State]string{
	pos.StateApproved: "APPROVED", pos.StatePartial: "APPROVED IN PART", pos.StateAccepted: "ACCEPTED, NOT YET CONFIRMED",
	pos.StateDeclined: "DECLINED", pos.StateRefused: "REFUSED", pos.StateNotSent: "NOT SENT", pos.StateUnknown: "UNKNOWN",
	pos.StateSending: "UNKNOWN", pos.StateReversing: "UNKNOWN", pos.StateNeedsPerson: "NEEDS A PERSON",
	pos.StateConfirmed: "CONFIRMED", pos.StateHeld: "HELD", pos.StateReversed: "REVERSED", pos.StateVoided: "VOIDED",
	pos.StateCaptured: "CAPTURED", pos.StateRejectedLate: "REJECTED LATE",
}

// printPayment tells a person what became of a payment: the word, the money, what next.
func (s *shell) printPayment(p pos.Payment) {
	word, ok := headlines[p.State]
	if !ok {
		word = strings.ToUpper(string(p.State))
	}
	if p.Waiting() {
		word = "OFFLINE APPROVAL"
	}
	amount := p.Requested
	if p.State == pos.StatePartial {
		amount = p.Approved
	}
	fmt.Fprintf(s.out, "%s  %s %s %s\n", word, p.Kind, amount, amount.Currency())
	rows := [][2]string{
		{"card", strings.TrimSpace(p.Instrument.Masked + " " + string(p.Instrument.Brand) + " " + string(p.Instrument.Entry))},
		{"debit", withPIN(p)},
		{"payment", p.ID},
		{"ref", p.Ref},
		{"for", p.Parent},
		{"auth code", p.AuthCode},
		{"host id", p.HostID},
		{"allowed by", p.Manager},
		{"tip", partText(p.Tip)},
		{"cash back", partText(p.Cashback)},
		{"surcharge", partText(p.Surcharge)},
		{"fee", partText(p.Fee)},
	}
	if p.Balance.Currency() != "" {
		rows = append(rows, [2]string{"balance", p.Balance.String() + " " + string(p.Balance.Currency())})
	}
	if p.State == pos.StatePartial {
		rows = append(rows, [2]string{"asked", p.Requested.String() + " " + string(p.Requested.Currency())})
	}
	if !p.Refunded.IsZero() {
		rows = append(rows, [2]string{"refunded", p.Refunded.String() + " " + string(p.Refunded.Currency())})
	}
	printRows(s.out, rows)
	printSentence(s.out, s.words().Sentence(p.Outcome()))
}

func withPIN(p pos.Payment) string {
	if p.Instrument.PIN {
		return "with PIN"
	}
	return ""
}

// partText is a part of an amount, empty if it is nothing.
func partText(a money.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.String() + " " + string(a.Currency())
}

func printRows(w io.Writer, rows [][2]string) {
	for _, r := range rows {
		if r[1] != "" {
			fmt.Fprintf(w, "  %-10s %s\n", r[0], r[1])
		}
	}
}

// printSentence says what happened, where the money is and what to do.
func printSentence(w io.Writer, said words.Sentence) {
	for _, part := range []string{said.Title, said.Money, said.Next} {
		if part != "" {
			fmt.Fprintf(w, "  %s\n", part)
		}
	}
}

// words are those of the command line. Its own texts are English, and programs read its sentences, so
// these are too, whatever the environment says.
func (s *shell) words() *words.Catalog { return words.New(words.English) }

// language gives the words of screens and receipts in the language that the environment asks for.
func (s *shell) language() *words.Catalog {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if language := s.env(name); language != "" {
			return words.New(language)
		}
	}
	return words.New(words.English)
}

// errorJSON is a failure before any payment existed.
type errorJSON struct {
	Error struct {
		Code    pos.Code `json:"code"`
		Message string   `json:"message"`
		Money   string   `json:"money"`
		Next    string   `json:"next"`
		Detail  string   `json:"detail"`
	} `json:"error"`
}

// printError says what went wrong: on standard error for a person, on standard output with --json.
func (s *shell) printError(err error) {
	var known *pos.Error
	if errors.As(err, &known) {
		said := s.words().Sentence(known)
		if s.json {
			var out errorJSON
			out.Error.Code, out.Error.Message, out.Error.Money, out.Error.Next, out.Error.Detail =
				known.Code, said.Title, said.Money, said.Next, known.Detail
			printJSON(s.out, out)
			return
		}
		fmt.Fprintf(s.err, "till: %s\n", said.Title)
		said.Title = ""
		printSentence(s.err, said)
		if known.Detail != "" {
			fmt.Fprintf(s.err, "  (%s)\n", known.Detail)
		}
		return
	}
	if s.json {
		var out errorJSON
		out.Error.Code, out.Error.Message = pos.CodeInternal, err.Error()
		var own *exitError
		if errors.As(err, &own) && own.code == exitUsage {
			out.Error.Code = "usage"
		}
		printJSON(s.out, out)
		return
	}
	fmt.Fprintf(s.err, "till: %s\n", err)
}

// printTable writes aligned columns; the columns listed in right stand to the right.
func printTable(w io.Writer, head []string, rows [][]string, right map[int]bool) {
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, c := range r {
			width[i] = max(width[i], len(c))
		}
	}
	for _, r := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len(c))
			if right[i] {
				c = pad + c
			} else {
				c += pad
			}
			b.WriteString(c + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// parseTip reads an amount that may be zero.
func parseTip(text string, c money.Currency) (money.Amount, error) {
	if a, err := money.Parse(text, c); err == nil && a.IsZero() {
		return a, nil
	}
	return parseAmount(text, c, largest(c))
}

// parseAmount reads an amount from a flag: in major units, more than zero, at most limit.
func parseAmount(text string, c money.Currency, limit money.Amount) (money.Amount, error) {
	a, err := money.Parse(text, c)
	switch {
	case errors.Is(err, money.ErrEmpty):
		return a, pos.NewError(pos.CodeAmountEmpty)
	case errors.Is(err, money.ErrDecimals):
		return a, pos.NewError(pos.CodeAmountDecimals, fmt.Sprint(c.Exponent()))
	case errors.Is(err, money.ErrTooLarge):
		return a, pos.NewError(pos.CodeAmountTooLarge, limit.String())
	case err != nil:
		return a, pos.NewError(pos.CodeAmountSyntax)
	case a.IsNegative():
		return a, pos.NewError(pos.CodeAmountNegative)
	case a.IsZero():
		return a, pos.NewError(pos.CodeAmountZero)
	}
	if over, err := a.Cmp(limit); err != nil || over > 0 {
		return a, pos.NewError(pos.CodeAmountTooLarge, limit.String())
	}
	return a, nil
}

// largest is the most that one payment may be, in any currency: 99,999,999 minor units, the amount
// field of the wires.
func largest(c money.Currency) money.Amount { return money.New(99_999_999, c) }
