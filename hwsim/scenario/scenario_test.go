package scenario

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no script":         "-- config.toml --\n",
		"part outside":      "-- script --\n-- ../notes --\n",
		"unknown verb":      "-- script --\n\nfly away\n",
		"keys, no config":   "-- script --\nkey Enter\n",
		"screen, no config": "-- script --\nexpect screen X\n",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Parse([]byte("-- script --\n\nfly away\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("the error does not name the line: %v", err)
	}
}

func TestTyped(t *testing.T) {
	if got := strings.Join(typed("12.50 Enter F10"), "|"); got != "1|2|.|5|0|\r|\x1b[21~" {
		t.Errorf("keys are %q", got)
	}
}

// play runs a script that needs no terminal.
func playScript(t *testing.T, script string) (string, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "till") // short, for the sockets in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s, err := Parse([]byte("-- script --\n" + script))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = Run(context.Background(), s, Options{Dir: dir, Seed: 1, Out: &out})
	return out.String(), err
}

func TestDevicesAndHost(t *testing.T) {
	out, err := playScript(t, `
		# nothing is sold, so the books are empty
		printer {"drawer":"open","paper":"near"}
		expect drawer open
		host fault {"match":{"kind":"sale"},"count":1,"do":"drop_after_book"}
		host clock {"now":"2026-11-22T10:00:00Z"}
		wait 1ms
		expect ledger 0
		ledger`)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, `"now":"2026-11-22T10:00:00Z"`) || !strings.Contains(out, `"net_cents":0`) {
		t.Errorf("the books are %s", out)
	}
}

func TestStepsThatFail(t *testing.T) {
	for _, script := range []string{
		`host fault {"do":"explode"}`, `host fault nonsense`, `host jokes {}`, `printer {"paper":"wet"}`,
		`printer {"size":1}`, `pinpad {"do":"fire"}`, `pinpad {"doo":1}`, `wait long`, `wait 100h`, `expect rain tomorrow`, `expect ledger much`, `swipe nobody`,
	} {
		if _, err := playScript(t, script); err == nil || !strings.Contains(err.Error(), "script line 1: ") {
			t.Errorf("%s gives %v", script, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("-- script --\nkey 1 Enter\n-- config.toml --\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err == nil && s.Config == nil && s.needsTerminal() {
			t.Fatal("a script that cannot run is taken")
		}
	})
}
