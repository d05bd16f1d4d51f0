package verifone

import (
	"bytes"
	"testing"
)

// samples is one body for every row of the table, written by hand from the manuals' layouts.
var samples = map[string]string{
	"diagnostic": "0106", "diagnostic result": "14SN 123", "load master key": "020" + k16, "master key echo": "020" + k16, "master key refused": "02?1",
	"master key state": "04F", "ask master key": "040", "load serial number": "051002611220100001", "ask serial number": "06",
	"serial number": "061002611220100001", "dummy": "07", "select master key": "080", "master key selected": "08A", "line loop": "09\x1aPROCESSING",
	"connection test": "11", "set line": "1341", "line set": "130", "set key management": "18180", "select dukpt engine": "190",
	"ask dukpt engine": "25", "dukpt engine": "250",

	"70 session 16": "70.4012345678909\x1c" + k16 + "12.34\x1c2", "70 session 32": "70.4012345678909\x1c" + k16 + k16 + "12.34",
	"70 dukpt": "704012345678909\x1cD12.34", "76 dukpt test": "764012345678909\x1cC12.34\x1c9", "cancel": "72", "71 code": "712",
	"71 session": "71.004011B9C1845EB993A7A", "71 dukpt": "7109876543210E000011B9C1845EB993A7A",
	"73 dukpt": "73.000009876543210E000011B9C1845EB993A7A", "73 without pin": "73.00000", "75 code": "751",
	"Z60 session": "Z60.4012345678909\x1c" + k16, "Z60 dukpt": "Z60.4012345678909\x1cDUKPT ENCRYPTION", "Z60 dukpt timed": "Z60.4012345678909\x1c3",
	"Z62 session 16": "Z62.4012345678909\x1c" + k16 + "0412NENTER\x1cPIN\x1cWAIT", "Z62 session 32": "Z62.4012345678909\x1c" + k16 + k16 + "0412YENTER\x1cPIN\x1cWAIT\x1c1",
	"Z62 dukpt": "Z62.4012345678909\x1c0412NENTER\x1cPIN\x1cWAIT", "Z63 session 16": "Z63.4012345678909\x1c" + k16 + "0412N*",
	"Z63 session 32": "Z63.4012345678909\x1c" + k16 + k16 + "0412N*", "Z63 dukpt": "Z63.4012345678909\x1cDUKPT ENCRYPTION0412N*",

	"leading F's of the ksn": "7A0", "load initial key": "906AC292FAA1315B4D858AB3A3D7D5933AFFFF9876543210E00000",
	"load second initial key": "946AC292FAA1315B4D858AB3A3D7D5933AFFFF9876543210E00000", "initial key loaded": "910",

	"cursor": "Z001", "idle": "Z1", "show": "Z2\x1aSWIPE CARD", "show lines": "Z32\x1aONE\x1cTWO", "shown": "Z20", "lines shown": "Z30",
	"ask key": "Z4210", "key": "Z43#", "ask string": "Z50103012", "string": "Z5112345", "ask mac": "Z66DATA\x1cMORE", "mac": "Z6701B9C1845EB993A7A",
}

const k16 = "0123456789ABCDEF"

// TestEveryRow: each row reads its sample, writes it back, and no row before it takes it.
func TestEveryRow(t *testing.T) {
	for i := range Messages {
		m := &Messages[i]
		body, ok := samples[m.Name]
		if !ok {
			t.Errorf("%s: there is no sample", m.Name)
			continue
		}
		got, values := find(m.Envelope, []byte(body), m.FromPad)
		if got == nil || got.Name != m.Name {
			t.Errorf("%s: the sample is read as another message", m.Name)
			continue
		}
		if again, err := m.build(values...); err != nil || !bytes.Equal(again, []byte(body)) {
			t.Errorf("%s: the sample is written another way: %v", m.Name, err)
		}
	}
	if len(samples) != len(Messages) {
		t.Errorf("%d samples for %d rows: a name stands twice", len(samples), len(Messages))
	}
}

// TestEveryFieldMatters: a row with one field altered does not read its sample, or reads other fields.
func TestEveryFieldMatters(t *testing.T) {
	for i := range Messages {
		m := &Messages[i]
		body := []byte(samples[m.Name])
		want, _ := m.split(body)
		for f, field := range m.Fields {
			if len(want[f]) == 0 {
				continue // an optional field that the sample leaves out
			}
			altered := *m
			altered.Fields = append([]Field(nil), m.Fields...)
			altered.Fields[f].Min, altered.Fields[f].Max = len(want[f])+1, len(want[f])+1
			if values, ok := altered.split(body); ok && bytes.Equal(values[f], want[f]) {
				t.Errorf("%s: the length of %s does not matter", m.Name, field.Name)
			}
			altered.Fields[f] = field
			altered.Fields[f].FS = !field.FS
			if _, ok := altered.split(body); ok {
				t.Errorf("%s: the separator before %s does not matter", m.Name, field.Name)
			}
		}
	}
}

// TestOneElastic: between two separators at most one field varies in length, or no frame could be cut.
func TestOneElastic(t *testing.T) {
	for i := range Messages {
		m := &Messages[i]
		for at := 0; at < len(m.Fields); {
			group, elastic := m.group(at), 0
			for _, f := range group {
				if f.Min != f.Max {
					elastic++
				}
			}
			if elastic > 1 {
				t.Errorf("%s: %d fields vary", m.Name, elastic)
			}
			at += len(group)
		}
	}
}
