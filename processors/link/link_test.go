package link

import (
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
	"testing"
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

func TestKindOfAnythingElse(t *testing.T) {
	if KindOf(errors.New("some error")) != LinkFailure {
		t.Error("an error of unknown kind must not count as safe")
	}
}
