package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

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
