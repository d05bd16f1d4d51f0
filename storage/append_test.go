package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

var sameAmounts = cmp.Comparer(func(a, b money.Amount) bool { return a == b })
var sameErrors = cmp.Comparer(func(a, b *pos.Error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
})

func TestAppendThenFind(t *testing.T) {
	j := mustOpen(t, options(t))
	c := intent(1)
	c.Payment.Failure = pos.NewError(pos.CodeDeclined, "no funds").WithDetail("host said 51")
	mustAppend(t, j, c)
	got, err := j.Find(context.Background(), c.Payment.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.Payment, got, sameAmounts, sameErrors); d != "" {
		t.Error(d)
	}
	if _, err := j.Find(context.Background(), "nobody"); pos.CodeOf(err) != pos.CodeNotFound {
		t.Errorf("got %v, want not found", err)
	}
}

func TestAppendIsAllOrNone(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct {
		name    string
		changes []pos.Change
		want    error
	}{
		{"illegal transition", []pos.Change{intent(2), outcome(1, pos.StateSettled)}, ErrTransition},
		{"no way back", []pos.Change{intent(2), {Payment: withState(1, pos.StateCreated)}}, ErrTransition},
		{"another ref", []pos.Change{intent(2), {Payment: withRef(1, "OTHER")}}, ErrTransition},
		{"a ref used twice", []pos.Change{intent(2), {Payment: withRef(3, samplePayment(1).Ref)}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := mustOpen(t, options(t))
			mustAppend(t, j, intent(1))
			before := j.Position()
			err := j.Append(ctx, test.changes...)
			if pos.CodeOf(err) != pos.CodeJournalWrite || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			if all, err := j.List(ctx, pos.Filter{}); err != nil || len(all) != 1 || all[0].State != pos.StateSending {
				t.Errorf("something was written: %d payments, %v", len(all), err)
			}
			if j.Position() != before {
				t.Error("the position moved")
			}
			mustAppend(t, j, outcome(1, pos.StateApproved))
			verified(t, j)
		})
	}
}

func withState(n int64, s pos.State) pos.Payment {
	p := samplePayment(n)
	p.State = s
	return p
}

func withRef(n int64, ref string) pos.Payment {
	p := samplePayment(n)
	p.Ref = ref
	return p
}

func verified(t testing.TB, j *Journal) Verification {
	t.Helper()
	v, err := j.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !v.OK || v.FirstBad != "" {
		t.Fatalf("first bad: %q", v.FirstBad)
	}
	return v
}

func TestPositionLivesOn(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, intent(1))
	mustAppend(t, j, intent(7), outcome(1, pos.StateDeclined))
	want := j.Position()
	if want.LastSeq != 7 || want.Batch != 1 || want.Live {
		t.Errorf("position %+v", want)
	}
	key := j.FingerprintKey()
	j.Close()
	j = mustOpen(t, o)
	if got := j.Position(); got != want {
		t.Errorf("position %+v, want %+v", got, want)
	}
	if string(j.FingerprintKey()) != string(key) || len(key) != 32 {
		t.Error("the fingerprint key changed")
	}
	verified(t, j)
}

func TestCancelBeforeCommit(t *testing.T) {
	j := mustOpen(t, options(t))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Append(ctx, intent(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if v := verified(t, j); v.Rows != 0 {
		t.Errorf("%d rows after a cancel", v.Rows)
	}
	mustAppend(t, j, intent(1))
}

func TestAuditAndClosed(t *testing.T) {
	j := mustOpen(t, options(t))
	if err := j.Audit(context.Background(), pos.Event{Clerk: "ann", Reason: "no sale"}); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, j); v.Rows != 1 {
		t.Errorf("%d rows", v.Rows)
	}
	j.Close()
	if err := j.Audit(context.Background(), pos.Event{}); pos.CodeOf(err) != pos.CodeJournalWrite {
		t.Errorf("after Close: %v", err)
	}
	if _, err := j.List(context.Background(), pos.Filter{}); err == nil {
		t.Error("List works after Close")
	}
}
