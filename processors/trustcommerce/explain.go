package trustcommerce

import (
	"slices"
	"strings"

	"github.com/tillpos/till/pos"
)

// Explain decodes TCLink blocks, requests or responses, one after another, or what goes over HTTPS: one
// form or the lines of its answer, with or without the head of HTTP. A field's Pos is where its value
// begins, counted from the start of its frame, and Len its length there, escapes included; Value is masked by
// the field's name. What could be decoded before an error is returned beside it.
func Explain(b []byte) ([]pos.WireFrame, *pos.WireError) {
	facts := newRules(NewFacts())
	if at, ok := formBegins(b); ok {
		frame, err := facts.explainForm(b, at)
		if err != nil {
			return nil, err
		}
		return []pos.WireFrame{frame}, nil
	}
	return facts.explainBlocks(b)
}

func (f *rules) explainBlocks(b []byte) ([]pos.WireFrame, *pos.WireError) {
	var frames []pos.WireFrame
	for at := 0; at < len(b); {
		one := newBlock(MaxRequestLine, max(MaxRequest, MaxResponse))
		used, err := one.feed(b[at:])
		if err != nil {
			return frames, &pos.WireError{Offset: at + err.Offset, Reason: err.Reason}
		}
		if !one.done {
			if one.open || len(strings.Trim(string(b[at:]), "\r\n")) > 0 {
				return frames, &pos.WireError{Offset: len(b), Reason: "the block ends before its END"}
			}
			break
		}
		frames = append(frames, f.frame(one, at))
		one.wipe()
		at += used
	}
	if len(frames) == 0 {
		return nil, &pos.WireError{Offset: len(b), Reason: "there is no block"}
	}
	return frames, nil
}

func (f *rules) frame(b *block, at int) pos.WireFrame {
	record := recordOf(b.pairs)
	return pos.WireFrame{
		Record: record, Offset: at + b.begin, Length: b.at - b.begin, Parity: "none", LRC: "absent",
		Fields: f.masked(b.pairs, record == "response", b.begin),
	}
}

// recordOf tells an answer by its status.
func recordOf(pairs []pair) string {
	if slices.ContainsFunc(pairs, func(p pair) bool { return strings.EqualFold(p.name, "status") }) {
		return "response"
	}
	return "request"
}
