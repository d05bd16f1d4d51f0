package link

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Race is how a connection is won.
type Race struct {
	Addresses []netip.AddrPort // in the order of Sort
	Start     int              // index of the first to try
	TLS       *tls.Config
	Dial      Dialer
	Random    io.Reader // for the delay before a host is dialled again
	Limits    RaceLimits
}

// RaceLimits are the times of the race; zero values mean the defaults.
type RaceLimits struct {
	Overall   time.Duration // for everything, 40 s; 100 s at most, as the newer public clients have it
	Stagger   time.Duration // of one pass, 3 s
	Handshake time.Duration // of one TLS handshake, 5 s
	Pause     time.Duration // between passes, 1 ms
	Sockets   int           // opened in all, 32
}

// MaxOverall is the longest that connecting may be configured to take.
const MaxOverall = 100 * time.Second

func (l RaceLimits) filled() RaceLimits {
	def := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	def(&l.Overall, 40*time.Second)
	l.Overall = min(l.Overall, MaxOverall)
	def(&l.Stagger, 3*time.Second)
	def(&l.Handshake, 5*time.Second)
	def(&l.Pause, time.Millisecond)
	if l.Sockets <= 0 {
		l.Sockets = 32
	}
	return l
}

// Won is a connection whose peer is verified; nothing was written on it yet.
type Won struct {
	Conn    *tls.Conn
	raw     net.Conn
	Address netip.AddrPort
	Pass    int           // passes of the loop until now, 1 if the first try worked
	Took    time.Duration // since the loop began
}

// runner is one race under way.
type runner struct {
	Race
	began   time.Time
	passes  int
	sockets int
	open    int
	next    []time.Time // by host: not dialled before; zero: at once
	host    int
	results chan attempt
	wait    sync.WaitGroup
	last    error // why the latest attempt failed
}

type attempt struct {
	won *Won
	err error
}

// Run connects. Its error is a *Fault of kind CantConnect. When it returns, no goroutine of the race is
// left and every socket but the winner's is closed.
func (r Race) Run(ctx context.Context) (*Won, error) {
	if len(r.Addresses) == 0 {
		return nil, &Fault{Kind: CantConnect, Reason: "there is no address to connect to"}
	}
	r.Limits = r.Limits.filled()
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Overall)
	run := &runner{Race: r, began: time.Now(), next: make([]time.Time, len(r.Addresses)), host: r.Start % len(r.Addresses),
		results: make(chan attempt, r.Limits.Sockets)}
	won := run.loop(ctx)
	why := cmp.Or(run.last, ctx.Err())
	cancel()
	run.wait.Wait()
	run.discard()
	if won != nil {
		return won, nil
	}
	return nil, &Fault{CantConnect, "no host could be reached and verified", why}
}

func (r *runner) loop(ctx context.Context) *Won {
	for ctx.Err() == nil {
		r.passes++
		if r.passes > 2 {
			r.host = (r.host + 1) % len(r.Addresses)
		}
		if !r.dial(ctx) && !r.hope(ctx) {
			return nil
		}
		if won, ended := r.pass(ctx); ended {
			return won
		}
	}
	return nil
}

// dial opens a socket to the host whose turn it is, unless it was tried and its delay is not over. It
// says whether it did.
func (r *runner) dial(ctx context.Context) bool {
	now := time.Now()
	if r.sockets >= r.Limits.Sockets || now.Before(r.next[r.host]) {
		return false
	}
	if r.passes > 1 { // the first host is tried twice at once, in case its first packet was lost
		r.next[r.host] = now.Add(r.delay())
	}
	r.sockets++
	r.open++
	address := r.Addresses[r.host]
	r.wait.Go(func() {
		won, err := r.connect(ctx, address)
		r.results <- attempt{won, err}
	})
	return true
}

// hope says whether waiting can still bring a connection: a socket is under way, or a host may be
// dialled again before the time is over.
func (r *runner) hope(ctx context.Context) bool {
	if r.open > 0 {
		return true
	}
	deadline, _ := ctx.Deadline()
	for _, at := range r.next {
		if r.sockets < r.Limits.Sockets && at.Before(deadline) {
			return true
		}
	}
	return false
}

// pass waits for a winner, a failure or the end of the stagger. ended is true with a winner or at the
// end of ctx.
func (r *runner) pass(ctx context.Context) (won *Won, ended bool) {
	stagger := time.NewTimer(r.Limits.Stagger)
	defer stagger.Stop()
	select {
	case a := <-r.results:
		r.open--
		if a.won != nil {
			a.won.Pass, a.won.Took = r.passes, time.Since(r.began)
			return a.won, true
		}
		r.last = a.err
	case <-stagger.C:
		return nil, false
	case <-ctx.Done():
		return nil, true
	}
	pause := time.NewTimer(r.Limits.Pause)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil, false
	case <-ctx.Done():
		return nil, true
	}
}

// discard closes what won too late.
func (r *runner) discard() {
	for {
		select {
		case a := <-r.results:
			if a.won != nil {
				a.won.raw.Close()
			}
		default:
			return
		}
	}
}

func (r *runner) connect(ctx context.Context, address netip.AddrPort) (*Won, error) {
	raw, err := r.Dial(ctx, "tcp", address.String())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Handshake)
	defer cancel()
	conn := tls.Client(raw, r.TLS)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return &Won{Conn: conn, raw: raw, Address: address}, nil
}

// delay is drawn between a quarter of the overall limit and all of it.
func (r *runner) delay() time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(r.Random, b[:]); err != nil {
		return r.Limits.Overall
	}
	quarter := r.Limits.Overall / 4
	span := uint64(r.Limits.Overall - quarter)
	return quarter + time.Duration(binary.BigEndian.Uint64(b[:])%(span+1))
}
