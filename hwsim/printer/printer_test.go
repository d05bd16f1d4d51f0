package printer

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
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
		{"EAN-8", "\x1Dk\x44\x0896385074\n", "[EAN-8 96385074]\n"},
		{"UPC-A", "\x1Dk\x41\x0C036000291452\n", "[UPC-A 036000291452]\n"},
		{"three times as wide", "\x1D!\x20" + strings.Repeat("x", 15) + "\n", strings.Repeat("x", 14) + "\nx\n"},
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
		want   string // to DLE EOT 1, 2, 3, 4
		auto   string // told by itself
	}{
		{"well", func(*State) {}, "\x12\x12\x12\x12", ""},
		{"drawer open", func(s *State) { s.Drawer = "open" }, "\x16\x12\x12\x12", "\x14\x00\x00\x00"},
		{"off-line", func(s *State) { s.Online = false }, "\x1A\x12\x12\x12", "\x18\x00\x00\x00"},
		{"cover open", func(s *State) { s.Cover = "open" }, "\x1A\x16\x12\x12", "\x38\x00\x00\x00"},
		{"cutter stuck", func(s *State) { s.Cutter = "stuck" }, "\x1A\x52\x1A\x12", "\x18\x08\x00\x00"},
		{"head hot", func(s *State) { s.Head = "hot" }, "\x1A\x52\x52\x12", "\x18\x40\x00\x00"},
		{"paper near its end", func(s *State) { s.Paper = "near" }, "\x12\x12\x12\x1E", "\x10\x00\x03\x00"},
		{"no paper", func(s *State) { s.Paper = "out" }, "\x1A\x32\x12\x7E", "\x18\x00\x0F\x00"},
	} {
		p, answers := connected()
		p.take([]byte("\x1Da\x0F"))
		if got := answers(); got != "\x10\x00\x00\x00" {
			t.Errorf("set to tell by itself it says % x", got)
		}
		set(t, p, c.change)
		if got := answers(); got != c.auto {
			t.Errorf("%s: by itself it says % x, want % x", c.name, got, c.auto)
		}
		p.take([]byte("\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"))
		if got := answers(); got != c.want {
			t.Errorf("%s: % x, want % x", c.name, got, c.want)
		}
	}
}

// TestAutomaticStatusSome tells only of what was asked for, and of nothing after it was initialised.
func TestAutomaticStatusSome(t *testing.T) {
	p, answers := connected()
	p.take([]byte("\x1Da\x01"))
	answers()
	set(t, p, func(s *State) { s.Paper = "near" })
	if got := answers(); got != "" {
		t.Errorf("it tells of paper: % x", got)
	}
	set(t, p, func(s *State) { s.Drawer = "open" })
	if got := answers(); got != "\x14\x00\x03\x00" {
		t.Errorf("it tells of the drawer % x", got)
	}
	p.take([]byte("\x1B@"))
	set(t, p, func(s *State) { s.Drawer = "closed" })
	if got := answers(); got != "" {
		t.Errorf("initialised, it tells % x", got)
	}
}

// connected is a printer with a host, and what it told that since the last call.
func connected() (p *Printer, answers func() string) {
	p = New()
	p.session = newSession(p, nil)
	return p, func() string {
		var out []byte
		for len(p.session.out) > 0 {
			out = append(out, (<-p.session.out).data...)
		}
		return string(out)
	}
}

// TestDrawerIsPushedShut after a while, if somebody is there; otherwise it stays open.
func TestDrawerIsPushedShut(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		want  string
	}{"nobody": {0, "open"}, "somebody": {4 * time.Second, "closed"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := connected()
				p.ShutDrawer(c.after)
				p.take([]byte("\x1Bp\x00\x19\xFA"))
				time.Sleep(4*time.Second - 1)
				if got := p.State().Drawer; got != "open" {
					t.Errorf("the drawer is %s", got)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := p.State().Drawer; got != c.want {
					t.Errorf("the drawer is %s", got)
				}
			})
		})
	}
}

func set(t *testing.T, p *Printer, change func(*State)) {
	t.Helper()
	s := p.State()
	change(&s)
	if err := p.Set(s); err != nil {
		t.Fatal(err)
	}
}

func TestOffLineKeepsData(t *testing.T) {
	p, answers := connected()
	set(t, p, func(s *State) { s.Online = false })
	p.take([]byte("A\n\x1Dr\x01"))
	if text, _ := p.Paper(); text != "" {
		t.Errorf("off-line it printed %q", text)
	}
	set(t, p, func(s *State) { s.Online = true })
	if text, _ := p.Paper(); text != "A\n" {
		t.Errorf("back on-line it printed %q", text)
	}
	p.take([]byte("\x10\x04\x01"))
	if got := answers(); got != "\x00\x12" {
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
