package link

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestThrough posts by way of a proxy that answers as it is told; after its head the host speaks at once.
func TestThrough(t *testing.T) {
	for _, c := range []struct {
		name, head string
		good       bool
		after      time.Duration
	}{
		{"opened", "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n", true, 0},
		{"opened by an old one", "HTTP/1.0 200 OK\r\n\r\n", true, 0},
		{"a password wanted", "HTTP/1.1 407 canary\r\n\r\n", false, 0},
		{"another protocol", "SSH-2.0-canary 200\r\n\r\n", false, 0},
		{"a head without end", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: canary\r\n", 2000), false, 0},
		{"silent", "", false, 40 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := newAuthority(t)
				var wait sync.WaitGroup
				asked, dialled := "", ""
				p := Post{URL: &url.URL{Scheme: "https", Host: hostName, Path: "/"}, TLS: ca.client(t), Most: 100}
				p.Dial = Through("proxy.test:3128", func(_ context.Context, _, address string) (net.Conn, error) {
					dialled = address
					near, far := net.Pipe()
					wait.Go(func() {
						defer far.Close()
						r, err := http.ReadRequest(bufio.NewReader(far))
						if err != nil {
							return
						}
						asked = r.Method + " " + r.RequestURI
						io.WriteString(far, c.head)
						if !c.good {
							io.Copy(io.Discard, far)
							return
						}
						speaks(ca.server(t, hostName, ca.cert.NotAfter), func(conn *tls.Conn) {
							readPost(conn)
							io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes.")
						})(t.Context(), far)
					})
					return near, nil
				})
				began := time.Now()
				body, err := p.Do(t.Context(), []byte("a=b"))
				took := time.Since(began).Round(time.Second)
				wait.Wait()
				if dialled != "proxy.test:3128" || asked != "CONNECT "+hostName+":443" {
					t.Errorf("dialled %s, asked %s", dialled, asked)
				}
				if c.good && (err != nil || string(body) != "yes.") {
					t.Errorf("%v", err)
				}
				if !c.good && (err == nil || KindOf(err) != CantConnect || strings.Contains(err.Error(), "canary")) {
					t.Errorf("%v", err)
				}
				if took != c.after {
					t.Errorf("after %s", took)
				}
			})
		})
	}
}

func TestThroughNobody(t *testing.T) {
	refused := errors.New("connection refused")
	dial := Through("proxy.test:3128", func(context.Context, string, string) (net.Conn, error) { return nil, refused })
	if _, err := dial(t.Context(), "tcp", "x:443"); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
}
