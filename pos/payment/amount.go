package payment

import (
	"math/big"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// amountFor checks that p may be done to parent for the amount of f, and fills the amounts in; zero is all
// that is left.
func (e *Engine) amountFor(p *pos.Payment, parent pos.Payment, f Follow) error {
	if !mayFollow(p.Kind, parent) {
		return notAllowed(p.Kind, parent)
	}
	left, err := parent.Approved.Sub(parent.Refunded)
	if err != nil {
		return pos.NewError(pos.CodeInternal).Because(err)
	}
	tip := e.inCurrency(f.Tip)
	if tip.IsNegative() {
		return pos.NewError(pos.CodeAmountNegative)
	}
	p.Requested = f.Amount
	switch p.Kind {
	case pos.KindVoid:
		p.Requested = left
	case pos.KindAdjust:
		return e.adjusted(p, parent, tip)
	case pos.KindCapture:
		if err := e.captured(p, left, f.Amount, tip); err != nil {
			return err
		}
		p.Surcharge = parent.SurchargeIn(less(p.Requested, tip))
		return nil
	case pos.KindAuth:
		return e.positive(p.Requested)
	}
	if p.Requested.IsZero() {
		p.Requested = left
	}
	if err := e.positive(p.Requested); err != nil {
		return err
	}
	if over, err := p.Requested.Cmp(left); err != nil || over > 0 {
		code := pos.CodeOverRefund
		if p.Kind != pos.KindRefund {
			code = pos.CodeOverCapture
		}
		return pos.NewError(code, left.String())
	}
	if p.Kind == pos.KindRefund || p.Kind == pos.KindReversal {
		p.Surcharge = parent.SurchargeIn(p.Requested)
	}
	return nil
}

// captured allows what is held, more by as much as the host says, and a tip on top where it says so.
func (e *Engine) captured(p *pos.Payment, held, amount, tip money.Amount) error {
	p.Tip = tip
	if p.Requested = amount; amount.IsZero() {
		sum, err := held.Add(tip)
		if err != nil {
			return pos.NewError(pos.CodeAmountSyntax).Because(err)
		}
		p.Requested = sum
	}
	if err := e.positive(p.Requested); err != nil {
		return err
	}
	bill, err := p.Requested.Sub(tip)
	if err != nil || bill.IsNegative() {
		return pos.NewError(pos.CodeAmountTooLarge, p.Requested.String())
	}
	judged := p.Requested
	if e.Host.TipOver {
		judged = bill
	}
	if over, err := judged.Cmp(raised(held, e.Host.OverPercent)); err != nil || over > 0 {
		return pos.NewError(pos.CodeOverCapture, held.String())
	}
	return nil
}

// raised is an amount and so many percent more, rounded down.
func raised(a money.Amount, percent int) money.Amount {
	if percent <= 0 {
		return a
	}
	sum := new(big.Int).Mul(big.NewInt(a.Minor()), big.NewInt(int64(100+percent)))
	sum.Quo(sum, big.NewInt(100))
	if !sum.IsInt64() {
		return a
	}
	return money.New(sum.Int64(), a.Currency())
}

// adjusted replaces the tip of parent: what it paid without one stays.
func (e *Engine) adjusted(p *pos.Payment, parent pos.Payment, tip money.Amount) error {
	bill, err := parent.Approved.Sub(parent.Tip)
	if err != nil {
		return pos.NewError(pos.CodeInternal).Because(err)
	}
	if p.Requested, err = bill.Add(tip); err != nil {
		return pos.NewError(pos.CodeAmountSyntax).Because(err)
	}
	p.Tip, p.Replaces = tip, parent.Approved
	return e.positive(p.Requested)
}
