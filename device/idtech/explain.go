package idtech

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Explain cuts bytes into HID reports or messages of a line and shows their fields: tracks masked, blobs by
// their length.
func Explain(b []byte) ([]pos.WireFrame, *pos.WireError) {
	if len(b) >= ReportLength && len(b) <= longestReport && b[0] != stx {
		output := outputOf(b)
		frames, bad := explainMessage(OutputAt, output)
		return []pos.WireFrame{frames}, bad
	}
	var out []pos.WireFrame
	for at := 0; at < len(b); {
		n, verdict := Cut(b[at:])
		if n == 0 {
			n = len(b) - at
		}
		if verdict != transport.Skip {
			f, bad := explainMessage(at, b[at:at+n])
			if bad != nil {
				return out, bad
			}
			out = append(out, f)
		}
		at += n
	}
	if len(out) == 0 {
		return nil, &pos.WireError{Reason: "no frame and no track stands here"}
	}
	return out, nil
}

func explainMessage(offset int, m []byte) (pos.WireFrame, *pos.WireError) {
	f := pos.WireFrame{Record: "idtech text", Offset: offset, Length: len(m), Parity: "none", LRC: "absent"}
	if frameLength(m) == 0 {
		tracks, found := magtek.TextTracks(m)
		if !found && len(m) > 0 {
			return f, &pos.WireError{Offset: offset, Reason: "no frame and no track stands here"}
		}
		for i, t := range tracks {
			if len(t) > 0 {
				f.Fields = append(f.Fields, pos.WireField{Name: fmt.Sprintf("track_%d", i+1), Pos: bytes.Index(m, t), Len: len(t), Value: magtek.MaskTrack(t)})
			}
		}
		return f, nil
	}
	data, err := unwrap(m)
	f.LRC = "ok"
	if errors.Is(err, ErrCheck) {
		f.LRC, err = "bad", nil
	}
	if err != nil {
		return f, &pos.WireError{Offset: offset + len(m), Reason: "the frame ends before its length, or without an ETX"}
	}
	f.Length = frameLength(m)
	s, err := split(data)
	if err != nil {
		return f, &pos.WireError{Offset: offset + FrameHead, Reason: strings.TrimPrefix(err.Error(), "idtech: ")}
	}
	f.Record = "idtech secure frame, original structure"
	if data[0]&Enhanced != 0 {
		f.Record = "idtech secure frame, enhanced structure"
	}
	f.Fields = s.fields(data)
	return f, nil
}

// fields shows a frame's parts where they stand. The parts are pieces of data.
func (s *secured) fields(data []byte) (out []pos.WireField) {
	add := func(name string, part []byte, value string) {
		if len(part) > 0 {
			at := FrameHead + cap(data) - cap(part)
			out = append(out, pos.WireField{Name: name, Pos: at, Len: len(part), Value: value})
		}
	}
	names := map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}
	encoding := string(encodings[s.encode])
	if encoding == "" {
		encoding = "unknown"
	}
	add("encode_type", data[:1], fmt.Sprintf("%02X %s", data[0], encoding))
	add("track_status", data[1:2], fmt.Sprintf("%02X %s, %s, %s", data[1], names[s.status[0]], names[s.status[1]], names[s.status[2]]))
	for i := range 3 {
		add(fmt.Sprintf("length_%d", i+1), data[2+i:3+i], fmt.Sprint(data[2+i]))
	}
	if data[0]&Enhanced != 0 {
		add("sent_masked", data[5:6], fmt.Sprintf("%02X %d tracks", data[5], tracksOf(data[5])))
		add("sent_encrypted", data[6:7], fmt.Sprintf("%02X %d tracks, %s", data[6], tracksOf(data[6]), s.algorithm))
	}
	for i := range 3 {
		add(fmt.Sprintf("track_%d", i+1), s.shown[i], magtek.MaskTrack(withoutLRC(s.shown[i])))
	}
	for i := range 3 {
		name := fmt.Sprintf("encrypted_track_%d", i+1)
		if s.joined {
			name = "encrypted_tracks_1_2"
		}
		add(name, s.blobs[i], fmt.Sprintf("%d bytes", len(s.blobs[i])))
	}
	add("session_id", s.session, strings.ToUpper(hex.EncodeToString(s.session)))
	for i := range 3 {
		// A hash of a track leads back to the number, of which ten digits are known: it is not shown.
		add(fmt.Sprintf("sha1_track_%d", i+1), s.hashes[i], fmt.Sprintf("%d bytes", len(s.hashes[i])))
	}
	add("serial", s.serial, magtek.Shown(s.serial))
	add("ksn", s.ksn, strings.ToUpper(hex.EncodeToString(s.ksn)))
	return out
}
