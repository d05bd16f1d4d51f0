package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hwsimCommand runs the command line in this process.
func hwsimCommand(ctx context.Context, in io.Reader, args ...string) (string, error) {
	root := runCommand()
	if args[0] == "swipe" {
		root = swipeCommand()
	}
	var out bytes.Buffer
	root.SetArgs(args[1:])
	root.SetIn(in)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	err := root.ExecuteContext(ctx)
	return out.String(), err
}

// shortDir is short: a unix socket's path has room for 107 characters only.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestScenarioSells plays a sale on the real terminal's screen.
func TestScenarioSells(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a terminal of its own for the program needs Linux")
	}
	program := filepath.Join(shortDir(t), "till")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/tillpos/till/cmd/till").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, c := range map[string]struct{ net, dir string }{
		"sale":  {`"net_cents":1234`, shortDir(t)},
		"debit": {`"net_cents":6934`, shortDir(t)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			out, err := hwsimCommand(ctx, nil, "run", "--till", program, "--dir", c.dir, "../../testdata/scenarios/"+name+".txtar")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out, c.net) || !strings.Contains(out, `"ok":true`) {
				t.Errorf("it printed %s", out)
			}
			// Journal, log and everything beside them hold no card number, track or PIN block.
			if scan, err := exec.CommandContext(ctx, program, "journal", "scan", filepath.Join(c.dir, "data")).CombinedOutput(); err != nil {
				t.Errorf("the scan ends with %v: %s", err, scan)
			}
			noPINBlock(t, filepath.Join(c.dir, "data"))
		})
	}
}

// pinField is what a PIN block and its key serial number look like on the wire.
var pinField = regexp.MustCompile(`[0-9A-Fa-f]{32}`)

// noPINBlock looks into the journal and the log.
func noPINBlock(t *testing.T, data string) {
	t.Helper()
	seen := 0
	for _, pattern := range []string{"journal.db*", "*.log"} {
		files, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(text)
			if pinField.Match(text) {
				t.Errorf("%s holds what may be a PIN block", filepath.Base(file))
			}
		}
	}
	if seen == 0 {
		t.Error("there is neither journal nor log")
	}
}

// TestDemoEndsWithItsParent closes the standard input, as a killed parent does.
func TestDemoEndsWithItsParent(t *testing.T) {
	out, err := hwsimCommand(t.Context(), strings.NewReader(""), "run", "--demo", "--stdin-life", "--dir", shortDir(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"ready":true`, `"reader":{"uri":"sim:///`, `"pinpad":{"uri":"sim:///`, `"printer":{"uri":"sim:///`, `"host":{"ready":true`, `"pid":`} {
		if !strings.Contains(out, want) {
			t.Errorf("the ready line lacks %s: %s", want, out)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"run"}, {"run", "--demo"}, {"run", "a", "b"}, {"run", "none.txtar"},
		{"swipe", "--card", "visa"}, {"swipe", "--to", "sim:///none"}, {"swipe", "--to", "tcp:127.0.0.1:1", "--card", "visa"},
		{"swipe", "--to", "sim:///none", "--card", "visa"},
	} {
		if _, err := hwsimCommand(t.Context(), nil, args...); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
