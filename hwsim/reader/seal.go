package reader

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/pos/card"
)

// The key of simulated encrypting readers unless another one is given: the base key of the published
// examples, which no real device has.
const (
	exampleBDK = "0123456789ABCDEFFEDCBA9876543210"
	exampleKSN = "FFFF9876543210E00001"
	// wrongBDK is what the fault wrong_key enciphers under.
	wrongBDK = "00112233445566778899AABBCCDDEEFF"
)

// readerSerial is the serial number of the simulated readers.
const readerSerial = "SIM0000001"

// keys are the key set of a simulated encrypting reader.
type keys struct {
	bdk  dukpt.Key
	ksn  dukpt.KSN // of the next swipe
	gone bool      // used up
}

func newKeys(bdk, ksn string) (k keys, err error) {
	if bdk == "" {
		bdk = exampleBDK
	}
	if ksn == "" {
		ksn = exampleKSN
	}
	if k.ksn, err = dukpt.ParseKSN(dukpt.TDES, ksn); err != nil {
		return k, fmt.Errorf("key serial number: %w", err)
	}
	if k.bdk, err = dukpt.ParseKey(bdk); err == nil {
		_, err = dukpt.InitialKey(k.bdk, k.ksn)
	}
	if err != nil {
		err = fmt.Errorf("base derivation key: %w", err)
	}
	return k, err
}

// sealed is what an encrypting reader makes of a stripe.
type sealed struct {
	blobs  [3][]byte
	joined []byte // tracks 1 and 2 in one run
	print  []byte
	ksn    []byte
	safety uint16 // MagTek's encryption status
}

// sealing is how a family enciphers.
type sealing struct {
	use       dukpt.Usage
	algorithm dukpt.Algorithm
	lrc       bool // each track has its LRC character behind it
	safety    uint16
}

var (
	sealPIN  = sealing{use: dukpt.PIN, algorithm: dukpt.TDES, safety: 0x0006}
	sealData = sealing{use: dukpt.DataRequest, algorithm: dukpt.TDES, lrc: true}
	// The key is that of TDES DUKPT, whose 16 bytes are taken as a key of AES.
	sealAES = sealing{use: dukpt.DataRequest, algorithm: dukpt.AES128, lrc: true}
)

// seal enciphers the tracks and counts the KSN on. Once the keys are used up there are no blobs.
func (r *Reader) seal(st stripe, how sealing) (sealed, error) {
	ksn := r.keys.ksn
	next, err := ksn.Next()
	if errors.Is(err, dukpt.ErrExhausted) || st.exhausted {
		r.keys.gone = true
	}
	out := sealed{safety: how.safety, ksn: ksnBytes(ksn)}
	if r.keys.gone {
		out.safety = 0x0001
		return out, nil
	}
	r.keys.ksn = next
	bdk := r.keys.bdk
	if st.wrongKey {
		if bdk, err = dukpt.ParseKey(wrongBDK); err != nil {
			return out, err
		}
	}
	key, err := dukpt.KeyFor(bdk, ksn, how.use)
	if err != nil {
		return out, err
	}
	for i := range 3 {
		if text := st.sealedText(i, how.lrc); len(text) > 0 {
			if out.blobs[i], err = dukpt.Encrypt(key, how.algorithm, text); err != nil {
				return out, err
			}
		}
	}
	if joined := append(st.sealedText(0, how.lrc), st.sealedText(1, how.lrc)...); len(joined) > 0 {
		if out.joined, err = dukpt.Encrypt(key, how.algorithm, joined); err != nil {
			return out, err
		}
	}
	out.print = r.noise(56)
	return out, nil
}

func ksnBytes(k dukpt.KSN) []byte {
	b, err := hex.DecodeString(k.String())
	if err != nil {
		panic(err) // a KSN prints as hexadecimal
	}
	return b
}

// sealedText is a track as it is enciphered.
func (st stripe) sealedText(i int, lrc bool) []byte {
	text := []byte(st.text[i])
	if lrc && len(text) > 0 {
		text = append(text, card.LRC(text, i+1))
	}
	return text
}

