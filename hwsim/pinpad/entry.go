package pinpad

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/hwsim/pinblock"
	"github.com/tillpos/till/pos/card"
)

// askPIN takes a request for a PIN: it is acknowledged, and what is wrong with it is the answer.
func (s *session) askPIN(body string) {
	s.accept()
	s.drawn = false
	q, limit := s.question(body)
	if q.refused == 0 {
		q.refused = s.refusal(q)
	}
	if q.refused != 0 {
		q.pan.Wipe()
		s.answer(stx, "71"+string(rune(q.refused)), nil)
		return
	}
	s.ask = q
	s.wait(pinMode, limit)
	s.pad.change(func(st *State) { st.Card = q.pan.Masked() })
	if s.pad.cfg.Auto {
		_ = s.typePIN(typing{pin: true}) // another card's PIN is never typed: nobody answers
	}
}

// question takes a request apart.
func (s *session) question(body string) (question, time.Duration) {
	q := question{id: body[:2], most: 12}
	if body[0] == 'Z' {
		q.id = body[:3]
	}
	dotted := strings.HasPrefix(body[len(q.id):], ".")
	parts := split(strings.TrimPrefix(body[len(q.id):], "."))
	limit := defaultTime
	if last := parts[len(parts)-1]; len(parts) > 1 && len(last) == 1 && last >= "1" && last <= "9" {
		limit = time.Duration(last[0]-'0') * 30 * time.Second
		parts = parts[:len(parts)-1]
	}
	pan, err := card.NewPAN([]byte(parts[0]))
	if err != nil {
		q.refused = badPAN(s.pad.cfg.Dialect, parts[0])
		return q, limit
	}
	q.pan = pan
	if len(parts) < 2 {
		return q, limit
	}
	rest := parts[1]
	if s.pad.cfg.Keys == "session" && (dotted || q.id != "70") {
		n := 16
		if len(rest) >= 32 && isHex(rest[:32]) {
			n = 32
		}
		if len(rest) >= n && isHex(rest[:n]) {
			q.key, rest = rest[:n], rest[n:]
		}
	}
	rest = strings.TrimPrefix(rest, "DUKPT ENCRYPTION")
	if (q.id == "Z62" || q.id == "Z63") && len(rest) >= 5 {
		q.noPIN = rest[4] == 'Y'
	}
	return q, limit
}

func isHex(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil
}

func badPAN(dialect, pan string) byte {
	digits := strings.Trim(pan, "0123456789") == ""
	switch {
	case dialect == "verifone":
		return '2'
	case pan == "":
		return '0'
	case !digits:
		return '4'
	case len(pan) < 8:
		return '2'
	}
	return '3'
}

// refusal says why the pad does not ask for the PIN, in the words of its dialect; 0 when it does.
func (s *session) refusal(q question) byte {
	uic := s.pad.cfg.Dialect == "uic"
	if _, yes := s.pad.faults.Fires(faultNoKey); yes {
		return pick(uic && s.pad.cfg.Keys == "dukpt", 'A', pick(uic, '9', '1'))
	}
	if s.pad.cfg.Keys == "dukpt" {
		_, forced := s.pad.faults.Fires(faultExhausted)
		s.pad.mu.Lock()
		_, err := s.pad.ksn.Next()
		s.pad.mu.Unlock()
		if forced || err != nil {
			return pick(uic, 'F', '6')
		}
	} else if _, known := s.pad.master[s.slot]; !known {
		return pick(uic, '9', '1')
	} else if q.key == "" {
		return pick(uic, '5', '2')
	}
	if uic && q.id == "Z60" && !s.prompted {
		return '8'
	}
	return 0
}

func pick(first bool, a, b byte) byte {
	if first {
		return a
	}
	return b
}

// keyNames are the keys with what Z43 calls them.
var keyNames = map[string]string{
	"F1": "A", "F2": "B", "F3": "C", "cancel": "*", "enter": "#", "clear": "/", "timeout": "?",
	"0": "0", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9",
}

// person carries out what a person does.
func (s *session) person(t typing) error {
	switch {
	case t.pin && s.mode == pinMode:
		return s.typePIN(t)
	case t.text && s.mode == textMode:
		if strings.Trim(t.keys, "0123456789") != "" {
			return &BadRequest{errors.New("only digits can be typed")}
		}
		s.enterText(t.keys)
		return nil
	case t.pin, t.text:
		return ErrNobody
	}
	return s.press(t.keys)
}

func (s *session) press(key string) error {
	switch {
	case key == "timeout":
		s.timeout()
	case s.mode == keyMode:
		s.leave()
		s.answer(stx, "Z43"+keyNames[key], nil)
	case key == "cancel":
		s.leave()
		s.put([]byte{eot})
	case key == "clear":
		s.ask.typed = ""
	case key == "enter" && s.mode == textMode:
		s.enterText("")
	case key == "enter" && s.ask.noPIN:
		s.without()
	case s.mode == textMode && len(key) == 1:
		s.ask.typed += key
	case key != "enter" && s.mode == pinMode:
		return &BadRequest{errors.New("digits of a PIN are typed from the table of test cards only: /pin")}
	}
	return nil
}

