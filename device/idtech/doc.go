// Package idtech reads ID TECH stripe readers (MiniMag, SecureMag, SecureHead): over USB HID in both
// report structures, and over serial lines in their three styles; clear, or encrypted in the original and
// the enhanced frame. The facts come from ID TECH's manuals of the MiniMag II, SecureMag and SecureHead.
//
// # USB
//
// Vendor 0ACD (hexadecimal), product 2010 for the structure of ID TECH, 2020 for the other one, 2030 for a
// keyboard (see package wedge). The other structure is the report of package magtek, with two encode types
// of its own: 3 other, 4 raw. That of ID TECH is
//
//	offset  bytes  field
//	     0      3  decode status of tracks 1 to 3, bit 0 set = error
//	     3      3  data length of tracks 1 to 3
//	     6      1  card encode type
//	     7      2  length of the output data
//	     9    500  output data: what a serial line would carry, or a secure frame
//
// No manual at hand gives the byte order of the output length. It is taken as low byte first, and the
// other way round where that is more than the report holds.
//
// # Serial styles
//
//	ID TECH  %…? CR ;…? CR            each track ends in its own CR
//	UIC      STX %…? [LRC] DLE STX ;…? [LRC] ETX
//	MagTek   [STX][ESC] %…?;…? [CR][ETX]
//
// In the first one nothing tells which track is the last: a short silence does. A track that cannot be
// decoded is spelled with an E between its sentinels; a blank one is left out.
//
// # Secure frames
//
//	02 LenL LenH <card data> LRC SUM 03
//
// where the length counts the card data only, LRC is their exclusive or and SUM their sum.
//
//	at  original structure                       enhanced structure
//	 0  00 ISO, 01 AAMVA, 03 other, 04 raw       80, 81, 83, 84
//	 1  bits 0-2 decoded, or nothing there; bits 3-5 something there, tracks 1 to 3
//	 2  true lengths of tracks 1 to 3            the same
//	 5  data                                     sent masked: bits 0-2; bit 4 AES; bit 7 serial number
//	 6                                           sent encrypted: bits 0-2; hashes bits 3-5; bit 6 session; bit 7 KSN
//
// Data of the original structure: masked tracks 1 and 2, track 3 in clear, tracks 1 and 2 enciphered as one
// run, the session id (8, security level 4), SHA-1 of tracks 1 and 2 (20 each), KSN (10). A card that is
// not ISO is sent in clear, with nothing behind the tracks. Data of the enhanced structure: tracks as
// flagged, masked or in clear; tracks enciphered one by one; session id, hashes, serial number (10) and KSN
// as flagged. Runs are padded with zeros to blocks of 8 (TDES) or 16 (AES).
//
// The tracks keep their LRC character in secure frames: it counts in the lengths and is dropped here.
// Masked tracks have stars, and the first and last four digits of the number in clear. The key is the
// DUKPT data variant, taken through the one-way step.
//
// # Settings
//
//	02 53 fn len data 03 LRC     set; answered by 06, or 15 when refused
//	02 52 fn 03 LRC              read; answered by 06 02 fn len data 03 LRC
//
// LRC is the exclusive or of every byte from STX to ETX, both included.
package idtech
