package transport

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// lines ends messages with LF; a dot may be the end too, and # belongs to no message.
func lines(b []byte) (int, Verdict) {
	if b[0] == '#' {
		return 1, Skip
	}
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1, Whole
	}
	if b[len(b)-1] == '.' {
		return len(b), WholeIfQuiet
	}
	return 0, Unfinished
}

func TestMessages(t *testing.T) {
	type step struct {
		send  string
		pause time.Duration
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  []string // "!" is a damaged message
	}{
		{"one", []step{{"ab\n", 0}}, []string{"ab\n"}},
		{"in pieces", []step{{"a", 40 * time.Millisecond}, {"b", 40 * time.Millisecond}, {"\n", 0}}, []string{"ab\n"}},
		{"two at once", []step{{"ab\ncd\n", 0}}, []string{"ab\n", "cd\n"}},
		{"many at once, together longer than one may be", []step{{strings.Repeat("abcdefgh\n", 5), 0}}, []string{"abcdefgh\n", "abcdefgh\n", "abcdefgh\n", "abcdefgh\n", "abcdefgh\n"}},
		{"too long, with its end", []step{{strings.Repeat("0", 40) + "\nab\n", 0}}, []string{"!", "ab\n"}},
		{"one and a half", []step{{"ab\nc", time.Second}, {"d\n", 0}}, []string{"ab\n", "!", "d\n"}},
		{"skipped", []step{{"#", time.Second}, {"#ab\n#", 0}}, []string{"ab\n"}},
		{"ended by silence", []step{{"ab.", time.Second}, {"cd\n", 0}}, []string{"ab.", "cd\n"}},
		{"not ended yet", []step{{"ab.", 20 * time.Millisecond}, {"cd\n", 0}}, []string{"ab.cd\n"}},
		{"too long", []step{{"0123456789012345678901234567890123456789", 0}, {"ab\n", 0}}, []string{"!", "ab\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer near.Close()
				m := NewMessages(NewStream(near), lines, 32)
				go func() {
					defer far.Close()
					for _, s := range c.steps {
						far.Write([]byte(s.send))
						time.Sleep(s.pause)
					}
				}()
				for i, want := range c.want {
					r, err := m.Next(t.Context())
					var partial *PartialError
					switch {
					case want == "!" && !errors.As(err, &partial):
						t.Errorf("message %d: %q, %v", i, r.Data, err)
					case want != "!" && (err != nil || string(r.Data) != want):
						t.Errorf("message %d: %q, %v, want %q", i, r.Data, err, want)
					}
				}
				if _, err := m.Next(t.Context()); !errors.Is(err, ErrOffline) {
					t.Errorf("the end gives %v", err)
				}
			})
		})
	}
}

func TestMessagesCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		defer near.Close()
		m := NewMessages(NewStream(near), lines, 32)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() {
			_, err := m.Next(ctx)
			got <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancel gives %v", err)
		}
		go far.Write([]byte("ab\n"))
		if r, err := m.Next(t.Context()); err != nil || string(r.Data) != "ab\n" {
			t.Errorf("after a cancel: %q, %v", r.Data, err)
		}
	})
}

// TestLongerReports: where a family has reports of several lengths, silence or a short packet ends one.
func TestLongerReports(t *testing.T) {
	for _, n := range []int{856, 930, 1024} {
		synctest.Test(t, func(t *testing.T) {
			dev := &guarded{t: t, give: make(chan []byte), closed: make(chan struct{})}
			conn := newHIDConn(dev, HIDInfo{}, reportSize{856, 1024})
			for i := range 3 {
				want := testReport(n, byte(i))
				for _, p := range split(want, 8) {
					dev.give <- p
				}
				if r, err := conn.ReadReport(t.Context()); err != nil || !bytes.Equal(r.Data, want) {
					t.Errorf("report %d of %d bytes: %d bytes, %v", i, n, len(r.Data), err)
				}
			}
			close(dev.give)
			<-dev.closed
			conn.Close()
		})
	}
}

// lateConn tells of the deadline before it gives the bytes that came in time, as a machine that was busy does.
type lateConn struct {
	ByteConn
	late int
}

func (c *lateConn) Read(p []byte) (int, error) {
	if c.late--; c.late == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.ByteConn.Read(p)
}

// TestMessagesOfABusyMachine: bytes that came in time count, although the deadline is seen first.
func TestMessagesOfABusyMachine(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		far.Write([]byte("ab"))
		far.Write([]byte("c\n"))
	}()
	m := NewMessages(&lateConn{NewStream(near), 2}, lines, 10)
	got, err := m.Next(t.Context())
	if err != nil || string(got.Data) != "abc\n" {
		t.Errorf("%q, %v", got.Data, err)
	}
}
