package magtek

import (
	"context"
	"errors"

	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/device/transport"
)

// Commands of the feature report: command, length, data; answered by result, length, data.
const (
	CommandGet   = 0x00 // data: property
	CommandSet   = 0x01 // data: property, value
	CommandReset = 0x02
	ResultOK     = 0x00
)

// FeatureLength is that of the feature report of the clear readers, bytes; other readers say theirs in their report
// descriptor.
const FeatureLength = 24

// Properties that the manuals number.
const (
	PropertySoftware   = 0x00
	PropertySerial     = 0x01
	PropertyPolling    = 0x02 // milliseconds
	PropertyPacket     = 0x03 // bytes of a USB packet; of encrypting readers PropertyPacketSafe
	PropertyTracks     = 0x04
	PropertyPacketSafe = 0x0A
)

// Properties are the settings of the clear readers (99875191). A change counts from the next reset on.
var Properties = []setting.Setting{
	{Name: "software", Code: PropertySoftware, ReadOnly: true},
	{Name: "serial", Code: PropertySerial, Most: 15},
	{Name: "polling_ms", Code: PropertyPolling, Kind: setting.Number, Least: 1, Most: 255},
	{Name: "packet_bytes", Code: PropertyPacket, Kind: setting.Number, Least: 1, Most: 64},
	{Name: "tracks", Code: PropertyTracks, Kind: setting.Choose, Choices: []setting.Choice{
		// Two bits a track, from track 1 up: 00 off, 01 on, 10 required. 95 is how readers are delivered; its top bits
		// are those of AAMVA cards.
		{Name: "all", Value: 0x95}, {Name: "1-2", Value: 0x85}, {Name: "2", Value: 0x84}, {Name: "2-required", Value: 0x88},
	}},
}

// SafeProperties are those of the MagneSafe V5 readers that the manuals at hand number. What else they let be set
// needs a key.
var SafeProperties = []setting.Setting{
	{Name: "software", Code: PropertySoftware, ReadOnly: true},
	{Name: "serial", Code: PropertySerial, ReadOnly: true},
	{Name: "packet_bytes", Code: PropertyPacketSafe, Kind: setting.Number, Least: 1, Most: 64},
}

// Errors of settings.
var (
	ErrRefused = errors.New("magtek: the reader refused the command")
	ErrAnswer  = errors.New("magtek: the reader's answer is shorter than it says")
	ErrTooLong = errors.New("magtek: the value does not fit into the feature report")
)

// Features sets readers up by feature reports; it does not own the transport.
type Features struct {
	conn   transport.FeatureConn
	length int
}

// NewFeatures takes an open transport.
func NewFeatures(conn transport.FeatureConn) *Features {
	f := &Features{conn, FeatureLength}
	if n := transport.FeatureLength(conn.Info().Descriptor); n > 0 {
		f.length = n
	}
	return f
}

// Get reads a property. It errs with ErrRefused, ErrAnswer and as transport.FeatureConn.
func (f *Features) Get(ctx context.Context, property byte) ([]byte, error) {
	return f.ask(ctx, CommandGet, property)
}

// Set writes a property, which counts after a Reset.
func (f *Features) Set(ctx context.Context, property byte, value []byte) error {
	_, err := f.ask(ctx, CommandSet, append([]byte{property}, value...)...)
	return err
}

// Reset starts the reader anew: it leaves the bus and comes back.
func (f *Features) Reset(ctx context.Context) error {
	_, err := f.ask(ctx, CommandReset)
	return err
}

func (f *Features) ask(ctx context.Context, command byte, data ...byte) ([]byte, error) {
	if 2+len(data) > f.length {
		return nil, ErrTooLong
	}
	report := make([]byte, f.length)
	report[0], report[1] = command, byte(len(data))
	copy(report[2:], data)
	if err := f.conn.SetFeature(ctx, 0, report); err != nil {
		return nil, err
	}
	answer, err := f.conn.GetFeature(ctx, 0, f.length)
	if err != nil {
		return nil, err
	}
	return ParseAnswer(answer)
}

// ParseAnswer gives the data of an answer. It errs with ErrRefused and ErrAnswer.
func ParseAnswer(b []byte) ([]byte, error) {
	switch {
	case len(b) < 2:
		return nil, ErrAnswer
	case b[0] != ResultOK:
		return nil, ErrRefused
	case 2+int(b[1]) > len(b):
		return nil, ErrAnswer
	}
	return b[2 : 2+int(b[1])], nil
}
