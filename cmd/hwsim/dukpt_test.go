package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// dukptLine runs a dukpt command and gives what it prints.
func dukptLine(args ...string) (string, error) {
	root := dukptCommand()
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SilenceUsage, root.SilenceErrors = true, true
	err := root.Execute()
	return strings.TrimSpace(out.String()), err
}

// TestDukptCommands answers with the published values.
func TestDukptCommands(t *testing.T) {
	tdes := "--bdk 0123456789ABCDEFFEDCBA9876543210 --ksn FFFF9876543210E00001"
	aes := "--bdk FEDCBA9876543210F1F1F1F1F1F1F1F1 --ksn 123456789012345600000001 --algo aes128"
	for name, c := range map[string]struct {
		line string
		want map[string]any
	}{
		"initial key":     {"ipek " + tdes, map[string]any{"key": "6AC292FAA1315B4D858AB3A3D7D5933A", "kcv": "AF8C07"}},
		"transaction key": {"key " + tdes, map[string]any{"key": "042666B49184CFA368DE9628D0397BC9", "usage": "transaction"}},
		"PIN key":         {"key --usage pin " + tdes, map[string]any{"key": "042666B49184CF5C68DE9628D0397B36"}},
		"stripped":        {"key --bdk 0123456789ABCDEFFEDCBA9876543210 --ksn 9876543210E00001", map[string]any{"key": "042666B49184CFA368DE9628D0397BC9", "ksn": "FFFF9876543210E00001"}},
		"PIN block":       {"pin --pin 1234 --pan 4012345678909 --format 0 " + tdes, map[string]any{"pin_block": "1B9C1845EB993A7A", "format": 0.0, "ksn": "FFFF9876543210E00001"}},
		"request MAC":     {"mac --text 4012345678909D987 " + tdes, map[string]any{"mac": "9CCC78173FC4FB64"}},
		"response MAC":    {"mac --response --text 4012345678909D987 " + tdes, map[string]any{"mac": "20364223C1FF00FA"}},
		"request data":    {"data --text 4012345678909D987 " + tdes, map[string]any{"data": "FC0D53B7EA1FDA9EE68AAF2E70D9B9506229BE2AA993F04F"}},
		"deciphered":      {"data --decrypt --data FC0D53B7EA1FDA9EE68AAF2E70D9B9506229BE2AA993F04F " + tdes, map[string]any{"data": "343031323334353637383930394439383700000000000000"}},
		"AES initial key": {"ipek " + aes, map[string]any{"key": "1273671EA26AC29AFA4D1084127652A1"}},
		"AES PIN key":     {"key --usage pin " + aes, map[string]any{"key": "AF8CB133A78F8DC2D1359F18527593FB"}},
		"AES PIN block": {"pin --pin 1234 --pan 4111111111111111 --format 4 --random 2F69ADDE2E9E7ACE " + aes,
			map[string]any{"pin_block": "A912150391AB65A67E52883D81CE2D15", "format": 4.0}},
	} {
		t.Run(name, func(t *testing.T) {
			line, err := dukptLine(append(strings.Fields(c.line), "--json")...)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			for key, want := range c.want {
				if got[key] != want {
					t.Errorf("%s is another value", key)
				}
			}
			if got["ksn"] == nil {
				t.Error("the key serial number is missing")
			}
		})
	}
	if got, err := dukptLine(strings.Fields("mac --text 4012345678909D987 " + tdes)...); err != nil || got != "9CCC78173FC4FB64" {
		t.Errorf("without --json it prints %q, %v", got, err)
	}
}

func TestDukptRefuses(t *testing.T) {
	keys := " --bdk 0123456789ABCDEFFEDCBA9876543210 --ksn FFFF9876543210E00001"
	for name, line := range map[string]string{
		"no BDK": "ipek --ksn FFFF9876543210E00001", "short BDK": "ipek --bdk 0123 --ksn FFFF9876543210E00001", "KSN": "ipek --bdk 0123456789ABCDEFFEDCBA9876543210 --ksn 12",
		"algorithm": "ipek --algo rot13" + keys, "TDES key for AES": "ipek --algo aes192" + keys, "use": "key --usage nothing" + keys,
		"PIN of three": "pin --pin 123 --pan 4012345678909" + keys, "no card number": "pin --pin 1234" + keys, "format 2": "pin --pin 1234 --pan 4012345678909 --format 2" + keys,
		"format 4 with TDES": "pin --pin 1234 --pan 4012345678909 --format 4" + keys, "card number": "pin --pin 1234 --pan 12" + keys,
		"no data": "mac" + keys, "both": "mac --data 00 --text x" + keys, "no hexadecimal": "data --data xyz" + keys, "half a block": "data --decrypt --data 00" + keys,
		"fill": "pin --pin 1234 --format 1 --random zz" + keys, "too little fill": "pin --pin 1234 --format 1 --random 00" + keys,
	} {
		if out, err := dukptLine(append(strings.Fields(line), "--json")...); err == nil {
			t.Errorf("%s is taken: %d characters", name, len(out))
		} else if got := exitCode(ranInto{err}); got != exitUsage && !strings.Contains(err.Error(), "flag") {
			t.Errorf("%s ends with %d: %v", name, got, err)
		} else if strings.Contains(err.Error(), "1234") || strings.Contains(err.Error(), "401234") {
			t.Errorf("%s: the error repeats what was typed", name)
		}
	}
}

func TestPinpadUsage(t *testing.T) {
	for _, args := range []string{"verifone", "verifone --pty --socket x", "verifone --listen 127.0.0.1:0 --dialect klingon", "verifone --listen 127.0.0.1:0 --bdk 00",
		"verifone --pty --faults-seed 1"} {
		root := pinpadCommand()
		root.SetArgs(strings.Fields(args))
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		root.SilenceUsage, root.SilenceErrors = true, true
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if err := root.ExecuteContext(ctx); err == nil {
			t.Errorf("%q is taken", args)
		}
		cancel()
	}
}
