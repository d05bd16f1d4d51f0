// Package reader is a simulated MagTek stripe reader: it speaks the frames of the simulator's HID socket
// (see package transport) in packets as USB would carry them, and is told over HTTP what a shopper does.
//
//	POST /swipe  {"card":"visa"} or {"track1":"…","track2":"…"}, optional "fault" → {"delivered":true}
//	POST /raw    {"packets":["0102…","…"]}, packets in hexadecimal                 → {"delivered":true}
//	GET  /cards  the names of the test cards                                       → {"cards":["visa",…]}
//
// Faults: blank (nothing on the stripe), lrc:N (track N cannot be decoded), reversed (nothing could be
// decoded), partial (half a report, then silence), twice (two reports at once), garbage (a report of
// random bytes), unplug:N (N bytes of the report, then the plug is pulled; it is plugged in again for the
// next connection).
//
// One host is connected at a time, as on a USB port; the next one waits. The bytes of a report that the
// device leaves undefined are random, so that a driver that looks at them shows.
package reader
