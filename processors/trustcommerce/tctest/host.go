package tctest

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the cut-off of the day is Pacific time, on machines without time zones too

	"github.com/tillpos/till/processors/trustcommerce"
)

// Config is what a Host runs on.
type Config struct {
	Profile Profile              // zero: DefaultProfile
	Facts   *trustcommerce.Facts // nil: the table as it is
	Now     func() time.Time     // required
	Random  io.Reader            // 8 bytes are read at birth; required
	// Keep, if set, keeps what a request changed before it is answered. It is called with the host locked;
	// its error is answered as failtoprocess with the transid: an unknown outcome. whole gives a snapshot
	// that holds the change, for a keeper that wants to begin anew; a change that is nil asks for that.
	Keep func(change []byte, whole func() ([]byte, error)) error
}

// Trouble is what a fault does inside the gateway. The zero value: nothing.
type Trouble struct {
	NoProcessor bool          // the processor is not reached: nothing is decided, the answer is failtoprocess
	LostVerdict bool          // decided and booked, but the gateway never hears it: failtoprocess with the transid
	HideFor     time.Duration // until the query shows it, besides the profile's lag
}

// Host is the gateway without a socket. Its methods may be called from many goroutines.
type Host struct {
	cfg     Config
	book    book
	issuer  issuer
	pacific *time.Location

	mu       sync.Mutex
	accounts map[string]*Account
	byID     map[string]*transaction
	aliases  map[string]string  // ACTION/TRANSID of a profile's history, to the row's own transid
	stored   map[string]*stored // CUSTID/BILLINGID
	state    state
	due      time.Time // nothing falls due before it; zero: nothing is due
	at       time.Time // the time that is being played, zero: the clock's

	dirty       dirty
	keptBatches int // settled batches that were saved
}

// New makes a host. It errs when the profile is not sound, its history included, or the random source
// fails.
func New(cfg Config) (*Host, error) {
	if len(cfg.Profile.Accounts) == 0 {
		cfg.Profile = DefaultProfile()
	}
	if err := cfg.Profile.check(); err != nil {
		return nil, err
	}
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, pacific: pacific, issuer: newIssuer(cfg.Profile.Cards), accounts: map[string]*Account{}}
	facts := trustcommerce.NewFacts()
	if cfg.Facts != nil {
		facts = *cfg.Facts
	}
	h.book = newBook(facts)
	for i := range cfg.Profile.Accounts {
		a := cfg.Profile.Accounts[i]
		a.complete()
		h.accounts[a.CustID] = &a
	}
	var seed [8]byte
	if _, err := io.ReadFull(cfg.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("tctest: random source: %w", err)
	}
	return h, h.begin(binary.BigEndian.Uint64(seed[:]))
}

// begin starts a book whose identifiers follow from seed, with the profile's history in it.
func (h *Host) begin(seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 0))
	h.adopt(state{Seed: seed, Seq: h.state.Seq, Next: int64(r.Uint64N(1_000_000_000)), NextStored: int64(r.Uint64N(2_600_000)), Batch: 1})
	h.aliases, h.due = map[string]string{}, time.Time{}
	err := h.playHistory()
	// The beginning is no change: a host with the same profile and seed makes it again.
	h.dirty, h.keptBatches = dirty{}, len(h.state.Batches)
	return err
}

// now is the time of whatever is being done.
func (h *Host) now() time.Time {
	if !h.at.IsZero() {
		return h.at
	}
	return h.cfg.Now()
}

// during does something at a time of the past.
func (h *Host) during(at time.Time, do func()) {
	before := h.at
	h.at = at
	do()
	h.at = before
}

// Handle validates, decides and books one request and gives its answer.
func (h *Host) Handle(r Request) Reply { return h.HandleIn(r, Trouble{}) }

// HandleIn is Handle in trouble.
func (h *Host) HandleIn(r Request, t Trouble) Reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runDue()
	out := h.decide(&job{host: h, req: r, now: h.now(), trouble: t})
	if out.TransID == "" {
		return out
	}
	if err := h.save(); err != nil || t.LostVerdict {
		return failToProcess.forTransaction(h.byID[out.TransID])
	}
	return out
}

func (h *Host) decide(j *job) Reply {
	if refused, ok := j.validate(); !ok {
		return refused
	}
	if j.trouble.NoProcessor {
		return j.unprocessed()
	}
	return actions[j.req.get("action")](j)
}

// find gives the row that a transid names to an action.
func (h *Host) find(transID, action string) *transaction {
	if own := h.aliases[action+"/"+transID]; own != "" {
		transID = own
	}
	return h.byID[transID]
}

// Answered notes that the answer of a transaction was written whole. That it was is worth keeping, but
// nobody waits for it: what cannot be kept now goes with the next change.
func (h *Host) Answered(transID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if tx := h.byID[transID]; tx != nil {
		tx.Answered = true
		h.touch(tx)
		_ = h.save()
	}
}

// Reset empties the ledger and plays the profile's history again; accounts and clock stay.
func (h *Host) Reset() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.begin(h.state.Seed + 1); err != nil || h.cfg.Keep == nil {
		return err
	}
	return h.cfg.Keep(nil, h.snapshot)
}

// Flush saves what changed since the last booking (what fell due).
func (h *Host) Flush() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.save()
}

// allocate gives the next transaction identifier, 011-NNNNNNNNNN. Its 13 digits begin with 0, as no card
// number does, and never pass the check digit, so that no scan takes it for one.
func (h *Host) allocate() string {
	for {
		h.state.Next += 7
		id := fmt.Sprintf("011-%010d", h.state.Next%10_000_000_000)
		if !luhnOK(strings.Replace(id, "-", "", 1)) && h.byID[id] == nil {
			return id
		}
	}
}

// luhnOK checks the last digit of a run of digits (ISO/IEC 7812-1).
func luhnOK(run string) bool {
	sum := 0
	for i := 0; i < len(run); i++ {
		d := int(run[len(run)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}
