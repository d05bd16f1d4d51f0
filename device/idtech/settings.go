package idtech

import (
	"context"
	"errors"
	"fmt"

	"github.com/tillpos/till/device/transport"
)

// Functions of settings commands that a counter needs.
const (
	FnDefaults = 0x18
	FnReader   = 0x1A // '0' off, '1' on
	FnBaud     = 0x41 // '3' 2400, '4' 4800, '5' 9600, '6' 19200
	FnDataBits = 0x42 // '0' 8, '1' 7
	FnParity   = 0x43 // '0' none, '1' even, '2' odd, '3' mark, '4' space
	FnSerial   = 0x4E // serial number, to be read
	FnLevel    = 0x7E // security level
	FnEncrypt  = 0x84
	FnEnhanced = 0x85 // '0' original, '1' enhanced structure
	FnMask     = 0x86
)

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

// Set changes a setting of a reader on a line. It errs with ErrRefused and as transport.Messages.Next.
// Nothing else may read the line meanwhile.
func Set(ctx context.Context, conn transport.ByteConn, fn byte, data []byte) error {
	request, err := SetCommand(fn, data)
	if err != nil {
		return err
	}
	answer, err := ask(ctx, conn, request, CutAnswer(false))
	if err == nil && answer[0] == nak {
		return ErrRefused
	}
	return err
}

// Get reads a setting. It errs with ErrRefused, ErrAnswer and as transport.Messages.Next.
func Get(ctx context.Context, conn transport.ByteConn, fn byte) ([]byte, error) {
	answer, err := ask(ctx, conn, ReadCommand(fn), CutAnswer(true))
	if err != nil {
		return nil, err
	}
	return ParseAnswer(fn, answer)
}

func ask(ctx context.Context, conn transport.ByteConn, request []byte, cut transport.Cut) ([]byte, error) {
	stop := transport.Bound(ctx, conn)
	_, err := conn.Write(request)
	stop()
	if err != nil {
		return nil, err
	}
	m, err := transport.NewMessages(conn, cut, longestMessage).Next(ctx)
	return m.Data, err
}
