package printer

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPaper(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{"text", "A\nB\n", "A\nB\n"},
		{"centred", "\x1Ba\x01AB\n", strings.Repeat(" ", 20) + "AB\n"},
		{"right by a digit", "\x1Ba2AB\n", strings.Repeat(" ", 40) + "AB\n"},
		{"wide and centred", "\x1D!\x11\x1Ba\x01AB\n", strings.Repeat(" ", 9) + "AB\n"},
		{"full line", strings.Repeat("x", 43) + "\n", strings.Repeat("x", 42) + "\nx\n"},
		{"feed", "A\x1Bd\x03B\n", "A\n\n\nB\n"},
		{"page 858", "\x1Bt\x13\xD5\n", "€\n"},
		{"page 437", "\x82\n", "é\n"},
		{"initialise", "\x1Ba\x01\x1B@A\n", "A\n"},
		{"cut ends the line", "A\x1DV\x00", "A\n" + cutLine + "\n"},
		{"feed and cut", "A\n\x1DV\x42\x00", "A\n" + cutLine + "\n"},
		{"unknown command", "\x1B\x7FA\n", "A\n"},
		{"command in two pieces is not lost", "\x1Ba", ""},
	} {
		p := New()
		p.take([]byte(c.in))
		if got, _ := p.Paper(); got != c.want {
			t.Errorf("%s: paper is %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPieces gives the same paper however the stream is cut.
func TestPieces(t *testing.T) {
	stream := "\x1B@\x1Ba\x01HEAD\n\x1Ba\x00\x10\x04\x01TOTAL\n\x1Bp\x00\x19\xFA\x1DV\x42\x00"
	whole, bytewise := New(), New()
	whole.take([]byte(stream))
	for i := range len(stream) {
		bytewise.take([]byte(stream[i : i+1]))
	}
	a, _ := whole.Paper()
	b, _ := bytewise.Paper()
	if a != b || whole.State() != bytewise.State() || whole.State().Kicks != 1 {
		t.Errorf("whole %q %+v, byte by byte %q %+v", a, whole.State(), b, bytewise.State())
	}
}

// TestStatusBytes are the answers as the manuals print them.
func TestStatusBytes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*State)
		want   [3]byte // to DLE EOT 1, 2, 4
	}{
		{"well", func(*State) {}, [3]byte{0x12, 0x12, 0x12}},
		{"drawer open", func(s *State) { s.Drawer = "open" }, [3]byte{0x16, 0x12, 0x12}},
		{"off-line", func(s *State) { s.Online = false }, [3]byte{0x1A, 0x12, 0x12}},
		{"cover open", func(s *State) { s.Cover = "open" }, [3]byte{0x1A, 0x16, 0x12}},
		{"paper near its end", func(s *State) { s.Paper = "near" }, [3]byte{0x12, 0x12, 0x1E}},
		{"no paper", func(s *State) { s.Paper = "out" }, [3]byte{0x1A, 0x32, 0x7E}},
	} {
		p := New()
		s := p.State()
		c.change(&s)
		if err := p.Set(s); err != nil {
			t.Fatal(err)
		}
		if got := p.take([]byte("\x10\x04\x01\x10\x04\x02\x10\x04\x04")); string(got) != string(c.want[:]) {
			t.Errorf("%s: % x, want % x", c.name, got, c.want)
		}
	}
}

func TestOffLineKeepsData(t *testing.T) {
	p := New()
	s := p.State()
	s.Online = false
	if err := p.Set(s); err != nil {
		t.Fatal(err)
	}
	p.take([]byte("A\n\x1Dr\x01"))
	if text, _ := p.Paper(); text != "" {
		t.Errorf("off-line it printed %q", text)
	}
	s.Online = true
	if err := p.Set(s); err != nil {
		t.Fatal(err)
	}
	if text, _ := p.Paper(); text != "A\n" {
		t.Errorf("back on-line it printed %q", text)
	}
	if got := p.take([]byte("\x10\x04\x01")); string(got) != "\x00\x12" {
		t.Errorf("the answer in turn is lost: % x", got)
	}
}

func TestControl(t *testing.T) {
	p := New()
	ask := func(method, path, body string) (int, State) {
		w := httptest.NewRecorder()
		p.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		var s State
		_ = json.Unmarshal(w.Body.Bytes(), &s)
		return w.Code, s
	}
	if status, s := ask("POST", "/state", `{"paper":"near"}`); status != 200 || s.Paper != "near" || !s.Online {
		t.Errorf("status %d, state %+v", status, s)
	}
	for _, body := range []string{`{"paper":"wet"}`, `{"colour":1}`, `{`} {
		if status, _ := ask("POST", "/state", body); status != 400 {
			t.Errorf("%s gives status %d", body, status)
		}
	}
	if _, s := ask("GET", "/state", ""); s.Paper != "near" {
		t.Errorf("a refused change changed %+v", s)
	}
}

func FuzzPrinter(f *testing.F) {
	f.Add([]byte("\x1B@A\n\x1DV\x42\x00\x10\x04\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := New()
		p.take(b)
		p.Paper()
	})
}
