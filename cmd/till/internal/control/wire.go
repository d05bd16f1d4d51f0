package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// lineLimit bounds a request or answer line, bytes.
const lineLimit = 64 << 10

// Verb is what a request asks for.
type Verb string

// The verbs. Interrupt ends the request whose token it names as far as that is safe, and answers with
// the payment in flight, if there is one.
const (
	Ping      Verb = "ping"
	Sale      Verb = "sale"
	Auth      Verb = "auth"
	Capture   Verb = "capture"
	Void      Verb = "void"
	Refund    Verb = "refund"
	Reverse   Verb = "reverse"
	Resolve   Verb = "resolve"
	Release   Verb = "release" // the sale of an open payment was paid in another way
	Settle    Verb = "settle"
	Interrupt Verb = "interrupt"
	Verify    Verb = "verify"    // is the card good? No money
	Increment Verb = "increment" // an earlier hold is for so much more
	Balance   Verb = "balance"   // what is left on a card; no money
	Adjust    Verb = "adjust"    // the tip of an earlier sale or capture becomes Tip
	Credit    Verb = "credit"    // a refund for no earlier payment; needs Manager
	Account   Verb = "account"   // Change says what becomes of a customer's account at the processor
)

// Request is one line from a command. Amounts are zero where the verb needs none or means all.
type Request struct {
	Do        Verb         `json:"do"`
	Token     string       `json:"token,omitempty"`   // names this request, for Interrupt; also the id of the sale
	Payment   string       `json:"payment,omitempty"` // id, for what follows an earlier payment
	Amount    money.Amount `json:"amount"`
	Tip       money.Amount `json:"tip"`
	Cashback  money.Amount `json:"cashback"`
	Surcharge money.Amount `json:"surcharge"`
	Fee       money.Amount `json:"fee"`
	Ref       string       `json:"ref,omitempty"`
	State     pos.State    `json:"state,omitempty"`    // for Resolve
	Reason    string       `json:"reason,omitempty"`   // a person's, for Resolve and what follows a payment
	Again     bool         `json:"again,omitempty"`    // send although it looks like a duplicate
	Fallback  bool         `json:"fallback,omitempty"` // take the stripe of a chip card
	Manager   string       `json:"manager,omitempty"`  // who allowed a Credit
	// OfflineCode is what the issuer gave by telephone for a Sale.
	OfflineCode string `json:"offline_code,omitempty"`
	// Stored is the processor's name of a stored account, which pays instead of a card; for Account, the one that
	// is changed or removed.
	Stored string `json:"stored,omitempty"`
	// Bank says that Card holds a bank account.
	Bank bool `json:"bank,omitempty"`
	// Extra is for the configured processor alone.
	Extra pos.Extra `json:"-"`
	// Change is what an Account request does.
	Change *Change `json:"change,omitempty"`
	// CardMS is how long to wait for a swipe, in milliseconds; zero: as the terminal has it.
	CardMS int64 `json:"card_ms,omitempty"`
	// PIN makes a Sale a debit: after the swipe the shopper types the PIN at the terminal's pad. The Refund of a
	// debit asks for both without being told.
	PIN bool `json:"pin,omitempty"`
	// PINMS is how long to wait for the PIN, in milliseconds; zero: as the terminal has it.
	PINMS int64 `json:"pin_ms,omitempty"`
	// Card is the card's data as a JSON object, nil for a swipe at the terminal's reader. It is secret.
	Card pos.Secret `json:"-"`
}

// Change is what becomes of a stored account.
type Change struct {
	Do    string   `json:"do"` // store, update or remove
	Ref   string   `json:"ref"`
	Name  string   `json:"name,omitempty"`
	Email string   `json:"email,omitempty"`
	Phone string   `json:"phone,omitempty"`
	Erase []string `json:"erase,omitempty"`
	// Verify asks the host to try the card first.
	Verify bool `json:"verify,omitempty"`
	// The processor charges Amount every Cycle from Start on, Payments times (zero: without end).
	Amount   money.Amount `json:"amount"`
	Cycle    string       `json:"cycle,omitempty"`
	Start    string       `json:"start,omitempty"`
	Payments int          `json:"payments,omitempty"`
	Wallet   bool         `json:"wallet,omitempty"` // small sales are added up under one authorization
}

