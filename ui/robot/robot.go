package robot

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gdamore/tcell/v2"
)

// Robot drives one terminal. It belongs to the bubble that made it.
type Robot struct {
	t      testing.TB
	screen *terminal
}

// terminal keeps a copy of what was shown last: the simulation's own cells belong to whoever draws.
type terminal struct {
	tcell.SimulationScreen
	mu      sync.Mutex
	cells   []tcell.SimCell
	columns int
	over    bool
}

// Show shows, and copies.
func (t *terminal) Show() {
	t.SimulationScreen.Show()
	cells, columns, _ := t.GetContents()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cells, t.columns = t.cells[:0:0], columns
	for _, c := range cells {
		c.Runes = append([]rune(nil), c.Runes...)
		t.cells = append(t.cells, c)
	}
}

// Fini gives the terminal back.
func (t *terminal) Fini() {
	t.SimulationScreen.Fini()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
}

// shown is what stands on the terminal when everything is idle.
func (t *terminal) shown() ([]tcell.SimCell, int) {
	synctest.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cells, t.columns
}

// New makes a terminal of 80 columns by 24 rows. Give Terminal to ui.Run.
func New(t testing.TB) *Robot {
	t.Helper()
	s := tcell.NewSimulationScreen("UTF-8")
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	s.SetSize(80, 24)
	return &Robot{t: t, screen: &terminal{SimulationScreen: s}}
}

// Terminal is the screen to draw on.
func (r *Robot) Terminal() tcell.Screen { return r.screen }

// GivenBack says that the terminal was restored to what it was.
func (r *Robot) GivenBack() bool {
	synctest.Wait()
	r.screen.mu.Lock()
	defer r.screen.mu.Unlock()
	return r.screen.over
}

// Resize makes the terminal larger or smaller, as a window does.
func (r *Robot) Resize(columns, rows int) {
	r.screen.SetSize(columns, rows)
	if err := r.screen.PostEvent(tcell.NewEventResize(columns, rows)); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// Type presses the keys of a text, one after the other.
func (r *Robot) Type(text string) {
	for _, c := range text {
		r.inject(tcell.KeyRune, c)
	}
}

// keys are the names that Press knows, besides F1 to F12.
var keys = map[string]tcell.Key{
	"Enter": tcell.KeyEnter, "Esc": tcell.KeyEscape, "Tab": tcell.KeyTab, "Up": tcell.KeyUp, "Down": tcell.KeyDown,
	"Backspace": tcell.KeyBackspace2, "Del": tcell.KeyDelete, "Ctrl-C": tcell.KeyCtrlC,
	"F1": tcell.KeyF1, "F2": tcell.KeyF2, "F3": tcell.KeyF3, "F4": tcell.KeyF4, "F5": tcell.KeyF5, "F6": tcell.KeyF6,
	"F7": tcell.KeyF7, "F8": tcell.KeyF8, "F9": tcell.KeyF9, "F10": tcell.KeyF10,
}

// Press presses named keys: "Enter", "Esc", "F3". A single letter is that letter.
func (r *Robot) Press(names ...string) {
	r.t.Helper()
	for _, name := range names {
		if k, ok := keys[name]; ok {
			r.inject(k, 0)
			continue
		}
		if len(name) != 1 {
			r.t.Fatalf("the robot's keyboard has no key %q", name)
		}
		r.Type(name)
	}
}

func (r *Robot) inject(k tcell.Key, c rune) {
	r.screen.InjectKey(k, c, tcell.ModNone)
	synctest.Wait()
}

// Screen is the text of the screen when everything is idle; lines end where their text ends.
func (r *Robot) Screen() string {
	cells, columns := r.screen.shown()
	var out, line strings.Builder
	for i, c := range cells {
		if len(c.Runes) > 0 {
			line.WriteString(string(c.Runes))
		} else {
			line.WriteByte(' ')
		}
		if (i+1)%columns == 0 {
			out.WriteString(strings.TrimRight(line.String(), " "))
			out.WriteByte('\n')
			line.Reset()
		}
	}
	return out.String()
}

// Expect fails the test unless the screen shows every text.
func (r *Robot) Expect(texts ...string) {
	r.t.Helper()
	screen := r.Screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			r.t.Fatalf("the screen does not show %q:\n%s", text, screen)
		}
	}
}

// Reject fails the test if the screen shows one of the texts.
func (r *Robot) Reject(texts ...string) {
	r.t.Helper()
	screen := r.Screen()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			r.t.Fatalf("the screen shows %q:\n%s", text, screen)
		}
	}
}

// Style is how the first character of a text on the screen is drawn.
func (r *Robot) Style(text string) tcell.Style {
	r.t.Helper()
	for y, line := range strings.Split(r.Screen(), "\n") {
		if before, _, found := strings.Cut(line, text); found {
			cells, columns := r.screen.shown()
			return cells[y*columns+len([]rune(before))].Style
		}
	}
	r.t.Fatalf("the screen does not show %q:\n%s", text, r.Screen())
	return tcell.StyleDefault
}

// Golden compares the screen with a file, or writes it there.
func (r *Robot) Golden(file string, update bool) {
	r.t.Helper()
	got := r.Screen()
	if update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	if got != string(want) {
		r.t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", filepath.Base(file), got, want)
	}
}
