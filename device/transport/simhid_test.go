package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

const helloText = `{"vendor":2049,"product":2,"usage_page":65280,"report_length":337}`

func frame(kind byte, payload []byte) []byte {
	b := append([]byte{kind, 0, 0}, payload...)
	binary.BigEndian.PutUint16(b[1:], uint16(len(payload)))
	return b
}

// simPipe opens a simulated device over an in-memory pipe; dev is its end.
func simPipe(t *testing.T) (conn ReportConn, dev net.Conn) {
	t.Helper()
	near, dev := net.Pipe()
	go dev.Write(frame(FrameHello, []byte(helloText)))
	conn, err := NewSim(t.Context(), near)
	if err != nil {
		t.Fatal(err)
	}
	return conn, dev
}

func send(t *testing.T, w io.Writer, packets ...[]byte) {
	t.Helper()
	for _, p := range packets {
		if _, err := w.Write(frame(FrameInput, p)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSimReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, dev := simPipe(t)
		defer conn.Close()
		if i := conn.Info(); i.Vendor != 0x801 || i.Product != 2 || i.UsagePage != 0xFF00 || i.ReportLength != 337 {
			t.Errorf("info is %+v", i)
		}
		want := testReport(337, 1)
		began := time.Now()
		send(t, dev, split(want, 8)[:10]...)
		time.Sleep(100 * time.Millisecond)
		send(t, dev, split(want, 8)[10:]...)
		got, err := conn.ReadReport(t.Context())
		if err != nil || !bytes.Equal(got.Data, want) {
			t.Errorf("a report of %d bytes, %v", len(got.Data), err)
		}
		if !got.Began.Equal(began) {
			t.Errorf("it began %v after its first packet", got.Began.Sub(began))
		}
	})
}

func TestSimGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, dev := simPipe(t)
		defer conn.Close()
		half := split(testReport(337, 1), 8)[:20]
		start := time.Now()
		send(t, dev, half...)
		_, err := conn.ReadReport(t.Context())
		var partial *PartialError
		if !errors.As(err, &partial) || partial.Got != 160 || !partial.Began.Equal(start) {
			t.Fatalf("half a report gives %v", err)
		}
		if d := time.Since(start); d != partialGap {
			t.Errorf("it was given up after %v", d)
		}
		want := testReport(337, 2)
		send(t, dev, split(want, 8)...)
		if got, err := conn.ReadReport(t.Context()); err != nil || !bytes.Equal(got.Data, want) {
			t.Errorf("the report after it: %v", err)
		}
	})
}

func TestSimEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(dev net.Conn)
		want error
	}{
		{"unplug frame", func(d net.Conn) { d.Write(frame(FrameUnplug, nil)) }, ErrOffline},
		{"socket closed", func(d net.Conn) { d.Close() }, ErrOffline},
		{"frame of unknown type", func(d net.Conn) { d.Write(frame('?', []byte("x"))) }, ErrOffline},
		{"cut frame", func(d net.Conn) { d.Write([]byte{FrameInput, 0, 8, 1}); d.Close() }, ErrOffline},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, dev := simPipe(t)
				defer conn.Close()
				c.end(dev)
				for range 2 {
					if _, err := conn.ReadReport(t.Context()); !errors.Is(err, c.want) {
						t.Errorf("read gives %v", err)
					}
				}
			})
		})
	}
}

func TestSimUnplugInsideReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, dev := simPipe(t)
		defer conn.Close()
		send(t, dev, []byte("12345678"))
		dev.Close()
		if _, err := conn.ReadReport(t.Context()); !errors.Is(err, ErrOffline) {
			t.Errorf("the half report gives %v", err)
		}
	})
}

func TestSimCancelAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := simPipe(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := conn.ReadReport(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a deadline gives %v", err)
		}
		ended := make(chan error)
		go func() {
			_, err := conn.ReadReport(t.Context())
			ended <- err
		}()
		synctest.Wait()
		conn.Close()
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Errorf("close while reading gives %v", err)
		}
		conn.Close()
	})
}

func TestSimSlowReaderLosesNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, dev := simPipe(t)
		defer conn.Close()
		for i := range keptReports + 2 {
			send(t, dev, split(testReport(337, byte(i)), 8)...)
		}
		synctest.Wait()
		for i := range keptReports {
			if r, err := conn.ReadReport(t.Context()); err != nil || !bytes.Equal(r.Data, testReport(337, byte(i))) {
				t.Errorf("report %d: %v", i, err)
			}
		}
	})
}

func TestSimHello(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "hello", "no length": `{"vendor":1}`, "length too large": `{"report_length":100000}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, dev := net.Pipe()
				defer dev.Close()
				go dev.Write(frame(FrameHello, []byte(text)))
				if _, err := NewSim(t.Context(), near); !errors.Is(err, ErrOffline) {
					t.Errorf("opening gives %v", err)
				}
			})
		})
	}
	t.Run("silence", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			near, dev := net.Pipe()
			defer dev.Close()
			if _, err := NewSim(t.Context(), near); !errors.Is(err, ErrOffline) {
				t.Errorf("opening gives %v", err)
			}
		})
	})
}

// guarded is a USB device as the library makes it: closing it while a read is inside is a crash.
type guarded struct {
	t      *testing.T
	give   chan []byte
	inside bool
	closed chan struct{}
}

func (g *guarded) Read(p []byte) (int, error) {
	g.inside = true
	b, ok := <-g.give
	g.inside = false
	if !ok {
		return 0, errors.New("unplugged")
	}
	return copy(p, b), nil
}

func (g *guarded) Close() error {
	if g.inside {
		g.t.Error("closed while a read is inside")
	}
	close(g.closed)
	return nil
}

func TestHIDIsClosedByItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := &guarded{t: t, give: make(chan []byte), closed: make(chan struct{})}
		conn := newHIDConn(dev, HIDInfo{}, reportSize{337, 338})
		for _, p := range split(testReport(337, 1), 8) {
			dev.give <- p
		}
		if r, err := conn.ReadReport(t.Context()); err != nil || len(r.Data) != 337 {
			t.Errorf("a report of %d bytes, %v", len(r.Data), err)
		}
		synctest.Wait()
		conn.Close() // returns though the read is blocked
		select {
		case <-dev.closed:
			t.Error("closed before the read returned")
		default:
		}
		dev.give <- []byte("late")
		<-dev.closed
	})
}

func TestHIDUnplug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := &guarded{t: t, give: make(chan []byte), closed: make(chan struct{})}
		conn := newHIDConn(dev, HIDInfo{}, reportSize{337, 338})
		close(dev.give)
		if _, err := conn.ReadReport(t.Context()); !errors.Is(err, ErrOffline) {
			t.Errorf("unplug gives %v", err)
		}
		<-dev.closed
		conn.Close()
	})
}

// FuzzFrames reads what a simulator might send: a hello, then frames.
func FuzzFrames(f *testing.F) {
	var good bytes.Buffer
	WriteFrame(&good, FrameHello, []byte(`{"vendor":2049,"product":2,"report_length":8}`))
	WriteFrame(&good, FrameInput, []byte("12345678"))
	WriteFrame(&good, FrameGetFeature, []byte{0, 1})
	WriteFrame(&good, FrameUnplug, nil)
	f.Add(good.Bytes())
	f.Add([]byte("I\x00\x05ab"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &simSource{r: bufio.NewReader(bytes.NewReader(b)), buf: make([]byte, 1<<16), features: make(chan feature, 1)}
		if info, err := s.hello(); err == nil && (info.ReportLength < 1 || info.ReportLength > maxReport) {
			t.Fatal("a report of that length is believed")
		}
		buf := make([]byte, packetSize)
		for {
			n, err := s.ReadPacket(buf)
			if err != nil {
				return
			}
			if n > len(b) {
				t.Fatal("more came out than went in")
			}
		}
	})
}
