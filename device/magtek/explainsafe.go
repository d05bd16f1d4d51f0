package magtek

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// looksSafe says whether bytes can be an encrypted report. Serial number, key serial number and session id are shown
// as they are: of bytes that are something else they could be card data.
func looksSafe(report []byte) bool {
	if _, known := encodings[report[encodeAt]]; !known {
		return false
	}
	for i := range 3 {
		if report[safe.status[i].Offset]&^statusError != 0 {
			return false
		}
		for _, f := range [][2]Field{{safe.blob[i], safe.length[i]}, {safe.masked[i], safe.maskedLength[i]}} {
			text, fits := f[0].text(report, f[1])
			masked := f[0] == safe.masked[i]
			if !fits || masked && len(text) > 0 && strings.IndexByte("%;+#!", text[0]) < 0 {
				return false
			}
		}
	}
	return true
}

// explainSafe shows an encrypted report. Tracks are masked again: a reader whose encryption is off sends
// them in clear. Blobs are shown by their length.
func explainSafe(report []byte) pos.WireFrame {
	f := pos.WireFrame{Record: "magnesafe input report", Length: len(report), Parity: "none", LRC: "absent"}
	for _, field := range SafeLayout {
		f.Fields = append(f.Fields, pos.WireField{Name: field.Name, Pos: field.Offset, Len: field.Length, Value: safeValue(field, report)})
	}
	if extra := len(report) - SafeLength; extra > 0 {
		f.Fields = append(f.Fields, pos.WireField{Name: "appended", Pos: SafeLength, Len: extra, Value: fmt.Sprintf("%d bytes", extra)})
	}
	return f
}

func safeValue(field Field, report []byte) string {
	b := field.of(report)
	switch name := field.Name; {
	case strings.HasPrefix(name, fieldMasked+"_"):
		if text, ok := field.text(report, safe.maskedLength[field.Track-1]); ok {
			return MaskTrack(text)
		}
		return "length beyond the field"
	case strings.HasPrefix(name, fieldEncrypted):
		return fmt.Sprintf("%d bytes", report[safe.length[field.Track-1].Offset])
	case name == fieldPrint:
		return fmt.Sprintf("%d bytes", report[safe.printLength.Offset])
	case name == fieldSerial:
		return Shown(b)
	case name == fieldSafety:
		return safetyText(binary.BigEndian.Uint16(b))
	case name == fieldSwiped:
		return swipedText(binary.LittleEndian.Uint32(b))
	case name == fieldKSN, name == fieldSession:
		if Shown(b) == string(b) {
			return fmt.Sprintf("%d characters", len(b)) // text, which neither is
		}
		return strings.ToUpper(hex.EncodeToString(b))
	}
	return explainByte(field, b[0])
}

// bitNames name the bits that are set.
func bitNames(value uint32, names map[int]string) string {
	var out []string
	for bit := range 32 {
		if value&(1<<bit) != 0 && names[bit] != "" {
			out = append(out, names[bit])
		}
	}
	return strings.Join(out, ", ")
}

func safetyText(v uint16) string {
	return strings.TrimSpace(fmt.Sprintf("%04X %s", v, bitNames(uint32(v), map[int]string{
		0: "keys used up", 1: "key injected", 2: "encrypting", 3: "authentication required", 4: "timed out",
		8: "counter expired", 9: "second key injected", 10: "second key in use", 11: "data variant",
	})))
}

func swipedText(v uint32) string {
	return strings.TrimSpace(fmt.Sprintf("%08X %s", v, bitNames(v, map[int]string{
		0: "MagnePrint capable", 16: "status only", 17: "noise", 18: "too slow", 19: "too fast", 21: "reverse",
	})))
}

// ExplainText cuts bytes into messages of the text forms and shows their fields, tracks masked.
func ExplainText(b []byte) ([]pos.WireFrame, *pos.WireError) {
	var out []pos.WireFrame
	for at := 0; at < len(b); {
		n, verdict := CutText(b[at:])
		if n == 0 {
			n, verdict = len(b)-at, transport.Whole // a capture may lack the last CR
		}
		if verdict == transport.Whole {
			f, ok := explainText(at, b[at:at+n])
			if !ok {
				return out, &pos.WireError{Offset: at, Reason: "no track and no field stands here"}
			}
			out = append(out, f)
		}
		at += n
	}
	if len(out) == 0 {
		return nil, &pos.WireError{Reason: "no bytes"}
	}
	return out, nil
}

func explainText(offset int, message []byte) (pos.WireFrame, bool) {
	text := inner(message)
	f := pos.WireFrame{Record: "magtek text", Offset: offset, Length: len(message), Parity: "none", LRC: "absent"}
	place := func(b []byte) int { return cap(message) - cap(b) } // b is a part of message
	tracksPart, fields, crcAt, safeForm := cutFields(text)
	if !safeForm {
		tracksPart = text
	}
	tracks, found := TextTracks(tracksPart)
	if !found && !safeForm {
		return f, false
	}
	for i, t := range tracks {
		if len(t) > 0 {
			f.Fields = append(f.Fields, pos.WireField{Name: fmt.Sprintf("track_%d", i+1), Pos: bytes.Index(message, t), Len: len(t), Value: MaskTrack(t)})
		}
	}
	if !safeForm {
		return f, true
	}
	f.Record = "magnesafe text"
	f.LRC = "bad"
	var crc [2]byte
	if unhex(crc[:], fields[atCRC]) && binary.LittleEndian.Uint16(crc[:]) == CRC(text[:crcAt]) {
		f.LRC = "ok"
	}
	for i, v := range fields {
		if i == atCounter && v == nil {
			continue
		}
		f.Fields = append(f.Fields, pos.WireField{Name: textFields[i], Pos: place(v), Len: len(v), Value: textValue(i, v)})
	}
	return f, true
}

func textValue(i int, v []byte) string {
	switch i {
	case atBlob, atBlob + 1, atBlob + 2, atPrint:
		return fmt.Sprintf("%d bytes", len(v)/2)
	case atSafety:
		if b, err := hex.DecodeString(string(v)); err == nil && len(b) == 2 {
			return safetyText(binary.LittleEndian.Uint16(b))
		}
		return "no hexadecimal"
	case atSwiped:
		if b, err := hex.DecodeString(string(v)); err == nil && len(b) == 4 {
			return swipedText(binary.LittleEndian.Uint32(b))
		}
		return "no hexadecimal"
	case atSerial:
		return Shown(v)
	}
	if len(v) <= 20 && isHex(v) {
		return string(v)
	}
	return fmt.Sprintf("%d characters", len(v))
}

func isHex(v []byte) bool {
	for _, c := range v {
		if !strings.ContainsRune("0123456789ABCDEFabcdef", rune(c)) {
			return false
		}
	}
	return true
}
