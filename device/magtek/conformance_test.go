package magtek_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/readertest"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var cards = [2]string{"visa", "mastercard"}

var lastFour = [2]string{"1111", "1115"}

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

func TestConformance(t *testing.T) {
	for _, packet := range []int{8, 64, 1} {
		t.Run(fmt.Sprintf("packets of %d", packet), func(t *testing.T) {
			stride := 29
			if packet == 8 {
				stride = 1
			}
			readertest.Run(t, func(t *testing.T) readertest.Bench {
				sim, err := reader.New(reader.Config{Packet: packet, Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				g := hwsim.NewGroup(context.Background())
				t.Cleanup(func() {
					if err := g.Stop(); err != nil {
						t.Error(err)
					}
				})
				ready, err := counter.StartReader(g, sim, counter.Place{Socket: filepath.Join(socketDir(t), "r")})
				if err != nil {
					t.Fatal(err)
				}
				return readertest.Bench{
					URI: ready.URI, Frame: magtek.ReportLength, Stride: stride, LastFour: lastFour,
					Swipe: func(ctx context.Context, which int, fault string) error {
						return sim.Swipe(ctx, reader.Swipe{Card: cards[which], Fault: fault})
					},
					Noise: func(ctx context.Context) error { return sim.Raw(ctx, [][]byte{{1, 2, 3}}) },
				}
			})
		})
	}
}

var buildHwsim = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hwsim")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hwsim")
	out, err := exec.Command("go", "build", "-o", path, "github.com/tillpos/till/cmd/hwsim").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

// TestConformanceOtherProcess runs the suite against a hwsim process of its own.
func TestConformanceOtherProcess(t *testing.T) {
	program, err := buildHwsim()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(filepath.Dir(program))
	readertest.Run(t, func(t *testing.T) readertest.Bench {
		ready := startHwsim(t, program, "reader", "magtek", "--socket", filepath.Join(socketDir(t), "r"), "--packet", "8")
		return readertest.Bench{
			URI: ready.URI, Frame: magtek.ReportLength, Stride: 31, LastFour: lastFour,
			Swipe: func(ctx context.Context, which int, fault string) error {
				return counter.Swipe(ctx, ready.URI, reader.Swipe{Card: cards[which], Fault: fault})
			},
			Noise: func(ctx context.Context) error {
				var answer map[string]any
				return counter.Call(ctx, ready.Control, "POST", "/raw", map[string]any{"packets": []string{"010203"}}, &answer)
			},
		}
	})
}

func startHwsim(t *testing.T, program string, args ...string) counter.Ready {
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
