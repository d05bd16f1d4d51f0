package conform_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/tillpos/till/device/countertest"
	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/scanner"
)

// kind is a device of the counter: its suite, its simulator here, and its command.
type kind struct {
	suite   func(*testing.T, func(*testing.T) countertest.Bench)
	mix     func(*testing.T, countertest.Bench, int)
	driver  string
	here    func(*hwsim.Group, counter.Place) (counter.Ready, error)
	command []string
}

func kinds() map[string]kind {
	all := map[string]kind{
		"printer": {countertest.Printer, countertest.PrinterMix, "escpos", func(g *hwsim.Group, at counter.Place) (counter.Ready, error) {
			return counter.StartPrinter(g, printer.New(), at)
		}, []string{"printer"}},
		"scanner": {countertest.Scanner, countertest.ScannerMix, "scanner", func(g *hwsim.Group, at counter.Place) (counter.Ready, error) {
			return counter.StartScanner(g, scanner.New(), at)
		}, []string{"scanner"}},
	}
	for _, driver := range linedisplay.Drivers() {
		all[driver] = kind{countertest.Display, countertest.DisplayMix, driver, func(g *hwsim.Group, at counter.Place) (counter.Ready, error) {
			return counter.StartDisplay(g, display.New(driver), at)
		}, []string{"display", "--dialect", driver}}
	}
	return all
}

// places are the ways in which such a device hangs on the terminal.
func places(t *testing.T) map[string]counter.Place {
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	out := map[string]counter.Place{"socket": {Socket: filepath.Join(dir, "d")}, "tcp": {Listen: "127.0.0.1:0"}}
	if runtime.GOOS == "linux" {
		out["serial"] = counter.Place{PTY: true, Link: filepath.Join(dir, "l")}
	}
	return out
}

func bench(k kind, ready counter.Ready) countertest.Bench {
	return countertest.Bench{URI: ready.URI, Driver: k.driver, Ask: func(ctx context.Context, method, path string, in, out any) error {
		return counter.Call(ctx, ready.Control, method, path, in, out)
	}}
}

// TestCounter runs the suites with the devices in this process, over each transport.
func TestCounter(t *testing.T) {
	for name, k := range kinds() {
		for where := range places(t) {
			t.Run(name+" "+where, func(t *testing.T) {
				k.suite(t, func(t *testing.T) countertest.Bench {
					g := hwsim.NewGroup(context.Background())
					t.Cleanup(func() {
						if err := g.Stop(); err != nil {
							t.Error(err)
						}
					})
					ready, err := k.here(g, places(t)[where])
					if err != nil {
						t.Fatal(err)
					}
					return bench(k, ready)
				})
			})
		}
	}
}

// TestCounterProcess runs them with a hwsim process for each device: on a serial line where there are any.
func TestCounterProcess(t *testing.T) {
	program := conform.Program(t)
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			k.suite(t, func(t *testing.T) countertest.Bench {
				at := places(t)
				args := append([]string{}, k.command...)
				if line, ok := at["serial"]; ok {
					args = append(args, "--pty", "--link", line.Link)
				} else {
					args = append(args, "--socket", at["socket"].Socket)
				}
				return bench(k, conform.Start(t, program, args...))
			})
		})
	}
}

// TestMixOfFaultsCounter lets every device of the counter go wrong by a seed, two exchanges in five.
func TestMixOfFaultsCounter(t *testing.T) {
	program := conform.Program(t)
	for name, k := range kinds() {
		for where := range places(t) {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel() // it mostly waits
				at := places(t)[where]
				args := append(slices.Clone(k.command), "--faults-seed", "7", "--faults-share", "40")
				switch {
				case at.PTY:
					args = append(args, "--pty", "--link", at.Link)
				case at.Listen != "":
					args = append(args, "--listen", at.Listen)
				default:
					args = append(args, "--socket", at.Socket)
				}
				k.mix(t, bench(k, conform.Start(t, program, args...)), 40)
			})
		}
	}
}
