package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

var (
	errCurrency = errors.New("a payment has amounts in one currency only")
	errItems    = errors.New("the items of a payment are no JSON")
)

// body is a payment as JSON in event.body and payment.body. The fingerprint stands in a column of its
// own. Names are part of the file format; amounts are minor units of Currency, absent for no amount.
type body struct {
	ID         string             `json:"id"`
	Ref        string             `json:"ref"`
	Seq        int64              `json:"seq"`
	Kind       pos.Kind           `json:"kind"`
	State      pos.State          `json:"state"`
	Sale       string             `json:"sale,omitempty"`
	Parent     string             `json:"parent,omitempty"`
	Currency   money.Currency     `json:"currency,omitempty"`
	Requested  *int64             `json:"requested,omitempty"`
	Approved   *int64             `json:"approved,omitempty"`
	Refunded   *int64             `json:"refunded,omitempty"`
	Tip        *int64             `json:"tip,omitempty"`
	Cashback   *int64             `json:"cashback,omitempty"`
	Surcharge  *int64             `json:"surcharge,omitempty"`
	Fee        *int64             `json:"fee,omitempty"`
	Replaces   *int64             `json:"replaces,omitempty"`
	SaleTotal  *int64             `json:"sale_total,omitempty"`
	Balance    *int64             `json:"balance,omitempty"`
	Items      json.RawMessage    `json:"items,omitempty"`
	Instrument pos.InstrumentKind `json:"instrument,omitempty"`
	Masked     string             `json:"masked,omitempty"`
	Brand      card.Brand         `json:"brand,omitempty"`
	Entry      card.Entry         `json:"entry,omitempty"`
	Fallback   bool               `json:"fallback,omitempty"`
	PIN        bool               `json:"pin,omitempty"`
	KSN        string             `json:"ksn,omitempty"` // as ksnText
	Processor  string             `json:"processor,omitempty"`
	HostID     string             `json:"host_id,omitempty"`
	AuthCode   string             `json:"auth_code,omitempty"`
	AVS        string             `json:"avs,omitempty"`
	CVV        string             `json:"cvv,omitempty"`
	HostSeq    int64              `json:"host_seq,omitempty"`
	Batch      int64              `json:"batch,omitempty"`
	Clerk      string             `json:"clerk,omitempty"`
	Manager    string             `json:"manager,omitempty"`
	Failure    *failureBody       `json:"failure,omitempty"`
	Created    string             `json:"created,omitempty"`
	Updated    string             `json:"updated,omitempty"`
	Due        string             `json:"due,omitempty"`
	Attempts   int                `json:"attempts,omitempty"`
	PartialOK  bool               `json:"partial_ok,omitempty"`
	Released   bool               `json:"released,omitempty"`
	Offline    bool               `json:"offline,omitempty"`
	Forwarded  string             `json:"forwarded,omitempty"`
	NotFound   string             `json:"not_found,omitempty"`
}

type failureBody struct {
	Code   pos.Code `json:"code"`
	Args   []string `json:"args,omitempty"`
	Detail string   `json:"detail,omitempty"`
}

// bodyOf is the payment as it is stored; write gives times as text.
func bodyOf(p *pos.Payment, write func(time.Time) string) (b body, err error) {
	in := &p.Instrument
	b = body{ID: p.ID, Ref: p.Ref, Seq: p.Seq, Kind: p.Kind, State: p.State, Sale: p.Sale, Parent: p.Parent,
		Instrument: in.Kind, Masked: in.Masked, Brand: in.Brand, Entry: in.Entry, Fallback: in.Fallback, PIN: in.PIN, KSN: ksnText(p.KSN),
		Processor: p.Processor, HostID: p.HostID, AuthCode: p.AuthCode, AVS: p.AVS, CVV: p.CVV, Batch: p.Batch, Clerk: p.Clerk, Manager: p.Manager,
		Created: write(p.Created), Updated: write(p.Updated), Due: write(p.Due), Attempts: p.Attempts,
		HostSeq: p.HostSeq, PartialOK: p.PartialOK, Released: p.Released, Offline: p.Offline,
		Forwarded: write(p.Forwarded), NotFound: write(p.NotFound)}
	for _, a := range b.amounts(p) {
		switch c := a.noun.Currency(); {
		case *a.noun == money.Amount{}:
			continue
		case b.Currency == "":
			b.Currency = c
		case b.Currency != c:
			return body{}, errCurrency
		}
		minor := a.noun.Minor()
		*a.stored = &minor
	}
	if f := p.Failure; f != nil {
		b.Failure = &failureBody{f.Code, f.Args, f.Detail}
	}
	if p.Items != "" {
		if b.Items = json.RawMessage(p.Items); !json.Valid(b.Items) {
			return body{}, errItems
		}
	}
	return b, nil
}

