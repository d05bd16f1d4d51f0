package transport

import (
	"context"
	"os"
	"syscall"
	"time"
)

// OpenFile opens a device file that is a stream in both directions, such as /dev/usb/lp0. It is opened
// non-blocking, so that deadlines and Close work where the driver can be polled.
func OpenFile(_ context.Context, path string) (ByteConn, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, offline(err)
	}
	if info.Mode()&(os.ModeCharDevice|os.ModeNamedPipe) == 0 {
		return nil, offline(&os.PathError{Op: "open", Path: path, Err: syscall.ENODEV})
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, offline(err)
	}
	return &fileConn{f}, nil
}

// fileConn gives a file's errors the names of this package.
type fileConn struct{ file *os.File }

func (c *fileConn) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	return n, named(err)
}

func (c *fileConn) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	return n, named(err)
}

func (c *fileConn) SetReadDeadline(t time.Time) error  { return c.file.SetReadDeadline(t) }
func (c *fileConn) SetWriteDeadline(t time.Time) error { return c.file.SetWriteDeadline(t) }
func (c *fileConn) Close() error                       { return c.file.Close() }
