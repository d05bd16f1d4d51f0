package transport

// SerialPort is a serial line as the system lists it.
type SerialPort struct {
	Path            string
	Vendor, Product string // hexadecimal, empty unless it hangs on USB
	Serial          string
	Name            string
}
