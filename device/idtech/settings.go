package idtech

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/device/transport"
)

// Functions of settings commands that have a use here.
const (
	FnReader   = 0x1A
	FnDecode   = 0x1D
	FnBaud     = 0x41
	FnDataBits = 0x42
	FnParity   = 0x43
	FnSerial   = 0x4E
	FnLevel    = 0x7E
	FnEncrypt  = 0x84
	FnEnhanced = 0x85
	FnMask     = 0x86
)

// Settings are those whose values the manuals at hand give; the others can be looked at. The speed, the data bits and
// the parity count at once: the URI has to be changed with them.
var Settings = []setting.Setting{
	{Name: "serial", Code: FnSerial, ReadOnly: true},
	{Name: "reading", Code: FnReader, Kind: setting.Choose, Choices: []setting.Choice{{Name: "off", Value: '0'}, {Name: "on", Value: '1'}}},
	{Name: "decoding", Code: FnDecode, Kind: setting.Choose, Choices: []setting.Choice{{Name: "raw", Value: '0'}, {Name: "decoded", Value: '1'}}},
	{Name: "baud", Code: FnBaud, Kind: setting.Choose, Choices: []setting.Choice{
		{Name: "2400", Value: '3'}, {Name: "4800", Value: '4'}, {Name: "9600", Value: '5'}, {Name: "19200", Value: '6'},
	}},
	{Name: "data_bits", Code: FnDataBits, Kind: setting.Choose, Choices: []setting.Choice{{Name: "8", Value: '0'}, {Name: "7", Value: '1'}}},
	{Name: "parity", Code: FnParity, Kind: setting.Choose, Choices: []setting.Choice{
		{Name: "none", Value: '0'}, {Name: "even", Value: '1'}, {Name: "odd", Value: '2'}, {Name: "mark", Value: '3'}, {Name: "space", Value: '4'},
	}},
	{Name: "security_level", Code: FnLevel, Kind: setting.Choose, ReadOnly: true, Choices: []setting.Choice{
		{Name: "0 keys used up", Value: '0'}, {Name: "1 no key", Value: '1'}, {Name: "2 key, clear", Value: '2'},
		{Name: "3 encrypting", Value: '3'}, {Name: "4 encrypting, authenticated", Value: '4'},
	}},
	{Name: "encryption", Code: FnEncrypt, Kind: setting.Hex},
	{Name: "structure", Code: FnEnhanced, Kind: setting.Choose, Choices: []setting.Choice{{Name: "original", Value: '0'}, {Name: "enhanced", Value: '1'}}},
	{Name: "mask", Code: FnMask, Kind: setting.Hex},
}

// Errors of settings commands.
var (
	ErrRefused = errors.New("idtech: the reader refused the setting")
	ErrAnswer  = errors.New("idtech: the reader's answer is not laid out as ID TECH says")
)

const cmdSet, cmdRead = 'S', 'R'

// command frames one: STX, its bytes, ETX, LRC.
func command(body ...byte) []byte {
	b := append([]byte{stx}, body...)
	b = append(b, etx)
	return append(b, lrc(b))
}

// lrc is the check of a settings command.
func lrc(b []byte) (out byte) {
	for _, c := range b {
		out ^= c
	}
	return out
}

// SetCommand writes the command that changes a setting; data has at most 255 bytes.
func SetCommand(fn byte, data []byte) ([]byte, error) {
	if len(data) > 255 {
		return nil, fmt.Errorf("idtech: a setting has at most 255 bytes, not %d", len(data))
	}
	return command(append([]byte{cmdSet, fn, byte(len(data))}, data...)...), nil
}

// ReadCommand writes the command that reads a setting back.
func ReadCommand(fn byte) []byte { return command(cmdRead, fn) }

// CutAnswer finds the end of an answer; a setting's is one byte.
func CutAnswer(reading bool) transport.Cut {
	return func(b []byte) (int, transport.Verdict) {
		switch {
		case b[0] != ack && b[0] != nak:
			return 1, transport.Skip
		case b[0] == nak, !reading:
			return 1, transport.Whole
		case len(b) < 4:
			return 0, transport.Unfinished
		}
		// ACK STX fn len data ETX LRC
		if n := 4 + int(b[3]) + 2; len(b) >= n {
			return n, transport.Whole
		}
		return 0, transport.Unfinished
	}
}

// ParseAnswer gives the data of an answer to ReadCommand(fn). It errs with ErrRefused and ErrAnswer.
func ParseAnswer(fn byte, b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == nak:
		return nil, ErrRefused
	case len(b) < 6 || b[0] != ack || b[1] != stx || b[2] != fn || len(b) != 4+int(b[3])+2,
		b[len(b)-2] != etx, lrc(b[1:len(b)-1]) != b[len(b)-1]:
		return nil, ErrAnswer
	}
	return b[4 : len(b)-2], nil
}

// Setup sets a reader on a line, which nothing else may read meanwhile; it does not own the transport.
type Setup struct{ conn transport.ByteConn }

// NewSetup takes an open transport.
func NewSetup(conn transport.ByteConn) *Setup { return &Setup{conn} }

// answerLimit is how long a reader may take for an answer.
const answerLimit = 2 * time.Second

// Set changes a setting. It errs with ErrRefused and as transport.Messages.Next.
func (s *Setup) Set(ctx context.Context, fn byte, value []byte) error {
	request, err := SetCommand(fn, value)
	if err != nil {
		return err
	}
	answer, err := s.ask(ctx, request, CutAnswer(false))
	if err == nil && answer[0] == nak {
		return ErrRefused
	}
	return err
}

// Get reads a setting. It errs with ErrRefused, ErrAnswer and as transport.Messages.Next.
func (s *Setup) Get(ctx context.Context, fn byte) ([]byte, error) {
	answer, err := s.ask(ctx, ReadCommand(fn), CutAnswer(true))
	if err != nil {
		return nil, err
	}
	return ParseAnswer(fn, answer)
}

func (s *Setup) ask(ctx context.Context, request []byte, cut transport.Cut) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	stop := transport.Bound(ctx, s.conn)
	_, err := s.conn.Write(request)
	stop()
	if err != nil {
		return nil, err
	}
	m, err := transport.NewMessages(s.conn, cut, longestMessage).Next(ctx)
	return m.Data, err
}
