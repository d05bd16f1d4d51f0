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
	"testing"
	"testing/synctest"
	"time"
)

const canaryForm = "canary=form"

// posted runs one Post with a scripted host in a bubble.
func posted(ctx context.Context, t *testing.T, alter func(*Post), script func(*tls.Conn)) (body []byte, took time.Duration, err error) {
	t.Helper()
	ca := newAuthority(t)
	n := &network{began: time.Now(), hosts: map[string]func(context.Context, net.Conn) error{
		hostName: speaks(ca.server(t, hostName, ca.cert.NotAfter), script)}}
	p := Post{URL: &url.URL{Scheme: "https", Host: hostName, Path: "/canary-path/"}, TLS: ca.client(t), Dial: n.dial, Agent: "1.2-Go", Most: 100}
	if alter != nil {
		alter(&p)
	}
	began := time.Now()
	body, err = p.Do(ctx, []byte(canaryForm))
	took = time.Since(began).Round(time.Second)
	n.wait.Wait()
	return body, took, err
}

func readPost(c *tls.Conn) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil
	}
	b, _ := io.ReadAll(r.Body)
	r.Header.Set("X-Body", string(b))
	return r
}

func reply(text string) func(*tls.Conn) {
	return func(c *tls.Conn) { readPost(c); io.WriteString(c, text) }
}

func TestPost(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name   string
		alter  func(*Post)
		script func(*tls.Conn)
		cancel time.Duration
		want   Kind
		after  time.Duration
		body   string
		says   string
	}{
		{name: "with a length", script: reply(ok + "Content-Length: 4\r\n\r\nyes."), body: "yes."},
		{name: "in chunks", script: reply(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nye\r\n2\r\ns.\r\n0\r\n\r\n"), body: "yes."},
		{name: "until the host says farewell", script: func(c *tls.Conn) { reply(ok + "\r\nyes.")(c); c.CloseWrite() }, body: "yes."},
		{name: "without a length and cut", script: reply(ok + "\r\nyes."), want: LinkFailure},
		{name: "after an interim answer", script: reply("HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nyes."), body: "yes."},
		{name: "interim answers without end", script: reply(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20)), want: LinkFailure},
		{name: "a server error", script: reply("HTTP/1.1 500 canary\r\nContent-Length: 6\r\n\r\ncanary"), want: LinkFailure},
		{name: "a redirect", script: reply("HTTP/1.1 307 x\r\nLocation: https://elsewhere.test/canary\r\nContent-Length: 0\r\n\r\n"), want: LinkFailure},
		{name: "no content", script: reply("HTTP/1.1 204 x\r\n\r\n"), want: LinkFailure},
		{name: "another protocol", script: reply("HTTP/1.1 101 x\r\n\r\n"), want: LinkFailure},
		{name: "no HTTP", script: reply("canary canary\r\n\r\n"), want: LinkFailure},
		{name: "a bad length", script: reply(ok + "Content-Length: canary\r\n\r\n"), want: LinkFailure},
		{name: "shorter than its length", script: reply(ok + "Content-Length: 9\r\n\r\nyes."), want: LinkFailure},
		{name: "a broken chunk", script: reply(ok + "Transfer-Encoding: chunked\r\n\r\ncanary\r\n"), want: LinkFailure},
		{name: "too long", script: reply(ok + "\r\n" + strings.Repeat("y", 101)), want: LinkFailure},
		{name: "closed without an answer", script: func(c *tls.Conn) { readPost(c) }, want: LinkFailure},
		{name: "reset in the middle", script: func(c *tls.Conn) { readPost(c); io.WriteString(c, ok); c.NetConn().Close() }, want: LinkFailure},
		{name: "reset in the body", script: func(c *tls.Conn) { readPost(c); io.WriteString(c, ok+"\r\nye"); c.NetConn().Close() }, want: LinkFailure},
		{name: "nothing at all", script: idle, want: LinkFailure, after: 40 * time.Second, says: "in time"},
		{name: "a trickle without end", script: func(c *tls.Conn) {
			readPost(c)
			io.WriteString(c, ok+"\r\n")
			for {
				if _, err := io.WriteString(c, "y"); err != nil {
					return
				}
				time.Sleep(29 * time.Second)
			}
		}, want: LinkFailure, after: 180 * time.Second},
		{name: "cancelled while waiting", script: idle, cancel: 7 * time.Second, want: LinkFailure, after: 7 * time.Second},
		{name: "nobody there", alter: func(p *Post) { p.URL = &url.URL{Scheme: "https", Host: "10.9.9.9", Path: "/canary-path/"} }, want: CantConnect},
		{name: "another name in the certificate", alter: func(p *Post) { p.TLS.ServerName = "other.test" }, want: CantConnect},
		{name: "no handshake", alter: func(p *Post) {
			p.Dial = func(context.Context, string, string) (net.Conn, error) { near, _ := net.Pipe(); return near, nil }
		}, want: CantConnect, after: 40 * time.Second},
		{name: "a dial without end", alter: func(p *Post) {
			p.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		}, cancel: 5 * time.Second, want: CantConnect, after: 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.cancel)
					defer cancel()
				}
				script := c.script
				if script == nil {
					script = idle
				}
				body, took, err := posted(ctx, t, c.alter, script)
				if c.want == "" && (err != nil || string(body) != c.body) {
					t.Fatalf("%q, %v", body, err)
				}
				var f *Fault
				if c.want != "" && (!errors.As(err, &f) || f.Kind != c.want) {
					t.Fatalf("%v, want %s", err, c.want)
				}
				if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "https:")) {
					t.Error("the error shows the address, the form or the answer")
				}
				if c.says != "" && !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v does not say %s", err, c.says)
				}
				if took != c.after {
					t.Errorf("took %s, want %s", took, c.after)
				}
			})
		})
	}
}

