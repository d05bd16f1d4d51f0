package conform_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/device/recording"
	scandriver "github.com/tillpos/till/device/scanner"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/scanner"
	"github.com/tillpos/till/pos"
)

var update = flag.Bool("update", false, "record what driver and simulator say to each other")

// talks are the playback files of one kind of device.
func talks(t *testing.T, device string) map[string]recording.Talk {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/devices/" + device + "-*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no file of a %s, %v", device, err)
	}
	out := map[string]recording.Talk{}
	for _, path := range paths {
		talk, err := recording.ReadTalk(path)
		if err != nil {
			t.Fatal(err)
		}
		if source := talk.Value("source"); !strings.HasPrefix(source, "published") && !strings.HasPrefix(source, "constructed") {
			t.Errorf("%s does not say whether it is published or constructed", path)
		}
		out[path] = talk
	}
	return out
}

// player is the device of a file: it says its lines as soon as it has heard the host's and the person has acted. It
// errs with what the host said otherwise.
func player(conn net.Conn, talk recording.Talk, acted <-chan struct{}) error {
	for i, turn := range talk.Turns {
		switch turn.Who {
		case "host":
			got := make([]byte, len(turn.Data))
			if n, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, turn.Data) {
				return fmt.Errorf("turn %d: the driver says %x (%v), not %x", i+1, got[:n], err, turn.Data)
			}
		case "person":
			<-acted
		case talk.Device:
			if _, err := conn.Write(turn.Data); err != nil {
				return fmt.Errorf("turn %d: %w", i+1, err)
			}
		}
	}
	return nil
}

// host is the other way round: it says the host's lines to a simulator and expects the device's.
func host(conn net.Conn, talk recording.Talk, person func(string) error) error {
	for i, turn := range talk.Turns {
		switch turn.Who {
		case "host":
			if _, err := conn.Write(turn.Data); err != nil {
				return err
			}
			synctest.Wait()
		case "person":
			if err := person(turn.Text); err != nil {
				return err
			}
		default:
			got := make([]byte, len(turn.Data))
			if n, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, turn.Data) {
				return fmt.Errorf("turn %d: the simulator says %x (%v), not %x", i+1, got[:n], err, turn.Data)
			}
		}
	}
	return nil
}

// slipOf makes the slip that a file describes.
func slipOf(talk recording.Talk) (s pos.Slip) {
	s.Drawer = talk.Value("drawer") == "yes"
	for _, l := range talk.Head {
		switch l.Name {
		case "text":
			s.Lines = append(s.Lines, pos.SlipLine{Text: l.Value})
		case "bold":
			s.Lines = append(s.Lines, pos.SlipLine{Text: l.Value, Bold: true, Wide: 2})
		case "ean8":
			s.Lines = append(s.Lines, pos.SlipLine{Symbol: pos.Symbol{Kind: pos.SymbolEAN8, Text: l.Value}})
		}
	}
	return s
}

// drive has the driver do what the file is about: look at the printer and print, or hear what it tells. person is
// called at the moment of the person's turn.
func drive(ctx context.Context, p *escpos.Printer, talk recording.Talk, person func(string) error) (result string, err error) {
	if _, err := p.Status(ctx); err != nil {
		return "", err
	}
	synctest.Wait()
	<-p.News() // how it is when it begins to tell
	p.Told()
	for _, turn := range talk.Turns {
		if turn.Who == "person" {
			if err := person(turn.Text); err != nil {
				return "", err
			}
		}
	}
	s := slipOf(talk)
	if len(s.Lines) == 0 {
		<-p.News()
		status, _ := p.Told()
		return status.Health(escpos.DrawerNone).Reason, nil
	}
	if err := p.Print(ctx, s); err != nil {
		return string(pos.CodeOf(err)), nil
	}
	return "printed", nil
}

// change is a person's turn with a simulated printer.
func change(sim *printer.Printer) func(string) error {
	return func(text string) error {
		s := sim.State()
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		return sim.Set(s)
	}
}

func TestPlaybackPrinter(t *testing.T) {
	for path, talk := range talks(t, "printer") {
		if *update {
			synctest.Test(t, func(t *testing.T) { record(t, path, talk) })
			continue
		}
		t.Run(filepath.Base(path)+" driver", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				played, acted := make(chan error, 1), make(chan struct{})
				go func() { played <- player(far, talk, acted) }()
				p := escpos.New(transport.NewStream(near), escpos.DefaultPaper, 0)
				defer p.Close()
				got, err := drive(t.Context(), p, talk, func(string) error { acted <- struct{}{}; return nil })
				if want := talk.Value("result"); err != nil || got != want {
					t.Errorf("it ends with %q, %v, not %q", got, err, want)
				}
				if err := <-played; err != nil {
					t.Error(err)
				}
			})
		})
		t.Run(filepath.Base(path)+" simulator", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				sim := printer.New()
				go sim.Speak(far)
				if err := host(near, talk, change(sim)); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				near.Close()
				paper, _ := sim.Paper()
				for _, want := range talk.Values("paper") {
					if !strings.Contains(paper, want+"\n") {
						t.Errorf("the paper lacks %q:\n%s", want, paper)
					}
				}
			})
		})
	}
}

