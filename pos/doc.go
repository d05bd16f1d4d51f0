// Package pos holds the nouns of the house: what a payment, a sale, a tender and an error are.
//
// It has no I/O, no goroutine and no port; ports stand in the packages that call them. Card data occur
// here only as the secret types of pos/card, inside Credentials and PINRequest, and nowhere in what is journaled in the
// clear: an Extra and a Change's Seal may carry them to the journal's sealed vault.
package pos