// Stored is what became of a Change.
type Stored struct {
	ID      string    `json:"id"` // the processor's name of the account, if there is one
	State   pos.State `json:"state"`
	HostID  string    `json:"host_id"`
	Failure *Failure  `json:"failure,omitempty"`
}

// Answer is one line to a command.
type Answer struct {
	Stored  *Stored     `json:"stored,omitempty"`
	Payment pos.Payment `json:"payment"` // zero id: there is none
	Failure *Failure    `json:"failure,omitempty"`
	// Receipt says why no receipt came out; nil when it did or none is due.
	Receipt *Failure `json:"receipt,omitempty"`
}

// Failure is a pos.Error on the wire.
type Failure struct {
	Code   pos.Code `json:"code"`
	Args   []string `json:"args,omitempty"`
	Detail string   `json:"detail,omitempty"`
}

// Fail turns an error into its wire form; nil stays nil. An error without a code is internal, save
// that of a request that was stopped before it did anything.
func Fail(err error) *Failure {
	if err == nil {
		return nil
	}
	var e *pos.Error
	if errors.As(err, &e) {
		return &Failure{Code: e.Code, Args: e.Args, Detail: e.Detail}
	}
	if errors.Is(err, context.Canceled) {
		return &Failure{Code: pos.CodeCancelled}
	}
	return &Failure{Code: pos.CodeInternal, Detail: err.Error()}
}

// Err is the failure as an error, nil for nil.
func (f *Failure) Err() error {
	if f == nil {
		return nil
	}
	e := pos.NewError(f.Code, f.Args...)
	if f.Detail != "" {
		e = e.WithDetail("%s", f.Detail)
	}
	return e
}

// wireRequest carries beside the rest what a Request alone prints as a mask.
type wireRequest struct {
	Request
	Extra *wireExtra      `json:"extra,omitempty"`
	Card  json.RawMessage `json:"card,omitempty"`
}

type wireExtra struct {
	Processor string          `json:"processor"`
	Data      json.RawMessage `json:"data,omitempty"`
}

// encode makes the line of a request. The caller wipes it.
func (r Request) encode() ([]byte, error) {
	w := wireRequest{Request: r}
	if r.Extra.Processor != "" {
		w.Extra = &wireExtra{r.Extra.Processor, json.RawMessage(r.Extra.Data)}
	}
	head, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	if r.Card == nil {
		return append(head, '\n'), nil
	}
	line := make([]byte, 0, len(head)+len(r.Card)+16)
	line = append(append(line, head[:len(head)-1]...), `,"card":`...)
	return append(append(line, oneLine(r.Card)...), "}\n"...), nil
}

// oneLine replaces line ends between the parts of a JSON value, in place; inside strings JSON has none.
func oneLine(b []byte) []byte {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}

// ParseRequest reads one request line. It errs without repeating what stands in the line.
func ParseRequest(line []byte) (Request, error) {
	var w wireRequest
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return Request{}, errors.New("control: the line is no request")
	}
	if _, err := d.Token(); err != io.EOF {
		return Request{}, errors.New("control: more than one request in a line")
	}
	switch w.Do {
	case Ping, Sale, Auth, Capture, Void, Refund, Reverse, Resolve, Release, Settle, Interrupt, Verify, Adjust, Increment, Balance, Credit, Account:
	default:
		return Request{}, fmt.Errorf("control: no such verb (%d characters)", len(w.Do))
	}
	w.Request.Card = pos.Secret(w.Card)
	if w.Extra != nil {
		w.Request.Extra = pos.Extra{Processor: w.Extra.Processor, Data: pos.Secret(w.Extra.Data)}
	}
	return w.Request, nil
}

// readLine reads up to a line end, one call of Read at a time, into memory that the caller can wipe.
func readLine(r io.Reader) ([]byte, error) {
	buf := make([]byte, 4096)
	n := 0
	for {
		if n == len(buf) {
			if n >= lineLimit {
				clear(buf)
				return nil, errors.New("control: the line is too long")
			}
			bigger := make([]byte, 2*len(buf))
			copy(bigger, buf)
			clear(buf)
			buf = bigger
		}
		m, err := r.Read(buf[n:])
		if i := bytes.IndexByte(buf[n:n+m], '\n'); i >= 0 {
			return buf[:n+i], nil
		}
		n += m
		if err != nil {
			clear(buf)
			return nil, err
		}
	}
}
