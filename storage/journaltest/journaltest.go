// Package journaltest holds any journal, the real one and doubles of it, to the same promises.
package journaltest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Journal is what payment.Journal and payment.Vault ask for.
type Journal interface {
	Append(ctx context.Context, changes ...pos.Change) error
	Find(ctx context.Context, id string) (pos.Payment, error)
	List(ctx context.Context, f pos.Filter) ([]pos.Payment, error)
	Unseal(ctx context.Context, id string) (sealed []byte, extra pos.Extra, err error)
	Position() pos.Position
}

// noon is when all of it happens.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 5000, time.UTC)

// Run tests the journals that open makes. Each call of open gives an empty one, which open's own
// t.Cleanup closes.
func Run(t *testing.T, open func(t *testing.T) Journal) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, j Journal)
	}{
		{"an appended payment is found as it was", foundAsItWas},
		{"a payment that is not there", notFound},
		{"a later change replaces the earlier", laterChange},
		{"illegal transitions write nothing", allOrNone},
		{"id, ref and seq are never used twice", usedOnce},
		{"a PIN pad's key is used once", keyUsedOnce},
		{"what is open is listed", openListed},
		{"filters and order", filters},
		{"sealed until erased", sealing},
		{"a change leaves what is sealed alone", sealedStays},
		{"position follows", position},
		{"a cancelled context writes nothing", cancelled},
		{"an audit event is no payment", audit},
		{"what was given may be changed afterwards", copies},
		{"many at once", manyAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Payment is an intent with the running number seq.
func Payment(seq int64) pos.Payment {
	return pos.Payment{ID: fmt.Sprintf("p-%d", seq), Ref: fmt.Sprintf("L1-261122-ABCD-%d", seq), Seq: seq, Kind: pos.KindSale,
		State: pos.StateSending, Sale: "s-1", Requested: money.New(1000+seq, money.USD), Processor: "trustcommerce", Batch: 1,
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111", Brand: card.Visa, Entry: card.EntrySwipe,
			Fingerprint: card.Fingerprint{9, byte(seq)}},
		Clerk: "ann", Created: noon.Add(time.Duration(seq) * time.Minute), Updated: noon}
}

func change(p pos.Payment) pos.Change {
	return pos.Change{Payment: p, Event: pos.Event{Kind: pos.EventIntent, Payment: p.ID, At: noon, Clerk: p.Clerk}}
}

func in(p pos.Payment, s pos.State) pos.Payment {
	p.State = s
	return p
}

func must(t *testing.T, j Journal, changes ...pos.Change) {
	t.Helper()
	if err := j.Append(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

func stands(t *testing.T, j Journal, id string, want pos.State) {
	t.Helper()
	if p, err := j.Find(t.Context(), id); err != nil || p.State != want {
		t.Errorf("%s is %q (%v), want %q", id, p.State, err, want)
	}
}

func foundAsItWas(t *testing.T, j Journal) {
	want := Payment(1)
	want.Failure = pos.NewError(pos.CodeDeclined, "funds").WithDetail("51")
	want.Due = noon.Add(time.Hour)
	must(t, j, change(want))
	got, err := j.Find(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Failure == nil || got.Failure.Error() != want.Failure.Error() {
		t.Errorf("failure %v", got.Failure)
	}
	for _, at := range [][2]time.Time{{got.Created, want.Created}, {got.Updated, want.Updated}, {got.Due, want.Due}} {
		if !at[0].Equal(at[1]) {
			t.Errorf("time %v, want %v", at[0], at[1])
		}
	}
	got.Failure, got.Created, got.Updated, got.Due = want.Failure, want.Created, want.Updated, want.Due
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func notFound(t *testing.T, j Journal) {
	if _, err := j.Find(t.Context(), "nobody"); pos.CodeOf(err) != pos.CodeNotFound {
		t.Errorf("got %v", err)
	}
}

func laterChange(t *testing.T, j Journal) {
	p := Payment(1)
	must(t, j, change(p))
	p = in(p, pos.StateApproved)
	p.Approved = p.Requested
	must(t, j, change(p))
	got, err := j.Find(t.Context(), p.ID)
	if err != nil || got.State != pos.StateApproved || got.Approved != p.Requested {
		t.Errorf("got %+v, %v", got, err)
	}
}

func allOrNone(t *testing.T, j Journal) {
	p, q := Payment(1), Payment(2)
	must(t, j, change(p))
	for _, bad := range []pos.Payment{in(p, pos.StateSettled), in(p, pos.StateCreated), in(p, ""), in(Payment(3), pos.StateSettled)} {
		err := j.Append(t.Context(), change(q), change(bad))
		if err == nil || pos.CodeOf(err) == pos.CodeJournalUnknown {
			t.Errorf("%q: %v", bad.State, err)
		}
	}
	stands(t, j, p.ID, pos.StateSending)
	if _, err := j.Find(t.Context(), q.ID); pos.CodeOf(err) != pos.CodeNotFound {
		t.Error("the good change of a bad append was written")
	}
}

func usedOnce(t *testing.T, j Journal) {
	must(t, j, change(Payment(1)))
	sameRef, sameSeq, otherRef := Payment(2), Payment(2), Payment(1)
	sameRef.Ref, sameSeq.Seq, otherRef.Ref = Payment(1).Ref, 1, "ANOTHER"
	for name, p := range map[string]pos.Payment{"ref": sameRef, "seq": sameSeq, "changed ref": otherRef} {
		if err := j.Append(t.Context(), change(p)); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

// keyUsedOnce gives a second payment the key serial number of the first (rule T7): it is refused before a byte could
// be sent, and the first one goes on.
func keyUsedOnce(t *testing.T, j Journal) {
	with := func(seq int64, k card.KSN) pos.Payment {
		p := Payment(seq)
		p.KSN = k
		return p
	}
	first, second, third := with(1, "FFFF9876543210E00001"), with(2, "FFFF9876543210E00001"), with(2, "FFFF9876543210E00002")
	must(t, j, change(first))
	if err := j.Append(t.Context(), change(second)); pos.CodeOf(err) != pos.CodePINPadProtocol {
		t.Fatalf("a used key serial number gives %v", err)
	}
	if _, err := j.Find(t.Context(), second.ID); pos.CodeOf(err) != pos.CodeNotFound {
		t.Errorf("the refused payment is in the journal: %v", err)
	}
	first = in(first, pos.StateApproved)
	must(t, j, change(first), change(third))
	for _, want := range []pos.Payment{first, third} {
		if got, err := j.Find(t.Context(), want.ID); err != nil || got.KSN != want.KSN {
			t.Errorf("%s has the key serial number %q, %v", want.ID, got.KSN, err)
		}
	}
	first.KSN = "FFFF9876543210E00003"
	if err := j.Append(t.Context(), change(first)); err == nil {
		t.Error("the key serial number of a payment was changed")
	}
}

func openListed(t *testing.T, j Journal) {
	for i, s := range []pos.State{pos.StateSending, pos.StateUnknown, pos.StateApproved, pos.StateDeclined} {
		p := Payment(int64(i + 1))
		must(t, j, change(p))
		must(t, j, change(in(p, s)))
	}
	listed(t, j, pos.Filter{Open: true}, 1, 2)
}

func listed(t *testing.T, j Journal, f pos.Filter, want ...int64) {
	t.Helper()
	all, err := j.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	got := []int64{}
	for _, p := range all {
		got = append(got, p.Seq)
	}
	if fmt.Sprint(got) != fmt.Sprint(append([]int64{}, want...)) {
		t.Errorf("%+v gives %v, want %v", f, got, want)
	}
}

func filters(t *testing.T, j Journal) {
	for i := int64(1); i <= 4; i++ {
		p := Payment(i)
		p.Sale, p.Batch = fmt.Sprintf("s-%d", i%2), 1+i/3
		if i == 4 {
			p.Parent = Payment(1).ID
		}
		must(t, j, change(p))
		p = in(p, pos.StateUnknown)
		p.Due = noon.Add(time.Duration(i) * time.Hour)
		if i < 3 {
			must(t, j, change(p))
		}
	}
	listed(t, j, pos.Filter{}, 1, 2, 3, 4)
	listed(t, j, pos.Filter{Newest: true, Limit: 3}, 4, 3, 2)
	listed(t, j, pos.Filter{Sale: "s-1"}, 1, 3)
	listed(t, j, pos.Filter{Parent: Payment(1).ID}, 4)
	listed(t, j, pos.Filter{Ref: Payment(2).Ref}, 2)
	listed(t, j, pos.Filter{Fingerprint: Payment(3).Instrument.Fingerprint}, 3)
	listed(t, j, pos.Filter{Since: Payment(3).Created}, 3, 4)
	listed(t, j, pos.Filter{Batch: 2}, 3, 4)
	listed(t, j, pos.Filter{State: pos.StateSending}, 3, 4)
	listed(t, j, pos.Filter{State: pos.StateUnknown, DueBy: noon.Add(time.Hour)}, 1)
	listed(t, j, pos.Filter{Batch: 7})
}

func withSealed(p pos.Payment) pos.Change {
	c := change(p)
	c.Seal = []byte("needed later")
	c.Extra = pos.Extra{Processor: "tsys", Data: []byte(`{"a":1}`)}
	return c
}

func holds(t *testing.T, j Journal, id, seal, data string) {
	t.Helper()
	b, extra, err := j.Unseal(t.Context(), id)
	if err != nil || string(b) != seal || string(extra.Data) != data || (extra.Processor == "") != (data == "") {
		t.Errorf("%d bytes, extra of %q, %v", len(b), extra.Processor, err)
	}
}

func sealing(t *testing.T, j Journal) {
	c := withSealed(Payment(1))
	must(t, j, c)
	for _, b := range c.Seal {
		if b != 0 {
			t.Fatal("the slice was not wiped")
		}
	}
	holds(t, j, "p-1", "needed later", `{"a":1}`)
	e := change(in(Payment(1), pos.StateApproved))
	e.Erase = true
	must(t, j, e)
	holds(t, j, "p-1", "", "")
	holds(t, j, "nobody", "", "")
}

func sealedStays(t *testing.T, j Journal) {
	must(t, j, withSealed(Payment(1)))
	must(t, j, change(in(Payment(1), pos.StateApproved)))
	holds(t, j, "p-1", "needed later", `{"a":1}`)
}

func position(t *testing.T, j Journal) {
	before := j.Position()
	if before.LastSeq != 0 || before.Batch != 1 {
		t.Errorf("a new journal stands at %+v", before)
	}
	must(t, j, change(Payment(5)))
	must(t, j, change(Payment(3)))
	if after := j.Position(); after.LastSeq != 5 || after.Batch != before.Batch {
		t.Errorf("after 5 and 3: %+v", after)
	}
}

func cancelled(t *testing.T, j Journal) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Append(ctx, change(Payment(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	listed(t, j, pos.Filter{})
	must(t, j, change(Payment(1)))
}

func audit(t *testing.T, j Journal) {
	must(t, j, pos.Change{Event: pos.Event{Kind: pos.EventAudit, At: noon, Clerk: "ann", Reason: "no sale"}})
	must(t, j)
	listed(t, j, pos.Filter{})
}

func copies(t *testing.T, j Journal) {
	p := Payment(1)
	p.Failure = pos.NewError(pos.CodeDeclined, "funds")
	must(t, j, change(p))
	p.Failure.Args[0] = "changed"
	got, err := j.Find(t.Context(), p.ID)
	if err != nil || got.Failure.Args[0] != "funds" {
		t.Errorf("the journal shares memory with its caller: %v, %v", got.Failure, err)
	}
}

func manyAtOnce(t *testing.T, j Journal) {
	const writers, each = 4, 10
	done := make(chan error)
	for w := range int64(writers) {
		go func() {
			var err error
			for i := range int64(each) {
				p := Payment(1 + w*each + i)
				err = errors.Join(err, j.Append(t.Context(), change(p)))
				_, lost := j.Find(t.Context(), p.ID)
				err = errors.Join(err, lost)
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if all, err := j.List(t.Context(), pos.Filter{}); err != nil || len(all) != writers*each {
		t.Errorf("%d payments, %v", len(all), err)
	}
}
