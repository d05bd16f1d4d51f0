package reader

import (
	"bytes"

	"github.com/tillpos/till/device/idtech"
)

// settings answers the settings commands of a line: 02 53 fn len data 03 LRC sets, 02 52 fn 03 LRC reads.
// What is set is kept and read back; it changes nothing else.
type settings struct {
	values map[byte][]byte
	buf    []byte
}

// newSettings are those of a model as it is delivered; nil for one that takes no commands.
func newSettings(m model, form string) *settings {
	if m.name != "idtech-serial" {
		return nil
	}
	s := &settings{values: map[byte][]byte{
		idtech.FnSerial: []byte(readerSerial), idtech.FnReader: {'1'}, idtech.FnDecode: {'1'}, idtech.FnBaud: {'5'},
		idtech.FnDataBits: {'0'}, idtech.FnParity: {'0'}, idtech.FnLevel: {'1'}, idtech.FnEnhanced: {'0'},
		idtech.FnEncrypt: {0x08}, idtech.FnMask: {0x07},
	}}
	if m.traits(form).seals {
		s.values[idtech.FnLevel] = []byte{'3'}
	}
	if form == "enhanced" || form == "aes" {
		s.values[idtech.FnEnhanced] = []byte{'1'}
	}
	return s
}

const (
	ack, nak = 0x06, 0x15
	// longestSetting is a command with 255 bytes of data.
	longestSetting = 6 + 255
)

// take carries out what arrived and gives the answers.
func (s *settings) take(data []byte) (answer []byte) {
	s.buf = append(s.buf, data...)
	for {
		at := bytes.IndexByte(s.buf, 0x02)
		if at < 0 || len(s.buf) > 2*longestSetting {
			s.buf = nil
			return answer
		}
		s.buf = s.buf[at:]
		n := s.length()
		if n == 0 || len(s.buf) < n {
			return answer
		}
		answer = append(answer, s.obey(s.buf[:n])...)
		s.buf = s.buf[n:]
	}
}

// length is that of the command under way, 0 while that is not known.
func (s *settings) length() int {
	switch {
	case len(s.buf) < 4:
		return 0
	case s.buf[1] == 'S':
		return 4 + int(s.buf[3]) + 2
	}
	return 5
}

func (s *settings) obey(c []byte) []byte {
	var lrc byte
	for _, b := range c[:len(c)-1] {
		lrc ^= b
	}
	if lrc != c[len(c)-1] || c[len(c)-2] != 0x03 {
		return []byte{nak}
	}
	switch c[1] {
	case 'S':
		if _, known := s.values[c[2]]; !known || c[2] == idtech.FnSerial {
			return []byte{nak}
		}
		s.values[c[2]] = bytes.Clone(c[4 : len(c)-2])
		return []byte{ack}
	case 'R':
		value, known := s.values[c[2]]
		if !known {
			return []byte{nak}
		}
		out := append([]byte{0x02, c[2], byte(len(value))}, value...)
		out = append(out, 0x03)
		lrc = 0
		for _, b := range out {
			lrc ^= b
		}
		return append([]byte{ack}, append(out, lrc)...)
	}
	return []byte{nak}
}