type amountPair struct {
	stored **int64
	noun   *money.Amount
}

func (b *body) amounts(p *pos.Payment) [10]amountPair {
	return [10]amountPair{{&b.Requested, &p.Requested}, {&b.Approved, &p.Approved}, {&b.Refunded, &p.Refunded},
		{&b.Tip, &p.Tip}, {&b.Cashback, &p.Cashback}, {&b.Surcharge, &p.Surcharge},
		{&b.Fee, &p.Fee}, {&b.Replaces, &p.Replaces}, {&b.Balance, &p.Balance},
		{&b.SaleTotal, &p.SaleTotal}}
}

func decodePayment(text, fingerprint []byte) (pos.Payment, error) {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return pos.Payment{}, fmt.Errorf("body of a payment: %w", err)
	}
	p := pos.Payment{ID: b.ID, Ref: b.Ref, Seq: b.Seq, Kind: b.Kind, State: b.State, Sale: b.Sale, Parent: b.Parent,
		Instrument: pos.Instrument{Kind: b.Instrument, Masked: b.Masked, Brand: b.Brand, Entry: b.Entry, Fallback: b.Fallback, PIN: b.PIN},
		KSN:        ksnOf(b.KSN),
		Processor:  b.Processor, HostID: b.HostID, AuthCode: b.AuthCode, AVS: b.AVS, CVV: b.CVV, Batch: b.Batch, Clerk: b.Clerk, Manager: b.Manager,
		Attempts: b.Attempts, HostSeq: b.HostSeq, PartialOK: b.PartialOK, Released: b.Released, Offline: b.Offline, Items: pos.Items(b.Items)}
	for _, a := range b.amounts(&p) {
		if *a.stored != nil {
			*a.noun = money.New(**a.stored, b.Currency)
		}
	}
	if f := b.Failure; f != nil {
		p.Failure = &pos.Error{Code: f.Code, Args: f.Args, Detail: f.Detail}
	}
	for _, t := range []struct {
		text string
		to   *time.Time
	}{{b.Created, &p.Created}, {b.Updated, &p.Updated}, {b.Due, &p.Due}, {b.Forwarded, &p.Forwarded}, {b.NotFound, &p.NotFound}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(timeLayout, t.text)
		if err != nil {
			return pos.Payment{}, fmt.Errorf("body of a payment: %w", err)
		}
		*t.to = at
	}
	raw, err := uncomb(fingerprint)
	if err != nil || len(raw) != 0 && len(raw) != len(p.Instrument.Fingerprint) {
		return pos.Payment{}, fmt.Errorf("fingerprint of a payment: %w", errComb)
	}
	copy(p.Instrument.Fingerprint[:], raw)
	return p, nil
}

// combed is the column of a fingerprint, nil for none.
func combed(f card.Fingerprint) []byte {
	if f.IsZero() {
		return nil
	}
	return comb(f[:])
}

// ksnShift makes the letters a to j of the digits 0 to 9.
const ksnShift = 'a' - '0'

// ksnText is a key serial number as it is stored: its digits are small letters, so that none looks like a card
// number to whoever scans the journal. A to F stay.
func ksnText(k card.KSN) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r + ksnShift
		}
		return r
	}, string(k))
}

func ksnOf(text string) card.KSN {
	return card.KSN(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'j' {
			return r - ksnShift
		}
		return r
	}, text))
}

// ksnColumn is the column of a key serial number as ksnText gives it, nil for none.
func ksnColumn(text string) any {
	if text == "" {
		return nil
	}
	return text
}
