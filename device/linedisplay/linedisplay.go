// Package linedisplay writes on customer displays of two lines with 20 characters, in two dialects:
//
//	          Epson DM-D        Logic Controls
//	reset     1B 40             1F
//	clear     0C                (reset)
//	place     1F 24 x y, from 1 10 p, p from 00 to 27 (hexadecimal)
//	bright    1F 58 n, 1 to 4   04 n: 20, 40, 60, FF
//	to it     1B 3D 02          -           (behind a printer on the same line; 1B 3D 01 is the printer)
//
// An Epson display has code page 437 after a reset (our knowledge, from no published source); of Logic Controls only
// ASCII is used. The Logic Controls dialect uses 11 and 13, so its line has no XON/XOFF handshake.
//
// The display does not answer: that it is there shows only in that writing works.
package linedisplay

import (
	"bytes"
	"context"

	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/device/transport"
)

// The size of the display, in characters.
const (
	Columns = 20
	Rows    = 2
)

// Dialect is a set of commands. A reset begins with zeros: they fill up a command that was cut off when the display
// was unplugged, and mean nothing by themselves.
type Dialect struct {
	name   string
	reset  []byte
	place  func(row int) []byte
	bright func(level int) []byte
	page   charset.Page // that it has after a reset
}

// The dialects by the driver's name in the configuration.
var dialects = map[string]Dialect{
	"epson-display": {
		"epson-display", []byte{0, 0, 0, 0x1B, 0x3D, 0x02, 0x1B, 0x40, 0x0C},
		func(row int) []byte { return []byte{0x1F, 0x24, 1, byte(row + 1)} },
		func(level int) []byte { return []byte{0x1F, 0x58, byte(level)} },
		charset.Page437,
	},
	"logic-controls": {
		"logic-controls", []byte{0, 0x1F, 0x11, 0x14},
		func(row int) []byte { return []byte{0x10, byte(row * Columns)} },
		func(level int) []byte { return []byte{0x04, [...]byte{0x20, 0x40, 0x60, 0xFF}[level-1]} },
		charset.Page{},
	},
}

// Find gives a dialect by the driver's name.
func Find(name string) (Dialect, bool) {
	d, ok := dialects[name]
	return d, ok
}

// Drivers are the names of the dialects.
func Drivers() []string { return []string{"epson-display", "logic-controls"} }

// Encode writes both lines whole, so that nothing of what stood there stays. What is too long is cut, what the
// display lacks is spelled as package charset does.
func (d Dialect) Encode(lines [Rows]string) []byte {
	var b bytes.Buffer
	for row, text := range lines {
		b.Write(d.place(row))
		b.Write(d.fit(text))
	}
	return b.Bytes()
}

// fit makes 20 characters.
func (d Dialect) fit(text string) []byte {
	out := bytes.Repeat([]byte{' '}, Columns)
	copy(out, d.page.Encode(text))
	return out
}

// Display is the driver; it does not own the transport. One goroutine at a time may call it.
type Display struct {
	conn    transport.ByteConn
	dialect Dialect
}

// New takes an open transport.
func New(conn transport.ByteConn, d Dialect) *Display { return &Display{conn, d} }

// Reset clears the display and makes it bright. It errs with ctx's error or that of the transport.
func (d *Display) Reset(ctx context.Context) error {
	return d.write(ctx, append(bytes.Clone(d.dialect.reset), d.dialect.bright(4)...))
}

// Show replaces both lines. It errs like Reset.
func (d *Display) Show(ctx context.Context, lines [Rows]string) error {
	return d.write(ctx, d.dialect.Encode(lines))
}

func (d *Display) write(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer transport.BoundWrite(ctx, d.conn)()
	_, err := d.conn.Write(b)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
