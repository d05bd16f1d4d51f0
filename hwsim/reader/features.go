package reader

import (
	"bufio"
	"bytes"
	"io"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
)

// features are what a MagTek reader is set to by feature reports: command, length, data; result, length, data. What
// is set counts from the next reset on.
type features struct {
	length     int // of a report, bytes
	properties map[byte][]byte
	packet     byte // which property is the size of a packet
	answer     []byte
	reset      bool // when the answer is taken
}

// Results of commands.
const (
	resultFailed = 0x01 // ours: the manuals at hand number the good one only
	resultBad    = 0x02
)

// software is what the simulated readers call theirs.
const software = "SIM 1.00"

// defaultTracks is the track property as readers are delivered: all three on.
const defaultTracks = 0x95

// newFeatures are those of a model; nil for one without feature reports.
func newFeatures(m model, packet int) *features {
	f := &features{length: magtek.FeatureLength, properties: map[byte][]byte{
		magtek.PropertySoftware: []byte(software),
		magtek.PropertySerial:   []byte(readerSerial),
	}}
	switch m.name {
	case "magtek":
		f.packet = magtek.PropertyPacket
		f.properties[magtek.PropertyPolling] = []byte{byte(pollInterval.Milliseconds())}
		f.properties[magtek.PropertyTracks] = []byte{defaultTracks}
	case "magnesafe":
		f.packet = magtek.PropertyPacketSafe
	default:
		return nil
	}
	f.properties[f.packet] = []byte{byte(packet)}
	return f
}

// take carries out a command.
func (f *features) take(report []byte) {
	f.answer = []byte{resultBad, 0}
	if len(report) < 2 || len(report) > f.length || 2+int(report[1]) > len(report) {
		return
	}
	data := report[2 : 2+int(report[1])]
	switch {
	case report[0] == magtek.CommandReset && len(data) == 0:
		f.answer, f.reset = []byte{magtek.ResultOK, 0}, true
	case report[0] == magtek.CommandGet && len(data) == 1:
		value, known := f.properties[data[0]]
		if !known {
			f.answer[0] = resultFailed
			return
		}
		f.answer = append([]byte{magtek.ResultOK, byte(len(value))}, value...)
	case report[0] == magtek.CommandSet && len(data) >= 1:
		f.answer[0] = f.set(data[0], bytes.Clone(data[1:]))
	}
}

func (f *features) set(property byte, value []byte) (result byte) {
	_, known := f.properties[property]
	switch {
	case !known, property == magtek.PropertySoftware, property == magtek.PropertySerial && len(value) > 15,
		property != magtek.PropertySerial && len(value) != 1, property == f.packet && (value[0] < 1 || value[0] > 64):
		return resultFailed
	}
	f.properties[property] = value
	return magtek.ResultOK
}

// listenHID answers questions about features until the host is gone.
func (r *Reader) listenHID(conn io.ReadWriteCloser) {
	in, buf := bufio.NewReader(conn), make([]byte, 1<<16)
	for {
		kind, payload, err := transport.ReadFrame(in, buf)
		if err != nil {
			return
		}
		switch {
		case r.features == nil || len(payload) == 0:
			err = transport.WriteFrame(conn, kind, nil)
		case kind == transport.FrameSetFeature:
			r.features.take(payload[1:])
			err = transport.WriteFrame(conn, kind, nil)
		case kind == transport.FrameGetFeature:
			answer := append(bytes.Clone(r.features.answer), make([]byte, r.features.length)...)[:r.features.length]
			if err = transport.WriteFrame(conn, kind, answer); err == nil && r.features.reset {
				r.restart(conn)
			}
		}
		if err != nil {
			return
		}
	}
}

// restart leaves the bus; what was set counts for the next host.
func (r *Reader) restart(conn io.WriteCloser) {
	f := r.features
	f.reset, f.answer = false, nil
	if !r.whole {
		r.packet.Store(int64(f.properties[f.packet][0]))
	}
	if tracks := f.properties[magtek.PropertyTracks]; tracks != nil {
		r.tracks.Store(uint32(tracks[0]))
	}
	_ = transport.WriteFrame(conn, transport.FrameUnplug, nil) // whoever reset it may be gone already
	conn.Close()
}

// passed leaves out the tracks that are switched off: two bits each, from track 1 up.
func (r *Reader) passed(st stripe) stripe {
	for i := range 3 {
		if r.tracks.Load()>>(2*i)&3 == 0 {
			st.text[i] = ""
		}
	}
	return st
}
