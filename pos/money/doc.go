// Package money holds amounts as whole minor units (cents) of one currency.
//
// An Amount never touches a float. Rates, percentages and quantity times price are
// computed with shopspring/decimal and rounded once, half away from zero, back to minor units.
package money
