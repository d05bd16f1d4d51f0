// Package pinblock makes and reads the PIN blocks of ISO 9564-1. It is for simulators and for checking what
// a pad sent: of all packages only this one has a type for a PIN in clear, and no part of the terminal may
// import it.
//
// P is a digit of the PIN, L its length in one hexadecimal digit, A12 the twelve digits of the card number
// before its check digit.
//
//	format 0  0 L P…P F…F                exclusive or 0000 A12
//	format 1  1 L P…P random             no card number
//	format 3  3 L P…P random from A to F exclusive or 0000 A12
//	format 4  AES: E(E(4 L P…P A…A, 8 random bytes) xor (M, PAN, 0…0)), where M is the number of
//	          digits of the card number beyond twelve; shorter numbers are padded on the left with zeros
//
// A block that was deciphered under a wrong key, or for another card number, shows in its control digit,
// length, digits or fill: reading it errs with ErrBlock.
package pinblock
