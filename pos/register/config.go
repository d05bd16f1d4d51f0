package register

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/prices"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/words"
)

// ChipPolicy says what happens when a chip card is swiped.
type ChipPolicy string

const (
	ChipAllow   ChipPolicy = "allow"
	ChipManager ChipPolicy = "manager" // a person must agree each time; the default
	ChipRefuse  ChipPolicy = "refuse"
)

// Policy is what the shop decided. Zero fields take the defaults of the comments.
type Policy struct {
	Chip      ChipPolicy    // ChipManager
	MaxAmount money.Amount  // of one sale; 99,999,999 minor units
	CardEntry time.Duration // how long the reader stays armed, and a typed or questioned card is kept; 60 s
	Patience  time.Duration // after it the words of the sending screen change; the request goes on; 45 s
	Print     time.Duration // one slip; 10 s
	PIN       time.Duration // how long the shopper has to type the PIN; 60 s
	// Cashback is the most that a debit pays out in cash; zero: none is asked for.
	Cashback money.Amount
	// Tips says that a tip is asked for with the card; Voice that the host takes a code which the issuer gave by telephone.
	Tips, Voice bool
	// Surcharge is offered of credit cards, after the customer was told; nil: none.
	Surcharge *payment.Surcharge
	// DebitFee is what a debit with PIN pays to the terminal; zero: none.
	DebitFee money.Amount
	// RefuseDuplicates refuses a second equal payment with one card instead of asking.
	RefuseDuplicates bool
	// NoKeyed takes away typing a card by hand.
	NoKeyed bool
	// Unattended says that nobody stands at the till: cards and PIN only, the whole amount or nothing, and what nobody
	// touches for CardEntry is undone.
	Unattended bool
	Undoing    Undoing
}

// Config is what a Register is made of. Payments, History and NewSaleID are required.
type Config struct {
	Payments Payments
	History  History
	Reader   Reader  // nil: cards can only be typed
	Printer  Printer // nil: no receipts
	PINPad   PINPad  // nil: no debit
	Display  Display // nil: the customer looks at the cashier's screen
	Scanner  Scanner // nil: items are typed
	Prices   prices.List
	Shop     receipt.Shop
	// PaperWidth is the columns of the receipt paper; receipt.Wide if zero.
	PaperWidth int
	Currency   money.Currency // USD if empty
	Policy     Policy
	Now        func() time.Time // time.Now if nil
	// NewSaleID gives the id of a new sale.
	NewSaleID  func() string
	Words      *words.Catalog // English if nil
	Training   bool
	HostHealth func() pos.Health      // nil: not shown
	Alarms     func() []payment.Alarm // payments at which a person should look; nil: not shown
	// Changed tells that a payment changed in the background, Devices that a reader or printer is
	// otherwise than it was; nil: looked at once a second.
	Changed <-chan struct{}
	Devices <-chan struct{}
	// Recovered are the payments that were found between intent and outcome at the start; they are
	// shown before the first sale.
	Recovered []pos.Payment
	// Audit writes an audit event (override, reprint) to the journal; nil: not written.
	Audit func(ctx context.Context, e pos.Event) error
	Clerk string
}

func (c Config) complete() (Config, error) {
	if c.Payments == nil || c.History == nil || c.NewSaleID == nil {
		return c, errors.New("register: Payments, History and NewSaleID are required")
	}
	if c.Currency == "" {
		c.Currency = money.USD
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Words == nil {
		c.Words = words.New(words.English)
	}
	p := &c.Policy
	if p.Chip == "" {
		p.Chip = ChipManager
	}
	if p.MaxAmount.IsZero() {
		p.MaxAmount = money.New(99_999_999, c.Currency)
	}
	for _, d := range []struct {
		set *time.Duration
		to  time.Duration
	}{{&p.CardEntry, 60 * time.Second}, {&p.Patience, 45 * time.Second}, {&p.Print, 10 * time.Second}, {&p.PIN, 60 * time.Second}} {
		if *d.set == 0 {
			*d.set = d.to
		}
	}
	if p.Unattended {
		p.alone()
	}
	return c, nil
}
