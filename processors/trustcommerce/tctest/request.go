package tctest

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Limits of a request (client library 4.5): a longer one is malformed.
const (
	maxLine    = 2047  // bytes, LF included
	maxRequest = 32000 // bytes
)

var errMalformed = errors.New("tctest: malformed request")

// Request is what a client sent, parsed. It holds clear card data, so no verb of fmt prints
// more than how many fields there are.
type Request struct{ fields []pair }

type pair struct{ name, value string }

// Format prints nothing of the content, whatever the verb.
func (r Request) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "request of %d fields", len(r.fields)) }

func (r Request) get(name string) string {
	for _, f := range r.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (r Request) has(name string) bool { return r.get(name) != "" }

// put adds a field: bars are dropped, values trimmed, an empty one counts as not sent (guide: a bar may be
// removed, spaces at the ends are not kept), and of a name sent twice the last one counts (ours).
func (r *Request) put(name, value string) {
	name, value = strings.Trim(name, " "), strings.Trim(strings.ReplaceAll(value, "|", ""), " ")
	for i, f := range r.fields {
		if f.name == name {
			r.fields = append(r.fields[:i], r.fields[i+1:]...)
			break
		}
	}
	if name != "" && value != "" {
		r.fields = append(r.fields, pair{name, value})
	}
}

// readBlock reads one TCLink request: BEGIN, name=value lines, END. Lines end in LF alone; a CR stays in
// the value and is judged there. The error is errMalformed or the reader's.
func readBlock(in *bufio.Reader) (Request, error) {
	var r Request
	begun, total := false, 0
	for {
		line, err := readLine(in)
		if err != nil {
			return Request{}, err
		}
		if total += len(line) + 1; total > maxRequest {
			return Request{}, errMalformed
		}
		name, value, isPair := strings.Cut(line, "=")
		switch {
		case line == "":
		case !begun && strings.EqualFold(line, "BEGIN"):
			begun = true
		case !begun:
			return Request{}, errMalformed
		case strings.EqualFold(line, "END"):
			return r, nil
		case !isPair:
			return Request{}, errMalformed
		default:
			r.put(name, value)
		}
	}
}

// readLine reads up to LF, which it drops.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		c, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(line), nil
		}
		if line = append(line, c); len(line) >= maxLine {
			return "", errMalformed
		}
	}
}

// readForm reads an application/x-www-form-urlencoded body or query string. The error is errMalformed.
func readForm(body string) (Request, error) {
	if len(body) > 3*maxRequest {
		return Request{}, errMalformed
	}
	var r Request
	for _, part := range strings.Split(body, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return Request{}, errMalformed
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return Request{}, errMalformed
		}
		r.put(name, value)
	}
	return r, nil
}

// Reply is the host's answer: pairs in the order in which TCLink sends them.
type Reply struct {
	TransID string // of the transaction that was booked; empty when none was
	fields  []pair
}

func reply(fields ...string) Reply {
	var out Reply
	for i := 0; i+1 < len(fields); i += 2 {
		out = out.with(fields[i], fields[i+1])
	}
	return out
}

// with adds a pair; an empty value adds nothing.
func (r Reply) with(name, value string) Reply {
	if value != "" {
		r.fields = append(r.fields[:len(r.fields):len(r.fields)], pair{name, value})
	}
	return r
}

// Get finds a field of the answer.
func (r Reply) Get(name string) string { return Request{r.fields}.get(name) }

// Block is the answer on TCLink: bare LF, because the C client takes a CR for part of the value.
func (r Reply) Block() []byte {
	var b strings.Builder
	b.WriteString("BEGIN\n")
	for _, f := range r.fields {
		b.WriteString(f.name + "=" + f.value + "\n")
	}
	b.WriteString("END\n")
	return []byte(b.String())
}

// Lines is the answer over HTTPS: no BEGIN and END, and the other way round (the guide's curl sample ends
// with the status; the C client dumps a response in the same reverse order).
func (r Reply) Lines() []byte {
	var b strings.Builder
	for i := len(r.fields) - 1; i >= 0; i-- {
		b.WriteString(r.fields[i].name + "=" + r.fields[i].value + "\n")
	}
	return []byte(b.String())
}
