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

	"github.com/tillpos/till/hwsim/scenario"
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

// TestInstalledScenarioSells installs both programs and plays scenarios on the real terminal's screen, from an empty
// folder that knows nothing of the sources. The terminal stands beside hwsim, or on PATH.
func TestInstalledScenarioSells(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a terminal of its own for the program needs Linux")
	}
	bin, elsewhere := shortDir(t), shortDir(t)
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/tillpos/till/cmd/till", "github.com/tillpos/till/cmd/hwsim").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Link(filepath.Join(bin, "hwsim"), filepath.Join(elsewhere, "hwsim")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		net, program, path string
		own                bool // the scenario is a file that was printed before
	}{
		"sale":    {net: `"net_cents":1234`, program: filepath.Join(elsewhere, "hwsim"), path: bin, own: true},
		"scan":    {net: `"net_cents":120`, program: filepath.Join(bin, "hwsim"), path: "/nowhere"},
		"debit":   {net: `"net_cents":6934`, program: filepath.Join(bin, "hwsim"), path: "/nowhere"},
		"mishaps": {net: `"net_cents":4200`, program: filepath.Join(bin, "hwsim"), path: "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			empty, dir := t.TempDir(), shortDir(t)
			hwsim := func(args ...string) []byte {
				cmd := exec.CommandContext(ctx, c.program, args...)
				cmd.Dir, cmd.Env = empty, []string{"HOME=" + empty, "PATH=" + c.path, "TILL_DEVICE_READER_URI=wedge:"}
				var complaint bytes.Buffer
				cmd.Stderr = &complaint
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v ends with %v: %s", args, err, complaint.Bytes())
				}
				return out
			}
			scenario := name
			if c.own {
				scenario = "mine.txtar"
				if err := os.WriteFile(filepath.Join(empty, scenario), hwsim("run", "--print", name), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out := string(hwsim("run", "--dir", dir, scenario))
			if !strings.Contains(out, c.net) || !strings.Contains(out, `"ok":true`) {
				t.Errorf("it printed %s", out)
			}
			if left, err := filepath.Glob(filepath.Join(empty, ".*")); err != nil || len(left) > 0 {
				t.Errorf("it leaves %v in the home folder, %v", left, err)
			}
			// Journal, log and everything beside them hold no card number, track or PIN block.
			scan := exec.CommandContext(ctx, filepath.Join(bin, "till"), "journal", "scan", filepath.Join(dir, "data"))
			if said, err := scan.CombinedOutput(); err != nil {
				t.Errorf("the scan ends with %v: %s", err, said)
			}
			noPINBlock(t, filepath.Join(dir, "data"))
		})
	}
}

// TestScenarioHelp: the help and docs/DEVICES.md explain every line that a script can have, and --list every scenario.
func TestScenarioHelp(t *testing.T) {
	page, err := os.ReadFile("../../docs/DEVICES.md")
	if err != nil {
		t.Fatal(err)
	}
	help, err := hwsimCommand(t.Context(), nil, "run", "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range scenario.Verbs() {
		if !strings.Contains(help, v.Usage) {
			t.Errorf("the help does not explain %q", v.Usage)
		}
		if !strings.Contains(string(page), v.Usage) {
			t.Errorf("docs/DEVICES.md does not explain %q", v.Usage)
		}
	}
	list, err := hwsimCommand(t.Context(), nil, "run", "--list")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range scenario.Library() {
		if n.About == "" || !strings.Contains(list, n.Name+" ") || !strings.Contains(list, n.About) {
			t.Errorf("--list does not explain %s", n.Name)
		}
		if _, err := scenario.Parse(n.Text); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
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
		{"run"}, {"run", "--demo"}, {"run", "--list", "sale"}, {"run", "--demo", "--print", "sale"}, {"run", "nobody"}, {"run", "a", "b"}, {"run", "none.txtar"},
		{"swipe", "--card", "visa"}, {"swipe", "--to", "sim:///none"}, {"swipe", "--to", "tcp:127.0.0.1:1", "--card", "visa"},
		{"swipe", "--to", "sim:///none", "--card", "visa"},
	} {
		if _, err := hwsimCommand(t.Context(), nil, args...); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
