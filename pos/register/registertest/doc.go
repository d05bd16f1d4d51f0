// Package registertest has doubles of what a register works with: a bank with a list of payments, a reader
// that swipes on command, a printer that keeps its slips. For tests of the register and of the screens.
package registertest
