// Package ui draws the register's views on a terminal and turns keys into intents.
//
// It holds no state of a sale: one tview primitive draws the newest register.View, and every key goes
// through one table (keys.go) that also makes the hint bar and the help page. What is typed lives in the
// register, so that a card number typed by hand never stands in a widget. Colours have a meaning (green
// approved, red declined, yellow look here) and are never the only sign of it; NO_COLOR takes them away.
// The smallest screen is 80 columns by 24 rows.
package ui
