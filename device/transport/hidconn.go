package transport

import "io"

// hidConn is a USB device whose blocking read has no deadline and must not be inside when it is closed.
type hidConn struct{ *reportConn }

// newHIDConn takes dev over. Only the reading goroutine closes it, after its last read.
func newHIDConn(dev io.ReadCloser, info HIDInfo, size reportSize) *hidConn {
	return &hidConn{startReports(hidSource{dev}, info, size, func() { dev.Close() })}
}

// Close returns at once. A read that is still inside the library is left there: the device is closed by
// the reading goroutine when that read returns, with a last packet or because the device was unplugged,
// or with the process. Until then the same device is not opened a second time by this process.
func (c *hidConn) Close() error {
	c.shut()
	return nil
}

type hidSource struct{ dev io.Reader }

func (s hidSource) ReadPacket(buf []byte) (int, error) {
	n, err := s.dev.Read(buf)
	if err != nil {
		return 0, offline(err)
	}
	return n, nil
}
