package trustcommerce

import (
	"context"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Authorize asks for a sale (action sale) or a hold (preauth), as Request.Payment.Kind says.
//
// A swiped card goes out as its tracks, both if both were read, as the guide recommends: the gateway
// uses track 1 and needs no track 2, but some platforms behind it do. The number and the expiry date
// are not sent beside them, since they could only contradict. A keyed card goes out as cc and exp,
// with cvv if it was typed and cvvstatus=notpresent if not.
func (c *Client) Authorize(ctx context.Context, r pos.Request) pos.Answer {
	action := map[pos.Kind]string{pos.KindSale: "sale", pos.KindAuth: "preauth"}[r.Payment.Kind]
	if action == "" {
		return unsupported(string(r.Payment.Kind))
	}
	if what := notYet(r); what != "" {
		return unsupported(what)
	}
	d := c.draft(action, r.Payment)
	d.set("amount", cents(r.Payment.Requested))
	if code := r.Payment.Requested.Currency(); code != money.USD && code != "" {
		d.set("currency", strings.ToLower(string(code)))
	}
	d.payer(r.Credentials)
	return c.do(ctx, d, r.Payment.Ref)
}

// notYet names what of a request this client has no fields for.
func notYet(r pos.Request) string {
	switch {
	case r.Credentials.PINBlock.Present():
		return "pin"
	case r.Credentials.Bank.Number.Present():
		return "account"
	case r.Credentials.Stored != "":
		return "billingid"
	case !r.Payment.Cashback.IsZero():
		return "cashback" // PIN debit only
	}
	return ""
}

// Capture asks for postauth of Request.Parent. A tip goes in a field of its own, because only so may
// more be captured than was held; amount and tip together are what is captured.
func (c *Client) Capture(ctx context.Context, r pos.Request) pos.Answer {
	d := c.followUp("postauth", r)
	bill, err := r.Payment.Requested.Sub(r.Payment.Tip)
	if err != nil {
		return unsupported("tip")
	}
	d.set("amount", cents(bill))
	if r.Payment.Tip.IsPositive() {
		d.set("tip", strconv.FormatInt(r.Payment.Tip.Minor(), 10))
	}
	return c.do(ctx, d, r.Payment.Ref)
}

// Void asks for void of Request.Parent, a sale, postauth, credit or preauth of the same day.
func (c *Client) Void(ctx context.Context, r pos.Request) pos.Answer {
	return c.do(ctx, c.followUp("void", r), r.Payment.Ref)
}

// Refund asks for credit of all or part of Request.Parent, a sale or postauth.
func (c *Client) Refund(ctx context.Context, r pos.Request) pos.Answer {
	d := c.followUp("credit", r)
	d.set("amount", cents(r.Payment.Requested))
	return c.do(ctx, d, r.Payment.Ref)
}

// Reverse asks for reversal of all or part of Request.Parent, a preauth. The gateway does so for cards
// that were not present, Visa in part or whole and Mastercard whole; it decides, the client does not.
func (c *Client) Reverse(ctx context.Context, r pos.Request) pos.Answer {
	d := c.followUp("reversal", r)
	d.set("amount", cents(r.Payment.Requested))
	return c.do(ctx, d, r.Payment.Ref)
}

func (c *Client) followUp(action string, r pos.Request) *draft {
	d := c.draft(action, r.Payment)
	d.set("transid", r.Parent.HostID)
	return d
}

// draft begins a request with the fields that every action takes. The ticket is the payment's ref, on
// follow-ups too, so that each can be found by it.
func (c *Client) draft(action string, p pos.Payment) *draft {
	form, _ := c.facts.Form(action, "")
	d := &draft{form: form, pairs: make([]pair, 0, 16)}
	d.set("custid", c.cfg.CustID)
	d.set("password", c.cfg.Password)
	d.set("action", action)
	if c.cfg.Demo {
		d.set("demo", "y")
	}
	d.set("ticket", p.Ref)
	operator, _ := c.facts.Field("operator")
	d.set("operator", plain(p.Clerk, operator.Max))
	return d
}

func (d *draft) payer(c pos.Credentials) {
	swiped := c.Card.Track1.Present() || c.Card.Track2.Present()
	if swiped {
		d.lend("track1", c.Card.Track1)
		d.lend("track2", c.Card.Track2)
	} else {
		d.lend("cc", c.Card.PAN)
		d.set("exp", c.Card.Expiry.MMYY())
	}
	d.lend("cvv", c.Card.CVV)
	if !swiped && !c.Card.CVV.Present() {
		d.set("cvvstatus", "notpresent")
	}
	d.set("address1", plain(c.Address.Line1, 80))
	d.set("zip", plain(strings.ReplaceAll(c.Address.Zip, "-", ""), 20))
}

func unsupported(what string) pos.Answer {
	return pos.Answer{State: pos.StateRefused, Failure: pos.NewError(pos.CodeUnsupported, what)}
}
