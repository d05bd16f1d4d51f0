package payment_test

import (
	"context"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// lagging is a journal in which something happens right after the payments that are being sent were listed.
type lagging struct {
	*memory
	then func()
}

func (l *lagging) List(ctx context.Context, f pos.Filter) ([]pos.Payment, error) {
	out, err := l.memory.List(ctx, f)
	if then := l.then; f.State == pos.StateSending && len(out) > 0 && then != nil {
		l.then = nil
		then()
	}
	return out, err
}

// TestWhatEndsWhileItIsLookedForIsNotLeft: a refund that the host queued at the very moment of the look became
// unknown again, was found a second time, and took its amount off the sale twice.
func TestWhatEndsWhileItIsLookedForIsNotLeft(t *testing.T) {
	m, h := newMemory(), &scripted{}
	j := &lagging{memory: m}
	entered, leave := make(chan struct{}), make(chan struct{})
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if r.Payment.Kind != pos.KindRefund {
			return pos.Answer{State: pos.StateApproved, HostID: "h"}
		}
		close(entered)
		<-leave
		return pos.Answer{State: pos.StateAccepted, HostID: "h-r"}
	}
	h.finding = func(pos.Payment) pos.Finding {
		return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateAccepted, HostID: "h-r"}}
	}
	now := clock()
	e := newEngine(t, j, h.host(), func(c *payment.Config) { c.Now = now })
	sold := authorized(t, e, sale(t, 1000))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.Refund(context.Background(), payment.Follow{Payment: sold.ID, Amount: usd(300)})
	}()
	<-entered
	j.then = func() { close(leave); <-ended }
	for range 2 {
		if err := e.Settle(context.Background()); err != nil {
			t.Error(err)
		}
		now() // what was made unknown would be due
	}
	if got := m.get(sold.ID).Refunded; got != usd(300) {
		t.Errorf("refunded %v of a refund of 3.00", got)
	}
	sound(t, m)
}