// maskIDTech shows the first and last four digits of the number and the name, and stars for the rest; it
// ends with a star for the LRC character.
func maskIDTech(track []byte) []byte {
	out := make([]byte, len(track))
	separator, seen := -1, 0
	for i, c := range track {
		out[i] = '*'
		if c == '^' || c == '=' {
			if separator < 0 {
				separator = i
			}
			seen++
			out[i] = c
			continue
		}
		if i == 0 || c == '?' || seen == 1 && track[0] == '%' {
			out[i] = c
		}
	}
	first := 1
	if len(track) > 0 && track[0] == '%' {
		first = 2
	}
	for i := first; i < separator; i++ {
		if i < first+4 || i >= separator-4 {
			out[i] = track[i]
		}
	}
	return out
}

// idtechFrame is a secure frame of the form.
func (r *Reader) idtechFrame(st stripe) ([]byte, error) {
	how := sealData
	if r.form == "aes" {
		how = sealAES
	}
	s, err := r.seal(st, how)
	if err != nil {
		return nil, err
	}
	if r.keys.gone {
		st.text = [3]string{} // only the statuses and the KSN are left
	}
	var status byte
	var lengths, plain, shown [3][]byte
	for i := range 3 {
		plain[i] = st.sealedText(i, true)
		shown[i] = maskIDTech(plain[i])
		lengths[i] = []byte{byte(len(plain[i]))}
		if !st.failed[i] {
			status |= 1 << i
		}
		if st.failed[i] || st.text[i] != "" {
			status |= 8 << i
		}
	}
	data := append([]byte{0, status}, append(append(lengths[0], lengths[1]...), lengths[2]...)...)
	if r.form == "original" {
		data = append(append(append(data, shown[0]...), shown[1]...), plain[2]...)
		data = append(data, s.joined...)
		for i := range 2 {
			data = appendHash(data, plain[i])
		}
	} else {
		data[0] |= idtech.Enhanced
		masked, encrypted := byte(0x87), byte(0x80)
		if r.form == "aes" {
			masked |= idtech.FlagAES
		}
		for i := range 3 {
			if len(plain[i]) > 0 {
				encrypted |= 1<<i | 8<<i
			}
		}
		data = append(data, masked, encrypted)
		for i := range 3 {
			data = append(data, shown[i]...)
		}
		for i := range 3 {
			data = append(data, s.blobs[i]...)
		}
		for i := range 3 {
			data = appendHash(data, plain[i])
		}
		data = append(data, readerSerial...)
	}
	for st.ksnStripped && len(s.ksn) > 0 && s.ksn[0] == 0xFF {
		s.ksn = s.ksn[1:]
	}
	data = append(data, s.ksn...)
	lrc, sum := idtech.Checks(data)
	if st.badCheck {
		lrc++
	}
	frame := append([]byte{0x02, byte(len(data)), byte(len(data) >> 8)}, data...)
	return append(frame, lrc, sum, 0x03), nil
}

func appendHash(data, text []byte) []byte {
	if len(text) == 0 {
		return data
	}
	sum := sha1.Sum(text)
	return append(data, sum[:]...)
}

// idtechReport is a report in either structure.
func (r *Reader) idtechReport(st stripe) ([]byte, error) {
	if r.form == "other" {
		return r.magtekReport(st)
	}
	b := r.noise(idtech.ReportLength)
	for i := range 3 {
		b[i], b[3+i] = st.status(i), byte(len(st.text[i]))
	}
	b[6] = st.encode
	output := []byte(st.allSpelled())
	if r.form != "clear" {
		var err error
		if output, err = r.idtechFrame(st); err != nil {
			return nil, err
		}
	}
	if len(output) > len(b)-idtech.OutputAt {
		return nil, errors.New("the tracks are too long for this reader's report")
	}
	b[idtech.OutputLength], b[idtech.OutputLength+1] = byte(len(output)), byte(len(output)>>8)
	copy(b[idtech.OutputAt:], output)
	return b, nil
}

// idtechText is what the line carries, in the style of the form.
func (r *Reader) idtechText(st stripe) ([]byte, error) {
	var b []byte
	switch r.form {
	case "idtech":
		for i := range 3 {
			if t := st.spelled(i); t != "" {
				b = append(append(b, t...), '\r')
			}
		}
		if len(b) == 0 {
			b = []byte{'\r'}
		}
	case "uic":
		for i := range 3 {
			if t := st.spelled(i); t != "" {
				b = append(append(append(b, 0x02), t...), 0x10)
			}
		}
		if len(b) == 0 {
			b = []byte{0x02, 0x10}
		}
		b[len(b)-1] = 0x03
	case "magtek":
		b = []byte("\x02\x1b" + st.allSpelled() + "\r\x03")
	default:
		return r.idtechFrame(st)
	}
	return b, nil
}
