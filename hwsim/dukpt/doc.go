// Package dukpt derives the keys of PIN pads and encrypting readers: one key for each transaction from a
// base derivation key (BDK) and a key serial number (KSN). It is for simulators and for checking what a
// device sent; the terminal itself never holds such a key.
//
// # TDES (ANSI X9.24-1)
//
// A KSN has 10 bytes: 59 bits name key set and device, the last 21 are a counter. The device starts from
// an initial key, derived from the BDK and the KSN with its counter zeroed, and makes the key of a
// transaction by one step for each bit that is set in the counter. A device uses only counters with at
// most ten bits set, so it never takes more than ten steps; 1 048 575 such values exist, then it is
// exhausted. What a transaction key is used for is told apart by a variant, an exclusive or of both
// halves; keys for data take one more step, which cannot be gone back.
//
//	PIN            00000000000000FF
//	MAC request    000000000000FF00    MAC response   00000000FF000000
//	data request   0000000000FF0000    data response  000000FF00000000
//
// A MAC is that of ANSI X9.19 ("retail MAC") with zero padding; four of its eight bytes go over a wire.
//
// # AES (ANSI X9.24-3)
//
// A KSN has 12 bytes: four name the BDK, four the device, the last four are a counter with at most
// sixteen bits set. Every derivation enciphers a block that says what the new key is for:
//
//	01 | block number | usage (2) | algorithm (2) | bits (2) | 8 bytes
//
// where the eight bytes are those of the initial key's id, or device and counter. A MAC is the CMAC of
// RFC 4493 / NIST SP 800-38B.
//
// Keys print as a mask; Key.Hex shows them, which only a simulator's tools may do.
package dukpt
