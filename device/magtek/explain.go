package magtek

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Explain cuts bytes into input reports and shows their fields, tracks masked. Reports follow each other
// without a gap, all with a card status byte or none; one of an encrypting reader stands alone.
func Explain(b []byte) ([]pos.WireFrame, *pos.WireError) {
	size := ReportLength
	switch {
	case len(b)%ReportLength == 0:
	case len(b)%longestReport == 0:
		size = longestReport
	case len(b) >= SafeLength && len(b) <= longestSafeReport:
		if !looksSafe(b) {
			return nil, &pos.WireError{Reason: "statuses, lengths or card encode type are of no encrypting reader's report"}
		}
		return []pos.WireFrame{explainSafe(b)}, nil
	}
	var out []pos.WireFrame
	for at := 0; at < len(b); at += size {
		if left := len(b) - at; left < size {
			return out, &pos.WireError{Offset: len(b), Reason: fmt.Sprintf("a report has %d bytes, this one ends after %d", size, left)}
		}
		out = append(out, explainReport(at, b[at:at+size]))
	}
	if len(out) == 0 {
		return nil, &pos.WireError{Reason: "no bytes"}
	}
	return out, nil
}

func explainReport(offset int, report []byte) pos.WireFrame {
	f := pos.WireFrame{Record: "magtek input report", Offset: offset, Length: len(report), Parity: "none", LRC: "absent"}
	for _, field := range Layout {
		if field.Offset+field.Length > len(report) {
			continue
		}
		value := ""
		switch {
		case field.Length == 1:
			value = explainByte(field, report[field.Offset])
		case tracks[field.Track-1].read(report) == card.Decoded:
			value = MaskTrack(tracks[field.Track-1].text(report))
		}
		f.Fields = append(f.Fields, pos.WireField{Name: field.Name, Pos: field.Offset, Len: field.Length, Value: value})
	}
	return f
}

func explainByte(field Field, b byte) string {
	switch {
	case field.Name == fieldEncode:
		name, ok := EncodeTypes[b]
		if !ok {
			name = "unknown"
		}
		return fmt.Sprintf("%d %s", b, name)
	case strings.HasPrefix(field.Name, fieldStatus) && b&statusError != 0:
		return fmt.Sprintf("%d error", b)
	}
	return fmt.Sprint(b)
}

// MaskTrack keeps a track's sentinels and separators, BIN and last four of a card number, and stars all
// else. A track that does not begin like format B of track 1 or like track 2 is starred whole, but for
// its sentinels: where in a number it begins is not known then.
func MaskTrack(text []byte) string {
	out := []byte(strings.Repeat("*", len(text)))
	for i, c := range text {
		if strings.IndexByte("%;?^=", c) >= 0 {
			out[i] = c
		}
	}
	if len(text) == 0 || strings.IndexByte("%;+", text[0]) < 0 {
		return string(out)
	}
	start, separator := 1, byte('=')
	if len(text) > 1 && text[0] == '%' {
		start, separator = 2, '^'
		if text[1] != 'B' {
			return string(out)
		}
		out[1] = 'B'
	}
	end := start
	for end < len(text) && text[end] != separator {
		end++
	}
	if end >= len(text) {
		return string(out)
	}
	if maskedByReader(text[start:end]) {
		copy(out[start:end], text[start:end])
		return string(out)
	}
	pan, err := card.NewPAN(text[start:end])
	if err != nil || pan.Len() != end-start {
		return string(out)
	}
	defer pan.Wipe()
	copy(out[start:end], pan.Masked())
	return string(out)
}

// maskedByReader says whether stars already cover a number as much as this project's masks do: what is left are at
// most the first six and the last four digits.
func maskedByReader(number []byte) bool {
	first, last := bytes.IndexByte(number, '*'), bytes.LastIndexByte(number, '*')
	if first < 0 || first > 6 || len(number)-1-last > 4 {
		return false
	}
	return len(bytes.Trim(number[first:last+1], "*")) == 0
}