// TestPostRequest: one POST, HTTP/1.1, everything in the body.
func TestPostRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		_, _, err := posted(t.Context(), t, nil, func(c *tls.Conn) {
			got = readPost(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		})
		if err != nil || got == nil {
			t.Fatal(err)
		}
		if got.Method != "POST" || got.Proto != "HTTP/1.1" || got.RequestURI != "/canary-path/" || got.Host != hostName || !got.Close {
			t.Error("not a plain POST that ends its connection")
		}
		if h := got.Header; h.Get("X-Body") != canaryForm || h.Get("Content-Type") != "application/x-www-form-urlencoded" || h.Get("User-Agent") != "1.2-Go" || h.Get("Accept-Encoding") != "" {
			t.Error("the form or its head is not as it should be")
		}
	})
}

// TestPostKeepsOutOfTheEnvironment dials the address itself, whatever proxy the environment names.
func TestPostKeepsOutOfTheEnvironment(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	dialled := ""
	p := Post{URL: &url.URL{Scheme: "https", Host: "vault.example", Path: "/"}, TLS: &tls.Config{ServerName: "vault.example"},
		Dial: func(_ context.Context, _, address string) (net.Conn, error) { dialled = address; return nil, io.EOF }}
	if _, err := p.Do(t.Context(), nil); KindOf(err) != CantConnect || dialled != "vault.example:443" {
		t.Errorf("dialled %s, %v", dialled, err)
	}
}

func TestWebAddress(t *testing.T) {
	for text, good := range map[string]bool{
		"https://vault.test/trans/": true, "https://127.0.0.1:8443/": true, "http://vault.test/": false, "https://": false, "https://:443/": false,
		"https://u:p@vault.test/": false, "https://vault.test/?a=b": false, "https://vault.test/?": false, "https://vault.test/#x": false, "vault.test": false, "": false,
	} {
		if _, err := WebAddress(text); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
