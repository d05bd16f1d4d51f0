package transport

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sureSwipe is a report descriptor that its vendor published (MagTek, 337 bytes).
const sureSwipe = "0600FF0901A101150026FF00750809200921092209280929092A0938950781020930956E8202010931956E8202010932956E82020109209518B20201C0"

// fakeSys makes a tree as the kernel's.
func fakeSys(t *testing.T) (class string) {
	t.Helper()
	class = t.TempDir()
	descriptor, err := hex.DecodeString(sureSwipe)
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"hidraw1": {"uevent": "DRIVER=hid-generic\nHID_ID=0003:00000801:00000002\nHID_NAME=Mag-Tek USB Swipe Reader\nHID_UNIQ=B012345\n", "report_descriptor": string(descriptor)},
		"hidraw0": {"uevent": "HID_ID=0003:0000046D:0000C31C\nHID_NAME=Keyboard\n", "report_descriptor": "\x05\x01"},
		"hidraw2": {"uevent": "HID_NAME=without a number\n"},
		"hidraw3": {"uevent": "HID_ID=0003:nonsense\n"},
		"hidraw4": {},
	} {
		dir := filepath.Join(class, name, "device")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return class
}

func TestListHidraw(t *testing.T) {
	descriptor, _ := hex.DecodeString(sureSwipe)
	got, err := listHidraw(fakeSys(t), "/dev")
	want := []HIDInfo{
		{Vendor: 0x046D, Product: 0xC31C, UsagePage: 1, Name: "Keyboard", Descriptor: []byte{5, 1}, Path: "/dev/hidraw0"},
		{Vendor: 0x0801, Product: 0x0002, UsagePage: 0xFF00, Serial: "B012345", Name: "Mag-Tek USB Swipe Reader", Descriptor: descriptor, Path: "/dev/hidraw1"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := listHidraw(filepath.Join(t.TempDir(), "none"), "/dev"); got != nil || err != nil {
		t.Errorf("a kernel without hidraw gives %v, %v", got, err)
	}
}

// pipe is a hidraw file of a pipe: it is on the poller, as the real one is.
func pipe(t *testing.T) (conn *hidraw, device *os.File) {
	t.Helper()
	near, far, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	conn = newHidraw(near, HIDInfo{Vendor: 0x0801}, nil)
	t.Cleanup(func() { conn.Close(); far.Close() })
	return conn, far
}

func TestHidrawReads(t *testing.T) {
	conn, device := pipe(t)
	for i := range 3 {
		want := testReport(856, byte(i))
		if _, err := device.Write(want); err != nil {
			t.Fatal(err)
		}
		r, err := conn.ReadReport(t.Context())
		if err != nil || !bytes.Equal(r.Data, want) || r.Began.IsZero() {
			t.Errorf("report %d: %d bytes, %v", i, len(r.Data), err)
		}
	}
	for _, b := range conn.buf {
		if b != 0 {
			t.Fatal("a report is left behind")
		}
	}
}

func TestHidrawEnds(t *testing.T) {
	t.Run("cancel", func(t *testing.T) {
		conn, device := pipe(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := conn.ReadReport(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("read gives %v", err)
		}
		device.Write([]byte{1}) // the next read has its own deadline
		if r, err := conn.ReadReport(t.Context()); err != nil || len(r.Data) != 1 {
			t.Errorf("read after a cancel gives %v", err)
		}
	})
	t.Run("unplug", func(t *testing.T) {
		conn, device := pipe(t)
		device.Close()
		if _, err := conn.ReadReport(t.Context()); !errors.Is(err, ErrOffline) {
			t.Errorf("read gives %v", err)
		}
	})
	t.Run("close while reading", func(t *testing.T) {
		conn, _ := pipe(t)
		got := make(chan error)
		go func() {
			_, err := conn.ReadReport(t.Context())
			got <- err
		}()
		conn.Close()
		if err := <-got; !errors.Is(err, ErrClosed) {
			t.Errorf("read gives %v", err)
		}
		if err := conn.Close(); err != nil {
			t.Errorf("the second close gives %v", err)
		}
	})
}

// TestFeatures checks the ioctl numbers against those of linux/hidraw.h: HIDIOCSFEATURE(25) and
// HIDIOCGFEATURE(25) on the usual architectures.
func TestFeatures(t *testing.T) {
	var request uintptr
	var sent []byte
	fails := errors.New("broken pipe")
	var fail error
	conn := newHidraw(nil, HIDInfo{}, func(r uintptr, buf []byte) (int, error) {
		request, sent = r, bytes.Clone(buf)
		copy(buf, []byte{0, 9, 8, 7})
		return 4, fail
	})
	if err := conn.SetFeature(t.Context(), 0, make([]byte, 24)); err != nil || request != 0xC0194806 || len(sent) != 25 {
		t.Errorf("set: request %x of %d bytes, %v", request, len(sent), err)
	}
	got, err := conn.GetFeature(t.Context(), 3, 24)
	if err != nil || request != 0xC0194807 || sent[0] != 3 || !bytes.Equal(got, []byte{9, 8, 7}) {
		t.Errorf("get: request %x, answer % x, %v", request, got, err)
	}
	fail = fails
	if _, err := conn.GetFeature(t.Context(), 0, 24); !errors.Is(err, ErrOffline) || !errors.Is(err, fails) {
		t.Errorf("a failed get gives %v", err)
	}
	for _, n := range []int{0, longestFeature + 1} {
		if _, err := conn.GetFeature(t.Context(), 0, n); err == nil {
			t.Errorf("a report of %d bytes is asked for", n)
		}
		if err := conn.SetFeature(t.Context(), 0, make([]byte, n)); err == nil {
			t.Errorf("a report of %d bytes is sent", n)
		}
	}
}

func TestInputFields(t *testing.T) {
	descriptor, _ := hex.DecodeString(sureSwipe)
	fields, length, err := InputFields(descriptor)
	if err != nil || length != 337 || len(fields) != 10 || fields[7] != (DescriptorField{0xFF00, 0x30, 0, 7, 110}) {
		t.Errorf("%d fields, %d bytes, %v", len(fields), length, err)
	}
	if n := FeatureLength(descriptor); n != 24 {
		t.Errorf("the feature report has %d bytes, the vendor says 24", n)
	}
	for _, bad := range []string{"06", "0501fe", "75ff95ffa603", "75ff96ff7f8102"} {
		b, _ := hex.DecodeString(bad)
		if _, _, err := InputFields(b); !errors.Is(err, ErrDescriptor) {
			t.Errorf("%s gives %v", bad, err)
		}
	}
}

func FuzzInputFields(f *testing.F) {
	descriptor, _ := hex.DecodeString(sureSwipe)
	f.Add(descriptor)
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, length, err := InputFields(b)
		if err != nil {
			return
		}
		for _, d := range fields {
			if d.Offset < 0 || d.Length < 0 || d.Offset+d.Length > length {
				t.Fatalf("a field ends behind the report: %+v of %d", d, length)
			}
		}
	})
}
