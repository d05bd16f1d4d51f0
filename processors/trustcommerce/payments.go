package trustcommerce

import (
	"context"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Authorize asks for a sale, a hold (preauth) or a verification (verify), as Request.Payment.Kind says.
// Request.Extra may hold [Options].
//
// A swiped card goes out as its tracks, both if both were read, as the guide recommends: the gateway
// uses track 1 and needs no track 2, but some platforms behind it do. The number and the expiry date
// are not sent beside them, since they could only contradict. A keyed card goes out as cc and exp,
// with cvv if it was typed and cvvstatus=notpresent if not. A bank account makes it an ACH sale, a PIN
// block a debit sale, Options.Wallet a walletsale; a stored account goes out as its billingid.
func (c *Client) Authorize(ctx context.Context, r pos.Request) pos.Answer {
	o, ok := optionsOf(r.Extra)
	if !ok {
		return unsupported("extra")
	}
	action, variant, bar := authorization(r, o)
	if bar != "" {
		return unsupported(bar)
	}
	d := c.draft(action, variant, r.Payment)
	if action != "verify" {
		d.set("amount", cents(r.Payment.Requested))
	}
	if code := r.Payment.Requested.Currency(); code != money.USD && code != "" {
		d.set("currency", strings.ToLower(string(code)))
	}
	switch {
	case variant == debitForm:
		d.debit(r)
	case action == "walletsale":
		d.set("billingid", r.Credentials.Stored)
	default:
		if variant == achForm {
			d.set("media", "ach")
		}
		d.payer(r.Credentials, o.CVVStatus)
	}
	code := r.OfflineCode
	if code == "" {
		code = o.OfflineAuthCode
	}
	d.set("offlineauthcode", code)
	d.options(o)
	return c.do(ctx, d, r.Payment.Ref)
}

// authorization chooses the form. bar names what no form takes.
func authorization(r pos.Request, o Options) (action, variant, bar string) {
	pin := r.Credentials.PINBlock.Present()
	bank := r.Credentials.Bank.Number.Present() || o.BankAccount
	switch r.Payment.Kind {
	case pos.KindSale:
		action = "sale"
	case pos.KindAuth:
		action = "preauth"
	case pos.KindVerify:
		action = "verify"
	default:
		return "", "", string(r.Payment.Kind)
	}
	switch {
	case !pin && !r.Payment.Cashback.IsZero():
		return "", "", "cashback" // PIN debit only
	case pin && (action != "sale" || bank || o.Wallet):
		return "", "", "pin"
	case bank && (action != "sale" || o.Wallet):
		return "", "", "account"
	case o.Wallet && action != "sale":
		return "", "", "wallet"
	case pin:
		return action, debitForm, ""
	case bank:
		return action, achForm, ""
	case o.Wallet:
		return "walletsale", "", ""
	}
	return action, "", ""
}

// Capture asks for postauth of Request.Parent. A tip goes in a field of its own, because only so may
// more be captured than was held; amount and tip together are what is captured. Options may hold
// shipdate, type and Level II data.
func (c *Client) Capture(ctx context.Context, r pos.Request) pos.Answer {
	bill, err := r.Payment.Requested.Sub(r.Payment.Tip)
	if err != nil {
		return unsupported("tip")
	}
	return c.follow(ctx, "postauth", r, func(d *draft) {
		d.set("amount", cents(bill))
		if r.Payment.Tip.IsPositive() {
			d.set("tip", strconv.FormatInt(r.Payment.Tip.Minor(), 10))
		}
	})
}

// Void asks for void of Request.Parent, a sale, postauth, credit or preauth of the same day; the gateway
// takes it until 20:00 Pacific time.
func (c *Client) Void(ctx context.Context, r pos.Request) pos.Answer {
	return c.follow(ctx, "void", r, func(*draft) {})
}

// Refund asks for credit of all or part of Request.Parent, a sale or postauth, by card or from a bank
// account. Without a parent it is credit2, a refund to the card or stored card of the credentials. With a
// PIN block it is credit2 of a PIN debit sale, whose receipt stands in Options (see [RefundExtra]) or is what the
// sale's answer left.
func (c *Client) Refund(ctx context.Context, r pos.Request) pos.Answer {
	o, ok := optionsOf(r.Extra)
	if !ok {
		return unsupported("extra")
	}
	card := r.Credentials.Card.PAN.Present() || r.Credentials.Card.Track1.Present() || r.Credentials.Card.Track2.Present()
	switch {
	case r.Credentials.PINBlock.Present() || o.DebitData != "" || r.Parent.Instrument.PIN:
		if given, ok := GivenOf(r.ParentExtra); ok && o.DebitData == "" {
			o.Receipt = given.Receipt
		}
		d := c.draft("credit2", debitForm, r.Payment)
		d.set("amount", cents(r.Payment.Requested))
		d.debit(r)
		d.set("debitdata", o.DebitData)
		d.set("originalsaledate", o.OriginalSaleDate)
		d.options(o)
		return c.do(ctx, d, r.Payment.Ref)
	case r.Parent.HostID == "" && (card || r.Credentials.Stored != ""):
		d := c.draft("credit2", "", r.Payment)
		d.set("amount", cents(r.Payment.Requested))
		d.payer(r.Credentials, o.CVVStatus)
		d.options(o)
		return c.do(ctx, d, r.Payment.Ref)
	}
	return c.follow(ctx, "credit", r, func(d *draft) { d.set("amount", cents(r.Payment.Requested)) })
}

// Reverse asks for reversal of all or part of Request.Parent, a preauth. The gateway does so for cards
// that were not present, Visa in part or whole and Mastercard whole; it decides, the client does not.
func (c *Client) Reverse(ctx context.Context, r pos.Request) pos.Answer {
	return c.follow(ctx, "reversal", r, func(d *draft) { d.set("amount", cents(r.Payment.Requested)) })
}

// Chargeback marks Request.Parent as disputed by the cardholder, whose bank took the money back. It is
// bookkeeping at the gateway and moves no money.
func (c *Client) Chargeback(ctx context.Context, r pos.Request) pos.Answer {
	return c.follow(ctx, "chargeback", r, func(*draft) {})
}

func (c *Client) follow(ctx context.Context, action string, r pos.Request, add func(*draft)) pos.Answer {
	o, ok := optionsOf(r.Extra)
	if !ok {
		return unsupported("extra")
	}
	d := c.draft(action, "", r.Payment)
	d.set("transid", r.Parent.HostID)
	add(d)
	d.options(o)
	return c.do(ctx, d, r.Payment.Ref)
}

// draft begins a request with the fields that every action takes. The ticket is the payment's ref, on
// follow-ups too, so that each can be found by it.
func (c *Client) draft(action, variant string, p pos.Payment) *draft {
	return c.begin(action, variant, p.Ref, p.Clerk)
}

func (c *Client) begin(action, variant, ref, clerk string) *draft {
	d := c.desk.draft(c.rules.form(action, variant))
	d.set("custid", c.cfg.CustID)
	d.set("password", c.cfg.Password)
	d.set("action", action)
	if c.cfg.Demo {
		d.set("demo", "y")
	}
	d.set("ticket", ref)
	d.set("operator", plain(clerk, maxOperator))
	return d
}

// maxOperator is the greatest length of the field operator.
const maxOperator = 20

func unsupported(what string) pos.Answer {
	return pos.Answer{State: pos.StateRefused, Failure: pos.NewError(pos.CodeUnsupported, what)}
}
