package counter

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/pty"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/hwsim/scanner"
)

// controlSuffix makes a control socket's path of a device's.
const controlSuffix = ".ctl"

// Place is where a device listens. Socket, Listen and PTY exclude each other.
type Place struct {
	Socket  string // path of a unix stream socket
	Listen  string // TCP host:port
	PTY     bool   // a serial line of its own
	Link    string // of a serial line: a symbolic link to it, which stays when the line is unplugged
	Baud    int    // of a serial line whose pace is kept; 0 sends at once
	Control string // TCP host:port of the control address, empty for none beside Socket
}

// Ready is what a device says when it listens: the line that its command prints.
type Ready struct {
	Ready   bool   `json:"ready"`
	URI     string `json:"uri"`
	Control string `json:"control"` // host:port, or unix: and a path
}

// StartReader serves a simulated reader on a unix socket, or one with a serial line on a pty or over TCP too, in g.
func StartReader(g *hwsim.Group, r *reader.Reader, at Place) (Ready, error) {
	if err := Fits(r, at); err != nil {
		return Ready{}, err
	}
	return start(g, at, r.Serve, func(line io.ReadWriteCloser) { r.Speak(line) }, r.Control())
}

// Fits errs for a reader that cannot stand at such a place.
func Fits(r *reader.Reader, at Place) error {
	if at.Socket == "" && !r.Line() {
		return errors.New("this reader has no serial line: it needs a socket")
	}
	return nil
}

// startLines gives a device a pty, and another one each time its plug is pulled. Its link, if it has one, is then
// pointed at the new line.
func startLines(g *hwsim.Group, at Place, speak func(io.ReadWriteCloser)) (uri string, err error) {
	if at.Link != "" {
		if at.Link, err = filepath.Abs(at.Link); err != nil {
			return "", err
		}
	}
	line, err := openLine(at.Link)
	if err != nil {
		return "", err
	}
	uri = "serial:" + cmp.Or(at.Link, line.Path)
	g.Go(func(ctx context.Context) error {
		for {
			release := context.AfterFunc(ctx, func() { line.Close() })
			speak(hwsim.Paced(line, at.Baud))
			release()
			if ctx.Err() != nil || at.Link == "" {
				return nil
			}
			if line, err = openLine(at.Link); err != nil {
				return err
			}
		}
	})
	return uri, nil
}

// linkedLine is a serial line with a symbolic link to it. The link goes before the line does: its number may be
// another line's at once.
type linkedLine struct {
	*pty.Line
	link string
	once sync.Once
}

func openLine(link string) (*linkedLine, error) {
	line, err := pty.Open()
	if err != nil || link == "" {
		return &linkedLine{Line: line}, err
	}
	if err := point(link, line.Path); err != nil {
		line.Close()
		return nil, err
	}
	return &linkedLine{Line: line, link: link}, nil
}

// Close pulls the plug. Closing a second time does nothing.
func (l *linkedLine) Close() (err error) {
	l.once.Do(func() {
		if l.link != "" {
			err = os.Remove(l.link)
		}
		err = errors.Join(err, l.Line.Close())
	})
	return err
}

// point makes or moves a symbolic link, in one step. It leaves alone what is none.
func point(link, path string) error {
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return &os.PathError{Op: "link", Path: link, Err: os.ErrExist}
	}
	fresh := link + ".new"
	if err := os.Symlink(path, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, link)
}

// StartPrinter serves a simulated printer, in g.
func StartPrinter(g *hwsim.Group, p *printer.Printer, at Place) (Ready, error) {
	return start(g, at, p.Serve, func(line io.ReadWriteCloser) { _ = p.Speak(line) }, p.Control())
}

// StartDisplay serves a simulated customer display, in g.
func StartDisplay(g *hwsim.Group, d *display.Display, at Place) (Ready, error) {
	return start(g, at, d.Serve, func(line io.ReadWriteCloser) { _ = d.Speak(line) }, d.Control())
}

// StartScanner serves a simulated barcode scanner, in g.
func StartScanner(g *hwsim.Group, s *scanner.Scanner, at Place) (Ready, error) {
	return start(g, at, s.Serve, func(line io.ReadWriteCloser) { _ = s.Speak(line) }, s.Control())
}

func start(g *hwsim.Group, at Place, serve func(context.Context, net.Listener) error, speak func(io.ReadWriteCloser), control http.Handler) (Ready, error) {
	ready := Ready{Ready: true}
	var err error
	if ready.Control, err = startControl(g, at, control); err != nil {
		return Ready{}, err
	}
	switch {
	case at.Socket != "":
		ready.URI, err = startSocket(g, at.Socket, serve)
	case at.Listen != "":
		var l net.Listener
		if l, err = net.Listen("tcp", at.Listen); err == nil {
			ready.URI = "tcp:" + l.Addr().String()
			g.Go(func(ctx context.Context) error { return serve(ctx, l) })
		}
	case at.PTY:
		ready.URI, err = startLines(g, at, speak)
	default:
		err = errors.New("say where the device listens")
	}
	return ready, err
}

func startSocket(g *hwsim.Group, path string, serve func(context.Context, net.Listener) error) (uri string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	l, err := hwsim.ListenUnix(path)
	if err != nil {
		return "", err
	}
	g.Go(func(ctx context.Context) error { return serve(ctx, l) })
	return "sim://" + path, nil
}

// startControl listens at the TCP address that was asked for and beside the device's socket. A device
// without either gets a free port of the loopback.
func startControl(g *hwsim.Group, at Place, h http.Handler) (address string, err error) {
	if at.Socket != "" {
		path, err := filepath.Abs(at.Socket + controlSuffix)
		if err != nil {
			return "", err
		}
		l, err := hwsim.ListenUnix(path)
		if err != nil {
			return "", err
		}
		g.Go(func(ctx context.Context) error { return hwsim.ServeHTTP(ctx, l, h) })
		address = "unix:" + path
	}
	if at.Control == "" {
		if address != "" {
			return address, nil
		}
		at.Control = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", at.Control)
	if err != nil {
		return "", err
	}
	g.Go(func(ctx context.Context) error { return hwsim.ServeHTTP(ctx, l, h) })
	return l.Addr().String(), nil
}
