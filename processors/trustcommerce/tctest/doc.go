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
// What falls due is done by the injected clock, at the latest before the next request: the batch of a day
// settles at 20:00 Pacific, stored plans are paid at 02:00 Pacific, wallets are captured when their
// exposure ends, and what was queued wrongly is rejected. A day on which 02:00 does not exist has its run
// an hour off.
//
// A book is kept as a snapshot and the changes after it ([Config].Keep, [Host.Restore]); a profile's
// history is played into it as requests, so that nothing stands in it that a client could not have done.
//
// Card data: a Host keeps masks, of stored accounts also the expiry and, in place of the number, the name
// of the test card. A Request holds clear data for the time of one answer and is never printed.
package tctest
