package trustcommerce

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestExplainGolden(t *testing.T) {
	requests, answers := archive(t, "client-requests.txtar"), archive(t, "client-answers.txtar")
	stream := requests["swiped sale"] + answers["approved"] + "\n" + requests["keyed preauth with cvv and address"] + answers["decline cvv"] + answers["approved, words in capitals and crlf"]
	frames, wrong := Explain([]byte(stream))
	if wrong != nil {
		t.Fatal(wrong)
	}
	for _, f := range frames {
		block := stream[f.Offset : f.Offset+f.Length]
		if !strings.EqualFold(block[:5], "BEGIN") || !strings.HasPrefix(strings.TrimRight(block, "\r\n")[len(strings.TrimRight(block, "\r\n"))-3:], "END") {
			t.Errorf("the frame at %d is not cut where its block is", f.Offset)
		}
		for _, field := range f.Fields {
			line := block[:field.Pos]
			if !strings.HasSuffix(line, field.Name+"=") || strings.ContainsAny(block[field.Pos:field.Pos+field.Len], "\r\n") || block[field.Pos+field.Len] != '\n' && block[field.Pos+field.Len] != '\r' {
				t.Errorf("%s in the frame at %d does not stand where it is said to", field.Name, f.Offset)
			}
		}
	}
	got, err := json.MarshalIndent(frames, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = vectors + "client-explain.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error("the explanation differs from the golden file (run with -update and read the change)")
	}
}

func TestExplainMalformed(t *testing.T) {
	const whole = "BEGIN\na=b\nEND\n"
	for _, c := range []struct {
		name, text string
		frames     int
		offset     int
	}{
		{"nothing", "", 0, 0},
		{"blank lines only", "\n\n", 0, 2},
		{"no begin", "a=b\n", 0, 0},
		{"a second begin", "BEGIN\nBEGIN\n", 0, 6},
		{"a line without an equal sign", "BEGIN\na=b\nfoo\nEND\n", 0, 10},
		{"no end", "BEGIN\na=b\n", 0, 10},
		{"cut in a line", "BEGIN\na=b", 0, 9},
		{"a good block, then rubbish", whole + "rubbish\n", 1, len(whole)},
		{"a good block, then half a one", whole + "\nBEGIN\nx", 1, len(whole) + 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, err := Explain([]byte(c.text))
			if err == nil || err.Offset != c.offset || len(frames) != c.frames {
				t.Errorf("%d frames, %v", len(frames), err)
			}
		})
	}
}

func FuzzResponse(f *testing.F) {
	for _, name := range []string{"client-answers.txtar", "client-broken.txtar"} {
		for _, text := range archive(f, name) {
			f.Add([]byte(text), 7)
		}
	}
	facts := newRules(NewFacts())
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		if step < 1 || step > len(text) {
			step = len(text)
		}
		whole, parts := newResponse(), newResponse()
		_, wrong := whole.feed(text)
		for at := 0; at < len(text); at += step {
			if _, err := parts.feed(text[at:min(at+step, len(text))]); err != nil {
				if wrong == nil || err.Reason != wrong.Reason {
					t.Error("an error in pieces that is none in one")
				}
				return
			}
		}
		if wrong != nil || whole.done != parts.done {
			t.Fatal("one piece and several are read differently")
		}
		a, b := facts.answer(nil, whole.reply()), facts.answer(nil, parts.reply())
		if describe(a) != describe(b) {
			t.Error("one piece and several mean different things")
		}
		if a.State == "" {
			t.Error("an answer without a state")
		}
	})
}

func FuzzExplain(f *testing.F) {
	for _, name := range []string{"client-requests.txtar", "client-answers.txtar", "client-broken.txtar"} {
		for _, text := range archive(f, name) {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		frames, err := Explain(text)
		if err == nil && len(frames) == 0 {
			t.Error("neither a frame nor an error")
		}
		if err != nil && (err.Offset < 0 || err.Offset > len(text)) {
			t.Error("an offset outside the input")
		}
		for _, frame := range frames {
			if frame.Offset < 0 || frame.Length < 1 || frame.Offset+frame.Length > len(text) {
				t.Fatal("a frame outside the input")
			}
			for _, field := range frame.Fields {
				if field.Pos < 0 || field.Pos+field.Len > frame.Length {
					t.Fatal("a field outside its frame")
				}
				value := text[frame.Offset+field.Pos : frame.Offset+field.Pos+field.Len]
				if len(value) > 3 && strings.EqualFold(field.Name, "password") && bytes.Contains([]byte(field.Value), value) {
					t.Error("a password is shown")
				}
			}
		}
	})
}
