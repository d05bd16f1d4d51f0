package conform

import (
	"slices"

	"github.com/tillpos/till/hwsim/reader"
)

// Form is one way in which a driver meets its device.
type Form struct {
	Model, Form string
	Driver      string
	Encrypted   bool
}

func (f Form) String() string { return f.Model + " " + f.Form }

// Forms are all of them, of all readers; both runs of the suite, in process and against a process, iterate these.
func Forms() []Form {
	return []Form{
		{"magtek", "report", "magtek", false},
		{"magnesafe", "encrypted", "magnesafe", true},
		{"magnesafe", "clear", "magnesafe-clear", false},
		{"magtek-serial", "plain", "magtek-serial", false},
		{"magtek-serial", "framed", "magtek-serial", false},
		{"magtek-serial", "encrypted", "magnesafe-serial", true},
		{"idtech", "clear", "idtech", false},
		{"idtech", "other", "idtech", false},
		{"idtech", "original", "idtech-secure", true},
		{"idtech", "enhanced", "idtech-secure", true},
		{"idtech", "aes", "idtech-secure", true},
		{"idtech-serial", "idtech", "idtech-serial", false},
		{"idtech-serial", "uic", "idtech-serial", false},
		{"idtech-serial", "magtek", "idtech-serial", false},
		{"idtech-serial", "original", "idtech-serial-secure", true},
		{"idtech-serial", "enhanced", "idtech-serial-secure", true},
		{"idtech-serial", "aes", "idtech-serial-secure", true},
		{"hidpos", "report", "hidpos", false},
		{"wedge", "keys", "wedge", false},
		{"wedge", "german", "wedge", false},
	}
}

// Line says whether the form stands on a serial line, or types.
func (f Form) Line() bool {
	return slices.Contains([]string{"magtek-serial", "idtech-serial", "wedge"}, f.Model)
}

// Device is the form with what it is delivered with: packets of 8 bytes, a line of its own.
func (f Form) Device() Device {
	return Device{Reader: reader.Config{Model: f.Model, Form: f.Form}, Driver: f.Driver, Encrypted: f.Encrypted, PTY: f.Line()}
}
