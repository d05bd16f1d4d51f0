// Package recording reads the playback files of testdata/devices, for the tests of drivers and simulators. Its
// README says what stands in them.
package recording

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Recording is one file.
type Recording struct {
	Name    string // of the file, without its ending
	Values  map[string]string
	Packets [][]byte
}

// Read reads one file. It errs as os.ReadFile, and for a packet that is no hexadecimal.
func Read(path string) (Recording, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Recording{}, err
	}
	r := Recording{Name: strings.TrimSuffix(filepath.Base(path), ".txt"), Values: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name != "packet" {
			r.Values[name] = value
			continue
		}
		b, err := hex.DecodeString(value)
		if err != nil {
			return r, fmt.Errorf("%s: a packet is no hexadecimal", path)
		}
		r.Packets = append(r.Packets, b)
	}
	return r, nil
}

// Readers reads all files of card readers in a folder: those that say which model of the simulator sends the same.
func Readers(dir string) ([]Recording, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var out []Recording
	for _, path := range paths {
		r, err := Read(path)
		if err != nil {
			return nil, err
		}
		if r.Values["model"] != "" {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no recording of a card reader", dir)
	}
	return out, nil
}

// Bytes are the packets, joined.
func (r Recording) Bytes() (out []byte) {
	for _, p := range r.Packets {
		out = append(out, p...)
	}
	return out
}
