// Package conform runs the suite of package device/readertest against simulated readers, in the test's own
// process and in a hwsim process of their own.
package conform

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/tillpos/till/device/readertest"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/reader"
)

// Device is a simulated reader and the driver that reads it.
type Device struct {
	Reader    reader.Config
	Driver    string
	Encrypted bool
	PTY       bool // on a serial line instead of a socket
	TCP       bool // behind a TCP address instead of either
	Stride    int
}

var cards = [2]string{"visa", "mastercard"}

var lastFour = [2]string{"1111", "1115"}

// noise are bytes that no reader sends; on a keyboard a burst that no stripe holds.
const (
	noise      = "010204"
	typedNoise = "3b31010d"
)

// socketDir is short: a unix socket's path has room for 107 characters only.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (d Device) place(t *testing.T) counter.Place {
	if d.TCP {
		return counter.Place{Listen: "127.0.0.1:0"}
	}
	path := filepath.Join(socketDir(t), "r")
	if d.PTY {
		return counter.Place{PTY: true, Link: path}
	}
	return counter.Place{Socket: path}
}

// frame is how many bytes a swipe has up to its sure end, behind which an ETX may stand.
func (d Device) frame(t *testing.T) int {
	t.Helper()
	b, err := reader.Sample(d.Reader, reader.Swipe{Card: cards[0]})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasSuffix(b, []byte("\r\x03")) {
		return len(b) - 1
	}
	return len(b)
}

func (d Device) bench(t *testing.T, ready counter.Ready) readertest.Bench {
	t.Helper()
	bytes := noise
	b := readertest.Bench{
		URI: ready.URI, Driver: d.Driver, Encrypted: d.Encrypted, Frame: d.frame(t), Stride: d.Stride, LastFour: lastFour,
		Swipe: func(ctx context.Context, which int, fault string) error {
			return control(ctx, ready, "/swipe", reader.Swipe{Card: cards[which], Fault: fault})
		},
		Noise: func(ctx context.Context) error {
			return control(ctx, ready, "/raw", map[string]any{"packets": []string{bytes}})
		},
	}
	if d.Driver == "wedge" {
		b.URI, b.Type, bytes = "wedge:", keyboard(ready.URI), typedNoise
	}
	return b
}

func control(ctx context.Context, ready counter.Ready, path string, body any) error {
	var answer struct {
		Delivered bool   `json:"delivered"`
		Error     string `json:"error"`
	}
	if err := counter.Call(ctx, ready.Control, "POST", path, body, &answer); err != nil {
		return err
	}
	if !answer.Delivered {
		return fmt.Errorf("%s: %s", path, answer.Error)
	}
	return nil
}

// Run runs the suite with the reader in this process.
func (d Device) Run(t *testing.T) { readertest.Run(t, d.here) }

// RunMix passes n swipes through the reader in this process, which draws faults by its seed.
func (d Device) RunMix(t *testing.T, n int) { readertest.Mix(t, d.here(t), n) }

// here starts the reader in this process.
func (d Device) here(t *testing.T) readertest.Bench {
	sim, err := reader.New(d.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g := hwsim.NewGroup(context.Background())
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	ready, err := counter.StartReader(g, sim, d.place(t))
	if err != nil {
		t.Fatal(err)
	}
	b := d.bench(t, ready)
	b.Swipe = func(ctx context.Context, which int, fault string) error {
		return sim.Swipe(ctx, reader.Swipe{Card: cards[which], Fault: fault})
	}
	return b
}

// Program builds hwsim for as long as the test runs.
func Program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hwsim")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/tillpos/till/cmd/hwsim").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// RunProcess runs the suite with the reader in a hwsim process of its own.
func (d Device) RunProcess(t *testing.T, program string) {
	readertest.Run(t, func(t *testing.T) readertest.Bench {
		at := d.place(t)
		args := []string{"reader", d.Reader.Model}
		if d.Reader.Form != "" {
			args = append(args, "--form", d.Reader.Form)
		}
		if at.PTY {
			args = append(args, "--pty", "--link", at.Link)
		} else {
			args = append(args, "--socket", at.Socket)
		}
		if d.Reader.Packet > 0 {
			args = append(args, "--packet", strconv.Itoa(d.Reader.Packet))
		}
		if d.Reader.Whole {
			args = append(args, "--whole")
		}
		return d.bench(t, Start(t, program, args...))
	})
}

// Start starts a simulated device and waits for its ready line. It ends with the test.
func Start(t *testing.T, program string, args ...string) counter.Ready {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("hwsim ends with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready counter.Ready
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	return ready
}
