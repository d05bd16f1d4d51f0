// Package magtek reads MagTek stripe readers: those that send clear card data over USB HID (SureSwipe,
// Mini, IntelliHead and the insert readers of the P series), the encrypting MagneSafe V5 readers, their
// text form, and RS-232 readers. The facts come from MagTek's manuals 99875191 (USB HID SureSwipe and
// Swipe Reader) and those of MagneSafe V5, of the P series and of the RS-232 readers.
//
// # The device
//
// USB vendor 0801 (hexadecimal), product 0002 in HID mode (0001 is keyboard mode, see package wedge).
// Full speed, bus-powered, vendor-defined usage page FF00, no report ids. The interrupt IN endpoint has
// packets of 8 bytes when it leaves the factory (property 3, 1 to 64), polled every 10 ms (property 2).
// An idle reader sends nothing. Each passage of a card sends one input report, also when nothing could
// be decoded.
//
// # The input report
//
// 337 bytes; insert readers and some later ones append a card status byte, which is ignored here.
//
//	offset  bytes  usage  field
//	     0      1     20  track 1 decode status, bit 0 set = error (its length is then 0)
//	     1      1     21  track 2 decode status
//	     2      1     22  track 3 decode status
//	     3      1     28  track 1 data length
//	     4      1     29  track 2 data length
//	     5      1     2A  track 3 data length
//	     6      1     38  card encode type
//	     7    110     30  track 1, ASCII with both sentinels, without the LRC
//	   117    110     31  track 2
//	   227    110     32  track 3
//
// Card encode type: 0 ISO/ABA, 1 AAMVA, 2 CADL, 3 blank, 4 other, 5 undetermined, 6 none, 7 JIS type 2.
//
// # Quirks
//
// The bytes of a track past its length are undefined: old card data may stand there. They are never
// looked at and are wiped with the report. A length beyond 110, or one beside a set error bit, is a
// damaged report: that track counts as bad. The reader checks and drops the LRC, so there is none to
// check here.
//
// Settings travel in feature reports (24 bytes, usage 20), which the USB library cannot send.
//
// # The encrypted report
//
// Products 0011 (swipe), 0013 (insert), 0014 (wireless, by cable); at least 856 bytes, laid out as SafeLayout
// says, newer readers append. Tracks are enciphered one by one with two-key triple DES, CBC, no initial
// value, padded with zeros, under the DUKPT PIN variant unless bit 11 of the encryption status says data
// variant. That status is most significant byte first; the MagnePrint status is the other way round. A
// reader without a key (bits 1 and 2 not both set) sends clear tracks in place of the blobs and a KSN of
// zeros; one whose keys are used up (bit 0) sends no card data.
//
// # Text forms
//
//	RS-232     [STX][ESC] %…?;…?+…? [card sensor 0 or 1] CR [ETX]
//	MagneSafe  %…?;…?+…? | status | T1 | T2 | T3 | MagnePrint status | MagnePrint | serial | session |
//	           KSN | [counter |] CRC | encrypted CRC | format CR
//
// Blobs and numbers are hexadecimal; the encryption status and the CRC are printed low byte first here. The
// CRC counts every character up to the bar before it. A track that could not be decoded is spelled with an
// E between its sentinels. Insert readers also tell that a card came or went: a message of the sensor alone.
package magtek
