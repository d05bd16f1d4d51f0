package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/report"
	"github.com/tillpos/till/pos/words"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func usd(cents int64) money.Amount { return money.New(cents, money.USD) }

func sale() pos.Payment {
	return pos.Payment{
		ID: "7hk2m4qd-42", Ref: "1-260304-Q7KX-42", Seq: 42, Kind: pos.KindSale, State: pos.StateApproved, Sale: "s-9",
		Requested: usd(1234), Approved: usd(1234), Refunded: usd(200), Tip: usd(100),
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111", Brand: card.Visa, Entry: card.EntrySwipe},
		Processor:  "trustcommerce", HostID: "023-0000012345", AuthCode: "123456", AVS: "N", CVV: "M", Batch: 3, Clerk: "anna",
		Created: time.Date(2026, 3, 4, 15, 4, 5, 999, time.FixedZone("", -5*3600)),
	}
}

func TestRowGolden(t *testing.T) {
	unknown := sale()
	unknown.State, unknown.Approved, unknown.Failure = pos.StateUnknown, usd(0), pos.NewError(pos.CodeUnknown).WithDetail("read: timeout")
	partial := sale()
	partial.State, partial.Approved = pos.StatePartial, usd(1000)
	declined := sale()
	declined.State, declined.Approved, declined.Failure = pos.StateDeclined, usd(0), pos.NewError(pos.CodeDeclined, "no funds")
	voided := sale() // the failure stood beside a late answer and is history now
	voided.State, voided.Failure = pos.StateVoided, pos.NewError(pos.CodeConfirmed)
	refund := sale()
	refund.Kind, refund.Parent, refund.Seq = pos.KindRefund, "7hk2m4qd-42", 43
	debit := sale()
	debit.Tip, debit.Cashback, debit.Fee, debit.Surcharge = money.Amount{}, usd(300), usd(50), usd(7)
	for name, p := range map[string]pos.Payment{
		"parts":    debit,
		"approved": sale(), "unknown": unknown, "partial": partial, "declined": declined, "voided": voided,
		"refund": refund, "absent": {State: pos.StateNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.MarshalIndent(report.Row(p, words.New("en").Message), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", append(b, '\n'))
		})
	}
}

func TestRowsOfNothingIsAList(t *testing.T) {
	b, err := json.Marshal(report.Rows(nil, words.New("en").Message))
	if err != nil || !bytes.Equal(b, []byte("[]")) {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestTotalsGolden(t *testing.T) {
	with := func(change func(*pos.Payment)) pos.Payment {
		p := sale()
		change(&p)
		return p
	}
	ps := []pos.Payment{
		sale(),
		with(func(p *pos.Payment) { p.Instrument.Brand = card.Amex; p.State = pos.StateVoided }),
		with(func(p *pos.Payment) { p.Kind = pos.KindVoid; p.Instrument.Brand = card.Amex }),
		with(func(p *pos.Payment) { p.Kind = pos.KindRefund; p.Approved = usd(200) }),
		with(func(p *pos.Payment) { p.State = pos.StateUnknown; p.Approved = usd(0) }),
		with(func(p *pos.Payment) { p.State = pos.StatePartial; p.Approved = usd(1000) }),
		with(func(p *pos.Payment) { p.Kind = pos.KindAuth }),
		with(func(p *pos.Payment) {
			p.Instrument.Kind, p.Instrument.Brand = pos.InstrumentBank, ""
			p.State = pos.StateAccepted
		}),
		with(func(p *pos.Payment) {
			p.Requested, p.Approved = money.New(500, "JPY"), money.New(500, "JPY")
		}),
	}
	totals, err := report.Totals(ps)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(totals, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "totals.json", append(b, '\n'))
}

func TestTotalsOverflow(t *testing.T) {
	p := sale()
	p.Approved = usd(math.MaxInt64)
	if _, err := report.Totals([]pos.Payment{p, p}); !errors.Is(err, money.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestTotalsAddUp: each way to group the payments gives the same sum, which is that of the payments.
func TestTotalsAddUp(t *testing.T) {
	states := []pos.State{pos.StateSending, pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateDeclined,
		pos.StateUnknown, pos.StateVoided, pos.StateCaptured, pos.StateHeld, pos.StateSettled}
	kinds := []pos.Kind{pos.KindSale, pos.KindAuth, pos.KindCapture, pos.KindRefund, pos.KindVoid}
	rapid.Check(t, func(t *rapid.T) {
		var ps []pos.Payment
		var net int64
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			p := pos.Payment{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), State: rapid.SampledFrom(states).Draw(t, "state"),
				Requested: usd(rapid.Int64Range(1, 1e9).Draw(t, "requested")), Approved: usd(rapid.Int64Range(0, 1e9).Draw(t, "approved")),
				Instrument: pos.Instrument{Kind: pos.InstrumentCard, Brand: rapid.SampledFrom([]card.Brand{"", card.Visa, card.JCB}).Draw(t, "brand")},
			}
			ps = append(ps, p)
			net += p.Net().Minor()
		}
		totals, err := report.Totals(ps)
		if err != nil {
			t.Fatal(err)
		}
		if len(ps) == 0 {
			if len(totals) != 0 {
				t.Fatal("nothing has a total")
			}
			return
		}
		s := totals[0]
		if s.NetCents != net || s.Count != len(ps) {
			t.Errorf("net %d of %d payments, want %d of %d", s.NetCents, s.Count, net, len(ps))
		}
		for name, groups := range map[string][]report.Group{"tenders": s.Tenders, "brands": s.Brands, "states": s.States} {
			var got report.Sum
			for _, g := range groups {
				got.Count += g.Count
				got.NetCents += g.NetCents
				got.HeldCents += g.HeldCents
				got.UnknownCents += g.UnknownCents
			}
			if got != s.Sum {
				t.Errorf("%s sum to %+v, want %+v", name, got, s.Sum)
			}
		}
	})
}
