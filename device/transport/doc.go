// Package transport moves bytes or whole reports between the terminal and a device, with deadlines and
// cancellation, and knows nothing of what they mean. Drivers take a transport and never open one.
//
// There are two kinds. A ReportConn gives whole HID input reports: the USB backend and the simulator's
// socket hand over packets of down to 8 bytes, which an assembler joins by the report's length. A
// ByteConn is a stream with deadlines: a serial line, TCP, a unix socket.
//
// # The simulator's HID socket
//
// A unix stream socket carries frames: one type byte, the payload's length as two bytes (big-endian),
// the payload. The device speaks first.
//
//	H  hello, JSON {"vendor":2049,"product":2,"usage_page":65280,"report_length":337}
//	I  one input packet, as the USB packet would arrive
//	f  get a feature report: its id, its length (2 bytes, big-endian); the answer, f again, is the report
//	F  set a feature report: its id and data; the answer, F again, is empty
//	E  unplug, no payload; the socket closes after it
//
// # Traps of the libraries behind it
//
// karalabe/usb gives USB packets instead of reports on Linux, has no deadlines, returns a non-nil
// interface around a nil pointer when an open fails, and frees the handle under a reader when closed
// while reading. So one goroutine reads it as long as it is open, and only that goroutine closes it.
//
// go.bug.st/serial answers a read timeout with 0 bytes and no error, leaves a blocked write blocked
// after Close, and writes after Close into whatever file took over the descriptor's number. So one
// goroutine reads, one writes, and the descriptor is closed only when no write is inside.
package transport
