// Package escpos prints slips on receipt printers that understand ESC/POS, and watches them. It takes an
// open transport and has no goroutine.
//
// # What is sent
//
//	1B 40         initialise, at the start of every slip
//	1B 74 n       code page: 0 is 437, 19 is 858, see Pages
//	1B 61 n       align: 0 left, 1 centre, 2 right
//	1B 45 n       bold on 1, off 0
//	1D 21 n       size: 00 normal, 11 double width and height
//	0A            end of line
//	1B 64 n       feed n lines
//	1D 6B m n     barcode: 67 EAN-13, 73 Code 128; 1D 68 height, 1D 77 width, 1D 48 text below
//	1D 28 6B      QR code: model, module size, level, store, print
//	1D 56 42 00   feed to the cutter and cut in part
//	1B 70 00 19 FA  drawer pulse on pin 2: on 50 ms, off 500 ms
//	10 14 01 00 01  drawer pulse at once, 100 ms, also while off-line
//	10 04 n       real-time status, answered at once also off-line
//	10 05 02      clear the buffer and recover
//	1D 72 01      status answered in turn, after all that was sent before
//
// # Status
//
// An answer to 10 04 n has bit 0 = 0, bit 1 = 1, bit 4 = 1, bit 7 = 0.
//
//	n  bit 2               bit 3           bit 5              bit 6
//	1  drawer pin 3 high   off-line        -                  -
//	2  cover open          feed button     stopped, no paper  error
//	4  paper near its end  (as bit 2)      no paper           (as bit 5)
//
// The answer to 1D 72 01 has bits 4 and 7 = 0, so the two cannot be taken for each other.
//
// # Quirks
//
// A printer takes bytes into its buffer long before it prints them. That a slip is on paper is known only
// when 1D 72 01 behind it is answered. When that does not come, the rest of the slip may still stand in
// the buffer and would come out later, in front of the next one; so the buffer is cleared, and the error
// says that half of the slip may be on paper.
package escpos
