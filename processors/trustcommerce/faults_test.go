package trustcommerce

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
)

func TestLongValueIsCut(t *testing.T) {
	c, r := one(t, says("BEGIN\nstatus=approved\nx="+strings.Repeat("y", 5000)+"\ntransid=011-1234567890\nEND\n"))
	if a := c.Authorize(t.Context(), sale(t)); a.State != pos.StateApproved {
		t.Errorf("%s", describe(a))
	}
	r.wait.Wait()
}

// TestOverTheNetwork is a sale over real sockets, with a dead first host.
func TestOverTheNetwork(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := dead.Addr().String()
	dead.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &responder{script: says(approval), cert: certificates().good}
	r.wait.Go(func() {
		conn, err := listener.Accept()
		if err == nil {
			r.serve(conn)
		}
	})
	cfg := settings(nil)
	cfg.Hosts = []string{gone, listener.Addr().String()}
	if a := newTestClient(t, cfg).Authorize(t.Context(), sale(t)); a.State != pos.StateApproved {
		t.Errorf("%s", describe(a))
	}
	listener.Close()
	r.wait.Wait()
	if len(r.seen()) != 1 || !bytes.Contains(r.seen()[0], []byte("\npass=3\n")) {
		t.Error("the request did not arrive in the third pass")
	}
}

func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := &responder{script: says(approval)}
		wrong := &responder{script: says(approval), cert: certificates().other}
		cfg := settings(piped(map[string]*responder{"10.0.0.1": good, "10.0.0.2": wrong}))
		cfg.Hosts = []string{"gateway.test"}
		cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.3"), netip.MustParseAddr("10.0.0.2")}, nil
		}
		// In order .3 (refuses), .2 (another name in its certificate), .1. Start: 1290 modulo 3 is 0.
		a := newTestClient(t, cfg).Authorize(t.Context(), sale(t))
		good.wait.Wait()
		wrong.wait.Wait()
		if a.State != pos.StateApproved || len(wrong.seen()) != 0 {
			t.Fatalf("%s; the wrong host saw %d requests", describe(a), len(wrong.seen()))
		}
		if !bytes.Contains(good.seen()[0], []byte("\npass=4\n")) || bytes.Contains(good.seen()[0], []byte("dns=n")) {
			t.Error("not the fourth pass, or dns=n was sent")
		}
	})
}

// TestStalls lets the host stop at each stage, in virtual time.
func TestStalls(t *testing.T) {
	hang := func(c *tls.Conn) { io.Copy(io.Discard, c) }
	for _, c := range []struct {
		name  string
		dial  func(*responder) func(context.Context, string, string) (net.Conn, error)
		run   func(*tls.Conn)
		cert  tls.Certificate
		ends  time.Duration // of the caller's context
		state pos.State
		code  pos.Code
		after time.Duration
	}{
		{name: "nobody answers the connection", dial: func(*responder) func(context.Context, string, string) (net.Conn, error) {
			return func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, state: pos.StateNotSent, code: pos.CodeNotSent, after: 40 * time.Second},
		{name: "no handshake", dial: func(r *responder) func(context.Context, string, string) (net.Conn, error) {
			return func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				r.wait.Go(func() { io.Copy(io.Discard, far) })
				return near, nil
			}
			// Dialled at 0 and 3 s, given up 5 s later; the next dial would come after the caller's end.
		}, ends: 12 * time.Second, state: pos.StateNotSent, code: pos.CodeNotSent, after: 8 * time.Second},
		{name: "no answer", run: hang, state: pos.StateUnknown, code: pos.CodeUnknown, after: 40 * time.Second},
		{name: "half an answer", run: func(c *tls.Conn) { io.WriteString(c, "BEGIN\nstatus=approved\n"); hang(c) },
			state: pos.StateUnknown, code: pos.CodeUnknown, after: 40 * time.Second},
		{name: "blank lines for ever", run: func(c *tls.Conn) {
			for {
				if _, err := io.WriteString(c, "\n"); err != nil {
					return
				}
				time.Sleep(20 * time.Second)
			}
		}, state: pos.StateUnknown, code: pos.CodeUnknown, after: 180 * time.Second},
		{name: "blank lines, then the answer", run: func(c *tls.Conn) {
			for range 4 {
				time.Sleep(35 * time.Second)
				io.WriteString(c, "\n")
			}
			io.WriteString(c, approval)
		}, state: pos.StateApproved, after: 140 * time.Second},
		{name: "the caller gives up while it waits", run: hang, ends: 9 * time.Second, state: pos.StateUnknown, code: pos.CodeUnknown, after: 9 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &responder{script: c.run, cert: c.cert}
				cfg := settings(piped(map[string]*responder{"10.0.0.1": r}))
				if c.dial != nil {
					cfg.Dial = c.dial(r)
				}
				ctx := t.Context()
				if c.ends > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.ends)
					defer cancel()
				}
				began := time.Now()
				a := newTestClient(t, cfg).Authorize(ctx, sale(t))
				took := time.Since(began).Round(time.Second)
				r.wait.Wait()
				if a.State != c.state || (a.Failure != nil) != (c.code != "") || a.Failure != nil && a.Failure.Code != c.code {
					t.Errorf("%s", describe(a))
				}
				if took != c.after {
					t.Errorf("after %s, want %s", took, c.after)
				}
			})
		})
	}
}

func TestWrongCertificateSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &responder{script: says(approval), cert: certificates().other}
		a := newTestClient(t, settings(piped(map[string]*responder{"10.0.0.1": r}))).Authorize(t.Context(), sale(t))
		r.wait.Wait()
		if a.State != pos.StateNotSent || len(r.seen()) != 0 {
			t.Errorf("%s, %d requests", describe(a), len(r.seen()))
		}
		if a.Failure == nil || !strings.Contains(a.Failure.Detail, "other.test") {
			t.Error("the detail does not say what is wrong with the certificate")
		}
	})
}

// TestLateAnswerIsNotTaken lets the answer of a first sale come after its end; the next sale must not
// take it.
func TestLateAnswerIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c, r := one(t, func(c *tls.Conn) {
			if n++; n == 1 {
				time.Sleep(41 * time.Second)
				io.WriteString(c, approval)
				return
			}
			io.WriteString(c, "BEGIN\nstatus=decline\ntransid=011-0000000002\ndeclinetype=decline\nEND\n")
		})
		first := c.Authorize(t.Context(), sale(t))
		r.wait.Wait()
		second := c.Authorize(t.Context(), sale(t))
		r.wait.Wait()
		if first.State != pos.StateUnknown || second.State != pos.StateDeclined || second.HostID != "011-0000000002" {
			t.Errorf("first %s, second %s", describe(first), describe(second))
		}
	})
}
