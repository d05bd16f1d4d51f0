package pinpad

import (
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/pos/card"
)

// defaultTime is how long a pad waits for a PIN when the request says nothing.
const defaultTime = 270 * time.Second

// question is what a person was asked for.
type question struct {
	id      string // of the message that asked
	pan     card.PAN
	key     string // session key under the master key, hexadecimal digits
	noPIN   bool
	most    int    // characters of a text
	typed   string // of a text
	refused byte   // error code, 0 for none
}

// request carries out a frame whose LRC is right. Unknown ones are passed over without a word.
func (s *session) request(start byte, body string) {
	if start == si {
		s.maintenance(body)
		return
	}
	switch {
	case body == "72":
		s.cancel()
	case asksPIN(body):
		s.askPIN(body)
	case strings.HasPrefix(body, "7A"):
		s.accept()
		s.pad.mu.Lock()
		s.pad.full = body == "7A1"
		s.pad.mu.Unlock()
	case strings.HasPrefix(body, "90"), strings.HasPrefix(body, "94"):
		s.loadInitial(body[2:])
	case body == "Z1":
		s.accept()
		s.leave()
		s.show()
	case strings.HasPrefix(body, "Z2"):
		s.accept()
		s.prompted = true
		s.show(strings.TrimPrefix(body[2:], string(rune(sub))))
	case strings.HasPrefix(body, "Z3") && len(body) > 3:
		s.accept()
		s.prompted = true
		s.show(split(strings.TrimPrefix(body[3:], string(rune(sub))))...)
	case strings.HasPrefix(body, "Z0"):
		s.accept()
	case strings.HasPrefix(body, "Z42"):
		s.askKey(body[3:])
	case strings.HasPrefix(body, "Z50"):
		s.askText(body[3:])
	}
}

// asksPIN tells the messages that ask for a PIN.
func asksPIN(body string) bool {
	for _, id := range []string{"70", "Z60", "Z62", "Z63"} {
		if strings.HasPrefix(body, id) {
			return true
		}
	}
	return false
}

// cancel answers EOT during an entry and ACK otherwise.
func (s *session) cancel() {
	if s.mode == idle {
		s.forget()
		s.put([]byte{ack})
		return
	}
	s.forget()
	s.leave()
	s.put([]byte{eot})
}

func (s *session) maintenance(body string) {
	over := func() { s.put([]byte{eot}) }
	switch {
	case body == "11":
		s.accept()
		over()
	case strings.HasPrefix(body, "08") && len(body) == 3:
		s.accept()
		_, known := s.pad.master[int(body[2]-'0')]
		s.slot = int(body[2] - '0')
		switch {
		case s.pad.cfg.Dialect == "verifone":
			over()
		case known:
			s.answer(si, "080", over)
		default:
			s.answer(si, "08A", over)
		}
	case strings.HasPrefix(body, "04") && len(body) >= 3:
		s.accept()
		state := "040"
		if _, known := s.pad.master[int(body[2]-'0')]; known {
			state = "04F"
		}
		s.answer(si, state, over)
	case strings.HasPrefix(body, "02") && len(body) > 3:
		s.accept()
		key, err := dukpt.ParseKey(body[3:])
		if err != nil {
			s.answer(si, "02?1", over)
			return
		}
		s.answer(si, body, func() {
			s.pad.master[int(body[2]-'0')] = key // the host's ACK of the echo commits it
			over()
		})
	case body == "06":
		s.accept()
		s.answer(si, "06"+"1002611220100001", over)
	case strings.HasPrefix(body, "01") && len(body) == 4:
		s.accept()
		s.answer(si, "14"+"TEST "+body[2:], over)
	}
}

// loadInitial takes an initial key and its KSN.
func (s *session) loadInitial(body string) {
	s.accept()
	if len(body) != 52 {
		s.answer(stx, "911", nil)
		return
	}
	key, err := dukpt.ParseKey(body[:32])
	ksn, err2 := dukpt.ParseKSN(dukpt.TDES, body[32:])
	if err != nil || err2 != nil {
		s.answer(stx, "911", nil)
		return
	}
	s.pad.mu.Lock()
	s.pad.initial, s.pad.ksn = key, ksn
	s.pad.mu.Unlock()
	s.answer(stx, "910", nil)
}

func (s *session) askKey(body string) {
	seconds, err := strconv.Atoi(body)
	if err != nil || seconds < 1 || seconds > 255 {
		return
	}
	s.accept()
	s.wait(keyMode, time.Duration(seconds)*time.Second)
}

func (s *session) askText(body string) {
	if len(body) < 4 {
		return
	}
	seconds, err := strconv.Atoi(body[1:4])
	most, err2 := strconv.Atoi("0" + body[4:])
	if err != nil || err2 != nil || seconds < 1 {
		return
	}
	if most == 0 {
		most = 50
	}
	s.accept()
	s.ask = question{id: "Z50", most: most}
	s.wait(textMode, time.Duration(seconds)*time.Second)
}
