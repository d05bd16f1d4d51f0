// Package report says what the journal holds as rows and totals that outside programs read.
//
// The shapes are contracts: keys in snake case, amounts as whole minor units in fields that end in
// _cents, times as RFC 3339, absent texts as "", cards masked. Totals are computed from the payments,
// never from counters.
package report
