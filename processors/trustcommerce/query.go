package trustcommerce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/link"
)

// maxReport is the most that is read of a report, in bytes. One ticket has a handful of rows.
const maxReport = 1 << 20

// Query looks a payment up in the vault's transaction report: by the host's identifier if one is known,
// else by ticket, from a day before the payment was made. It moves no money.
//
// An empty report is absent, which in the first minutes may only mean that the report lags. Anything
// that is not such a report (no connection, another HTTP status, a page, an error text, a cut body) is
// unavailable, never absent. A PIN debit payment is for a person, whatever the report says.
func (c *Client) Query(ctx context.Context, p pos.Payment) pos.Finding {
	if c.query == nil {
		return unavailable(errNoQuery)
	}
	if pinDebit(p) {
		return pos.Finding{Verdict: pos.VerdictPerson, Failure: debitFailure(p)}
	}
	actions := actionsOf(p.Kind)
	if len(actions) == 0 {
		return unavailable(fmt.Errorf("a payment of kind %s is not in the reports", p.Kind))
	}
	made, now := p.Created, c.cfg.Now()
	switch {
	case made.IsZero():
		made = now
	case made.After(now):
		made = now.Add(-lookBack) // the clock was ahead, and nobody knows when that was
	}
	key := reportKey{ticket: p.Ref, transID: transID(p.HostID), actions: actions}
	rows, err := c.transactions(ctx, key, mediaOf(p.Instrument.Kind), made)
	if err != nil {
		c.log.Fault(ctx, "query", p.Ref, &link.Fault{Kind: link.CantConnect, Reason: err.Error()})
		return unavailable(err)
	}
	return key.find(rows, p)
}

// lookBack is how far back a payment is looked for whose time cannot be right.
const lookBack = 30 * 24 * time.Hour

// debitFailure keeps what the answer said of a PIN debit.
func debitFailure(p pos.Payment) *pos.Error {
	if p.Failure != nil && p.Failure.Code == pos.CodeDebitUnconfirmed {
		return p.Failure
	}
	return pos.NewError(pos.CodeDebitUnknown, p.HostID)
}

// pinDebit knows a PIN debit payment by its mark, its failure, or by what no other payment has. A void of one is none. The guide wants a person to
// follow it up; a report does not say whether the debit network confirmed it.
func pinDebit(p pos.Payment) bool {
	return p.Failure != nil && p.Failure.Code == pos.CodeDebitUnknown || !p.Cashback.IsZero() || !p.Fee.IsZero() ||
		p.Instrument.PIN && (p.Kind == pos.KindSale || p.Kind == pos.KindRefund)
}

// mediaOf lists the reports in which a payment may stand. The id of a stored account does not say whether
// it is a card's or a bank account's.
func mediaOf(k pos.InstrumentKind) []string {
	switch k {
	case pos.InstrumentBank:
		return []string{"ach"}
	case pos.InstrumentStoredCard:
		return []string{"cc", "ach"}
	}
	return []string{"cc"}
}

// transactions asks for the rows of a ticket or identifier, in each of the media.
func (c *Client) transactions(ctx context.Context, key reportKey, media []string, made time.Time) (all []row, err error) {
	for _, m := range media {
		form := c.report("transaction", m)
		form.Set("begindate", reportTime(made.Add(-24*time.Hour)))
		if key.transID != "" {
			form.Set("transid", key.transID)
		} else {
			form.Set("ticket", key.ticket)
		}
		body, err := c.ask(ctx, form)
		if err != nil {
			return nil, err
		}
		rows, err := parseReport(bytes.NewReader(body))
		clear(body)
		if err != nil {
			return nil, err
		}
		all = slices.Concat(all, rows)
	}
	return all, nil
}

// report begins the form of a query.
func (c *Client) report(kind, media string) url.Values {
	return url.Values{"custid": {c.cfg.CustID}, "password": {c.cfg.VaultPassword}, "querytype": {kind}, "format": {"text"}, "media": {media}}
}

// actionsOf are the action_names under which a payment may stand in a report.
func actionsOf(k pos.Kind) []string {
	switch k {
	case pos.KindSale:
		return []string{"sale", "walletsale"}
	case pos.KindAuth:
		return []string{"preauth"}
	case pos.KindCapture:
		return []string{"postauth"}
	case pos.KindRefund:
		return []string{"credit", "credit2"}
	case pos.KindVoid:
		return []string{"void"}
	case pos.KindReversal:
		return []string{"reversal"}
	case pos.KindVerify:
		return []string{"verify"}
	}
	return nil
}

// reportTime writes a time as the vault has it, in Pacific standard time. In summer that is an hour
// off, which the day that was taken off covers.
func reportTime(t time.Time) string {
	return t.In(time.FixedZone("PST", -8*60*60)).Format("01-02-2006 15:04:05")
}

func unavailable(err error) pos.Finding {
	return pos.Finding{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeUnknown).WithDetail("query").Because(err)}
}

// ask posts a query and gives the body of its answer. Its errors hold no URL and nothing of the body.
func (c *Client) ask(ctx context.Context, form url.Values) ([]byte, error) {
	if c.query == nil {
		return nil, errNoQuery
	}
	ctx, cancel := context.WithTimeout(ctx, c.query.Connect) // for the whole query
	defer cancel()
	return c.query.Do(ctx, []byte(form.Encode()))
}

// errNoQuery is behind a query on a client that is not configured for it.
var errNoQuery = errors.New("query_url is not configured")
