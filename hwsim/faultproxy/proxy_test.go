package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit keeps a test that hangs from hanging for ever.
const limit = 2 * time.Minute

func at(n int64) *int64 { return &n }

// echo answers every byte with itself until the connection ends.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(limit))
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// through starts a proxy before an echo and dials it.
func through(t *testing.T, f Fault) (*Proxy, net.Conn) {
	t.Helper()
	p := New(echo(t), 1)
	if err := p.Set(f); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx, l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil && (f.Refuse || f.Up.ResetAt != nil) && errors.Is(err, syscall.ECONNRESET) {
		cancel()
		<-done
		return p, nil
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(limit))
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p, c
}

func TestFaults(t *testing.T) {
	message := strings.Repeat("m", 3000)
	for _, c := range []struct {
		name  string
		fault Fault
		back  int // bytes of the echo that come back
		reset bool
	}{
		{name: "none", back: 3000},
		{name: "delay, jitter and a slow line", fault: Fault{Up: Way{DelayMS: 1, JitterMS: 2, Rate: 1 << 20}, Down: Way{Rate: 1 << 20}}, back: 3000},
		{name: "cut on the way up", fault: Fault{Up: Way{CutAt: at(0)}}},
		{name: "cut on the way down", fault: Fault{Down: Way{CutAt: at(1500)}}, back: 1500},
		{name: "reset on the way up", fault: Fault{Up: Way{ResetAt: at(0)}}, reset: true},
		{name: "refused", fault: Fault{Refuse: true}, reset: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conn := through(t, c.fault)
			if conn == nil {
				return // dial saw the reset already
			}
			// A reset is told once, by whichever call comes first.
			_, wrote := io.WriteString(conn, message)
			if !c.reset {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			got, err := io.ReadAll(conn)
			err = errors.Join(wrote, err)
			if c.reset != (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)) {
				t.Errorf("the connection ended with %v, a reset: %v", err, c.reset)
			}
			if !c.reset && len(got) != c.back {
				t.Errorf("%d bytes came back, want %d", len(got), c.back)
			}
		})
	}
}

func TestAHoleSwallowsUntilHealed(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		back  int
	}{
		{"up", Fault{Up: Way{HoleAt: at(4)}}, 4},
		{"down", Fault{Down: Way{HoleAt: at(2)}}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, conn := through(t, c.fault)
			_, _ = io.WriteString(conn, "12345678")
			got := make([]byte, c.back)
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != "12345678"[:c.back] {
				t.Fatalf("%q, %v", got, err)
			}
			p.Heal()
			if n, err := conn.Read(make([]byte, 8)); err == nil {
				t.Errorf("%d more bytes came back after the hole", n)
			}
		})
	}
}

func TestControl(t *testing.T) {
	p := New("127.0.0.1:1", 1)
	server := httptest.NewServer(p.Control())
	defer server.Close()
	do := func(method, path, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		a, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, _ := io.ReadAll(a.Body)
		return a.StatusCode, string(text)
	}
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"set", "POST", "/fault", `{"down":{"cut_at":7}}`, 200},
		{"state", "GET", "/state", "", 200},
		{"heal", "DELETE", "/fault", "", 200},
		{"unknown key", "POST", "/fault", `{"sideways":1}`, 400},
		{"negative position", "POST", "/fault", `{"up":{"cut_at":-1}}`, 400},
		{"endless delay", "POST", "/fault", `{"up":{"delay_ms":99999999}}`, 400},
		{"two faults", "POST", "/fault", `{}{}`, 400},
	} {
		if status, text := do(c.method, c.path, c.body); status != c.status {
			t.Errorf("%s: %d %s", c.name, status, text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"refuse":true}`, `{"up":{"hole_at":0,"jitter_ms":5}}`, `{"down":{"cut_at":-1}}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if fault, err := parse(bytes.NewReader(text)); err == nil && fault.check() != nil {
			t.Error("a fault was parsed that Set refuses")
		}
	})
}