// record writes the turns of a file anew.
func record(t *testing.T, path string, talk recording.Talk) {
	near, far := net.Pipe()
	sim := printer.New()
	var mu sync.Mutex
	var out strings.Builder
	for _, l := range talk.Head {
		fmt.Fprintf(&out, "%s: %s\n", l.Name, l.Value)
	}
	say := func(who string, b []byte) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&out, "%s: %s\n", who, strings.ToUpper(hex.EncodeToString(b)))
	}
	go sim.Speak(far)
	p := escpos.New(transport.NewStream(&overheard{near, say}), escpos.DefaultPaper, 0)
	defer p.Close()
	got, err := drive(t.Context(), p, talk, func(text string) error {
		mu.Lock()
		fmt.Fprintf(&out, "person: %s\n", text)
		mu.Unlock()
		return change(sim)(text)
	})
	if err != nil || got != talk.Value("result") {
		t.Errorf("%s: it ends with %q, %v", path, got, err)
	}
	synctest.Wait()
	mu.Lock()
	defer mu.Unlock()
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// overheard tells what goes over a connection.
type overheard struct {
	net.Conn
	say func(who string, b []byte)
}

func (o *overheard) Write(b []byte) (int, error) {
	o.say("host", b)
	return o.Conn.Write(b)
}

func (o *overheard) Read(b []byte) (int, error) {
	n, err := o.Conn.Read(b)
	if n > 0 {
		o.say("printer", b[:n])
	}
	return n, err
}

func TestPlaybackDisplay(t *testing.T) {
	for path, talk := range talks(t, "display") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			dialect, known := linedisplay.Find(talk.Value("driver"))
			if !known {
				t.Fatal("the file names no driver")
			}
			sent := &heard{}
			d := linedisplay.New(sent, dialect)
			var lines [linedisplay.Rows]string
			copy(lines[:], talk.Values("text"))
			if err := d.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := d.Show(t.Context(), lines); err != nil {
				t.Fatal(err)
			}
			if *update {
				var out strings.Builder
				for _, l := range talk.Head {
					fmt.Fprintf(&out, "%s: %s\n", l.Name, l.Value)
				}
				for _, b := range sent.writes {
					fmt.Fprintf(&out, "host: %s\n", strings.ToUpper(hex.EncodeToString(b)))
				}
				if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			var want []byte
			for _, turn := range talk.Turns {
				want = append(want, turn.Data...)
			}
			if got := bytes.Join(sent.writes, nil); !bytes.Equal(got, want) {
				t.Errorf("the driver says %x, not %x", got, want)
			}
			near, far := net.Pipe()
			sim := display.New(talk.Value("driver"))
			ended := make(chan struct{})
			go func() { defer close(ended); sim.Speak(far) }()
			if _, err := near.Write(want); err != nil {
				t.Fatal(err)
			}
			near.Close()
			<-ended
			if got := sim.Text(); strings.Join(got.Lines[:], "|") != strings.Join(talk.Values("result"), "|") || got.Unknown != 0 {
				t.Errorf("the simulator shows %+v", got)
			}
		})
	}
}

// heard is a connection that keeps what is written.
type heard struct {
	transport.ByteConn
	writes [][]byte
}

func (h *heard) SetWriteDeadline(time.Time) error { return nil }

func (h *heard) Write(b []byte) (int, error) {
	h.writes = append(h.writes, bytes.Clone(b))
	return len(b), nil
}

func TestPlaybackScanner(t *testing.T) {
	for path, talk := range talks(t, "scanner") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer near.Close()
				go player(far, talk, nil)
				d := scandriver.NewSerial(transport.NewStream(near))
				got, err := d.Next(t.Context())
				if err != nil && talk.Value("fault") != "" {
					got, err = d.Next(t.Context())
				}
				if want := talk.Value("result"); err != nil || got.Text != want {
					t.Fatalf("it reads %+v, %v, not %s", got, err, want)
				}
				// The simulator sends the same bytes for the same codes.
				there, here := net.Pipe()
				sim := scanner.New()
				go sim.Speak(here)
				defer there.Close()
				for i, turn := range talk.Turns {
					fault := ""
					if i == 0 {
						fault = talk.Value("fault")
					}
					go sim.Scan(t.Context(), scanner.Scan{Text: got.Text, AIM: got.AIM, Fault: fault})
					sent := make([]byte, len(turn.Data))
					if _, err := io.ReadFull(there, sent); err != nil || !bytes.Equal(sent, turn.Data) {
						t.Errorf("the simulator sends %x (%v), not %x", sent, err, turn.Data)
					}
				}
			})
		})
	}
}
