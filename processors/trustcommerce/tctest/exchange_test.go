package tctest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a Sunday noon in California, well before the cut-off of the day.
var noon = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

// bench is a host with a clock that the test moves.
type bench struct {
	*Host
	now time.Time
}

func newBench(t testing.TB, profile string) *bench {
	t.Helper()
	return newBenchAt(t, profile, noon)
}

func newBenchAt(t testing.TB, profile string, now time.Time) *bench {
	t.Helper()
	b := &bench{now: now}
	p := DefaultProfile()
	if profile != "" {
		var err error
		if p, err = ParseProfile([]byte(profile)); err != nil {
			t.Fatal(err)
		}
	}
	h, err := New(Config{Profile: p, Now: func() time.Time { return b.now }, Random: strings.NewReader("12345678")})
	if err != nil {
		t.Fatal(err)
	}
	b.Host = h
	return b
}

// do sends fields of the first demo account.
func (b *bench) do(fields ...string) Reply {
	r := Request{}
	r.put("custid", "123456")
	r.put("password", "abc123")
	for i := 0; i+1 < len(fields); i += 2 {
		r.put(fields[i], fields[i+1])
	}
	return b.Handle(r)
}

// serve puts the host on connections made by dial.
func (b *bench) serve(t *testing.T, s *Server) (dial func() net.Conn) {
	t.Helper()
	l := newPipes()
	ctx, cancel := context.WithCancel(context.Background())
	s.Host = b.Host
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return func() net.Conn {
		c, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

var transID = regexp.MustCompile(`\d{3}-\d{10}`)

// TestExchanges plays hand-written requests, byte for byte, over both transports.
func TestExchanges(t *testing.T) {
	for _, file := range []string{"host-validation.txtar", "host-guide.txtar"} {
		archive, err := txtar.ParseFile("../../../testdata/trustcommerce/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, transport := range []struct {
			name string
			send func(*testing.T, net.Conn, []byte) string
		}{{"tclink", sendBlock}, {"https", sendForm}} {
			t.Run(file+"/"+transport.name, func(t *testing.T) {
				dial := newBench(t, "").serve(t, &Server{})
				play(t, archive, func(t *testing.T, block []byte) string { return transport.send(t, dial(), block) })
			})
		}
	}
}

func play(t *testing.T, archive *txtar.Archive, send func(*testing.T, []byte) string) {
	ids := map[string]string{}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		name, isRequest := strings.CutSuffix(archive.Files[i].Name, "/request")
		if !isRequest || archive.Files[i+1].Name != name+"/reply" {
			t.Fatalf("%s: a request has to be followed by its reply", archive.Files[i].Name)
		}
		t.Run(name, func(t *testing.T) {
			request := archive.Files[i].Data
			for earlier, id := range ids {
				request = bytes.ReplaceAll(request, []byte("{"+earlier+"}"), []byte(id))
			}
			got := send(t, request)
			if id := transID.FindString(got); id != "" {
				ids[name] = id
				got = strings.ReplaceAll(got, id, "{id}")
			}
			if want := string(archive.Files[i+1].Data); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// sendBlock sends the bytes as they are and gives all that comes back.
func sendBlock(t *testing.T, c net.Conn, block []byte) string {
	t.Helper()
	defer c.Close()
	if _, err := c.Write(block); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// sendForm sends the lines of a block as a form, and turns the answer round into a block.
func sendForm(t *testing.T, c net.Conn, block []byte) string {
	t.Helper()
	defer c.Close()
	lines := strings.Split(strings.TrimSuffix(string(block), "\n"), "\n")
	var parts []string
	for _, line := range lines[1 : len(lines)-1] {
		name, value, _ := strings.Cut(line, "=")
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	body := strings.Join(parts, "&")
	req, err := http.NewRequest(http.MethodPost, "https://vault.trustcommerce.com/trans/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := req.Write(c); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	back := strings.Split(strings.TrimSuffix(string(answer), "\n"), "\n")
	slices.Reverse(back)
	return "BEGIN\n" + strings.Join(back, "\n") + "\nEND\n"
}

// pipes is a listener of connections in memory.
type pipes struct {
	calls  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.calls <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
