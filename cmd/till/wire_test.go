package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
)

// formatOf says which --format reads a recorded device. HID POS has none: its report follows the descriptor.
func formatOf(r recording.Recording) string {
	if r.Values["form"] == "other" {
		return "magtek" // ID TECH's other structure is MagTek's, byte for byte
	}
	switch r.Values["device"] {
	case "magtek", "magnesafe", "magnesafe-clear":
		return "magtek"
	case "magtek-serial", "magnesafe-serial":
		return "magtek-text"
	case "idtech", "idtech-secure", "idtech-serial", "idtech-serial-secure":
		return "idtech"
	case "pinpad":
		return "pinpad"
	}
	return ""
}

// TestWireDecodeReadsRecordings takes every recorded conversation apart, whole and cut short at every byte: no panic,
// no card number, and an error names a place inside what was read.
func TestWireDecodeReadsRecordings(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/devices/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, path := range paths {
		r, err := recording.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		b := r.Bytes()
		if r.Values["device"] == "pinpad" {
			b = padBytes(t, path)
		}
		format := formatOf(r)
		if format == "" || len(b) == 0 {
			continue
		}
		seen[format]++
		t.Run(r.Name, func(t *testing.T) {
			frames, bad := explainers[format](b)
			if bad != nil || len(frames) == 0 {
				t.Fatalf("it reads %d frames, error %v", len(frames), bad)
			}
			for n := range len(b) {
				frames, bad := explainers[format](b[:n])
				if bad != nil && (bad.Offset < 0 || bad.Offset > n || bad.Reason == "") {
					t.Errorf("cut after %d bytes the error is at %d", n, bad.Offset)
				}
				shown, err := json.Marshal(frames)
				if err != nil || looksLikeCard(string(shown)) {
					t.Fatalf("cut after %d bytes it shows what looks like a card number (%v)", n, err)
				}
			}
		})
	}
	for _, format := range []string{"magtek", "magtek-text", "idtech", "pinpad"} {
		if seen[format] == 0 {
			t.Errorf("there is no recording for --format %s", format)
		}
	}
}

// padBytes is what host and pad say in a recorded conversation, in turn.
func padBytes(t *testing.T, path string) (out []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if who, said, _ := strings.Cut(strings.TrimSpace(line), ": "); who == "host" || who == "pad" {
			b, err := hex.DecodeString(said)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b...)
		}
	}
	return out
}
