package pos

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestSecretBytesPrintMasked: what is sealed, or kept for a processor, printed as bytes, text or base64 with the struct
// that held it.
func TestSecretBytesPrintMasked(t *testing.T) {
	canary := []byte("till-card-1p4111canary")
	numbers := strings.Trim(fmt.Sprint(canary), "[]")
	shapes := []string{string(canary), numbers, hex.EncodeToString(canary), strings.ToUpper(hex.EncodeToString(canary)),
		base64.StdEncoding.EncodeToString(canary), "0x74"}
	for name, v := range map[string]any{
		"change": Change{Seal: canary}, "a pointer to a change": &Change{Seal: canary}, "changes": []Change{{Seal: canary}},
		"request": Request{Kept: canary}, "alone": Secret(canary),
		"extra": Extra{Processor: "one", Data: canary}, "answer": Answer{Extra: Extra{Data: canary}},
	} {
		var out []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", v)
		for i, printed := range append(out, string(text), log.String()) {
			for _, shape := range shapes {
				if strings.Contains(printed, shape) {
					t.Errorf("%s: print %d shows it", name, i) // what was printed is not repeated
				}
			}
		}
	}
}