func (s *session) enterText(more string) {
	text := s.ask.typed + more
	text = text[:min(len(text), s.ask.most)] // beyond it the pad beeps
	s.leave()
	s.answer(stx, "Z51"+text, nil)
}

// without answers that no PIN was typed.
func (s *session) without() {
	s.leave()
	switch {
	case s.pad.cfg.Keys == "session":
		s.answer(stx, "71.00001", nil)
	case s.pad.cfg.Dialect == "verifone":
		s.answer(stx, "73.00000", nil)
	default:
		s.answer(stx, "710", nil)
	}
}

// typePIN types a test card's PIN and answers with its block.
func (s *session) typePIN(t typing) error {
	asked, ok := cardOf(s.ask.pan)
	if !ok {
		return &BadRequest{errors.New("the card that is asked for is no test card with a PIN")}
	}
	if t.card == "" {
		t.card = asked
	}
	pin, ok := pinOf(t.card)
	if !ok {
		return &BadRequest{fmt.Errorf("the test card %q has no PIN", t.card)}
	}
	defer pin.Wipe()
	if t.wrong {
		pin = other(pin)
		defer pin.Wipe()
	}
	answer, err := s.block(pin)
	if err != nil {
		return err
	}
	s.pad.change(func(st *State) { st.PINs++ })
	s.leave()
	s.show("PROCESSING")
	s.answer(stx, answer, nil)
	return nil
}

// other is a PIN with its last digit changed.
func other(p pinblock.PIN) (q pinblock.PIN) {
	p.Lend(func(d []byte) {
		d = append([]byte(nil), d...)
		defer clear(d)
		d[len(d)-1] = '0' + (d[len(d)-1]-'0'+1)%10
		q, _ = pinblock.New(d)
	})
	return q
}

// block makes the answer that carries a PIN.
func (s *session) block(pin pinblock.PIN) (string, error) {
	if s.pad.cfg.Keys == "session" {
		return s.sessionBlock(pin)
	}
	ksn, key, err := s.pad.nextKey()
	if err != nil {
		return "", err
	}
	block, err := encipher(key, pin, s.ask.pan)
	if err != nil {
		return "", err
	}
	text := s.pad.written(ksn)
	// VeriFone's pads answer 73 to a Z message.
	if s.pad.cfg.Dialect == "verifone" && s.ask.id[0] == 'Z' {
		return "73.00000" + text + block, nil
	}
	return "710" + text + block, nil
}

func encipher(key dukpt.Key, pin pinblock.PIN, pan card.PAN) (string, error) {
	c, err := key.Cipher(dukpt.TDES)
	if err != nil {
		return "", err
	}
	b, err := pinblock.Encrypt(pinblock.ISO0, c, pin, pan, nil)
	return strings.ToUpper(hex.EncodeToString(b)), err
}

// nextKey uses up one transaction.
func (p *Pad) nextKey() (dukpt.KSN, dukpt.Key, error) {
	_, wrong := p.faults.Fires(faultWrongKey)
	p.mu.Lock()
	defer p.mu.Unlock()
	ksn, err := p.ksn.Next()
	if err != nil {
		return dukpt.KSN{}, dukpt.Key{}, err
	}
	p.ksn = ksn
	p.state.KSN = ksn.String()
	initial := p.initial
	if wrong {
		b := initial.Bytes()
		b[0] ^= 0xF0
		initial = dukpt.NewKey(b)
	}
	transaction, err := dukpt.TransactionKey(initial, ksn)
	if err != nil {
		return dukpt.KSN{}, dukpt.Key{}, err
	}
	key, err := dukpt.WorkingKey(transaction, ksn, dukpt.PIN)
	return ksn, key, err
}

// written is a KSN as the pad sends it.
func (p *Pad) written(ksn dukpt.KSN) string {
	_, strip := p.faults.Fires(faultStrip)
	_, full := p.faults.Fires(faultFull)
	p.mu.Lock()
	defer p.mu.Unlock()
	if text := ksn.String(); full || p.full && !strip {
		return text
	}
	return strings.TrimLeft(ksn.String(), "F")
}

// sessionBlock deciphers the session key under the master key, half by half, and enciphers under it.
func (s *session) sessionBlock(pin pinblock.PIN) (string, error) {
	master, err := s.pad.master[s.slot].Cipher(dukpt.TDES)
	if err != nil {
		return "", err
	}
	key, err := hex.DecodeString(s.ask.key)
	if err != nil {
		return "", err
	}
	for at := 0; at < len(key); at += 8 {
		master.Decrypt(key[at:at+8], key[at:at+8])
	}
	if len(key) == 8 {
		key = append(key, key...) // single DES
	}
	if _, wrong := s.pad.faults.Fires(faultWrongKey); wrong {
		key[0] ^= 0xF0
	}
	length := pin.Len()
	block, err := encipher(dukpt.NewKey(key), pin, s.ask.pan)
	return fmt.Sprintf("71.0%02d01%s", length, block), err
}
