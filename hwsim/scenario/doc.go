// Package scenario plays a whole counter from one file: the devices, the host, and what cashier and
// shopper do, one step after the other.
//
// The file is a txtar archive:
//
//	config.toml   the terminal's configuration; ${READER} ${PINPAD} ${PRINTER} ${DISPLAY} ${SCANNER} ${HOST} ${HTTPS} ${CA} and ${DIR}
//	              stand for what this run has. Only needed when the script presses keys.
//	profile.toml  the host's profile; may be missing
//	others        are written beside the configuration: a password file
//	script        one verb a line; empty lines and lines that begin with # do nothing
//
// Verbs says what the lines of a script can be; `hwsim run --help` prints it. The terminal is started at the
// first step that needs it, in a terminal of 80 by 24, without the settings of whoever started hwsim.
//
// The library is scenarios that hwsim carries in itself: `hwsim run sale`.
package scenario
