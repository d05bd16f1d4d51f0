package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

func TestPlanHasTheMix(t *testing.T) {
	for _, n := range []int{12, 13, 25, 33, 40, 200, 1000} {
		cards, lost, unbooked, declined, debit := map[string]int{}, 0, 0, 0, 0
		amounts := map[int64]bool{}
		for _, p := range planSales(n, 7) {
			cards[p.card]++
			if p.debit {
				debit++
			}
			if p.fault != "" {
				lost++
			}
			if p.fault == "drop_before_book" {
				unbooked++
			}
			for _, d := range declinedCards {
				if p.card == d {
					declined++
				}
			}
			if amounts[p.amount] || p.amount <= 0 {
				t.Errorf("%d sales: an amount twice or none", n)
			}
			amounts[p.amount] = true
		}
		for _, c := range goodCards {
			if cards[c] == 0 {
				t.Errorf("%d sales: no %s", n, c)
			}
		}
		if debit == 0 || debit*5 > n {
			t.Errorf("%d sales: %d with a PIN", n, debit)
		}
		// What was lost before the host booked it is still unknown when the demo ends.
		if declined*10 < n || unbooked*50 < n || (lost-unbooked)*50 < n {
			t.Errorf("%d sales: %d declines, %d lost answers, %d of them never booked", n, declined, lost, unbooked)
		}
	}
	one := planSales(1, 7)
	if len(one) != 1 || one[0].card != "visa" || one[0].fault != "" || one[0].bad != nil || one[0].debit {
		t.Errorf("one sale: %+v", one)
	}
}

func TestPlanFollowsTheSeed(t *testing.T) {
	compare := cmp.AllowUnexported(plannedSale{})
	if !cmp.Equal(planSales(50, 3), planSales(50, 3), compare) {
		t.Error("one seed, two plans")
	}
	if cmp.Equal(planSales(50, 3), planSales(50, 4), compare) {
		t.Error("two seeds, one plan")
	}
}

func TestCompare(t *testing.T) {
	paid := func(ref string, s pos.State, cents int64) pos.Payment {
		p := pos.Payment{Ref: ref, Kind: pos.KindSale, State: s, Requested: money.New(cents, money.USD)}
		if s.Succeeded() {
			p.Approved = p.Requested
		}
		return p
	}
	payments := []pos.Payment{
		paid("a", pos.StateApproved, 100), paid("b", pos.StateDeclined, 200), paid("c", pos.StateConfirmed, 300),
		paid("d", pos.StateNeedsPerson, 400), paid("e", pos.StateNotSent, 500), paid("f", pos.StateRefused, 600),
	}
	for _, row := range []struct {
		name   string
		booked []ledgerRow
		off    int64
		equal  bool
	}{
		{"equal", []ledgerRow{{Ref: "a", NetCents: 100}, {Ref: "b"}, {Ref: "c", NetCents: 300}}, 0, true},
		{"the host lacks one", []ledgerRow{{Ref: "a", NetCents: 100}}, 300, false},
		{"booked twice", []ledgerRow{{Ref: "a", NetCents: 100}, {Ref: "a", NetCents: 100}, {Ref: "c", NetCents: 300}}, -100, false},
		{"a stranger", []ledgerRow{{Ref: "a", NetCents: 100}, {Ref: "c", NetCents: 300}, {Ref: "x", NetCents: 7}}, -7, false},
		{"the right sum under wrong references", []ledgerRow{{Ref: "a", NetCents: 300}, {Ref: "c", NetCents: 100}}, 0, false},
		{"what waits for a person was booked", []ledgerRow{{Ref: "a", NetCents: 100}, {Ref: "c", NetCents: 300}, {Ref: "d", NetCents: 400}}, -400, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := compare(payments, row.booked)
			if r.DifferenceCents != row.off || r.Equal != row.equal {
				t.Errorf("difference %d, equal %v", r.DifferenceCents, r.Equal)
			}
			if sum := r.Approved + r.Partial + r.Declined + r.Refused + r.Unknown; sum != r.Sales || r.Sales != len(payments) {
				t.Errorf("%d sales counted as %d", r.Sales, sum)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	var list []time.Duration
	for i := 100; i > 0; i-- {
		list = append(list, time.Duration(i)*time.Millisecond)
	}
	for want, p := range map[float64]int{50: 50, 95: 95, 99: 99, 100: 100} {
		if got := percentile(list, p); got != want {
			t.Errorf("%d of 100: %v, not %v", p, got, want)
		}
	}
	if percentile(nil, 50) != 0 || percentile(list[:1], 99) != 100 {
		t.Error("of none or one")
	}
}

func TestLogSetsItselfAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.log")
	log, closer := newLog(path, slog.LevelInfo)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("an empty log is made before the first line")
	}
	line := strings.Repeat("x", 64<<10)
	for range logLimit/len(line) + 2 {
		log.Info("line", "text", line)
	}
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".1"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 || info.Size() > logLimit+int64(len(line)) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v", filepath.Base(p), info.Size(), info.Mode())
		}
	}
}
