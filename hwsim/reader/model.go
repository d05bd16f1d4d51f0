package reader

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tillpos/till/device/hidpos"
	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
)

// model is one kind of reader: how it stands on its bus, and what a swipe sends.
type model struct {
	name  string
	forms []string // the first is the default
	seals []string // forms that encipher
	// hello says what a HID model is; nil for models on a line.
	hello func(form string) transport.Hello
	send  func(r *Reader, st stripe) ([]byte, error)
}

func (m model) traits(form string) traits {
	seals := slices.Contains(m.seals, form)
	return traits{seals: seals, framed: seals && m.name != "magnesafe"}
}

var models = []model{
	{"magtek", []string{"report"}, nil, func(string) transport.Hello {
		h := hid(magtek.Vendor, magtek.Product, magtek.UsagePage, magtek.ReportLength)
		h.Descriptor = sureSwipeDescriptor
		return h
	}, (*Reader).magtekReport},
	{"magnesafe", []string{"encrypted", "clear"}, []string{"encrypted"}, func(string) transport.Hello {
		return hid(magtek.Vendor, magtek.ProductSafe, magtek.UsagePage, magtek.SafeLength)
	}, (*Reader).safeReport},
	{"magtek-serial", []string{"plain", "framed", "encrypted"}, []string{"encrypted"}, nil, (*Reader).magtekText},
	{"idtech", []string{"clear", "other", "original", "enhanced", "aes"}, idtechSeals, func(form string) transport.Hello {
		if form == "other" {
			return hid(idtech.Vendor, idtech.ProductOther, idtech.UsagePage, magtek.ReportLength)
		}
		return hid(idtech.Vendor, idtech.Product, idtech.UsagePage, idtech.ReportLength)
	}, (*Reader).idtechReport},
	{"idtech-serial", []string{"idtech", "uic", "magtek", "original", "enhanced", "aes"}, idtechSeals, nil, (*Reader).idtechText},
	{"hidpos", []string{"report"}, nil, func(string) transport.Hello {
		h := hid(0x1234, 0x8E01, hidpos.UsagePage, hidposLength)
		h.Descriptor = hex.EncodeToString(hidposDescriptor)
		return h
	}, (*Reader).hidposReport},
	{"wedge", []string{"keys", "german"}, nil, nil, (*Reader).typed},
}

var idtechSeals = []string{"original", "enhanced", "aes"}

// sureSwipeDescriptor is the report descriptor that MagTek published for its clear readers.
const sureSwipeDescriptor = "0600ff0901a101150026ff00750809200921092209280929092a0938950781020930956e8202010931956e8202010932956e82020109209518b20201c0"

// Models gives the models and their forms.
func Models() (names []string, forms map[string][]string) {
	forms = map[string][]string{}
	for _, m := range models {
		names = append(names, m.name)
		forms[m.name] = m.forms
	}
	return names, forms
}

func find(name, form string) (model, string, error) {
	if name == "" {
		name = models[0].name
	}
	for _, m := range models {
		if m.name != name {
			continue
		}
		if form == "" {
			form = m.forms[0]
		}
		if !slices.Contains(m.forms, form) {
			return m, "", fmt.Errorf("%s has the forms %s", name, strings.Join(m.forms, ", "))
		}
		return m, form, nil
	}
	names, _ := Models()
	return model{}, "", fmt.Errorf("there is no model %q; there are %s", name, strings.Join(names, ", "))
}

func hid(vendor, product, page uint16, length int) transport.Hello {
	return transport.Hello{Vendor: vendor, Product: product, UsagePage: page, ReportLength: length}
}

// magtekReport lays the stripe out by the table of the clear reader.
func (r *Reader) magtekReport(st stripe) ([]byte, error) {
	b := r.noise(magtek.ReportLength)
	for _, f := range magtek.Layout {
		switch {
		case f.Optional:
		case f.Track == 0:
			b[f.Offset] = st.encode
		case strings.HasPrefix(f.Name, "decode_status"):
			b[f.Offset] = st.status(f.Track - 1)
		case strings.HasPrefix(f.Name, "data_length"):
			b[f.Offset] = byte(len(st.text[f.Track-1]))
		default:
			copy(b[f.Offset:f.Offset+f.Length], st.text[f.Track-1])
		}
	}
	return b, nil
}

// status is a decode status.
func (st stripe) status(i int) byte {
	if st.failed[i] {
		return 1
	}
	return 0
}

// The report of the simulated reader of the HID point of sale class: three lengths, three tracks.
var hidposRoom = [3]int{79, 40, 107}

const hidposLength = 3 + 79 + 40 + 107

var hidposDescriptor = []byte{
	0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, // usage page, reader, collection
	0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, // bytes
	0x09, 0x11, 0x09, 0x12, 0x09, 0x13, 0x95, 0x03, 0x81, 0x02, // three lengths
	0x09, 0x21, 0x95, 79, 0x82, 0x02, 0x01,
	0x09, 0x22, 0x95, 40, 0x82, 0x02, 0x01,
	0x09, 0x23, 0x95, 107, 0x82, 0x02, 0x01,
	0xC0,
}

