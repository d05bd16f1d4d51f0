package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/hwsim/reader"
)

// TestWireDecodeOfTheWrongFormat gives every recorded swipe to every format: whole, from many a byte on, twice and three times
// over, with a byte between. Whatever the decoder takes it for, nothing of the number but the ends, and nothing behind
// the expiry date, is shown, neither as text nor as hexadecimal.
func TestWireDecodeOfTheWrongFormat(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/devices/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		r, err := recording.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		b := r.Bytes()
		if len(b) == 0 {
			continue
		}
		secrets := secretsOf(r)
		inputs := map[string][]byte{
			"twice": bytes.Repeat(b, 2), "three times": bytes.Repeat(b, 3), "eight times": bytes.Repeat(b, 8),
			"twice with a byte between": append(append(bytes.Clone(b), 0), b...), "three times with a byte behind each": bytes.Repeat(append(bytes.Clone(b), 0), 3),
		}
		for format, explain := range explainers {
			try := func(how string, in []byte) bool {
				frames, bad := explain(bytes.Clone(in))
				shown, err := json.Marshal(map[string]any{"frames": frames, "error": bad})
				if err != nil {
					t.Fatal(err)
				}
				if name := leaked(string(shown), secrets); name != "" {
					t.Errorf("%s as %s, %s: %s is shown", r.Name, format, how, name)
					return false
				}
				return true
			}
			for how, in := range inputs {
				try(how, in)
			}
			padded := append(bytes.Clone(b), make([]byte, 1024)...)
			for n := 0; n < len(b); n += 1 + n/32 { // most of what a decoder goes by stands in front
				if !try("from a byte on", b[n:]) || !try("from a byte on, filled up", padded[n:]) || !try("from a byte on, three times", bytes.Repeat(b[n:], 3)) {
					break
				}
			}
		}
	}
}

// secretsOf are the parts of a recorded card that may be shown nowhere.
func secretsOf(r recording.Recording) map[string]string {
	tracks := [2]string{r.Values["track1"], r.Values["track2"]}
	if name := r.Values["card"]; name != "" {
		if c, err := reader.Find(name); err == nil {
			tracks = [2]string{c.Track1, c.Track2}
		}
	}
	out := map[string]string{}
	if number, rest, ok := strings.Cut(strings.TrimPrefix(tracks[1], ";"), "="); ok && len(rest) > 12 {
		out["the middle of the number"] = number[5 : len(number)-3]
		if strings.Trim(number, number[len(number)-1:]) != number[:1] { // of one that repeats a digit every part looks like its mask
			for at := 4; at+5 < len(number)-2; at++ {
				out[fmt.Sprintf("digits %d to %d of the number", at+1, at+5)] = number[at : at+5]
			}
		}
		out["what stands behind the expiry date of track 2"] = rest[4:11]
	}
	if at := strings.LastIndexByte(tracks[0], '^'); at > 0 && len(tracks[0]) > at+14 {
		out["what stands behind the expiry date of track 1"] = tracks[0][at+5 : at+12]
	}
	return out
}

// leaked names the secret that stands in text, as it is or in hexadecimal digits of either case.
func leaked(text string, secrets map[string]string) string {
	lower := strings.ToLower(text)
	for name, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(lower, hex.EncodeToString([]byte(s))) {
			return name
		}
	}
	return ""
}
