package report

import (
	"time"

	"github.com/tillpos/till/pos"
)

// Payment is one payment as printed by every command.
type Payment struct {
	ID             string `json:"id"`
	Ref            string `json:"ref"` // what the host sees: ticket, retrieval number
	Kind           string `json:"kind"`
	State          string `json:"state"`
	Money          string `json:"money"` // moved, not_moved, held or unknown
	RequestedCents int64  `json:"requested_cents"`
	ApprovedCents  int64  `json:"approved_cents"`
	RefundedCents  int64  `json:"refunded_cents"`
	Currency       string `json:"currency"`
	Card           string `json:"card"` // masked
	Brand          string `json:"brand"`
	Entry          string `json:"entry"`
	Processor      string `json:"processor"`
	HostID         string `json:"host_id"`
	Seq            int64  `json:"seq"`
	AuthCode       string `json:"auth_code"`
	AVS            string `json:"avs"`
	CVV            string `json:"cvv"` // the host's result code
	Batch          int64  `json:"batch"`
	Parent         string `json:"parent"`
	Message        string `json:"message"` // what happened and what it means for the money
	Next           string `json:"next"`    // what to do
	Created        string `json:"created"`
	// Parts of what was asked; a key is there only where there is such a part.
	TipCents       int64 `json:"tip_cents,omitempty"`
	CashbackCents  int64 `json:"cashback_cents,omitempty"`
	SurchargeCents int64 `json:"surcharge_cents,omitempty"`
	FeeCents       int64 `json:"fee_cents,omitempty"`
}

// Row makes the row of a payment. say gives the two texts of a code in the reader's language;
// words.Catalog has it as Message.
func Row(p pos.Payment, say func(*pos.Error) (message, next string)) Payment {
	message, next := say(p.Outcome())
	return Payment{
		ID: p.ID, Ref: p.Ref, Kind: string(p.Kind), State: string(p.State), Money: string(p.Where()),
		RequestedCents: p.Requested.Minor(), ApprovedCents: p.Approved.Minor(), RefundedCents: p.Refunded.Minor(),
		Currency: string(p.Requested.Currency()),
		Card:     p.Instrument.Masked, Brand: string(p.Instrument.Brand), Entry: string(p.Instrument.Entry),
		Processor: p.Processor, HostID: p.HostID, Seq: p.Seq, AuthCode: p.AuthCode, AVS: p.AVS, CVV: p.CVV,
		Batch: p.Batch, Parent: p.Parent, Message: message, Next: next, Created: stamp(p.Created),
		TipCents: p.Tip.Minor(), CashbackCents: p.Cashback.Minor(), SurchargeCents: p.Surcharge.Minor(), FeeCents: p.Fee.Minor(),
	}
}

// Rows makes a row of each payment. It never gives nil, so that JSON shows an empty list as [].
func Rows(ps []pos.Payment, say func(*pos.Error) (message, next string)) []Payment {
	out := make([]Payment, 0, len(ps))
	for _, p := range ps {
		out = append(out, Row(p, say))
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
