package storage

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func options(t testing.TB) Options {
	t.Helper()
	dir := t.TempDir()
	return Options{Path: dir + "/journal.db", KeyFile: dir + "/terminal.key", Lane: "LANE1", Now: func() time.Time { return noon }}
}

func mustOpen(t testing.TB, o Options) *Journal {
	t.Helper()
	j, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func refuses(t *testing.T, o Options, code pos.Code) {
	t.Helper()
	j, err := Open(context.Background(), o)
	if err == nil {
		j.Close()
	}
	if pos.CodeOf(err) != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
}

// samplePayment is a payment with every field filled.
func samplePayment(n int64) pos.Payment {
	usd := func(minor int64) money.Amount { return money.New(minor, money.USD) }
	return pos.Payment{ID: "pay-" + words([]byte{byte(n >> 16), byte(n >> 8), byte(n)}), Ref: "LANE1-261122-TAGA-" + words([]byte{byte(n >> 16), byte(n >> 8), byte(n)}),
		Seq: n, Kind: pos.KindSale, State: pos.StateSending, Sale: "sale-a", Parent: "",
		Requested: usd(1234), Approved: usd(0), Tip: usd(100), Cashback: usd(200), Surcharge: usd(3), Items: `[["Tea","2",250,500]]`,
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111", Brand: card.Visa, Entry: card.EntrySwipe,
			Fingerprint: card.Fingerprint{1, 2, 3, byte(n)}, Fallback: true},
		Processor: "trustcommerce", Batch: 1, Clerk: "ann", Created: noon, Updated: noon,
		KSN: card.KSN(fmt.Sprintf("FFFF9876543210E%05X", n))}
}

func intent(n int64) pos.Change {
	return pos.Change{Payment: samplePayment(n), Event: pos.Event{Kind: pos.EventIntent, At: noon, Clerk: "ann", Detail: map[string]string{"reader": "r1"}}}
}

func outcome(n int64, s pos.State) pos.Change {
	c := intent(n)
	c.Payment.State = s
	c.Payment.Approved = c.Payment.Requested
	c.Event.Kind = pos.EventOutcome
	return c
}

func mustAppend(t testing.TB, j *Journal, changes ...pos.Change) {
	t.Helper()
	if err := j.Append(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
}
