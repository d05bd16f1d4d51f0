package main

import (
	"context"
	"time"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// accountOrder is a customer's card or bank account on its way to the processor's vault.
type accountOrder struct {
	control.Change
	ID          string // of the account that is changed or removed
	Clerk       string
	Credentials pos.Credentials
}

// accounts keeps customers' cards and bank accounts at the processor. It moves no money by itself.
type accounts interface {
	Store(ctx context.Context, o accountOrder) control.Stored
	Update(ctx context.Context, o accountOrder) control.Stored
	Remove(ctx context.Context, o accountOrder) control.Stored
	// List gives what is kept, all or one. It changes nothing.
	List(ctx context.Context, id string) ([]keptJSON, error)
}

// keptJSON is a stored account as programs get it.
type keptJSON struct {
	BillingID string `json:"billing_id"`
	Masked    string `json:"card"` // the last digits of a card or account
	Media     string `json:"media"`
	Name      string `json:"name"`
	Active    bool   `json:"active"`
}

type trustCommerceAccounts struct{ client *trustcommerce.Client }

// Store implements accounts.
func (a trustCommerceAccounts) Store(ctx context.Context, o accountOrder) control.Stored {
	return storedBy(a.client.Store(ctx, accountOf(o)))
}

// Update implements accounts.
func (a trustCommerceAccounts) Update(ctx context.Context, o accountOrder) control.Stored {
	return storedBy(a.client.Update(ctx, o.ID, accountOf(o), o.Erase...))
}

// Remove implements accounts.
func (a trustCommerceAccounts) Remove(ctx context.Context, o accountOrder) control.Stored {
	return storedBy(a.client.Remove(ctx, o.ID, o.Ref, o.Clerk))
}

// List implements accounts.
func (a trustCommerceAccounts) List(ctx context.Context, id string) ([]keptJSON, error) {
	list, err := a.client.List(ctx, id)
	out := make([]keptJSON, 0, len(list))
	for _, k := range list {
		out = append(out, keptJSON(k))
	}
	return out, err
}

func accountOf(o accountOrder) trustcommerce.Account {
	out := trustcommerce.Account{
		Ref: o.Ref, Clerk: o.Clerk, Credentials: o.Credentials,
		Person: trustcommerce.Person{Name: o.Name, Email: o.Email, Phone: o.Phone},
		Amount: o.Amount, Plan: trustcommerce.Plan{Cycle: o.Cycle, Start: o.Start, Payments: o.Payments},
	}
	if o.Verify {
		out.Verify = trustcommerce.Yes
	}
	if o.Wallet {
		out.Purse.Wallet = trustcommerce.Yes
	}
	return out
}

func storedBy(a trustcommerce.StoreAnswer) control.Stored {
	out := control.Stored{ID: a.BillingID, State: a.State, HostID: a.HostID}
	if a.Failure != nil {
		out.Failure = control.Fail(a.Failure)
	}
	return out
}

// changeAccount does one Account request between two audit events, so that the journal knows of it whatever
// comes of it. It is sent once; what gets no answer is looked for with `till vault list`.
func (t *terminal) changeAccount(ctx context.Context, r control.Request) control.Answer {
	if t.accounts == nil {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeUnsupported, "stored accounts"))}
	}
	if r.Change == nil {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeInternal).WithDetail("the request has no change"))}
	}
	o := accountOrder{Change: *r.Change, ID: r.Stored, Clerk: t.cfg.Terminal.Clerk}
	do := map[string]func(context.Context, accountOrder) control.Stored{
		"store": t.accounts.Store, "update": t.accounts.Update, "remove": t.accounts.Remove,
	}[o.Do]
	if do == nil {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeInternal).WithDetail("no such change of an account"))}
	}
	if r.Card != nil {
		asked := r
		asked.Stored = ""
		var err error
		if o.Credentials, err = t.credentials(ctx, asked, nil, nil); err != nil {
			return control.Answer{Failure: control.Fail(err)}
		}
		defer o.Credentials.Wipe()
	}
	if err := t.auditAccount(ctx, o, nil); err != nil {
		return control.Answer{Failure: control.Fail(err)}
	}
	stored := do(ctx, o)
	// What the host did stands; only the journal could not be told.
	if err := t.auditAccount(context.WithoutCancel(ctx), o, &stored); err != nil {
		t.log.Error("account change not journaled", "ref", o.Ref, "state", string(stored.State), "error", err)
	}
	return control.Answer{Stored: &stored}
}

// auditAccount journals that a change goes out, or what became of it.
func (t *terminal) auditAccount(ctx context.Context, o accountOrder, came *control.Stored) error {
	detail := map[string]string{"what": "account " + o.Do, "ref": o.Ref, "account": o.ID, "state": string(pos.StateSending)}
	if came != nil {
		detail["account"], detail["state"] = came.ID, string(came.State)
	}
	return t.journal.Audit(ctx, pos.Event{Kind: pos.EventAudit, At: t.now(), Clerk: o.Clerk, Detail: detail})
}

// accountRef is the ticket of a change: lane, day and a random part, at most 30 characters.
func accountRef(lane string, now time.Time) string {
	return lane + "-" + now.UTC().Format("060102") + "-V" + newToken()[2:12]
}
