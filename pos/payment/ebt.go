package payment

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// checkEBT keeps the rules of electronic benefits (rule T18): with card and PIN, never offline, nothing on top, and
// cash only out of cash benefits.
func (e *Engine) checkEBT(o Order) error {
	if o.EBT == "" {
		return nil
	}
	refused := func(what string) error { return pos.NewError(pos.CodeEBT, what) }
	switch {
	case !o.EBT.EBT():
		return pos.NewError(pos.CodeInternal).WithDetail("%q is no kind of electronic benefits", string(o.EBT))
	case e.Host.EBT == nil: // of a balance inquiry
		return pos.NewError(pos.CodeUnsupported, "EBT")
	case o.Kind != pos.KindSale && o.Kind != pos.KindVerify:
		return refused(string(o.Kind))
	case o.OfflineCode != "":
		return refused("voice approval")
	case !o.Credentials.Card.PAN.Present() || !o.Credentials.PINBlock.Present():
		return pos.NewError(pos.CodeEBTPIN)
	}
	for _, extra := range []struct {
		what   string
		amount money.Amount
		may    bool
	}{
		{"tip", o.Tip, false}, {"surcharge", o.Surcharge, false}, {"fee", o.Fee, false},
		{"cash back", o.Cashback, o.EBT == pos.InstrumentEBTCash},
	} {
		if !extra.amount.IsZero() && !extra.may {
			return refused(extra.what)
		}
	}
	return nil
}

// ebtInstrument holds no digit of the card. The fingerprint is keyed and finds the same card for a refund.
func (e *Engine) ebtInstrument(o Order) pos.Instrument {
	c := o.Credentials
	return pos.Instrument{
		Kind: o.EBT, Masked: "EBT", Entry: c.Card.Entry, PIN: c.PINBlock.Present(),
		Fingerprint: c.Card.PAN.Fingerprint(e.FingerprintKey),
	}
}
