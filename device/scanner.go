package device

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/scanner"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// keptScans is how many codes wait for whoever takes them; the oldest is dropped for a new one.
const keptScans = 8

// Scanner is a supervised barcode scanner.
type Scanner struct {
	*supervisor
	keys  *scanner.Keys // of one that types, else nil
	scans chan scanner.Scan
}

// OpenScanner starts the supervision of a barcode scanner and returns at once; see OpenReader. driver is scanner, or
// empty. One that types on the keyboard has the URI wedge: and must send AIM ids: see Rune.
func OpenScanner(ctx context.Context, uri, driver string, o Options) (*Scanner, error) {
	u, err := openable("device.scanner", uri, &driver, []string{"scanner"}, append(streamKinds[:len(streamKinds):len(streamKinds)], transport.KindWedge)...)
	if err != nil {
		return nil, err
	}
	sup, err := newSupervisor(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Scanner{supervisor: sup, scans: make(chan scanner.Scan, keptScans)}
	if u.Kind == transport.KindWedge {
		s.keys = &scanner.Keys{}
		s.start(s.plugged)
		return s, nil
	}
	s.start(func(ctx context.Context) (session, error) {
		conn, err := openBytes(ctx, u)
		return session{conn, func(ctx context.Context) error { return s.pump(ctx, conn) }}, err
	})
	return s, nil
}

// plugged is a keyboard: nobody can tell when it goes.
func (s *Scanner) plugged(context.Context) (session, error) {
	return session{nothing{}, func(ctx context.Context) error {
		s.up(pos.Health{State: pos.DeviceOnline})
		<-ctx.Done()
		return ctx.Err()
	}}, nil
}

type nothing struct{}

func (nothing) Close() error { return nil }

// Rune takes one key of a keyboard; pass says that it belongs to no code. Only one goroutine may call it.
func (s *Scanner) Rune(r rune, at time.Time) (pass bool) {
	if s.keys == nil {
		return true
	}
	pass, done, scan, err := s.keys.Rune(r, at)
	if done && err == nil {
		s.keep(scan)
	}
	return pass
}

// pump takes every code until the scanner goes or ctx ends. What is no code is dropped.
func (s *Scanner) pump(ctx context.Context, conn transport.ByteConn) error {
	s.up(pos.Health{State: pos.DeviceOnline})
	d := scanner.NewSerial(conn)
	for {
		scan, err := d.Next(ctx)
		switch {
		case err == nil:
			s.keep(scan)
		case errors.Is(err, transport.ErrOffline), errors.Is(err, transport.ErrClosed), ctx.Err() != nil:
			return err
		}
	}
}

// keep is called by one goroutine only, so the second send cannot block for long.
func (s *Scanner) keep(scan scanner.Scan) {
	for {
		select {
		case s.scans <- scan:
			return
		default:
		}
		select {
		case <-s.scans:
		default:
		}
	}
}

// Next waits for a code. It errs with ctx's error, and with scanner.offline once the scanner was closed: one that goes
// comes back.
func (s *Scanner) Next(ctx context.Context) (scanner.Scan, error) {
	select {
	case scan := <-s.scans:
		return scan, nil
	case <-ctx.Done():
		return scanner.Scan{}, ctx.Err()
	case <-s.ended:
		return scanner.Scan{}, pos.NewError(pos.CodeScannerOffline).WithDetail("closed")
	}
}
