package trustcommerce

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/processors/link"
)

// Account is what the gateway keeps of a customer under a billing id. Each comment begins with the wire's
// field, its format, its length in characters and who states it. What cannot be sent is refused before anything
// leaves, with the words of the host.
type Account struct {
	Ref   string // ticket: text, 1-30; guide 2.8. By it a lost answer is found
	Clerk string // operator: text, 1-20; guide 2.5. Cut, and what cannot be sent is dropped

	// cc, exp or routing, account. The number and expiry date of a typed or swiped card, or a bank account; tracks
	// are not stored. Address is what verification compares.
	Credentials pos.Credentials
	Person      Person
	Shipping    Shipping
	Items       []Item
	// checknum: text, 1-10; seen.
	CheckNumber string

	// verify: y/n, 1; guide 2.8. Yes: the card is verified first, or held for 1.00 where that is not supported.
	Verify Switch
	// avs: y/n, 1-10; guide 2.8. With Verify.
	AVS Switch
	// cvvcheck: y/n, 1; guide 2.8. With Verify.
	CVVCheck Switch
	// cvvstatus: one of, 7-10; guide 2.8.
	CVVStatus string

	// amount: digits, 3-8; guide 2.8. Cents, of each payment of the plan; zero: not sent. Without an amount a plan is
	// refused with missingfields.
	Amount money.Amount
	Plan   Plan
	Purse  Purse

	// customfield#: text, 1-768; seen.
	CustomFields []string
	// aggregator#: text, 1-768; seen.
	Aggregators []string
}

// Plan is when the gateway charges a stored account by itself, at about 02:00 Pacific time.
type Plan struct {
	// cycle: interval, 2-4; guide 2.8. 1 to 99 and d, w, m or y; needs an amount.
	Cycle string
	// start: start, 2-10; guide 2.8. YYYY-MM-DD, or an interval from today. Empty: the next run, or at once; the
	// sources differ.
	Start string
	// payments: digits, 1-4; guide 2.8. How many; 0: without end.
	Payments int
	// authnow: y/n, 1; guide 2.8. Yes: the first amount is held now and captured at the start.
	AuthNow Switch
	// lastpaymentunstore: y/n, 1; guide 2.8. No: the account stays stored after the last payment.
	LastPaymentUnstore Switch
}

// Purse is the wallet of a stored card: small sales are added up under one authorization.
type Purse struct {
	// wallet: y/n, 1; guide 2.8.
	Wallet Switch
	// walletsize: digits, 3-8; guide 2.8. Cents of one authorization, 1000 by default.
	SizeCents int64
	// walletexposure: digits, 1-3; guide 2.8. Whole hours until it is captured, 72 by default.
	ExposureHours int
}

// StoreAnswer is what became of a request to the vault. Its State is that of an Answer: approved,
// accepted, declined, refused, not_sent or unknown.
type StoreAnswer struct {
	pos.Answer
	BillingID string // 6 letters and digits; empty unless State is approved or accepted
}

// Store asks the gateway to keep an account (action store) and gives its billing id. A plan may make the
// gateway charge it at once, and later by itself.
func (c *Client) Store(ctx context.Context, a Account) StoreAnswer {
	return c.stored(c.store(ctx, "", a, nil), "")
}

// Update changes what is kept under a billing id (action store with billingid). Empty parts stay as they
// are; the fields named in erase, in the wire's words, are emptied (value null, guide 2.5).
func (c *Client) Update(ctx context.Context, billingID string, a Account, erase ...string) StoreAnswer {
	if billingID == "" {
		return StoreAnswer{Answer: pos.Answer{State: pos.StateRefused, Failure: (&troubleFound{MissingFields, []string{"billingid"}}).failure()}}
	}
	return c.stored(c.store(ctx, billingID, a, erase), billingID)
}

// Remove ends a stored account (action unstore); the gateway keeps its reports.
func (c *Client) Remove(ctx context.Context, billingID, ref, clerk string) StoreAnswer {
	d := c.begin("unstore", "", ref, clerk)
	d.set("billingid", billingID)
	return c.stored(c.do(ctx, d, ref), billingID)
}

// stored takes the billing id out of an answer. A yes without one is no use to anybody, and so is unknown.
func (c *Client) stored(a pos.Answer, known string) StoreAnswer {
	out := StoreAnswer{Answer: a}
	if a.State != pos.StateApproved && a.State != pos.StateAccepted {
		return out
	}
	given, _ := GivenOf(a.Extra)
	if out.BillingID = given.BillingID; out.BillingID == "" {
		out.BillingID = known
	}
	if out.BillingID == "" {
		out.Answer = unclear(a, "the answer has no billingid")
	}
	if a.State == pos.StateAccepted {
		out.Failure = nil // nothing is queued that could still move money
	}
	return out
}

