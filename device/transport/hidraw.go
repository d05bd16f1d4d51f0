package transport

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where Linux lists its hidraw devices and keeps their files.
const (
	hidrawClass = "/sys/class/hidraw"
	hidrawDev   = "/dev"
)

// ListHidraw gives the HID devices that the Linux kernel offers as files. Elsewhere, and on a kernel
// without hidraw, the list is empty.
func ListHidraw() ([]HIDInfo, error) { return listHidraw(hidrawClass, hidrawDev) }

func listHidraw(class, dev string) ([]HIDInfo, error) {
	names, err := os.ReadDir(class)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var out []HIDInfo
	for _, n := range names {
		if info, ok := describeHidraw(class, n.Name()); ok {
			info.Path = filepath.Join(dev, n.Name())
			out = append(out, info)
		}
	}
	slices.SortFunc(out, func(a, b HIDInfo) int { return strings.Compare(a.Path, b.Path) })
	return out, err
}

// describeHidraw reads what the kernel says of a device: uevent has HID_ID=bus:vendor:product, HID_NAME and
// HID_UNIQ, the serial number; report_descriptor has the bytes of it.
func describeHidraw(class, name string) (HIDInfo, bool) {
	text, err := os.ReadFile(filepath.Join(class, name, "device", "uevent"))
	if err != nil {
		return HIDInfo{}, false
	}
	var info HIDInfo
	known := false
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "HID_ID":
			info.Vendor, info.Product, known = parseHIDID(value)
		case "HID_NAME":
			info.Name = value
		case "HID_UNIQ":
			info.Serial = value
		}
	}
	if d, err := os.ReadFile(filepath.Join(class, name, "device", "report_descriptor")); err == nil {
		info.Descriptor = d
		info.UsagePage = firstPage(d)
	}
	return info, known
}

func parseHIDID(text string) (vendor, product uint16, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return 0, 0, false
	}
	v, err1 := strconv.ParseUint(parts[1], 16, 32)
	p, err2 := strconv.ParseUint(parts[2], 16, 32)
	return uint16(v), uint16(p), err1 == nil && err2 == nil && v < 1<<16 && p < 1<<16
}

// firstPage is the usage page that a descriptor begins with, 0 where it begins otherwise.
func firstPage(d []byte) uint16 {
	switch {
	case len(d) >= 2 && d[0] == itemUsagePage|1:
		return uint16(d[1])
	case len(d) >= 3 && d[0] == itemUsagePage|2:
		return uint16(d[1]) | uint16(d[2])<<8
	}
	return 0
}

// hidrawFile is an open hidraw file: one read is one whole report. *os.File on a poller is one.
type hidrawFile interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	SetReadDeadline(t time.Time) error
	Close() error
}

// hidraw is a ReportConn over such a file. Unlike the USB library it has deadlines, needs no goroutine,
// and the kernel queues 64 reports.
type hidraw struct {
	file   hidrawFile
	info   HIDInfo
	ioctl  func(request uintptr, buf []byte) (int, error)
	closed sync.Once
	buf    []byte
}

// newHidraw takes file over.
func newHidraw(file hidrawFile, info HIDInfo, ioctl func(uintptr, []byte) (int, error)) *hidraw {
	return &hidraw{file: file, info: info, ioctl: ioctl, buf: make([]byte, maxReport)}
}

func (h *hidraw) Info() HIDInfo { return h.info }

// ReadReport waits for one report. A report is never cut: the kernel hands over whole ones.
func (h *hidraw) ReadReport(ctx context.Context) (Report, error) {
	_ = h.file.SetReadDeadline(time.Time{}) // an error of it is one of the read too
	ended := make(chan struct{})
	release := context.AfterFunc(ctx, func() {
		defer close(ended)
		_ = h.file.SetReadDeadline(time.Unix(1, 0))
	})
	n, err := h.file.Read(h.buf)
	if !release() {
		<-ended
	}
	defer clear(h.buf[:max(n, 0)])
	switch {
	case err == nil:
		return Report{append([]byte(nil), h.buf[:n]...), time.Now()}, nil
	case errors.Is(err, os.ErrClosed):
		return Report{}, ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return Report{}, ctx.Err()
	}
	return Report{}, offline(err)
}

// Close ends a pending read.
func (h *hidraw) Close() (err error) {
	h.closed.Do(func() { err = h.file.Close() })
	return err
}

// Numbers of the ioctls of linux/hidraw.h: direction, length, 'H', number.
const (
	ioctlRead, ioctlWrite = 2, 1

	hidrawSetFeature = 6
	hidrawGetFeature = 7
)

func hidrawRequest(direction, number, length int) uintptr {
	return uintptr(direction<<30 | length<<16 | 'H'<<8 | number)
}

// GetFeature asks for a feature report. The report's number goes first, also where reports have none. The kernel
// gives a device five seconds.
func (h *hidraw) GetFeature(ctx context.Context, id byte, n int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n < 1 || n > longestFeature {
		return nil, errFeature
	}
	buf := make([]byte, n+1)
	buf[0] = id
	got, err := h.ioctl(hidrawRequest(ioctlRead|ioctlWrite, hidrawGetFeature, len(buf)), buf)
	if err != nil {
		return nil, offline(err)
	}
	if got < 1 || got > len(buf) {
		return nil, offline(errFeature)
	}
	return buf[1:got], nil
}

// SetFeature sends a feature report.
func (h *hidraw) SetFeature(ctx context.Context, id byte, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(data) < 1 || len(data) > longestFeature {
		return errFeature
	}
	buf := append([]byte{id}, data...)
	if _, err := h.ioctl(hidrawRequest(ioctlRead|ioctlWrite, hidrawSetFeature, len(buf)), buf); err != nil {
		return offline(err)
	}
	return nil
}

// longestFeature is what fits into an ioctl's length beside the report's number, bytes.
const longestFeature = 1<<14 - 2

var errFeature = errors.New("transport: a feature report has 1 to " + strconv.Itoa(longestFeature) + " bytes")
