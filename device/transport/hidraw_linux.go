package transport

import (
	"context"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// OpenHidraw opens a hidraw file. It is opened non-blocking, which puts it on Go's poller: deadlines work
// and Close ends a read.
func OpenHidraw(_ context.Context, path string) (ReportConn, error) {
	real, err := filepath.EvalSymlinks(path) // udev rules make links
	if err != nil {
		return nil, offline(err)
	}
	info, ok := describeHidraw(hidrawClass, filepath.Base(real))
	if !ok {
		return nil, ErrOffline
	}
	info.Path = path
	_, info.ReportLength, _ = InputFields(info.Descriptor)
	file, err := os.OpenFile(real, os.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, offline(err)
	}
	return newHidraw(file, info, func(request uintptr, buf []byte) (int, error) { return ioctlOn(file, request, buf) }), nil
}

// ioctlOn goes through the file's raw connection: Fd would take it off the poller.
func ioctlOn(file *os.File, request uintptr, buf []byte) (int, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	var n uintptr
	var errno unix.Errno
	err = raw.Control(func(fd uintptr) {
		n, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(&buf[0])))
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return int(n), err
}
