package link

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRaceFirstHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
			"10.0.0.1": speaks(ca.server(t, hostName, ca.cert.NotAfter), idle)}}
		won, err := Race{Addresses: addresses("10.0.0.1"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if won.Pass != 1 || won.Took >= time.Second || len(n.dials) != 1 {
			t.Errorf("pass %d after %s with %d dials", won.Pass, won.Took, len(n.dials))
		}
		won.raw.Close()
		n.wait.Wait()
	})
}

func TestRaceStagger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
			"10.0.0.1": silent, "10.0.0.2": speaks(ca.server(t, hostName, ca.cert.NotAfter), idle)}}
		won, err := Race{Addresses: addresses("10.0.0.1", "10.0.0.2"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// The silent host is dialled at 0 and 3 s; its first handshake ends at 5 s, which ends the second
		// pass early, so the next host comes at 5.001 s.
		want := []dialled{{"10.0.0.1", 0}, {"10.0.0.1", 3 * time.Second}, {"10.0.0.2", 5*time.Second + time.Millisecond}}
		checkDials(t, n.dials, want)
		if won.Pass != 3 || won.Took < 5*time.Second || won.Took >= 6*time.Second {
			t.Errorf("won in pass %d after %s", won.Pass, won.Took)
		}
		won.raw.Close()
		n.wait.Wait()
	})
}

func TestRaceRefusedHostGoesOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
			"10.0.0.2": speaks(ca.server(t, hostName, ca.cert.NotAfter), idle)}}
		won, err := Race{Addresses: addresses("10.0.0.1", "10.0.0.2"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		checkDials(t, n.dials, []dialled{{"10.0.0.1", 0}, {"10.0.0.1", time.Millisecond}, {"10.0.0.2", 2 * time.Millisecond}})
		if won.Pass != 3 {
			t.Errorf("won in pass %d", won.Pass)
		}
		won.raw.Close()
		n.wait.Wait()
	})
}

func TestRaceOldSocketMayWin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		cfg := ca.server(t, hostName, ca.cert.NotAfter)
		slow := func(ctx context.Context, conn net.Conn) error {
			time.Sleep(4 * time.Second) // virtual: slower than the stagger, faster than the handshake limit
			return speaks(cfg, idle)(ctx, conn)
		}
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{"10.0.0.1": slow, "10.0.0.2": silent}}
		won, err := Race{Addresses: addresses("10.0.0.1", "10.0.0.2"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if won.Address.Addr().String() != "10.0.0.1" || won.Pass != 2 || won.Took.Round(time.Second) != 4*time.Second {
			t.Errorf("%s won in pass %d after %s", won.Address, won.Pass, won.Took)
		}
		won.raw.Close()
		n.wait.Wait()
	})
}

// TestRaceClosesAllButTheWinner lets two sockets finish at the same moment; the host's ends must all end.
func TestRaceClosesAllButTheWinner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		cfg := ca.server(t, hostName, ca.cert.NotAfter)
		began := time.Now()
		together := func(ctx context.Context, conn net.Conn) error {
			time.Sleep(time.Until(began.Add(4 * time.Second)))
			return speaks(cfg, idle)(ctx, conn)
		}
		n := &network{began: began, hosts: map[string]func(context.Context, net.Conn) error{"10.0.0.1": together}}
		won, err := Race{Addresses: addresses("10.0.0.1"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		won.raw.Close()
		n.wait.Wait() // a socket that was left open would block here for ever
	})
}

func TestLateWinnerIsClosed(t *testing.T) {
	near, far := net.Pipe()
	r := &runner{results: make(chan attempt, 2)}
	r.results <- attempt{won: &Won{raw: near}}
	r.results <- attempt{err: io.EOF}
	r.discard()
	if _, err := far.Read(make([]byte, 1)); err != io.EOF || len(r.results) > 0 {
		t.Errorf("a connection that won too late stays open: %v", err)
	}
}

// closing notes that a connection was closed.
type closing struct {
	net.Conn
	closed *atomic.Int32
}

func (c closing) Close() error {
	c.closed.Add(1)
	return c.Conn.Close()
}

func TestRaceClosesSocketsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
			"10.0.0.1": speaks(ca.server(t, "other.test", ca.cert.NotAfter), idle)}}
		var closed atomic.Int32
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return closing{conn, &closed}, err
		}
		_, err := Race{Addresses: addresses("10.0.0.1"), TLS: ca.client(t), Dial: dial, Random: half{}}.Run(t.Context())
		if KindOf(err) != CantConnect || int(closed.Load()) < len(n.dials) {
			t.Errorf("%d of %d sockets closed, %v", closed.Load(), len(n.dials), err)
		}
		n.wait.Wait()
	})
}

func TestRaceRedialDelayAndDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{began: time.Now()}
		_, err := Race{Addresses: addresses("10.0.0.1"), TLS: &tls.Config{}, Dial: n.dial, Random: half{}}.Run(t.Context())
		if KindOf(err) != CantConnect {
			t.Fatalf("%v", err)
		}
		// Half of 10 s to 40 s is 25 s; with passes of 3 s the third dial comes at the first pass after it.
		// The fourth would be due at 52 s, after the end, so the race gives up as soon as the third failed.
		if len(n.dials) != 3 || n.dials[2].at < 25*time.Second || n.dials[2].at > 28*time.Second {
			t.Errorf("dials %v", n.dials)
		}
		if took := time.Since(n.began); took > 40*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestRaceOverallLimit(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit time.Duration
		want  time.Duration
	}{{"default", 0, 40 * time.Second}, {"configured", 70 * time.Second, 70 * time.Second}, {"no more than the greatest", time.Hour, MaxOverall}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				began := time.Now()
				_, err := Race{Addresses: addresses("10.0.0.1", "10.0.0.2"), TLS: &tls.Config{}, Dial: hang, Random: half{},
					Limits: RaceLimits{Overall: c.limit}}.Run(t.Context())
				if KindOf(err) != CantConnect || time.Since(began) != c.want {
					t.Errorf("after %s: %v", time.Since(began), err)
				}
			})
		})
	}
}

func TestRaceSocketLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hosts []string
		for i := range 50 {
			hosts = append(hosts, netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}).String())
		}
		n := &network{began: time.Now()}
		_, err := Race{Addresses: addresses(hosts...), TLS: &tls.Config{}, Dial: n.dial, Random: half{}}.Run(t.Context())
		if KindOf(err) != CantConnect || len(n.dials) != 32 {
			t.Errorf("%d dials, %v", len(n.dials), err)
		}
	})
}

func TestRaceCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{"10.0.0.1": silent}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := Race{Addresses: addresses("10.0.0.1"), TLS: &tls.Config{ServerName: hostName}, Dial: n.dial, Random: half{}}.Run(ctx)
		if KindOf(err) != CantConnect || time.Since(n.began) != 2*time.Second {
			t.Errorf("after %s: %v", time.Since(n.began), err)
		}
		n.wait.Wait()
	})
}

func TestRaceRefusesBadCertificates(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  func(t *testing.T, trusted *authority) *tls.Config
	}{
		{"another name", func(t *testing.T, a *authority) *tls.Config { return a.server(t, "other.test", a.cert.NotAfter) }},
		{"expired", func(t *testing.T, a *authority) *tls.Config {
			return a.server(t, hostName, time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC))
		}},
		{"unknown authority", func(t *testing.T, a *authority) *tls.Config {
			return newAuthority(t).server(t, hostName, a.cert.NotAfter)
		}},
		{"TLS 1.1", func(t *testing.T, a *authority) *tls.Config {
			cfg := a.server(t, hostName, a.cert.NotAfter)
			cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			return cfg
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := newAuthority(t)
				bad := speaks(c.cfg(t, ca), func(s *tls.Conn) {
					if n, _ := s.Read(make([]byte, 1)); n > 0 {
						t.Error("a byte reached a host that was not verified")
					}
				})
				n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
					"10.0.0.1": bad, "10.0.0.2": speaks(ca.server(t, hostName, ca.cert.NotAfter), idle)}}
				won, err := Race{Addresses: addresses("10.0.0.1", "10.0.0.2"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
				if err != nil {
					t.Fatalf("the good host after the bad one: %v", err)
				}
				won.raw.Close()
				n.wait.Wait()

				n = &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{"10.0.0.1": bad}}
				_, err = Race{Addresses: addresses("10.0.0.1"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(t.Context())
				if KindOf(err) != CantConnect {
					t.Errorf("the bad host alone: %v", err)
				}
				n.wait.Wait()
			})
		})
	}
}

func checkDials(t *testing.T, got, want []dialled) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("dials %v, want %v", got, want)
	}
	for i := range got {
		if got[i].host != want[i].host || got[i].at.Round(10*time.Microsecond) != want[i].at {
			t.Errorf("dial %d: %v, want %v", i, got[i], want[i])
		}
	}
}
