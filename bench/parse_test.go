package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShowsText(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes string
		want  bool
	}{
		{"nothing", "", false},
		{"only commands", "\x1b[?1049h\x1b[22;0;0t\x1b[?25l\x1b(B\x1b)0\x1b[m\x1b[H\x1b[J", false},
		{"a window title is no text", "\x1b]0;till\x07", false},
		{"a title that ends with a string terminator", "\x1b]0;till\x1b\\", false},
		{"a title, then text", "\x1b]0;till\x07S", true},
		{"half a control sequence", "\x1b[38;5;1", false},
		{"half an escape", "\x1b", false},
		{"colours, then text", "\x1b[38;5;15;48;5;4mSALE", true},
		{"a frame of lines is no text yet", "\x1b[1;1H┌──┐", false},
		{"a digit", "\x1b[1;1H 0.00", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := showsText([]byte(c.bytes)); got != c.want {
				t.Errorf("showsText: %v", got)
			}
		})
	}
}

func FuzzShowsText(f *testing.F) {
	for _, s := range []string{"", "\x1b[", "\x1b]0;a\x07b", "\x1bP\x1b\\", "\x1b(B", "a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if showsText(b) && !strings.ContainsAny(strings.ToLower(string(b)), "abcdefghijklmnopqrstuvwxyz0123456789") {
			t.Error("text in bytes that hold none")
		}
		if showsText(b) && !showsText(append(b, '.')) {
			t.Error("text that goes away when more comes")
		}
	})
}

func TestParseResidence(t *testing.T) {
	got, err := parseResidence(strings.NewReader("Name:\ttill\nVmRSS:\t   15360 kB\nRssAnon:\t    3072 kB\nThreads:\t9\n"))
	if err != nil || got != (resident{15, 3}) {
		t.Errorf("%+v %v, want 15 and 3 MB", got, err)
	}
	for _, bad := range []string{"", "VmRSS:\t1024 kB\n", "VmRSS:\tmuch\nRssAnon:\t1 kB\n"} {
		if _, err := parseResidence(strings.NewReader(bad)); err == nil {
			t.Errorf("a status that says %q was believed", bad)
		}
	}
}

// The lines are as strace 6.1 writes them.
const traceText = `101 1000.000100 fsync(5)      = 0
102 1000.100000 fdatasync(7 <unfinished ...>
102 1000.200500 <... fdatasync resumed>) = 0
102 1000.300000 fsync(7)      = 0
101 1001.000001 fsync(5)      = 0
101 1009.000000 fsync(5)      = 0
101 1009.500000 +++ exited with 0 +++
`

func TestCountSyncs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, []byte(traceText), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)) }
	got, err := countSyncs(file, []time.Time{at(1000.05), at(1000.15), at(1000.9), at(1002)}, at(1003))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{1, 1, 1, 0}, got); d != "" {
		t.Error("syncs before the first sale, after the last one or counted twice:", d)
	}
}

func TestTraceThatCannotBeRead(t *testing.T) {
	for _, line := range []string{"101", "101 now fsync(5)", "101 1000.5 fsync(5) = 0"} {
		if _, _, err := syncAt(line); err == nil {
			t.Errorf("a line without a time was read: %q", line)
		}
	}
}
