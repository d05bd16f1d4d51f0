package trustcommerce

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
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// certificates are made once for all tests of the package and never changed.
var certificates = sync.OnceValue(func() (c struct {
	good, other tls.Certificate
	pool        *x509.CertPool
}) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	// Valid in 2000 too, the year in which a synctest bubble begins.
	from, to := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	must(err)
	parsed, err := x509.ParseCertificate(der)
	must(err)
	c.pool = x509.NewCertPool()
	c.pool.AddCert(parsed)
	leaf := func(name string) tls.Certificate {
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from, NotAfter: to}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parsed, &key.PublicKey, key)
		must(err)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	c.good, c.other = leaf("gateway.test"), leaf("other.test")
	return c
})

// responder is a host that plays a script; it knows nothing of the client's code.
type responder struct {
	mu       sync.Mutex
	requests [][]byte
	wait     sync.WaitGroup
	script   func(conn *tls.Conn) // after the request was read
	cert     tls.Certificate
}

// serve plays one connection.
func (r *responder) serve(raw net.Conn) {
	defer raw.Close()
	conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{r.cert}})
	if conn.Handshake() != nil {
		return
	}
	var request []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(request, []byte("\nEND\n")) {
		if _, err := conn.Read(one); err != nil {
			if len(request) > 0 {
				r.keep(request)
			}
			return
		}
		request = append(request, one[0])
	}
	r.keep(request)
	r.script(conn)
	// A pipe has no buffer: somebody has to read the client's farewell while ours is written.
	var drained sync.WaitGroup
	drained.Go(func() { io.Copy(io.Discard, conn) })
	conn.Close()
	drained.Wait()
}

func (r *responder) keep(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, b)
}

func (r *responder) seen() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

func says(text string) func(*tls.Conn) {
	return func(c *tls.Conn) { io.WriteString(c, text) }
}

const approval = "BEGIN\nstatus=approved\ntransid=011-1234567890\nEND\n"

// piped makes a network of hosts behind in-memory pipes, by address without port; others refuse. The
// returned function waits until all hosts are done.
func piped(hosts map[string]*responder) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		r := hosts[host]
		if r == nil {
			return nil, errors.New("connection refused")
		}
		near, far := net.Pipe()
		if r.cert.Certificate == nil {
			r.cert = certificates().good
		}
		r.wait.Go(func() { r.serve(far) })
		return near, nil
	}
}

func settings(dial func(context.Context, string, string) (net.Conn, error)) Config {
	return Config{
		Hosts: []string{"10.0.0.1"}, VerifyName: "gateway.test", RootCAs: certificates().pool, CustID: "123456", Password: "abc123",
		Version: "1.2", Platform: "Go-test-cpu", Dial: dial, Random: bytes.NewReader(bytes.Repeat([]byte{0x80}, 4096)),
		Resolve: func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") },
	}
}

func newTestClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// one is a client with a single scripted host.
func one(t *testing.T, script func(*tls.Conn)) (*Client, *responder) {
	t.Helper()
	r := &responder{script: script}
	return newTestClient(t, settings(piped(map[string]*responder{"10.0.0.1": r}))), r
}

const (
	testPAN    = "4111111111111111"
	testTrack1 = "%B4111111111111111^SMITH/JENNIFER^30121010000000000000000?"
	testTrack2 = ";4111111111111111=30121010000000000000?"
)

func swipe(t *testing.T, track1, track2 string) pos.Credentials {
	t.Helper()
	s := card.Swipe{Entry: card.EntrySwipe}
	for i, text := range []string{track1, track2} {
		if text != "" {
			s.Status[i], s.Tracks[i] = card.Decoded, card.NewTrack(i+1, []byte(text))
		}
	}
	c, err := s.Card()
	if err != nil {
		t.Fatal(err)
	}
	return pos.Credentials{Card: c}
}

func keyed(t *testing.T, cvv string) pos.Credentials {
	t.Helper()
	pan, err := card.NewPAN([]byte(testPAN))
	if err != nil {
		t.Fatal(err)
	}
	exp, err := card.ParseMMYY("1230")
	if err != nil {
		t.Fatal(err)
	}
	out := pos.Credentials{Card: card.Card{PAN: pan, Expiry: exp, Entry: card.EntryKeyed}}
	if cvv != "" {
		if out.Card.CVV, err = card.NewCVV([]byte(cvv)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func asked(kind pos.Kind, amountCents int64) pos.Request {
	return pos.Request{
		Payment: pos.Payment{Ref: "L1-261122-AB12-7", Kind: kind, Requested: money.New(amountCents, money.USD), Clerk: " Ann ",
			Created: time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)},
		Parent: pos.Payment{HostID: "011-1234567890"},
	}
}

func sale(t *testing.T) pos.Request {
	t.Helper()
	r := asked(pos.KindSale, 1500)
	r.Credentials = swipe(t, testTrack1, testTrack2)
	return r
}
