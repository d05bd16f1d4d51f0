package tctest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

const saleBlock = "BEGIN\ncustid=123456\npassword=abc123\naction=sale\namount=100\ncc=4111111111111111\nexp=1215\nEND\n"

func TestMalformedBlocks(t *testing.T) {
	const malformed = "BEGIN\nstatus=error\nerrortype=linkfailure\nEND\n"
	cases := []struct{ name, send, want string }{
		{"line without =", "BEGIN\ncustid\nEND\n", malformed},
		{"END before BEGIN", "END\nBEGIN\n", malformed},
		{"a pair before BEGIN", "custid=1\nBEGIN\nEND\n", malformed},
		{"CR LF", strings.ReplaceAll(saleBlock, "\n", "\r\n"), malformed},
		{"line too long", "BEGIN\nname=" + strings.Repeat("x", 2100) + "\nEND\n", malformed},
		{"block too long", "BEGIN\n" + strings.Repeat("name="+strings.Repeat("x", 1000)+"\n", 40) + "END\n", malformed},
		{"keywords in lower case", strings.NewReplacer("BEGIN", "begin", "END", "end").Replace(saleBlock), "status=approved"},
		{"blank lines", strings.ReplaceAll(saleBlock, "\n", "\n\n"), "status=approved"},
		{"CR in a value", strings.Replace(saleBlock, "action", "name=Ann\r\naction", 1), "error=badformat\noffenders=name"},
		{"value with =", strings.Replace(saleBlock, "action", "name=a=b\naction", 1), "status=approved"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dial := newBench(t, "").serve(t, &Server{})
			conn := dial()
			defer conn.Close()
			go conn.Write([]byte(c.send)) // the server may stop reading in the middle
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), c.want) || bytes.Contains(got, []byte("\r")) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestHTTPCurious(t *testing.T) {
	cases := []struct{ name, send, want string }{
		{"another path", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "404"},
		{"GET of a transaction", "GET /trans/?action=sale HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
		{"no slash at the end", "POST /trans HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "missingfields"},
		{"fields in the query string", "POST /trans/?custid=X&action=sale HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "offenders=password,amount,cc,exp"},
		{"bad escape", "POST /trans/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na=%Z", "errortype=linkfailure"},
		{"bad escape in a query", "POST /query/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na=%Z", "400"},
		{"query by GET", "GET /query/?custid=123456&password=abc123&querytype=transaction HTTP/1.1\r\nHost: x\r\n\r\n", "cc,media_name,exp"},
		{"no HTTP", "POST \r\n\r\n", "400"},
		{"chunks", "POST /trans/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ncustid=X\r\n0\r\n\r\n", "offenders=password,action"},
		{"waits for leave to send", "POST /trans/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\ncustid=X", "100 Continue"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dial := newBench(t, "").serve(t, &Server{})
			conn := dial()
			defer conn.Close()
			go conn.Write([]byte(c.send))
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), c.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// authority is one for all tests of this process: making RSA keys takes its time.
var authority = sync.OnceValues(func() (*Authority, error) { return NewAuthority(time.Now()) })

func start(t *testing.T) *Running {
	t.Helper()
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Start(newBench(t, "").Host, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestTLS(t *testing.T) {
	r := start(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.CA)
	good := []string{"localhost", "127.0.0.1", "::1", "pgw1.trustcommerce.com", "gateway2048.trustcommerce.com", "vault.trustcommerce.com"}
	for _, name := range good {
		t.Run(name, func(t *testing.T) {
			c, err := tls.Dial("tcp", r.Addr, &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if got := sendBlock(t, c, []byte(saleBlock)); !strings.Contains(got, "status=approved") {
				t.Error("not approved")
			}
		})
	}
	t.Run("TLS 1.2", func(t *testing.T) {
		c, err := tls.Dial("tcp", r.Addr, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	t.Run("TLS 1.1 is refused", func(t *testing.T) {
		c, err := tls.Dial("tcp", r.Addr, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		if err == nil {
			c.Close()
			t.Error("accepted")
		}
	})
	t.Run("another name", func(t *testing.T) {
		c, err := tls.Dial("tcp", r.Addr, &tls.Config{RootCAs: pool, ServerName: "example.com"})
		if err == nil {
			c.Close()
			t.Error("accepted")
		}
	})
}

// TestAuthorityOverRestarts: what PEM gives makes the same authority again.
func TestAuthorityOverRestarts(t *testing.T) {
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadAuthority(a.PEM())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.CA, again.CA) || !bytes.Equal(a.ServerTLS().Certificates[0].Certificate[0], again.ServerTLS().Certificates[0].Certificate[0]) {
		t.Error("another authority")
	}
	for _, broken := range [][]byte{nil, []byte("junk"), a.CA} {
		if _, err := LoadAuthority(broken); err == nil {
			t.Error("took a broken file")
		}
	}
}

// TestManyAtOnce: a hundred lanes on one host, and Close while a client says nothing.
func TestManyAtOnce(t *testing.T) {
	b := newBench(t, "")
	dial := b.serve(t, &Server{})
	silent := dial()
	defer silent.Close()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			c := dial()
			defer c.Close()
			c.Write([]byte(saleBlock))
			if got, _ := io.ReadAll(c); !bytes.Contains(got, []byte("status=approved")) {
				t.Error("not approved")
			}
		})
	}
	wg.Wait()
	if l := b.Ledger(); l.Net != 10000 || len(l.Entries) != 100 {
		t.Errorf("net %d, rows %d", l.Net, len(l.Entries))
	}
}

// TestAnswered: the ledger knows whether the answer left whole.
func TestAnswered(t *testing.T) {
	b := newBench(t, "")
	whole := true
	dial := b.serve(t, &Server{Bend: func(Seen) Bend {
		if whole {
			return Bend{}
		}
		return Bend{Write: noWrite}
	}})
	sendBlock(t, dial(), []byte(saleBlock))
	whole = false
	if got := sendBlock(t, dial(), []byte(saleBlock)); got != "" {
		t.Error("an answer came")
	}
	// The connection ends after the host was told, so both rows are final here.
	l := b.Ledger()
	if len(l.Entries) != 2 || !l.Entries[0].Answered || l.Entries[1].Answered {
		t.Errorf("rows %d", len(l.Entries))
	}
}

// TestRequestIsNeverPrinted: no verb of fmt shows what a client sent.
func TestRequestIsNeverPrinted(t *testing.T) {
	r := query("cc", "4111111111111111", "password", "abc123")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{r, &r, []Request{r}, struct{ R Request }{r}} {
			if out := fmt.Sprintf(verb, v); strings.Contains(out, "4111") || strings.Contains(out, "abc123") || strings.Contains(out, "34313131") {
				t.Errorf("%s shows a secret", verb)
			}
		}
	}
}

func noWrite(context.Context, net.Conn, Answer) bool { return false }
