package trustcommerce

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

// TestExplainForms decodes what goes over HTTPS.
func TestExplainForms(t *testing.T) {
	for _, c := range []struct {
		name, text, record string
		offset             int
		fields             []pos.WireField
	}{
		{"the guide's form", "action=sale&amount=100&cc=4111111111111111", "request", 0, []pos.WireField{
			{Name: "action", Pos: 7, Len: 4, Value: "sale"}, {Name: "amount", Pos: 19, Len: 3, Value: "100"}, {Name: "cc", Pos: 26, Len: 16, Value: "************1111"}}},
		{"the guide's answer", "offenders=password,amount,cc,exp\nerror=missingfields\nstatus=baddata\n", "response", 0, []pos.WireField{
			{Name: "offenders", Pos: 10, Len: 22, Value: "password,amount,cc,exp"}, {Name: "error", Pos: 39, Len: 13, Value: "missingfields"}, {Name: "status", Pos: 60, Len: 7, Value: "baddata"}}},
		{"escapes", "ticket=a%20b+c&cv%76=123&CC=%34111111111111111\n", "request", 0, []pos.WireField{
			{Name: "ticket", Pos: 7, Len: 7, Value: "a b c"}, {Name: "cvv", Pos: 21, Len: 3, Value: hiddenText}, {Name: "CC", Pos: 28, Len: 18, Value: "************1111"}}},
		{"one field", "action=void", "request", 0, []pos.WireField{{Name: "action", Pos: 7, Len: 4, Value: "void"}}},
		{"a field without a value", "action=void&avs=", "request", 0, []pos.WireField{{Name: "action", Pos: 7, Len: 4, Value: "void"}, {Name: "avs", Pos: 16, Len: 0, Value: hiddenText}}},
		{"with the head of a request", "POST /trans/ HTTP/1.1\r\nHost: x=y\r\n\r\naction=void&demo=y", "request", 36, []pos.WireField{{Name: "action", Pos: 7, Len: 4, Value: "void"}, {Name: "demo", Pos: 17, Len: 1, Value: "y"}}},
		{"with the head of an answer", "HTTP/1.1 200 OK\r\nX: y\r\n\r\nstatus=approved\navs=Y", "response", 25, []pos.WireField{{Name: "status", Pos: 7, Len: 8, Value: "approved"}, {Name: "avs", Pos: 20, Len: 1, Value: "Y"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, err := Explain([]byte(c.text))
			if err != nil || len(frames) != 1 {
				t.Fatalf("%d frames, %v", len(frames), err)
			}
			f := frames[0]
			if f.Record != c.record || f.Offset != c.offset || f.Length != len(c.text)-c.offset || !slices.Equal(f.Fields, c.fields) {
				t.Errorf("%s at %d, %d bytes, %d fields", f.Record, f.Offset, f.Length, len(f.Fields))
				for i := range f.Fields {
					if i < len(c.fields) && f.Fields[i] != c.fields[i] {
						t.Errorf("field %s at %d, %d bytes, differs", f.Fields[i].Name, f.Fields[i].Pos, f.Fields[i].Len)
					}
				}
			}
		})
	}
}

func TestExplainMalformedForms(t *testing.T) {
	for _, c := range []struct {
		name, text string
		offset     int
	}{
		{"a broken escape in a value", "a=b&cc=4%1", 8},
		{"an escape of other letters", "a=b&cc=%zz", 7},
		{"a broken escape in a name", "a=b&c%=x", 5},
		{"no equal sign", "a=b&cc", 4},
		{"no name", "a=b&=x", 4},
		{"nothing between", "a=b&&c=d", 4},
		{"behind a head", "POST / HTTP/1.1\r\n\r\na=%", 21},
		{"a head alone", "POST / HTTP/1.1\r\n\r\n", 0},
		{"lines without a status", "a=b\nc=d\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, err := Explain([]byte(c.text))
			if err == nil || err.Offset != c.offset || len(frames) != 0 {
				t.Errorf("%d frames, %v", len(frames), err)
			}
		})
	}
}

