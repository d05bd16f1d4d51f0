package register

import (
	"context"
	"errors"
	"slices"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
)

// printing is the queue of slips. The head is being printed while busy; it leaves the queue only when the
// printer took it, so a fault never loses a receipt and never touches a payment.
type printing struct {
	queue []pos.Slip
	busy  bool
	// last is what became of the slip of the sale on the screen.
	last string
}

// What became of the receipt, as View.Receipt says it.
const (
	receiptPrinting = "printing"
	receiptPrinted  = "printed"
	receiptNone     = "no printer"
)

func (r *Register) enqueue(s pos.Slip) {
	if r.Printer == nil {
		r.printing.last = receiptNone
		return
	}
	if n := len(r.printing.queue); n >= maxWaiting {
		// The head may be on its way to the printer; the next one goes.
		r.printing.queue = append(r.printing.queue[:1:1], r.printing.queue[2:]...)
	}
	r.printing.queue = append(r.printing.queue, s)
	r.print()
}

// print sends the head of the queue, and the next one after it, until one fails and no drawer is to be opened.
func (r *Register) print() {
	if r.printing.busy || len(r.printing.queue) == 0 || r.closing {
		return
	}
	r.printing.busy = true
	r.printing.hasten()
	slip := r.printing.queue[0]
	if len(slip.Lines) > 0 { // not the drawer alone
		r.printing.last = receiptPrinting
	}
	r.spawn(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(ctx, r.Policy.Print)
		defer cancel()
		err := r.Printer.Print(ctx, slip)
		return func() { r.printed(err) }
	})
}

// hasten hands the drawer of every slip that waits to the head: cash in hand waits for no other receipt. A slip that
// was nothing but its drawer is done with that.
func (p *printing) hasten() {
	for i := 1; i < len(p.queue); i++ {
		p.queue[0].Drawer = p.queue[0].Drawer || p.queue[i].Drawer
		p.queue[i].Drawer = false
	}
	p.queue = slices.DeleteFunc(p.queue, func(s pos.Slip) bool { return !s.Drawer && len(s.Lines) == 0 })
}

func (r *Register) printed(err error) {
	r.printing.busy = false
	r.look()
	head := &r.printing.queue[0]
	if errors.Is(err, pos.ErrDrawerOpened) {
		if head.Drawer = false; len(head.Lines) == 0 {
			err = nil // it was all that was asked for
		}
	}
	if err != nil {
		e := pos.AsError(err)
		if errors.Is(err, context.DeadlineExceeded) || pos.CodeOf(err) == pos.CodeInternal {
			e = pos.NewError(pos.CodePrinterOffline)
		}
		r.printing.last = r.say(e).Happened
		if slices.ContainsFunc(r.printing.queue[1:], func(s pos.Slip) bool { return s.Drawer }) {
			r.print() // it came meanwhile
		}
		return
	}
	if len(head.Lines) > 0 {
		r.printing.last = receiptPrinted
	}
	r.printing.queue = r.printing.queue[1:]
	r.print()
}

// saleSlip is the customer's receipt of the sale on the screen. Cash stands in the sale's tenders.
func (r *Register) saleSlip(copy receipt.Copy) pos.Slip {
	out := r.blank(copy)
	out.Sale, out.Given, out.Change = r.sale, r.given, r.change
	for _, p := range r.paid {
		if p.Instrument.Kind != pos.InstrumentCash {
			out.More = append(out.More, p)
		}
	}
	return receipt.Render(out)
}

// printPayment prints the receipt of one payment. What it was for is looked up first; a receipt that cannot
// name it is printed all the same.
func (r *Register) printPayment(p pos.Payment, copy receipt.Copy) {
	if p.Parent == "" {
		r.enqueue(r.paymentSlip(p, "", copy))
		return
	}
	r.printing.last = receiptPrinting
	r.spawn(func(ctx context.Context) func() {
		original, _ := r.find(ctx, p.Parent)
		return func() { r.enqueue(r.paymentSlip(p, original.Ref, copy)) }
	})
}

func (r *Register) paymentSlip(p pos.Payment, original string, copy receipt.Copy) pos.Slip {
	out := r.blank(copy)
	out.Original = original
	if p.Instrument.Kind == pos.InstrumentCash {
		out.Sale = pos.Sale{ID: p.Sale, Total: p.Approved, Opened: p.Created, Tenders: []pos.Tender{{Kind: pos.TenderCash, Amount: p.Approved}}}
	} else {
		out.Payment = p
	}
	return receipt.Render(out)
}

func (r *Register) blank(copy receipt.Copy) receipt.Receipt {
	return receipt.Receipt{Shop: r.Shop, Copy: copy, Training: r.Training, Width: r.PaperWidth, Word: r.Words.Word}
}

// printAgain prints what is on the screen once more, marked as a copy.
func (r *Register) printAgain() {
	p := r.result.payment
	if r.screen == ScreenDetail {
		p, _ = r.list.current()
	}
	r.audit("reprint", p.ID)
	switch {
	case p.ID == "":
	case r.screen != ScreenDetail && r.sale.ID != "":
		r.enqueue(r.saleSlip(receipt.Reprint))
	default:
		r.printPayment(p, receipt.Reprint)
	}
}

// audit notes what a person did that no payment records.
func (r *Register) audit(what, detail string) {
	if r.Audit == nil {
		return
	}
	e := pos.Event{Kind: pos.EventAudit, At: r.Now(), Clerk: r.Clerk, Detail: map[string]string{"what": what, "detail": detail, "sale": r.sale.ID}}
	r.spawn(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(ctx, lookLimit)
		defer cancel()
		err := r.Audit(ctx, e)
		return func() {
			if err != nil {
				r.message = r.say(pos.AsError(err))
			}
		}
	})
}
