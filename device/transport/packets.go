package transport

import (
	"context"
	"errors"
	"sync"
	"time"
)

// packetSource gives the packets of a HID device, one a call, and blocks between them. It is called by
// one goroutine only.
type packetSource interface {
	// ReadPacket errs with ErrOffline, or with whatever ended the device.
	ReadPacket(buf []byte) (int, error)
}

// packetSize is the room for one packet: a whole report on systems that give whole reports.
const packetSize = 4096

// keptReports is how many reports wait for a slow reader before new ones are dropped.
const keptReports = 4

type packet struct {
	data []byte
	at   time.Time
}

type arrival struct {
	report Report
	err    error
}

// reportConn is a ReportConn over packets. One goroutine always reads the source, because the USB library
// queues only about 30 packets; a second one assembles them and watches the gap.
type reportConn struct {
	info    HIDInfo
	packets chan packet
	arrived chan arrival
	closed  chan struct{}
	once    sync.Once

	failed chan struct{} // closed after failure is set
	// failure is why the source ended.
	failure   error
	assembled chan struct{} // closed when the assembling goroutine ended
	readEnded chan struct{} // closed when the reading goroutine ended
}

// startReports takes the source over. onEnd runs in the reading goroutine after its last read.
func startReports(source packetSource, info HIDInfo, size reportSize, onEnd func()) *reportConn {
	c := &reportConn{
		info:    info,
		packets: make(chan packet), arrived: make(chan arrival, keptReports),
		closed: make(chan struct{}), failed: make(chan struct{}),
		assembled: make(chan struct{}), readEnded: make(chan struct{}),
	}
	go c.read(source, onEnd)
	go c.assemble(&assembler{size: size})
	return c
}

func (c *reportConn) read(source packetSource, onEnd func()) {
	defer close(c.readEnded)
	defer onEnd()
	buf := make([]byte, packetSize)
	defer clear(buf)
	for {
		n, err := source.ReadPacket(buf)
		if err != nil {
			c.failure = err
			close(c.failed)
			return
		}
		p := packet{append([]byte(nil), buf[:n]...), time.Now()}
		clear(buf[:n])
		select {
		case c.packets <- p:
		case <-c.closed:
			clear(p.data)
			return
		}
	}
}

func (c *reportConn) assemble(a *assembler) {
	defer close(c.assembled)
	gap := time.NewTimer(partialGap)
	gap.Stop()
	defer gap.Stop()
	doubted := false
	for {
		select {
		case p := <-c.packets:
			doubted = false
			whole, damaged := a.add(p.data, p.at)
			clear(p.data)
			c.give(whole, damaged)
			gap.Stop()
			if a.pending() {
				gap.Reset(mostOf(a.gap()))
			}
		case <-gap.C:
			if !doubted && a.pending() {
				doubted = true
				gap.Reset(restOf(a.gap()))
				continue
			}
			c.give(a.quiet())
		case <-c.failed:
			a.drop() // that the device went says more than that its report broke off
			close(c.arrived)
			return
		case <-c.closed:
			a.drop()
			return
		}
	}
}

func (c *reportConn) give(whole *Report, damaged *PartialError) {
	if damaged != nil {
		c.keep(arrival{err: damaged})
	}
	if whole != nil {
		c.keep(arrival{report: *whole})
	}
}

// keep queues a report, or wipes it when nobody took the last ones.
func (c *reportConn) keep(a arrival) {
	select {
	case c.arrived <- a:
	default:
		a.report.Wipe()
	}
}

func (c *reportConn) ReadReport(ctx context.Context) (Report, error) {
	select {
	case <-c.closed:
		return Report{}, ErrClosed
	default:
	}
	select {
	case a, ok := <-c.arrived:
		if !ok {
			return Report{}, c.failure
		}
		return a.report, a.err
	case <-c.closed:
		return Report{}, ErrClosed
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
}

func (c *reportConn) Info() HIDInfo { return c.info }

// shut ends the assembling goroutine and wipes what nobody took. The reading goroutine ends when the
// source does; waiting for it is up to the backend.
func (c *reportConn) shut() {
	c.once.Do(func() { close(c.closed) })
	<-c.assembled
	for {
		select {
		case a, ok := <-c.arrived:
			if !ok {
				return
			}
			a.report.Wipe()
		default:
			return
		}
	}
}

// offline makes one error of all the ways a device ends.
func offline(err error) error {
	if errors.Is(err, ErrOffline) {
		return err
	}
	return errors.Join(ErrOffline, err)
}
