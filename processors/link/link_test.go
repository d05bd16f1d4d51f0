package link

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const hostName = "gateway.test"

// authority makes server certificates for one test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

// newAuthority's certificates are valid in the years of a synctest bubble (it begins in 2000).
func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{key, cert, pool}
}

func (a *authority) server(t *testing.T, name string, notAfter time.Time) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: a.cert.NotBefore, NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

func (a *authority) client(t *testing.T) *tls.Config {
	t.Helper()
	cfg, err := Trust{Name: hostName, Roots: a.pool}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// network is a set of scripted hosts behind in-memory pipes; it notes when who was dialled. A host that
// is not in it refuses.
type network struct {
	mu    sync.Mutex
	began time.Time
	dials []dialled
	hosts map[string]func(ctx context.Context, conn net.Conn) error // conn is the server's end
	wait  sync.WaitGroup
}

type dialled struct {
	host string
	at   time.Duration
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	n.mu.Lock()
	n.dials = append(n.dials, dialled{host, time.Since(n.began)})
	serve := n.hosts[host]
	n.mu.Unlock()
	if serve == nil {
		return nil, errors.New("connection refused")
	}
	near, far := net.Pipe()
	n.wait.Go(func() { serve(ctx, far) })
	return near, nil
}

func speaks(cfg *tls.Config, then func(*tls.Conn)) func(context.Context, net.Conn) error {
	return func(_ context.Context, conn net.Conn) error {
		defer conn.Close()
		server := tls.Server(conn, cfg)
		if err := server.Handshake(); err != nil {
			return err
		}
		then(server)
		return nil
	}
}

// silent accepts the connection and never begins TLS.
func silent(_ context.Context, conn net.Conn) error {
	_, err := io.Copy(io.Discard, conn)
	conn.Close()
	return err
}

func idle(c *tls.Conn) { io.Copy(io.Discard, c) }

func addresses(hosts ...string) []netip.AddrPort {
	var out []netip.AddrPort
	for _, h := range hosts {
		out = append(out, netip.AddrPortFrom(netip.MustParseAddr(h), 443))
	}
	return out
}

// half is a source whose every draw is 0x80 00…: about half of any span.
type half struct{}

func (half) Read(p []byte) (int, error) {
	clear(p)
	p[0] = 0x80
	return len(p), nil
}

func TestSort(t *testing.T) {
	// The vector of four published gateway addresses; the last octet counts most.
	list := addresses("207.38.18.62", "70.42.10.20", "207.38.18.54", "207.38.18.61")
	Sort(list)
	for i, want := range addresses("207.38.18.62", "207.38.18.61", "207.38.18.54", "70.42.10.20") {
		if list[i] != want {
			t.Errorf("place %d: %s, want %s", i, list[i], want)
		}
	}
}

func TestSortLastOctetCountsMost(t *testing.T) {
	list := addresses("192.168.0.1", "10.0.0.9", "10.1.0.1", "10.0.0.1")
	Sort(list)
	for i, want := range addresses("10.0.0.9", "192.168.0.1", "10.1.0.1", "10.0.0.1") {
		if list[i] != want {
			t.Errorf("place %d: %s, want %s", i, list[i], want)
		}
	}
}

func TestSortKeepsEqualAddresses(t *testing.T) {
	a := netip.MustParseAddr("127.0.0.1")
	list := []netip.AddrPort{netip.AddrPortFrom(netip.IPv6Loopback(), 1), netip.AddrPortFrom(a, 9), netip.AddrPortFrom(a, 3)}
	Sort(list)
	if list[0].Port() != 9 || list[1].Port() != 3 || list[2].Port() != 1 {
		t.Errorf("order %v", list)
	}
}

func TestStart(t *testing.T) {
	for _, c := range []struct {
		custid string
		hosts  int
		want   int
	}{
		{"123456", 4, 2}, {"1249400", 4, 2}, {"TestMerchant", 4, 0}, {"", 4, 1}, {"", 1, 0},
		{"123456", 1, 0}, {"199", 100, 0}, {"198", 100, 99}, {"99999999999999999999", 7, Start("99999999999999999999", 7)},
	} {
		if got := Start(c.custid, c.hosts); got != c.want || got < 0 {
			t.Errorf("%q of %d: %d, want %d", c.custid, c.hosts, got, c.want)
		}
	}
}

func TestSplitHost(t *testing.T) {
	for _, c := range []struct {
		text, host string
		port       uint16
		bad        bool
	}{
		{"pgw.example", "pgw.example", 443, false},
		{"pgw.example:8443", "pgw.example", 8443, false},
		{"127.0.0.1:9", "127.0.0.1", 9, false},
		{"[::1]:9", "::1", 9, false},
		{"::1", "::1", 443, false},
		{"host:0", "", 0, true}, {"host:99999", "", 0, true}, {":1", "", 0, true}, {"", "", 0, true},
	} {
		host, port, err := SplitHost(c.text)
		if host != c.host || port != c.port || (err != nil) != c.bad {
			t.Errorf("%q: %q %d %v", c.text, host, port, err)
		}
	}
}

func TestTrust(t *testing.T) {
	if _, err := (Trust{}).TLS(); !errors.Is(err, ErrNoName) {
		t.Errorf("without a name: %v", err)
	}
	if _, err := (Trust{Name: "x", CAFile: t.TempDir() + "/none.pem"}).TLS(); err == nil {
		t.Error("a missing CA file is taken")
	}
	cfg, err := Trust{Name: "x"}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.InsecureSkipVerify || cfg.MinVersion != tls.VersionTLS12 || cfg.ClientSessionCache != nil || !cfg.SessionTicketsDisabled {
		t.Error("the configuration is weaker than it should be")
	}
}

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

// exchange runs one exchange with a scripted host in a bubble and says how long it took.
func exchange(ctx context.Context, t *testing.T, limits ExchangeLimits, script func(*tls.Conn), take func([]byte) (bool, error)) (time.Duration, error) {
	t.Helper()
	ca := newAuthority(t)
	n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
		"10.0.0.1": speaks(ca.server(t, hostName, ca.cert.NotAfter), script)}}
	won, err := Race{Addresses: addresses("10.0.0.1"), TLS: ca.client(t), Dial: n.dial, Random: half{}}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err = won.Exchange(ctx, []byte("question"), limits, take)
	took := time.Since(began).Round(time.Second)
	n.wait.Wait()
	return took, err
}

