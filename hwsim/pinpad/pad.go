package pinpad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/dukpt"
)

// Keys of a pad that was told none: the test keys of ANSI X9.24-1, and a master key.
const (
	TestBDK    = "0123456789ABCDEFFEDCBA9876543210"
	TestKSN    = "FFFF9876543210E00000"
	TestMaster = "0123456789ABCDEFFEDCBA9876543210"
)

// Config sets a simulated pad.
type Config struct {
	Dialect string         // uic or verifone; empty is uic
	Keys    string         // dukpt or session; empty is dukpt
	BDK     string         // hexadecimal; empty is TestBDK
	KSN     string         // of the initial key; the first PIN has the next one. Empty is TestKSN
	Master  map[int]string // master keys by slot; nil is TestMaster in slot 0
	Baud    int            // the line's pace; 0 is at once
	Auto    bool           // types a test card's PIN as soon as it is asked for
	Seed    uint64         // of garbage
	// FaultsSeed draws faults for PINs; 0 draws none. FaultsShare is how many of a hundred PINs go wrong; 0 is
	// 20.
	FaultsSeed  uint64
	FaultsShare int
}

// Pad is a simulated PIN pad. Serve it, then tell it what happens.
type Pad struct {
	cfg     Config
	initial dukpt.Key
	master  map[int]dukpt.Key
	typing  chan typing // to the session that waits for a person
	faults  hwsim.Faults

	mu     sync.Mutex
	ksn    dukpt.KSN
	full   bool // sends the leading F's too
	state  State
	random *rand.Rand
}

// State is what a person sees of a pad.
type State struct {
	Connected bool     `json:"connected"`
	Waits     string   `json:"waits"` // pin, key, text, or nothing
	Card      string   `json:"card"`  // masked, of the PIN that is asked for
	Screen    []string `json:"screen"`
	KSN       string   `json:"ksn"` // of the last PIN
	PINs      int      `json:"pins"`
	Requests  int      `json:"requests"`
	Frames    int      `json:"frames"` // that arrived, good or bad
}

// New makes a pad that nobody is connected to.
func New(c Config) (*Pad, error) {
	c = c.filled()
	if c.Dialect != "uic" && c.Dialect != "verifone" || c.Keys != "dukpt" && c.Keys != "session" {
		return nil, errors.New("the dialect is uic or verifone, the keys are dukpt or session")
	}
	mix, err := hwsim.NewMix(c.FaultsSeed, c.FaultsShare, chances())
	if err != nil {
		return nil, err
	}
	p := &Pad{
		cfg: c, typing: make(chan typing), master: map[int]dukpt.Key{}, faults: hwsim.Faults{Verbs: verbs},
		random: rand.New(rand.NewPCG(c.Seed, 0x50494e)),
	}
	p.faults.Mix(mix)
	if p.ksn, err = dukpt.ParseKSN(dukpt.TDES, c.KSN); err != nil {
		return nil, fmt.Errorf("key serial number: %w", err)
	}
	bdk, err := dukpt.ParseKey(c.BDK)
	if err == nil {
		p.initial, err = dukpt.InitialKey(bdk, p.ksn)
	}
	if err != nil {
		return nil, fmt.Errorf("base derivation key: %w", err)
	}
	for slot, text := range c.Master {
		if p.master[slot], err = dukpt.ParseKey(text); err == nil {
			_, err = p.master[slot].Cipher(dukpt.TDES)
		}
		if err != nil {
			return nil, fmt.Errorf("master key %d: %w", slot, err)
		}
	}
	return p, nil
}

func (c Config) filled() Config {
	for _, f := range []struct {
		field *string
		value string
	}{{&c.Dialect, "uic"}, {&c.Keys, "dukpt"}, {&c.BDK, TestBDK}, {&c.KSN, TestKSN}} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if c.Master == nil {
		c.Master = map[int]string{0: TestMaster}
	}
	return c
}

// State says how the pad is.
func (p *Pad) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.Screen = append([]string{}, p.state.Screen...)
	return s
}

func (p *Pad) change(f func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.state)
}

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (p *Pad) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, func(conn net.Conn) { _ = p.Speak(conn) }) // a host that goes is no error of the pad
}

// Speak answers on one stream until it ends, and closes it.
func (p *Pad) Speak(stream io.ReadWriteCloser) error {
	s := &session{pad: p, stream: stream, entry: stopped(), patience: stopped(), delayed: stopped()}
	p.change(func(st *State) { st.Connected = true })
	err := s.run()
	p.change(func(st *State) { st.Connected, st.Waits, st.Card = false, "", "" })
	return err
}

// stopped is a timer that does not run.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// connectWait is how long a key waits until a pad asks for something.
const connectWait = 3 * time.Second

// ErrNobody means that the pad asks for nothing.
var ErrNobody = errors.New("the pad asks for nothing of that kind")

// BadRequest is something that cannot be typed.
type BadRequest struct{ cause error }

func (e *BadRequest) Error() string { return e.cause.Error() }

// typing is what a person does, for the session that waits for it.
type typing struct {
	pin    bool
	card   string // whose PIN; empty is the card's that is asked for
	wrong  bool
	text   bool
	keys   string
	result chan error
}

// TypePIN types the PIN of a test card and enter: that of the card that is asked for, or of the named one;
// wrong types another. It waits until the pad asks.
func (p *Pad) TypePIN(ctx context.Context, card string, wrong bool) error {
	return p.do(ctx, typing{pin: true, card: card, wrong: wrong})
}

// Press presses a key: a digit, F1 to F3, cancel, clear, enter; timeout lets the pad's time run out.
func (p *Pad) Press(ctx context.Context, key string) error {
	if _, ok := keyNames[key]; !ok {
		return &BadRequest{fmt.Errorf("there is no key %q", key)}
	}
	return p.do(ctx, typing{keys: key})
}

// TypeText types a string and enter, where the pad asks for one.
func (p *Pad) TypeText(ctx context.Context, text string) error {
	return p.do(ctx, typing{text: true, keys: text})
}

func (p *Pad) do(ctx context.Context, t typing) error {
	t.result = make(chan error, 1)
	timer := time.NewTimer(connectWait)
	defer timer.Stop()
	select {
	case p.typing <- t:
		return <-t.result
	case <-timer.C:
		return ErrNobody
	case <-ctx.Done():
		return ctx.Err()
	}
}
