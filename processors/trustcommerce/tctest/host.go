package tctest

import (
	"encoding/binary"
	"encoding/json"
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
	// Save, if set, keeps a snapshot of the ledger. It is called with the host locked, after each booking
	// and before its answer; its error is answered as failtoprocess with the transid: an unknown outcome.
	Save func(snapshot []byte) error
}

// Host is the gateway without a socket. Its methods may be called from many goroutines.
type Host struct {
	cfg     Config
	book    book
	pacific *time.Location

	mu       sync.Mutex
	accounts map[string]*Account
	byID     map[string]*transaction
	state    state
}

// New makes a host. It errs when the profile is not sound or the random source fails.
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
	h := &Host{cfg: cfg, pacific: pacific, accounts: map[string]*Account{}}
	facts := trustcommerce.NewFacts()
	if cfg.Facts != nil {
		facts = *cfg.Facts
	}
	h.book = newBook(facts)
	for i := range cfg.Profile.Accounts {
		a := cfg.Profile.Accounts[i]
		h.accounts[a.CustID] = &a
	}
	var seed [8]byte
	if _, err := io.ReadFull(cfg.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("tctest: random source: %w", err)
	}
	h.begin(binary.BigEndian.Uint64(seed[:]))
	return h, nil
}

// begin starts an empty ledger whose identifiers follow from seed.
func (h *Host) begin(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	h.byID = map[string]*transaction{}
	h.state = state{Seed: seed, Next: int64(r.Uint64N(1_000_000_000)), Batch: 1}
}

// Handle validates, decides and books one request and gives its answer.
func (h *Host) Handle(r Request) Reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runDue()
	j := &job{host: h, req: r, now: h.cfg.Now()}
	refused, ok := j.validate()
	if !ok {
		return refused
	}
	out := actions[r.get("action")](j)
	if j.tx == nil {
		return out
	}
	if err := h.save(); err != nil {
		return reply("status", "error", "errortype", "failtoprocess", "transid", out.TransID)
	}
	return out
}

// Answered notes that the answer of a transaction was written whole.
func (h *Host) Answered(transID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if tx := h.byID[transID]; tx != nil {
		tx.Answered = true
	}
}

// Reset empties the ledger; accounts and clock stay.
func (h *Host) Reset() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(h.state.Seed + 1)
	return h.save()
}

// Restore takes up a snapshot that Save was given.
func (h *Host) Restore(snapshot []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var s state
	if err := json.Unmarshal(snapshot, &s); err != nil {
		return fmt.Errorf("tctest: snapshot: %w", err)
	}
	h.state = s
	h.byID = map[string]*transaction{}
	for _, tx := range s.Transactions {
		h.byID[tx.ID] = tx
	}
	return nil
}

// Flush saves what changed since the last booking (which answers were written).
func (h *Host) Flush() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.save()
}

func (h *Host) save() error {
	if h.cfg.Save == nil {
		return nil
	}
	b, err := json.Marshal(h.state)
	if err != nil {
		return err
	}
	return h.cfg.Save(b)
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