func untilDot(into *bytes.Buffer) func([]byte) (bool, error) {
	return func(chunk []byte) (bool, error) {
		into.Write(chunk)
		return bytes.ContainsRune(into.Bytes(), '.'), nil
	}
}

func readQuestion(c *tls.Conn) { io.ReadFull(c, make([]byte, len("question"))) }

func TestExchange(t *testing.T) {
	errNonsense := errors.New("nonsense")
	for _, c := range []struct {
		name   string
		script func(*tls.Conn)
		take   func(*bytes.Buffer) func([]byte) (bool, error)
		limits ExchangeLimits
		cancel time.Duration
		want   Kind
		cause  error
		after  time.Duration
		text   string
	}{
		{name: "answer in one piece", script: func(c *tls.Conn) { readQuestion(c); io.WriteString(c, "yes."); idle(c) }, text: "yes."},
		{name: "answer in pieces with pauses shorter than the limit", script: func(c *tls.Conn) {
			readQuestion(c)
			for _, part := range []string{"y", "e", "s", "."} {
				time.Sleep(39 * time.Second)
				io.WriteString(c, part)
			}
			idle(c)
		}, after: 4 * 39 * time.Second, text: "yes."},
		{name: "nothing at all", script: func(c *tls.Conn) { idle(c) }, want: LinkFailure, after: 40 * time.Second},
		{name: "trickle without end", script: func(c *tls.Conn) {
			readQuestion(c)
			for {
				if _, err := io.WriteString(c, "\n"); err != nil {
					return
				}
				time.Sleep(29 * time.Second)
			}
		}, want: LinkFailure, after: 180 * time.Second},
		{name: "closed before an answer", script: readQuestion, want: LinkFailure, cause: ErrClosed},
		{name: "closed in the middle", script: func(c *tls.Conn) { readQuestion(c); io.WriteString(c, "ye"); c.Close() }, want: LinkFailure, cause: ErrClosed},
		{name: "nonsense", script: func(c *tls.Conn) { readQuestion(c); io.WriteString(c, "?"); idle(c) },
			take: func(*bytes.Buffer) func([]byte) (bool, error) {
				return func([]byte) (bool, error) { return false, errNonsense }
			}, want: LinkFailure, cause: errNonsense},
		{name: "cancelled while waiting", script: idle, cancel: 7 * time.Second, want: LinkFailure, cause: context.DeadlineExceeded, after: 7 * time.Second},
		{name: "a host that does not read", script: func(c *tls.Conn) { time.Sleep(time.Minute) }, want: LinkFailure, after: 40 * time.Second},
		{name: "limits of one's own", limits: ExchangeLimits{Idle: time.Second, Total: 5 * time.Second}, script: idle, want: LinkFailure, after: time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.cancel)
					defer cancel()
				}
				var text bytes.Buffer
				take := untilDot(&text)
				if c.take != nil {
					take = c.take(&text)
				}
				took, err := exchange(ctx, t, c.limits, c.script, take)
				if c.want == "" && err != nil || c.want != "" && (err == nil || KindOf(err) != c.want) {
					t.Fatalf("%v", err)
				}
				if c.cause != nil && !errors.Is(err, c.cause) {
					t.Errorf("cause: %v", err)
				}
				if took != c.after {
					t.Errorf("took %s, want %s", took, c.after)
				}
				if c.text != "" && text.String() != c.text {
					t.Errorf("read %q", text.String())
				}
			})
		})
	}
}

func TestExchangeCancelledBeforeTheFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := exchange(ctx, t, ExchangeLimits{}, func(c *tls.Conn) {
			if n, _ := c.Read(make([]byte, 1)); n > 0 {
				t.Error("a byte left")
			}
		}, func([]byte) (bool, error) { return true, nil })
		if KindOf(err) != CantConnect {
			t.Errorf("%v", err)
		}
	})
}

func TestKindOfAnythingElse(t *testing.T) {
	if KindOf(errors.New("some error")) != LinkFailure {
		t.Error("an error of unknown kind must not count as safe")
	}
}
