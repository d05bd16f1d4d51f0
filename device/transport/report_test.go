package transport

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestReportIsNotPrinted: no verb shows a report's bytes.
func TestReportIsNotPrinted(t *testing.T) {
	r := Report{Data: []byte("%B4111")}
	var log bytes.Buffer
	// Without the time: its nanoseconds may hold the very digits looked for.
	timeless := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: timeless})).Info("read", "report", r)
	if log.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %s %x %d %q", r, r, r, r, r, r), fmt.Sprintf("%#v", &r), log.String()} {
		for _, shown := range []string{"4111", "34313131", "52 49", "0x34", "JUI0"} {
			if strings.Contains(text, shown) {
				t.Errorf("it prints %q", text)
			}
		}
	}
}
