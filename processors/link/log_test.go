package link

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

func TestPacketLog(t *testing.T) {
	var out bytes.Buffer
	log := &PacketLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	log.Packet(t.Context(), Sent, "10.0.0.1:443", "L1-1", []pos.WireField{{Name: "action", Value: "sale"}, {Name: "cc", Value: "****1111"}})
	log.Fault(t.Context(), "10.0.0.1:443", "L1-1", &Fault{LinkFailure, "while sending", errors.New("reset")})
	for _, want := range []string{`fields="action=sale cc=****1111"`, "direction=sent", "ref=L1-1", "kind=linkfailure", "reset"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, out.String())
		}
	}
}

func TestPacketLogQuiet(t *testing.T) {
	var out bytes.Buffer
	log := &PacketLog{slog.New(slog.NewTextHandler(&out, nil))}
	log.Packet(t.Context(), Sent, "h", "r", []pos.WireField{{Name: "action", Value: "sale"}})
	(*PacketLog)(nil).Packet(t.Context(), Sent, "h", "r", nil)
	(*PacketLog)(nil).Fault(t.Context(), "h", "r", errors.New("x"))
	if out.Len() > 0 {
		t.Errorf("packets are logged above level debug:\n%s", out.String())
	}
}
