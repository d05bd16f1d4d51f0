// Package display is a simulated customer display of two lines with 20 characters, in the dialects of
// package linedisplay.
//
//	GET /text  what stands on it → {"lines":["…","…"],"brightness":4,"unknown":0}
//	GET, POST, DELETE /faults: {"do":"unplug_in","bytes":7}, {"do":"deaf","count":2}
package display

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"

	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/hwsim"
)

// Text is what a person sees of the display.
type Text struct {
	Lines      [linedisplay.Rows]string `json:"lines"`
	Brightness int                      `json:"brightness"` // 1 to 4
	Unknown    int                      `json:"unknown"`    // commands that the display does not know
}

const cells = linedisplay.Rows * linedisplay.Columns

// Display is the device. Serve it, then look at it.
type Display struct {
	commands map[byte]command
	first    []byte // the command that goes to the first character, with which a text begins
	letter   func(b byte) rune

	mu         sync.Mutex
	cells      [cells]byte
	at         int
	brightness int
	unknown    int
	pending    []byte
	faults     hwsim.Faults
}

// verbs of faults: the plug is pulled after so many more bytes were taken, or the display is deaf to so many pieces
// of what is sent.
const faultDeaf = "deaf"

var verbs = []string{hwsim.UnplugIn, faultDeaf}

// command is what a control byte begins.
type command struct {
	length func(b []byte) int // bytes of it, 0 while that is not known
	obey   func(d *Display, b []byte)
}

func fixed(n int) func([]byte) int { return func([]byte) int { return n } }

var epson = map[byte]command{
	0x00: {fixed(1), func(*Display, []byte) {}},
	0x0C: {fixed(1), func(d *Display, _ []byte) { d.clear() }},
	0x0B: {fixed(1), func(d *Display, _ []byte) { d.at = 0 }},
	0x08: {fixed(1), func(d *Display, _ []byte) { d.at = max(d.at-1, 0) }},
	0x1B: {escapeLength, func(d *Display, b []byte) {
		if b[1] == 0x40 {
			d.clear()
		}
	}},
	0x1F: {usLength, func(d *Display, b []byte) {
		switch {
		case b[1] == 0x24 && b[2] >= 1 && b[2] <= linedisplay.Columns && b[3] >= 1 && b[3] <= linedisplay.Rows:
			d.at = int(b[3]-1)*linedisplay.Columns + int(b[2]-1)
		case b[1] == 0x58 && b[2] >= 1 && b[2] <= 4:
			d.brightness = int(b[2])
		default:
			d.unknown++
		}
	}},
}

func escapeLength(b []byte) int {
	switch {
	case len(b) < 2:
		return 0
	case b[1] == 0x3D:
		return 3
	}
	return 2
}

func usLength(b []byte) int {
	switch {
	case len(b) < 2:
		return 0
	case b[1] == 0x24:
		return 4
	case b[1] == 0x58, b[1] == 0x43, b[1] == 0x45:
		return 3
	}
	return 2
}

var logicControls = map[byte]command{
	0x00: {fixed(1), func(*Display, []byte) {}},
	0x1F: {fixed(1), func(d *Display, _ []byte) { d.clear() }},
	0x11: {fixed(1), func(*Display, []byte) {}},
	0x13: {fixed(1), func(*Display, []byte) {}},
	0x14: {fixed(1), func(*Display, []byte) {}},
	0x08: {fixed(1), func(d *Display, _ []byte) { d.at = max(d.at-1, 0) }},
	0x10: {fixed(2), func(d *Display, b []byte) {
		if int(b[1]) < cells {
			d.at = int(b[1])
		} else {
			d.unknown++
		}
	}},
	0x04: {fixed(2), func(d *Display, b []byte) {
		level := map[byte]int{0x20: 1, 0x40: 2, 0x60: 3, 0xFF: 4}[b[1]]
		if d.brightness = level; level == 0 {
			d.unknown++
		}
	}},
}

// New makes an empty display; driver names its dialect as package linedisplay does, the first one if it
// is not known.
func New(driver string) *Display {
	d := &Display{commands: epson, letter: charmap.CodePage437.DecodeByte, first: []byte{0x1F, 0x24, 1, 1}, brightness: 4, faults: hwsim.Faults{Verbs: verbs}}
	if driver == "logic-controls" {
		d.commands, d.letter, d.first = logicControls, ascii, []byte{0x10, 0}
	}
	d.clear()
	return d
}

// ascii is the table of a display whose further characters nobody uses.
func ascii(b byte) rune {
	if b > '~' {
		return '?'
	}
	return rune(b)
}

func (d *Display) clear() {
	for i := range d.cells {
		d.cells[i] = ' '
	}
	d.at = 0
}

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (d *Display) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, func(conn net.Conn) { _ = d.Speak(conn) }) // a host that goes is no error of the display
}

// chances are what a mix draws from: it draws when a text begins, and counts from there.
var chances = []hwsim.Chance{
	{Do: hwsim.UnplugIn, Of: hwsim.Bytes, Most: 60}, // in a text, which has 40 characters, or behind it
	{Do: faultDeaf, Of: hwsim.Times, Least: 1, Most: 3},
}

// Mix draws faults by a seed, for so many of a hundred texts; seed 0 draws none. It is called before Serve or Speak, and
// errs with a sentence when there is no such share.
func (d *Display) Mix(seed uint64, share int) error {
	m, err := hwsim.NewMix(seed, share, chances)
	if err == nil && m != nil {
		d.faults.Opening = d.first
		d.faults.Mix(m)
	}
	return err
}

// Speak takes what one stream brings until it ends or the plug is pulled, and closes it. The display never answers.
func (d *Display) Speak(stream io.ReadWriteCloser) error {
	defer stream.Close()
	return d.faults.Hear(stream, d.take)
}

func (d *Display) take(data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, deaf := d.faults.Fires(faultDeaf); deaf {
		return
	}
	d.pending = append(d.pending, data...)
	for len(d.pending) > 0 {
		b := d.pending
		c, known := d.commands[b[0]]
		n := 1
		switch {
		case known:
			if n = c.length(b); n == 0 || n > len(b) {
				return
			}
			c.obey(d, b[:n])
		case b[0] < ' ':
			d.unknown++
		default:
			d.cells[d.at] = b[0]
			d.at = (d.at + 1) % cells
		}
		d.pending = b[n:]
	}
}

// Text is what stands on the display.
func (d *Display) Text() Text {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := Text{Brightness: d.brightness, Unknown: d.unknown}
	for i := range out.Lines {
		var line strings.Builder
		for _, b := range d.cells[i*linedisplay.Columns : (i+1)*linedisplay.Columns] {
			line.WriteRune(d.letter(b))
		}
		out.Lines[i] = strings.TrimRight(line.String(), " ")
	}
	return out
}

// Arm adds a fault. It errs with a sentence when there is no such one.
func (d *Display) Arm(f hwsim.Fault) error { return d.faults.Arm(f) }

// Control is the display's control address.
func (d *Display) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /text", func(w http.ResponseWriter, _ *http.Request) {
		hwsim.WriteJSON(w, http.StatusOK, d.Text())
	})
	d.faults.Handle(mux)
	return mux
}
