package conform_test

import (
	"fmt"
	"os/exec"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFormsAreAll: no driver and no form of a simulated reader is left out of the suite.
func TestFormsAreAll(t *testing.T) {
	drivers, forms := map[string]bool{}, map[string]bool{}
	for _, f := range conform.Forms() {
		drivers[f.Driver] = true
		if forms[f.String()] {
			t.Errorf("%s stands in the table twice", f)
		}
		forms[f.String()] = true
		if f.Encrypted != device.Encrypts(f.Driver) {
			t.Errorf("%s: the driver %s is for the other kind", f, f.Driver)
		}
	}
	for _, driver := range device.ReaderDrivers() {
		if !drivers[driver] {
			t.Errorf("the driver %s is in no form", driver)
		}
	}
	models, of := reader.Models()
	for _, m := range models {
		for _, form := range of[m] {
			if !forms[m+" "+form] {
				t.Errorf("%s, form %s, is not in the table", m, form)
			}
		}
	}
}

// TestReaders runs the suite against every form in this process: the plug is pulled after every byte.
func TestReaders(t *testing.T) {
	for _, f := range conform.Forms() {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			f.Device().Run(t)
		})
	}
}

// TestReadersOfAnotherProcess does the same with every reader in a hwsim process of its own.
func TestReadersOfAnotherProcess(t *testing.T) {
	program := conform.Program(t)
	for _, f := range conform.Forms() {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			f.Device().RunProcess(t, program)
		})
	}
}

// TestPacketsAndSockets varies what is under a form: other packets than a device is delivered with, whole reports,
// and a socket, a unix one or of TCP, in place of a line.
func TestPacketsAndSockets(t *testing.T) {
	const stride = 97
	for _, f := range conform.Forms() {
		var variants []conform.Device
		for _, packet := range []int{1, 64} {
			d := f.Device()
			d.Reader.Packet = packet
			variants = append(variants, d)
		}
		whole := f.Device()
		whole.Reader.Whole = true
		variants = append(variants, whole)
		if f.Line() {
			socket := f.Device()
			socket.PTY = false
			variants = []conform.Device{socket}
			if f.Driver != "wedge" {
				socket.TCP = true
				variants = append(variants, socket)
			}
		}
		if !f.Line() && !slices.Contains([]string{"magtek", "magnesafe", "magnesafe-clear", "idtech", "hidpos"}, f.Driver) {
			continue // the same reports as their clear forms
		}
		for _, d := range variants {
			d.Stride = stride
			t.Run(fmt.Sprintf("%s, packets of %d, whole %v, TCP %v", f, d.Reader.Packet, d.Reader.Whole, d.TCP), func(t *testing.T) {
				t.Parallel()
				d.Run(t)
			})
		}
	}
}

// TestMixOfFaults lets every form go wrong by a seed, two swipes in five.
func TestMixOfFaults(t *testing.T) {
	for i, f := range conform.Forms() {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			d := f.Device()
			d.Reader.FaultsSeed, d.Reader.FaultsShare = uint64(i+1), 40
			d.RunMix(t, 60)
		})
	}
}

// TestSwipeCommand swipes through a reader on a pty, which has no socket to find its control address by.
func TestSwipeCommand(t *testing.T) {
	program := conform.Program(t)
	ready := conform.Start(t, program, "reader", "magtek-serial", "--pty")
	changed := make(chan struct{}, 1)
	r, err := device.OpenReader(t.Context(), ready.URI, "magtek-serial", device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read := make(chan error, 1)
	go func() {
		s, err := r.Read(t.Context())
		s.Wipe()
		read <- err
	}()
	if !suite.Until(changed, r.Armed) {
		t.Fatal("the reader is never armed")
	}
	if out, err := exec.Command(program, "swipe", "--control", ready.Control, "--card", "visa").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err, ok := suite.Await(read); !ok || err != nil {
		t.Errorf("the read ends: %v, %v", ok, err)
	}
	if out, err := exec.Command(program, "swipe", "--to", "nowhere", "--card", "visa").CombinedOutput(); err == nil {
		t.Errorf("a reader without an address is swiped: %s", out)
	}
}
