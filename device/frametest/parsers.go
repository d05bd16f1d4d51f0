package frametest

import (
	"bytes"
	"encoding/hex"
	"strings"

	"github.com/tillpos/till/device/hidpos"
	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/wedge"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Readers are the parsers of the card readers' frames.
func Readers() []Parser {
	text := []string{"magtek-serial", "magnesafe-serial"}
	line := []string{"idtech-serial", "idtech-serial-secure"}
	report := []string{"idtech", "idtech-secure"}
	return []Parser{
		{Name: "magtek report", Devices: []string{"magtek"}, Parse: swipe(magtek.Parse)},
		{Name: "magnesafe report", Devices: []string{"magnesafe", "magnesafe-clear"}, Parse: swipe(magtek.ParseSafe)},
		{Name: "magtek text", Devices: text, Parse: messages(magtek.CutText, magtek.ParseText), Mend: mendText},
		{Name: "idtech report", Devices: report, Parse: swipe(idtech.ParseReport), Mend: mendReport},
		{Name: "idtech line", Devices: line, Parse: messages(idtech.Cut, idtech.ParseMessage), Mend: mendFrame},
		{Name: "idtech settings", Seeds: [][]byte{{6, 2, idtech.FnSerial, 1, '1', 3, 0x7F}, {0x15}}, Parse: answer},
		{Name: "magtek settings", Seeds: [][]byte{append([]byte{0, 2, 'A', 'B'}, make([]byte, 20)...)}, Parse: property},
		{Name: "hidpos report", Devices: []string{"hidpos"}, Parse: hidposReport()},
		{Name: "hidpos descriptor", Seeds: [][]byte{hidposDescriptor()}, Parse: descriptor()},
		{Name: "wedge burst", Devices: []string{"wedge"}, Parse: burst},
	}
}

// Explainers are the parsers behind `till wire decode`.
func Explainers() []Parser {
	return []Parser{
		{Name: "magtek report, shown", Devices: []string{"magtek", "magnesafe", "magnesafe-clear"}, Parse: explained(magtek.Explain)},
		{Name: "magtek text, shown", Devices: []string{"magtek-serial", "magnesafe-serial"}, Parse: explained(magtek.ExplainText), Mend: mendText},
		{Name: "idtech, shown", Devices: []string{"idtech", "idtech-secure", "idtech-serial", "idtech-serial-secure"}, Parse: explained(idtech.Explain), Mend: mendFrame},
	}
}

func swipe(parse func([]byte) (card.Swipe, error)) func([]byte) bool {
	return func(b []byte) bool {
		s, err := parse(b)
		s.Wipe()
		return err == nil
	}
}

// messages parses what a line carries, message by message.
func messages(cut transport.Cut, parse func([]byte) (card.Swipe, error)) func([]byte) bool {
	return func(b []byte) (taken bool) {
		for len(b) > 0 {
			n, verdict := cut(b)
			if verdict == transport.Unfinished {
				return taken
			}
			if verdict != transport.Skip {
				s, err := parse(b[:n])
				s.Wipe()
				taken = taken || err == nil
			}
			b = b[n:] // a cut that gives 0 here would go on for ever
		}
		return taken
	}
}

func explained(explain func([]byte) ([]pos.WireFrame, *pos.WireError)) func([]byte) bool {
	return func(b []byte) bool {
		_, bad := explain(b)
		return bad == nil
	}
}

func answer(b []byte) bool {
	if len(b) > 0 {
		idtech.CutAnswer(true)(b)
	}
	_, err := idtech.ParseAnswer(idtech.FnSerial, b)
	return err == nil
}

func property(b []byte) bool {
	_, err := magtek.ParseAnswer(b)
	return err == nil
}

// sample is what a reader of the class shows, the simulated one among them.
const sample = "058e0901a101150026ff007508091109120913950381020921954f820201092295288202010923956b820201c0"

func hidposDescriptor() []byte {
	b, _ := hex.DecodeString(sample)
	return b
}

func hidposReport() func([]byte) bool {
	layout, _ := hidpos.LayoutOf(hidposDescriptor())
	return func(b []byte) bool {
		s, swiped, err := layout.Parse(b)
		s.Wipe()
		return swiped && err == nil
	}
}

// descriptor reads a report by whatever layout a descriptor shows.
func descriptor() func([]byte) bool {
	report := bytes.Repeat([]byte{'1'}, 512)
	return func(b []byte) bool {
		layout, err := hidpos.LayoutOf(b)
		if err != nil {
			return false
		}
		s, _, _ := layout.Parse(report)
		s.Wipe()
		return true
	}
}

func burst(b []byte) bool {
	s := wedge.Parse(wedge.Typed(string(b)))
	defer s.Wipe()
	return s.Status[0] == card.Decoded || s.Status[1] == card.Decoded
}

// mendText puts the right CRC where a MagneSafe text has its own: behind the third bar from the end.
func mendText(b []byte) {
	at := len(b)
	for range 3 {
		if at = bytes.LastIndexByte(b[:at], '|'); at < 0 {
			return
		}
	}
	start := max(bytes.IndexAny(b, "%;+|"), 0)
	if at+5 > len(b) || start > at {
		return
	}
	crc := magtek.CRC(b[start : at+1])
	copy(b[at+1:], strings.ToUpper(hex.EncodeToString([]byte{byte(crc), byte(crc >> 8)})))
}

func mendReport(b []byte) {
	if len(b) > idtech.OutputAt {
		mendFrame(b[idtech.OutputAt:])
	}
}

// mendFrame puts the right checks into a secure frame, as long as it says that it is.
func mendFrame(b []byte) {
	if len(b) < idtech.FrameHead || b[0] != 2 {
		return
	}
	end := idtech.FrameHead + int(b[1]) + int(b[2])<<8
	if end+idtech.FrameTail > len(b) {
		return
	}
	b[end], b[end+1] = idtech.Checks(b[idtech.FrameHead:end])
	b[end+2] = 3
}