func (c *Client) store(ctx context.Context, id string, a Account, erase []string) pos.Answer {
	variant := ""
	if id != "" {
		variant = updateForm
	}
	d := c.begin("store", variant, a.Ref, a.Clerk)
	d.set("billingid", id)
	if a.Credentials.Bank.Number.Present() {
		d.set("media", "ach")
		d.bank(a.Credentials.Bank)
	} else {
		d.typed(a.Credentials)
	}
	d.set("address1", plain(a.Credentials.Address.Line1, 80))
	d.set("zip", plain(strings.ReplaceAll(a.Credentials.Address.Zip, "-", ""), 20))
	d.person(a.Person)
	d.shipping(a.Shipping)
	d.items(a.Items)
	d.set("checknum", a.CheckNumber)
	d.set("verify", string(a.Verify))
	d.set("avs", string(a.AVS))
	d.set("cvvcheck", string(a.CVVCheck))
	d.set("cvvstatus", a.CVVStatus)
	if !a.Amount.IsZero() {
		d.set("amount", cents(a.Amount))
		if code := a.Amount.Currency(); code != money.USD {
			d.set("currency", strings.ToLower(string(code)))
		}
	}
	d.plan(a.Plan)
	d.set("wallet", string(a.Purse.Wallet))
	d.above("walletsize", a.Purse.SizeCents)
	d.above("walletexposure", int64(a.Purse.ExposureHours))
	d.own(a.CustomFields, a.Aggregators)
	for _, name := range erase {
		at := c.rules.place(name)
		switch {
		case at < 0 || d.form.use[at] != Optional:
			d.refuse(ExtraFields, name)
		case d.get(name) != "":
			d.refuse(Mismatch, name)
		default:
			d.set(name, erased)
		}
	}
	return c.do(ctx, d, a.Ref)
}

// typed adds a card by number and date; tracks have no place in the vault.
func (d *draft) typed(c pos.Credentials) {
	d.lend("cc", c.Card.PAN)
	d.set("exp", c.Card.Expiry.MMYY())
	d.lend("cvv", c.Card.CVV)
}

func (d *draft) plan(p Plan) {
	d.set("cycle", p.Cycle)
	d.set("start", p.Start)
	d.above("payments", int64(p.Payments))
	d.set("authnow", string(p.AuthNow))
	d.set("lastpaymentunstore", string(p.LastPaymentUnstore))
}

// updateForm is the variant of store that changes an account; erased empties a field of it.
const (
	updateForm = "update"
	erased     = "null"
)

// FindStore looks for a Store or Update whose answer was lost, by its ref, from a day before it was made. As
// [Client.Query], absent may only mean that the report lags.
func (c *Client) FindStore(ctx context.Context, ref string, made time.Time) (StoreAnswer, pos.Verdict) {
	key := reportKey{ticket: ref, actions: []string{"store"}}
	rows, err := c.transactions(ctx, key, []string{"cc", "ach"}, made)
	if err != nil {
		c.log.Fault(ctx, "query", ref, &link.Fault{Kind: link.CantConnect, Reason: err.Error()})
		f := unavailable(err)
		return StoreAnswer{Answer: pos.Answer{State: pos.StateUnknown, Failure: f.Failure}}, f.Verdict
	}
	f := key.find(rows, pos.Payment{Kind: pos.KindVerify})
	out := StoreAnswer{Answer: f.Answer}
	for _, r := range rows {
		if f.Verdict == pos.VerdictFound && r.transID == f.Answer.HostID {
			out.BillingID = r.billingID
		}
	}
	return out, f.Verdict
}

// Stored is a line of the vault's report of stored accounts.
type Stored struct {
	BillingID string // 6 letters and digits
	Masked    string // last four of the card or account
	Media     string // as the vault says, such as VISA or ACH
	Name      string
	Active    bool // not unstored; true if the report does not say
}

// List asks the vault for the stored accounts (querytype billingid), all of them or one. It errs with a
// *pos.Error if there is no usable report; its columns but for billingid are not documented and may be missing.
func (c *Client) List(ctx context.Context, billingID string) ([]Stored, error) {
	var out []Stored
	for _, media := range []string{"cc", "ach"} {
		form := c.report("billingid", media)
		if billingID != "" {
			form.Set("billingid", billingID)
		}
		body, err := c.ask(ctx, form)
		if err != nil {
			return nil, unavailable(err).Failure
		}
		list, err := parseStored(bytes.NewReader(body))
		clear(body)
		if err != nil {
			return nil, unavailable(err).Failure
		}
		for _, s := range list {
			if billingID == "" || s.BillingID == billingID {
				out = append(out, s)
			}
		}
	}
	return out, nil
}
