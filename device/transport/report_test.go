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
	slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "report", r)
	for _, text := range []string{fmt.Sprintf("%v %+v %s %x %d %q", r, r, r, r, r, r), fmt.Sprintf("%#v", &r), log.String()} {
		for _, shown := range []string{"4111", "34313131", "52 49", "0x34", "JUI0"} {
			if strings.Contains(text, shown) {
				t.Errorf("it prints %q", text)
			}
		}
	}
}
