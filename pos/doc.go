// Package pos holds the nouns of the house: what a payment, a sale, a tender and an error are.
//
// It has no I/O, no goroutine and no port; ports stand in the packages that call them. Card data occur
// here only as the secret types of pos/card, inside Credentials, and nowhere in what is journaled.
package pos
