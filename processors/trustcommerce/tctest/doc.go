// Package tctest is a TrustCommerce gateway for tests and for the simulator, in the spirit of
// net/http/httptest.
//
// A Host is pure: it holds accounts, a ledger and the decisions, has an injected clock and random source
// and opens no socket. A Server puts it on the wire: TCLink (BEGIN, name=value lines, END, each ended by
// one LF) and HTTPS (POST /trans/ with plain lines, /query/ with CSV), told apart by the first bytes of a
// connection.
//
// Nothing here is shared with the client but facts: its parsing and its decisions are its own, so that
// the two cannot be wrong together. What the published guide leaves open is a named switch of the Profile
// and is marked "ours" in the code.
//
// Sources: TrustCommerce Developer's Guide 2.8 ("guide"), its printing 2.5 ("guide 2.5"), and what live
// tests of public clients recorded ("seen live").
//
// Card data: a Host keeps masks only. A Request holds clear data for the time of one answer and is
// never printed.
package tctest