func (r *Reader) hidposReport(st stripe) ([]byte, error) {
	b := r.noise(hidposLength)
	at := 3
	for i, room := range hidposRoom {
		text := st.spelled(i)
		if len(text) > room {
			return nil, fmt.Errorf("track %d has %d characters, this reader's report holds %d", i+1, len(text), room)
		}
		b[i] = byte(len(text))
		copy(b[at:], text)
		at += room
	}
	return b, nil
}

// startSentinels of the tracks as text readers print them.
const startSentinels = "%;+"

// spelled is a track as text readers print it.
func (st stripe) spelled(i int) string {
	if st.failed[i] {
		return string(startSentinels[i]) + "E?"
	}
	if i == 2 && st.text[i] != "" {
		return string(startSentinels[i]) + st.text[i][1:]
	}
	return st.text[i]
}

func (st stripe) allSpelled() string { return st.spelled(0) + st.spelled(1) + st.spelled(2) }

// typed is the plainest text: what a keyboard reader types, with its Enter, and some lines carry.
func (r *Reader) typed(st stripe) ([]byte, error) {
	text := st.allSpelled() + "\r"
	if r.form == "german" {
		text = german.Replace(text)
	}
	return []byte(text), nil
}

// german is what the keys of a US keyboard give on a computer that is set to the German layout.
var german = strings.NewReplacer(";", "ö", "=", "´", "?", "_", "^", "&", "/", "-", "-", "ß", "+", "`", "'", "ä", "Y", "Z", "Z", "Y")

// magtekText is what the RS-232 readers and the text form of the encrypting ones send.
func (r *Reader) magtekText(st stripe) ([]byte, error) {
	switch r.form {
	case "framed":
		return []byte("\x02\x1b" + st.allSpelled() + "\r\x03"), nil
	case "plain":
		return r.typed(st)
	}
	s, err := r.seal(st, sealPIN)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := range 3 {
		if st.failed[i] {
			b.WriteString(st.spelled(i))
		} else {
			b.WriteString(maskMagtek(st.spelled(i)))
		}
	}
	var safety [2]byte
	binary.LittleEndian.PutUint16(safety[:], s.safety)
	field := func(data []byte) { b.WriteString(strings.ToUpper(hex.EncodeToString(data)) + "|") }
	b.WriteByte('|')
	field(safety[:])
	for i := range 3 {
		field(s.blobs[i])
	}
	field([]byte{1, 0, 0, 0}) // MagnePrint status: capable, nothing wrong
	field(s.print)
	b.WriteString(readerSerial + "|")
	field(make([]byte, 8))
	if st.ksnStripped {
		b.WriteString(strings.TrimLeft(strings.ToUpper(hex.EncodeToString(s.ksn)), "F") + "|")
	} else {
		field(s.ksn)
	}
	crc := magtek.CRC([]byte(b.String()))
	if st.badCheck {
		crc++
	}
	field([]byte{byte(crc), byte(crc >> 8)})
	b.WriteString("|0000\r")
	return []byte(b.String()), nil
}

// safeReport lays the stripe out by the table of the encrypting reader.
func (r *Reader) safeReport(st stripe) ([]byte, error) {
	b := r.noise(magtek.SafeLength)
	s := sealed{safety: 0} // no key: tracks in clear
	if r.form == "clear" {
		for i := range 3 {
			s.blobs[i] = []byte(st.text[i])
		}
		s.ksn = make([]byte, 10)
	} else {
		var err error
		if s, err = r.seal(st, sealPIN); err != nil {
			return nil, err
		}
	}
	for _, f := range magtek.SafeLayout {
		copy(b[f.Offset:f.Offset+f.Length], r.safeField(f, st, s))
	}
	return b, nil
}

func (r *Reader) safeField(f magtek.Field, st stripe, s sealed) []byte {
	i := f.Track - 1
	name := f.Name
	if i >= 0 {
		name = f.Name[:len(f.Name)-2]
	}
	switch name {
	case "decode_status":
		return []byte{st.status(i)}
	case "data_length":
		return []byte{byte(len(s.blobs[i]))}
	case "card_encode_type":
		return []byte{st.encode}
	case "encrypted_track":
		return s.blobs[i]
	case "masked_length":
		return []byte{byte(len(st.text[i]))}
	case "masked_track":
		return []byte(maskMagtek(st.text[i]))
	case "true_length":
		return []byte{byte(len(st.text[i]))}
	case "magneprint_status":
		return []byte{1, 0, 0, 0}
	case "magneprint_length":
		return []byte{byte(len(s.print))}
	case "magneprint":
		return s.print
	case "serial":
		return append([]byte(readerSerial), 0)
	case "encryption_status":
		return binary.BigEndian.AppendUint16(nil, s.safety)
	case "ksn":
		return s.ksn
	}
	return make([]byte, f.Length)
}

// maskMagtek shows the first and last four digits of the number, name and expiry date, and 0 for the rest.
func maskMagtek(track string) string {
	separator := strings.IndexAny(track, "^=")
	if separator < 0 || len(track) < 2 {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '0'
			}
			return c
		}, track)
	}
	b := []byte(track)
	first := 1
	if track[0] == '%' {
		first = 2
	}
	for i := first + 4; i < separator-4; i++ {
		b[i] = '0'
	}
	rest := strings.LastIndexAny(track, "^=") + 1 + 4
	for i := rest; i < len(b)-1; i++ {
		b[i] = '0'
	}
	return string(b)
}
