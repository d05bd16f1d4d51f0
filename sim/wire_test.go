package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/processors/trustcommerce"
	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// authority makes the certificates once: valid in the year in which a bubble's clock begins.
var authority = sync.OnceValues(func() (*tctest.Authority, error) {
	return tctest.NewAuthority(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
})

// wire is the TrustCommerce host behind the real client, joined by pipes in memory: sockets would freeze a
// bubble's time.
type wire struct {
	w     *world
	host  *tctest.Host
	calls chan net.Conn
	stop  context.CancelFunc
	done  chan error
	trust *tctest.Authority

	mu     sync.Mutex
	dials  int
	seen   map[string]int
	byHand map[string]bool // refs that the bank has corrected outside this host
}

func newWire(w *world) (*wire, error) {
	trust, err := authority()
	if err != nil {
		return nil, err
	}
	profile := tctest.DefaultProfile()
	host, err := tctest.New(tctest.Config{Profile: profile, Now: time.Now, Random: newBytes(w.seed, "tctest")})
	if err != nil {
		return nil, err
	}
	x := &wire{w: w, host: host, calls: make(chan net.Conn), done: make(chan error, 1), trust: trust, seen: map[string]int{}, byHand: map[string]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	x.stop = stop
	server := &tctest.Server{Host: host, Bend: x.bend}
	listener := tls.NewListener(&pipes{calls: x.calls, closed: make(chan struct{})}, trust.ServerTLS())
	go func() { x.done <- server.Serve(ctx, listener) }()
	return x, nil
}

// close ends the host and waits for it.
func (x *wire) close() {
	x.stop()
	<-x.done
}

// payments is the processor of one life of the terminal.
func (x *wire) payments(t *till) (payment.Host, error) {
	c, err := trustcommerce.New(trustcommerce.Config{
		Hosts: []string{"127.0.0.1:9"}, VerifyName: "localhost", RootCAs: x.trust.Pool(), CustID: "123456", Password: "abc123",
		QueryURL: "https://127.0.0.1:9/query/", VaultPassword: "abc123", Now: x.w.now,
		Random: newBytes(x.w.seed, fmt.Sprintf("client/%d", t.number)),
		Dial:   func(ctx context.Context, _, _ string) (net.Conn, error) { return x.dial(ctx, t) },
	})
	if err != nil {
		return payment.Host{}, err
	}
	return payment.Host{
		Name: "trustcommerce", Authorize: c, Capture: c, Void: c, Refund: c, Reverse: c, Query: c, TipOver: true,
		Verify: c, Voice: c, RefundUnlinked: c,
		Settling: payment.Settling{First: trustcommerce.QueryFirst, Every: trustcommerce.QueryEvery, Window: trustcommerce.QueryWindow, Accepted: 5 * time.Minute},
		Lost:     payment.Lost{Lapses: true},
	}, nil
}

var errRefused = errors.New("connection refused")

// dial gives one end of a pipe, after a while, or none.
func (x *wire) dial(ctx context.Context, t *till) (net.Conn, error) {
	x.mu.Lock()
	x.dials++
	d := newStream(x.w.seed, fmt.Sprintf("dial/%d", x.dials))
	x.mu.Unlock()
	if !rest(ctx, d.between(time.Millisecond, 300*time.Millisecond)) {
		return nil, ctx.Err()
	}
	if t.dead() || !x.w.calm.Load() && (x.w.net.down() || d.chance(2*x.w.plan.net)) {
		x.w.struck(hostRefused)
		return nil, errRefused
	}
	here, there := net.Pipe()
	select {
	case x.calls <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bend mistreats requests: lost before or after they are booked, late, or cut.
func (x *wire) bend(s tctest.Seen) tctest.Bend {
	x.mu.Lock()
	key := s.Kind + "/" + s.Ref
	x.seen[key]++
	d := newStream(x.w.seed, fmt.Sprintf("bend/%s/%d", key, x.seen[key]))
	x.mu.Unlock()
	b := tctest.Bend{Before: d.between(time.Millisecond, 400*time.Millisecond), After: d.between(time.Millisecond, 400*time.Millisecond)}
	if x.w.calm.Load() {
		return b
	}
	state := pos.StateSending
	if s.Kind == "query" {
		state = pos.StateUnknown
	}
	x.w.tempt("wire", key, b.Before+b.After)
	silent := func(context.Context, net.Conn, tctest.Answer) bool { return false }
	how := none
	switch d.weighted(2*x.w.plan.net, 3*x.w.plan.net, x.w.plan.net, 2*x.w.plan.net, 90) {
	case 0:
		how, b.NoBook, b.Write = requestLost, true, silent
	case 1:
		how, b.Write = answerLost, silent
	case 2:
		how, b.Write = answerCut, func(_ context.Context, c net.Conn, a tctest.Answer) bool {
			body := a.Bytes()
			c.Write(body[:len(body)/2])
			return false
		}
	case 3:
		how, b.After = answerLate, d.between(50*time.Second, 4*time.Minute)
	}
	x.w.struck(how, state)
	x.w.diary.note("tctest "+key, "%s", how)
	return b
}

// truth is what the host's ledger has under a reference.
func (x *wire) truth(ref string) truth {
	var t truth
	for _, e := range x.host.Ledger().Entries {
		if e.Ticket != ref || x.corrected(ref) {
			continue
		}
		t.net += e.Net
		t.held += e.Held
		t.asked = e.Requested
		if e.Net != 0 || e.Held != 0 {
			t.count++
		}
		switch e.State {
		case "captured", "accepted", "settled", "held":
			t.done = true
		}
	}
	return t
}

// total is what the host's ledger moved to the merchant.
func (x *wire) total() (net int64) {
	for _, e := range x.host.Ledger().Entries {
		if !x.corrected(e.Ticket) {
			net += e.Net
		}
	}
	return net
}

// correct is what the bank does when a person telephones: the money goes back by a way that this host knows nothing of.
func (x *wire) correct(ref string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byHand[ref] = true
}

func (x *wire) corrected(ref string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.byHand[ref]
}

func (x *wire) refs() []string {
	var out []string
	for _, e := range x.host.Ledger().Entries {
		if e.Ticket != e.TransID {
			out = append(out, e.Ticket)
		}
	}
	return out
}

// pipes is a listener of connections in memory.
type pipes struct {
	calls  <-chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Accept is net.Listener's.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close is net.Listener's.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr is net.Listener's.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
