package register

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// arming is one turn of the reader. There is never more than one: a new turn waits until the last one
// has let go of the device.
type arming struct {
	cancel context.CancelFunc
	done   chan struct{}
	ends   time.Time
	over   bool
}

// askCard arms the reader for the sale.
func (r *Register) askCard() {
	r.forget()
	r.to(ScreenCard)
	r.arm()
}

func (r *Register) arm() {
	before := r.arming
	r.disarm()
	if r.closing {
		return
	}
	if r.Reader == nil {
		r.tell(ToneAttention, pos.NewError(pos.CodeReaderOffline))
		return
	}
	ctx, cancel := context.WithCancel(r.ctx)
	a := &arming{cancel: cancel, done: make(chan struct{}), ends: r.Now().Add(r.Policy.CardEntry)}
	r.arming = a
	r.spawn(func(context.Context) func() {
		defer close(a.done)
		defer cancel()
		if before != nil {
			<-before.done
		}
		limited, stop := context.WithTimeout(ctx, r.Policy.CardEntry)
		defer stop()
		swipe, err := r.Reader.Read(limited)
		return func() { r.onSwipe(a, swipe, err) }
	})
}

// disarm ends the reader's turn; a swipe that still comes from it is wiped unseen.
func (r *Register) disarm() {
	if r.arming != nil {
		r.arming.over = true
		r.arming.cancel()
	}
}

func (r *Register) armed() bool { return r.arming != nil && !r.arming.over }

func (r *Register) onSwipe(a *arming, s card.Swipe, err error) {
	if a.over || r.closing {
		s.Wipe()
		return
	}
	a.over = true
	if err != nil {
		s.Wipe()
		r.onReadError(err)
		return
	}
	c, problem := r.judge(s)
	s.Tracks[2].Wipe() // no payment needs it; tracks 1 and 2 are the card's now
	switch {
	case problem == nil:
		r.take(c)
	case problem.Code == pos.CodeCardChip && r.Policy.Chip == ChipManager:
		r.ask(pos.CodeCardChip)
		r.held = &c
		r.until = r.Now().Add(r.Policy.CardEntry)
	default:
		c.Wipe()
		s.Wipe()
		// The sale is kept and the reader armed again: the customer just swipes once more.
		r.tell(ToneAttention, problem)
		r.arm()
	}
}

func (r *Register) onReadError(err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		r.tell(ToneAttention, pos.NewError(pos.CodeCardTimeout))
		return
	}
	var e *pos.Error
	if !errors.As(err, &e) {
		e = pos.NewError(pos.CodeReaderOffline).Because(err)
	}
	r.tell(ToneAttention, e)
	// A fault of the card is mended by another swipe; one of the device is not, and would only come
	// again at once.
	if strings.HasPrefix(string(e.Code), "card.") && e.Code != pos.CodeCardTimeout {
		r.arm()
	}
}

// judge turns a swipe into a card, or says why it is not taken. With CodeCardChip the card is good but
// needs an agreement; with any other problem it is to be wiped.
func (r *Register) judge(s card.Swipe) (card.Card, *pos.Error) {
	c, err := s.Card()
	if err != nil {
		return c, pos.SwipeError(err)
	}
	if c.Expiry.Expired(r.Now()) {
		return c, pos.NewError(pos.CodeCardExpiredNow)
	}
	if c.ServiceCode.Chip() && r.Policy.Chip != ChipAllow {
		return c, pos.NewError(pos.CodeCardChip)
	}
	return c, nil
}

// ask shows a question; yes and back answer it.
func (r *Register) ask(about pos.Code) {
	r.asking = about
	r.to(ScreenQuestion)
	r.tell(ToneAttention, pos.NewError(about))
}

// agree is the cashier's yes.
func (r *Register) agree() {
	switch r.asking {
	case pos.CodeCardChip:
		if r.held == nil {
			return
		}
		c := *r.held
		r.held, r.until = nil, time.Time{}
		r.audit("override", "chip card swiped")
		r.take(c)
	case pos.CodeSameGoodsAsk:
		r.giveUp(r.result.lost)
	case pos.CodeDuplicate:
		// The engine wiped the card; nothing of it was kept for this question.
		r.again = true
		r.askCard()
	}
}

// The fields of the keyed screen, in order.
const (
	keyedPAN = iota
	keyedExpiry
	keyedCVV
)

func (r *Register) askKeyed() {
	r.disarm()
	r.forget()
	r.to(ScreenKeyed)
	r.form = form{fields: []*field{
		secretInput("Card number", "the long number on the front", 23),
		secretInput("Expiry", "month and year, MMYY", 5),
		secretInput("Security code", "3 or 4 digits, or leave empty", 4),
	}}
	r.until = r.Now().Add(r.Policy.CardEntry)
}

// keyed takes the typed card. What is wrong is told at its field, the others are kept.
func (r *Register) keyed() {
	c := card.Card{Entry: card.EntryKeyed}
	var problem pos.Code
	at := 0
	wrong := func(field int, code pos.Code) {
		if problem == "" {
			at, problem = field, code
		}
	}
	r.form.fields[keyedPAN].lend(func(b []byte) {
		pan, err := card.NewPAN(b)
		if err != nil || !pan.LuhnOK() {
			pan.Wipe()
			wrong(keyedPAN, pos.CodeCardLuhn)
			return
		}
		c.PAN = pan
	})
	r.form.fields[keyedExpiry].lend(func(b []byte) {
		e, err := card.ParseMMYY(string(b))
		switch {
		case err != nil:
			wrong(keyedExpiry, pos.CodeCardExpiry)
		case e.Expired(r.Now()):
			wrong(keyedExpiry, pos.CodeCardExpiredNow)
		}
		c.Expiry = e
	})
	r.form.fields[keyedCVV].lend(func(b []byte) {
		if len(b) == 0 {
			return
		}
		v, err := card.NewCVV(b)
		if err != nil {
			wrong(keyedCVV, pos.CodeCardCVV)
		}
		c.CVV = v
	})
	if problem != "" {
		c.Wipe()
		r.form.focus = at
		r.tell(ToneAttention, pos.NewError(problem))
		return
	}
	r.forget()
	r.price(c)
}
