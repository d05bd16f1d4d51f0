// Package scenario plays a whole counter from one file: the devices, the host, and what cashier and
// shopper do, one step after the other.
//
// The file is a txtar archive:
//
//	config.toml   the terminal's configuration; ${READER} ${PINPAD} ${PRINTER} ${HOST} ${HTTPS} ${CA} and ${DIR}
//	              stand for what this run has. Only needed when the script presses keys.
//	profile.toml  the host's profile; may be missing
//	others        are written beside the configuration: a password file
//	script        one verb a line; empty lines and lines that begin with # do nothing
//
// Verbs:
//
//	swipe CARD [FAULT]          a test card, and what goes wrong
//	pin                         the PIN of the test card that is asked for
//	pin wrong|cancel|timeout    a wrong one, or none
//	pin CARD                    another test card's
//	key WORD…                   keys: Enter Esc Tab Backspace Up Down Left Right F1…F12, all else is typed
//	host fault {…}              a fault rule of the host's control address
//	host clock {…}              its clock
//	printer {…}                 the printer's state
//	wait 200ms                  a time
//	wait ready                  until the terminal has drawn a screen
//	expect screen TEXT          the terminal shows this within ten seconds
//	expect paper TEXT           the printer printed this
//	expect ledger CENTS         the host's books say this net sum
//	expect drawer open|closed   the cash drawer
//	ledger                      prints the host's books
//
// The terminal is started at the first step that needs it, in a terminal of 80 by 24.
package scenario
