package storage

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

func TestList(t *testing.T) {
	j := mustOpen(t, options(t))
	for i := int64(1); i <= 6; i++ {
		c := intent(i)
		p := &c.Payment
		p.Created = noon.Add(time.Duration(i) * time.Hour)
		p.Sale, p.Batch = fmt.Sprintf("sale-%d", i%2), 1+i/4
		if i == 3 {
			p.Parent = samplePayment(1).ID
		}
		mustAppend(t, j, c)
		if i%2 == 0 {
			p.State = pos.StateUnknown
			p.Due = noon.Add(time.Duration(i) * time.Minute)
			mustAppend(t, j, c)
		}
		if i == 6 {
			p.State, p.Due = pos.StateDeclined, time.Time{}
			mustAppend(t, j, c)
		}
	}
	for _, test := range []struct {
		name string
		f    pos.Filter
		want []int64
	}{
		{"all", pos.Filter{}, []int64{1, 2, 3, 4, 5, 6}},
		{"newest two", pos.Filter{Newest: true, Limit: 2}, []int64{6, 5}},
		{"open", pos.Filter{Open: true}, []int64{1, 2, 3, 4, 5}},
		{"sending", pos.Filter{State: pos.StateSending}, []int64{1, 3, 5}},
		{"declined", pos.Filter{State: pos.StateDeclined}, []int64{6}},
		{"due", pos.Filter{State: pos.StateUnknown, DueBy: noon.Add(2 * time.Minute)}, []int64{2}},
		{"due later", pos.Filter{DueBy: noon.Add(time.Hour)}, []int64{2, 4}},
		{"of a sale", pos.Filter{Sale: "sale-1"}, []int64{1, 3, 5}},
		{"of a parent", pos.Filter{Parent: samplePayment(1).ID}, []int64{3}},
		{"by ref", pos.Filter{Ref: samplePayment(4).Ref}, []int64{4}},
		{"same card", pos.Filter{Fingerprint: samplePayment(5).Instrument.Fingerprint}, []int64{5}},
		{"since", pos.Filter{Since: noon.Add(5 * time.Hour)}, []int64{5, 6}},
		{"batch", pos.Filter{Batch: 2}, []int64{4, 5, 6}},
		{"two at once", pos.Filter{Batch: 2, Open: true}, []int64{4, 5}},
		{"nothing", pos.Filter{Ref: "nobody"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, err := j.List(context.Background(), test.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, p := range all {
				got = append(got, p.Seq)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestEveryFieldIsKept fills each field of pos.Payment, new ones too, with a value of its own.
func TestEveryFieldIsKept(t *testing.T) {
	var p pos.Payment
	n := 0
	var fill func(v reflect.Value, name string)
	fill = func(v reflect.Value, name string) {
		n++
		switch at := v.Addr().Interface().(type) {
		case *money.Amount:
			*at = money.New(int64(n), money.USD)
		case *time.Time:
			*at = noon.Add(time.Duration(n) * time.Second)
		case *card.Fingerprint:
			*at = card.Fingerprint{byte(n)}
		case *card.KSN:
			*at = "FFFF9876543210E00001"
		case *pos.Items:
			*at = pos.Items(fmt.Sprintf(`[["Tea","%d",250,500]]`, n))
		case **pos.Error:
			*at = pos.NewError(pos.CodeDeclined, "because").WithDetail("said %d", n)
		default:
			switch v.Kind() {
			case reflect.String:
				v.SetString(fmt.Sprintf("%s-%d", name, n))
			case reflect.Int, reflect.Int64:
				v.SetInt(int64(n))
			case reflect.Bool:
				v.SetBool(true)
			case reflect.Struct:
				for i := range v.NumField() {
					fill(v.Field(i), v.Type().Field(i).Name)
				}
			default:
				t.Fatalf("%s has a kind this test does not know: %s", name, v.Kind())
			}
		}
	}
	fill(reflect.ValueOf(&p).Elem(), "payment")
	text, err := encodePayment(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodePayment([]byte(text), combed(p.Instrument.Fingerprint))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, got, sameAmounts, sameErrors); d != "" {
		t.Error(d)
	}
}

func encodePayment(p pos.Payment) (string, error) {
	b, err := bodyOf(&p, timeText)
	return string(b.appendTo(nil)), err
}

func TestTwoCurrenciesInOnePayment(t *testing.T) {
	p := samplePayment(1)
	p.Tip = money.New(1, "CAD")
	if _, err := encodePayment(p); err == nil {
		t.Error("passed")
	}
}

// openPayments makes a journal with n payments that stand between intent and outcome.
func openPayments(b testing.TB, n int64) Options {
	o := options(b)
	j := mustOpen(b, o)
	var batch []pos.Change
	for i := int64(1); i <= n; i++ {
		batch = append(batch, intent(i))
		if i%1000 == 0 || i == n {
			mustAppend(b, j, batch...)
			batch = nil
		}
	}
	j.Close()
	return o
}

// BenchmarkOpenWithOpenPayments is the start of a terminal after the worst of days: open the journal,
// list 10 000 payments of unknown outcome. Goal: at most 100 ms.
func BenchmarkOpenWithOpenPayments(b *testing.B) {
	o := openPayments(b, 10_000)
	for b.Loop() {
		j, err := Open(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		all, err := j.List(context.Background(), pos.Filter{Open: true})
		if err != nil || len(all) != 10_000 {
			b.Fatal(len(all), err)
		}
		j.Close()
	}
}

// BenchmarkOpen is the start of a terminal on a quiet day.
func BenchmarkOpen(b *testing.B) {
	o := openPayments(b, 1)
	for b.Loop() {
		j, err := Open(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		j.Close()
	}
}

func TestLastAudit(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	last := func(want string) {
		t.Helper()
		e, found, err := j.LastAudit(t.Context(), "configuration")
		if err != nil || found != (want != "") || e.Detail["hash"] != want {
			t.Errorf("found %v %+v, %v", found, e, err)
		}
	}
	last("")
	for _, detail := range []map[string]string{nil, {"what": "reprint", "hash": "x"}, {"batch": "2"}} {
		mustAppend(t, j, pos.Change{Event: pos.Event{Kind: pos.EventAudit, Reason: "no sale", Detail: detail}})
	}
	last("")
	for _, hash := range []string{"a", "b"} {
		if err := j.Audit(t.Context(), pos.Event{Clerk: "ann", Detail: map[string]string{"what": "configuration", "hash": hash}}); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, j, intent(1))
	last("b")
	j.Close()
	j = mustOpen(t, o)
	last("b")
}
