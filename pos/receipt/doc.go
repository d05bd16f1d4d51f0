// Package receipt says what a receipt says: it lays out a sale and its payments as a pos.Slip.
//
// A receipt, whosever copy it is, shows the last four digits of a card and never its expiry date. Of
// what a host or the till said of a failure nothing is printed but the outcome in the house's own words,
// so that no text from outside reaches the paper. Lines are broken to the paper's width here; a printer
// never has to.
package receipt
