package recording

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// Turn is one line of a conversation: what host or device says, or what a person does at that moment.
type Turn struct {
	Who  string // host, person, or the device's name
	Data []byte // of host and device
	Text string // of a person
}

// Talk is a file of a printer, a customer display or a scanner.
type Talk struct {
	Device string
	Head   []Line // all that is no turn, in order
	Turns  []Turn
}

// Line is one line of a file.
type Line struct{ Name, Value string }

// ReadTalk reads one file. It errs as os.ReadFile, and for bytes that are no hexadecimal.
func ReadTalk(path string) (Talk, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Talk{}, err
	}
	var t Talk
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		switch {
		case name == "device":
			t.Device = value
			t.Head = append(t.Head, Line{name, value})
		case name == "person":
			t.Turns = append(t.Turns, Turn{Who: name, Text: value})
		case name == "host" || name == t.Device && name != "":
			b, err := hex.DecodeString(value)
			if err != nil {
				return t, fmt.Errorf("%s: a line of %s is no hexadecimal", path, name)
			}
			t.Turns = append(t.Turns, Turn{Who: name, Data: b})
		default:
			t.Head = append(t.Head, Line{name, value})
		}
	}
	return t, nil
}

// Value is the first line of that name in the head, empty if there is none.
func (t Talk) Value(name string) string {
	if all := t.Values(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Values are the lines of that name in the head.
func (t Talk) Values(name string) (out []string) {
	for _, l := range t.Head {
		if l.Name == name {
			out = append(out, l.Value)
		}
	}
	return out
}
