package trustcommerce

import (
	"bytes"

	"github.com/tillpos/till/pos"
)

// formBegins tells what goes over HTTPS from blocks and says where its body begins, behind a head of HTTP if
// there is one. A body begins with a name and an equal sign.
func formBegins(b []byte) (at int, ok bool) {
	if bytes.HasPrefix(b, []byte("POST ")) || bytes.HasPrefix(b, []byte("HTTP/1.")) {
		for _, gap := range []string{"\r\n\r\n", "\n\n"} {
			if i := bytes.Index(b, []byte(gap)); i >= 0 {
				at = i + len(gap)
				break
			}
		}
	}
	line, _, _ := bytes.Cut(b[at:], []byte{'\n'})
	name, _, ok := bytes.Cut(line, []byte{'='})
	return at, ok && len(name) > 0
}

// explainForm decodes a form (pairs joined by '&', percent-encoded) or the lines of an answer.
func (f *rules) explainForm(b []byte, at int) (pos.WireFrame, *pos.WireError) {
	body := b[at:]
	var pairs []pair
	var lengths []int // of values, escapes included
	var err *pos.WireError
	if bytes.IndexByte(bytes.TrimRight(body, "\r\n"), '\n') >= 0 || bytes.IndexByte(body, '&') < 0 && bytes.HasSuffix(body, []byte{'\n'}) {
		pairs, lengths, err = readLines(body)
	} else {
		pairs, lengths, err = readForm(bytes.TrimRight(body, "\r\n"))
	}
	if err != nil {
		return pos.WireFrame{}, &pos.WireError{Offset: at + err.Offset, Reason: err.Reason}
	}
	record := recordOf(pairs)
	fields := make([]pos.WireField, len(pairs))
	for i, p := range pairs {
		fields[i] = f.masked([]pair{p}, record == "response", 0)[0]
		fields[i].Len = lengths[i]
		clear(p.value)
	}
	return pos.WireFrame{Record: record, Offset: at, Length: len(body), Parity: "none", LRC: "absent", Fields: fields}, nil
}

// readLines reads the lines of an answer, which has a status.
func readLines(body []byte) (pairs []pair, lengths []int, err *pos.WireError) {
	lines := newLines()
	if _, err := lines.feed(body); err != nil {
		return nil, nil, err
	}
	lines.finish()
	if recordOf(lines.pairs) != "response" {
		lines.wipe()
		return nil, nil, &pos.WireError{Offset: 0, Reason: "neither a block, nor a form, nor the lines of an answer"}
	}
	for _, p := range lines.pairs {
		lengths = append(lengths, len(p.value))
	}
	return lines.pairs, lengths, nil
}

// readForm decodes application/x-www-form-urlencoded. Pairs without a name are an error, those without a
// value stay.
func readForm(body []byte) (pairs []pair, lengths []int, err *pos.WireError) {
	at := 0
	for part := range bytes.SplitSeq(body, []byte{'&'}) {
		name, value, ok := bytes.Cut(part, []byte{'='})
		clearName, bad := unescape(name)
		switch {
		case !ok || len(name) == 0:
			return nil, nil, &pos.WireError{Offset: at, Reason: "a field without a name or an equal sign"}
		case bad >= 0:
			return nil, nil, &pos.WireError{Offset: at + bad, Reason: "a percent sign without two hexadecimal digits"}
		}
		clearValue, bad := unescape(value)
		from := at + len(name) + 1
		if bad >= 0 {
			return nil, nil, &pos.WireError{Offset: from + bad, Reason: "a percent sign without two hexadecimal digits"}
		}
		pairs = append(pairs, pair{name: string(clearName), value: clearValue, at: from})
		lengths = append(lengths, len(value))
		at += len(part) + 1
	}
	return pairs, lengths, nil
}

// unescape turns %HH and + into what they stand for; bad is where an escape is broken, or -1.
func unescape(text []byte) (out []byte, bad int) {
	out = make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(text) || hexDigit(text[i+1]) < 0 || hexDigit(text[i+2]) < 0 {
				clear(out)
				return nil, i
			}
			out = append(out, byte(hexDigit(text[i+1])<<4|hexDigit(text[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out, -1
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
