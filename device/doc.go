// Package device opens a device by its URI and supervises it: it reconnects after an unplug without a
// restart, says how the device is, and arms a reader for one swipe at a time.
//
//	sim:///run/till/reader.sock            a simulated HID reader, or a simulated printer
//	serial:/dev/ttyUSB0?baud=9600&mode=8N1 a serial line
//	hid:0801:0002[:serial]                 a USB HID device, hexadecimal
//	hidraw:/dev/hidraw0                    the same through the Linux kernel, without cgo
//	file:/dev/usb/lp0                      a printer behind the kernel's driver
//	tcp:127.0.0.1:9100                     a network printer
//	wedge:                                 a reader that types on the keyboard
//
// # Arming
//
// A swipe counts only when it began after Reader.Read did, and only the first one of each Read. Whatever
// else arrives - a card swiped while nothing is being paid, the second of two cards - is wiped, counted
// and shown in the health until the next Read. So of two cards swiped at once the first one pays and
// nothing is guessed.
//
// # PIN pads
//
// A pad serves one call at a time. A call whose ctx ends tells the pad to stop asking before it returns. A
// block whose key serial number does not come after the last one of the same pad is refused, also when the
// pad was plugged in again between them.
//
// # Ends
//
// Every device has one goroutine, ended by Close. Close never waits for hardware.
package device