// TestFormBody: what is sent is what net/url reads, whatever bytes a value has.
func TestFormBody(t *testing.T) {
	d := newDraft(newRules(NewFacts()).form("sale", ""))
	all := make([]byte, 0, 95)
	for c := byte(0x21); c < 0x7f; c++ {
		all = append(all, c, ' ')
	}
	d.set("name", string(all[:len(all)-1]))
	d.set("track1", testTrack1)
	body := d.encodeForm()
	if cap(body) > len(body)+1 {
		t.Error("the length was not known beforehand")
	}
	got, err := url.ParseQuery(string(body))
	if err != nil || got.Get("name") != string(all[:len(all)-1]) || got.Get("track1") != testTrack1 {
		t.Error("the form is read as something else")
	}
}

// FuzzForm: a form is read as net/url reads it, or is an error.
func FuzzForm(f *testing.F) {
	for _, text := range archive(f, "client-requests.txtar") {
		var parts []string
		for line := range strings.Lines(text) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				parts = append(parts, name+"="+url.QueryEscape(value))
			}
		}
		f.Add([]byte(strings.Join(parts, "&")))
	}
	f.Add([]byte("a=%"))
	f.Fuzz(func(t *testing.T, body []byte) {
		pairs, lengths, wrong := readForm(body)
		if wrong != nil {
			if wrong.Offset < 0 || wrong.Offset > len(body) {
				t.Error("an offset outside the form")
			}
			return
		}
		if len(lengths) != len(pairs) {
			t.Fatal("a value without a length")
		}
		for i, p := range pairs {
			clear, err := url.QueryUnescape(string(body[p.at : p.at+lengths[i]]))
			if err != nil || clear != string(p.value) {
				t.Fatal("a value is read as something else, or from another place")
			}
		}
	})
}

// FuzzLines: the body of an answer never is a success without its words, and reads alike in pieces.
func FuzzLines(f *testing.F) {
	for name, text := range archive(f, "client-answers.txtar") {
		if !strings.HasSuffix(name, ": means") {
			f.Add([]byte(strings.TrimSuffix(strings.TrimPrefix(text, "BEGIN\n"), "END\n")))
		}
	}
	rules := newRules(NewFacts())
	f.Fuzz(func(t *testing.T, body []byte) {
		whole, parts := newLines(), newLines()
		if _, wrong := whole.feed(body); wrong != nil {
			return
		}
		for _, b := range body {
			parts.feed([]byte{b})
		}
		whole.finish()
		parts.finish()
		a, b := rules.answer(nil, whole.reply()), rules.answer(nil, parts.reply())
		if describe(a) != describe(b) {
			t.Error("one piece and several mean different things")
		}
		lower := bytes.ToLower(body)
		if a.State == pos.StateApproved && !bytes.Contains(lower, []byte("approved")) || a.State == pos.StateAccepted && !bytes.Contains(lower, []byte("accepted")) {
			t.Error("a success that nobody said")
		}
	})
}

// TestAnswersOverHTTPS: each written answer means the same without its frame.
func TestAnswersOverHTTPS(t *testing.T) {
	files := archive(t, "client-answers.txtar")
	rules := newRules(NewFacts())
	for name, text := range files {
		means, ok := files[name+": means"]
		if !ok {
			continue
		}
		var lines strings.Builder
		for line := range strings.Lines(text) {
			if word := strings.TrimSpace(line); !strings.EqualFold(word, "BEGIN") && !strings.EqualFold(word, "END") {
				lines.WriteString(line)
			}
		}
		for _, body := range []string{lines.String(), strings.TrimRight(lines.String(), "\r\n")} {
			b := newLines()
			if _, err := b.feed([]byte(body)); err != nil {
				t.Fatal(err)
			}
			b.finish()
			if got := describe(rules.answer(nil, b.reply())); got != strings.TrimSpace(means) {
				t.Errorf("%s: %s\nwant %s", name, got, means)
			}
		}
	}
}
