// Package escpos prints slips on receipt printers that understand ESC/POS, and watches them. A Printer owns its
// transport and one goroutine that reads what the printer says.
//
// # What is sent
//
//	1B 40         initialise, at the start of every slip
//	1B 74 n       code page: 0 is 437, 19 is 858, see package charset
//	1B 61 n       align: 0 left, 1 centre, 2 right
//	1B 45 n       bold on 1, off 0
//	1D 21 n       size: high nibble width less 1, low nibble height less 1, up to 8 times
//	0A            end of line
//	1B 64 n       feed n lines
//	1D 6B m n     barcode: 65 UPC-A, 67 EAN-13, 68 EAN-8, 73 Code 128; 1D 68 height, 1D 77 width, 1D 48 text below
//	1D 28 6B      QR code: model, module size, level, store, print
//	1D 56 42 00   feed to the cutter and cut in part
//	1B 70 00 19 FA  drawer pulse on pin 2: on 50 ms, off 500 ms
//	10 14 01 00 01  drawer pulse at once, 100 ms, also while off-line
//	10 04 n       real-time status, answered at once also off-line
//	10 05 02      clear the buffer and recover
//	1D 72 01      status answered in turn, after all that was sent before
//	1D 61 0F      automatic status: the printer tells by itself of drawer, on-line, error and paper, until 1B 40
//
// # Status
//
// An answer to 10 04 n has bit 0 = 0, bit 1 = 1, bit 4 = 1, bit 7 = 0.
//
//	n  bit 2               bit 3           bit 5              bit 6
//	1  drawer pin 3 high   off-line        -                  -
//	2  cover open          feed button     stopped, no paper  error
//	3  (mechanics)         cutter stuck    fault              passes by itself: head hot
//	4  paper near its end  (as bit 2)      no paper           (as bit 5)
//
// The answer to 1D 72 01 has bits 4 and 7 = 0. An automatic status is four bytes in a row; XON (11) and XOFF (13)
// may stand anywhere. Its first byte has bits 0, 1, 7 = 0 and bit 4 = 1, the others bits 4 and 7 = 0: so all three
// can be told apart, the last two by their place.
//
//	byte  bits
//	1     2 drawer pin 3 high, 3 off-line, 5 cover open, 6 feed button
//	2     3 cutter stuck, 5 fault, 6 passes by itself
//	3     0 and 1 paper near its end, 2 and 3 no paper
//	4     -
//
// # Quirks
//
// A printer takes bytes into its buffer long before it prints them. That a slip is on paper is known only
// when 1D 72 01 behind it is answered. When that does not come, the rest of the slip may still stand in
// the buffer and would come out later, in front of the next one; so the buffer is cleared, and the error
// says that half of the slip may be on paper. Some models clear it only while they report an error: a new connection
// also fills up a command that was cut off, and initialises.
//
// A drawer is opened before its slip, with an answer in turn of its own; if that or anything before it fails, at
// once. So a slip that failed says whether it is open, and its reprint leaves it alone.
package escpos
