package reader

import "bytes"

// settings answers the settings commands of a line: 02 53 fn len data 03 LRC sets, 02 52 fn 03 LRC reads.
type settings struct {
	values map[byte][]byte
	buf    []byte
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
		s.values[c[2]] = bytes.Clone(c[4 : len(c)-2])
		return []byte{ack}
	case 'R':
		value := s.values[c[2]]
		if value == nil && c[2] == 0x4E {
			value = []byte(readerSerial)
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
