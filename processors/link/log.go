package link

import (
	"context"
	"log/slog"
	"strings"

	"github.com/tillpos/till/pos"
)

// PacketLog writes down what went over a link. It takes only what a codec has masked already; no raw
// byte has a way in. A nil *PacketLog, or one without a Logger, writes nothing.
type PacketLog struct{ Logger *slog.Logger }

// Direction of a packet, seen from the terminal.
type Direction string

const (
	Sent     Direction = "sent"
	Received Direction = "received"
)

// Enabled says whether packets are wanted, so that nobody masks one in vain.
func (l *PacketLog) Enabled(ctx context.Context) bool {
	return l != nil && l.Logger != nil && l.Logger.Enabled(ctx, slog.LevelDebug)
}

// Packet logs one masked block at level debug.
func (l *PacketLog) Packet(ctx context.Context, d Direction, host, ref string, masked []pos.WireField) {
	if !l.Enabled(ctx) {
		return
	}
	var text strings.Builder
	for i, f := range masked {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(f.Name + "=" + f.Value)
	}
	l.Logger.DebugContext(ctx, "packet", "direction", string(d), "host", host, "ref", ref, "fields", text.String())
}

// Fault logs an exchange that came to no answer.
func (l *PacketLog) Fault(ctx context.Context, host, ref string, err error) {
	if l == nil || l.Logger == nil {
		return
	}
	l.Logger.WarnContext(ctx, "no answer", "host", host, "ref", ref, "kind", string(KindOf(err)), "cause", err.Error())
}
