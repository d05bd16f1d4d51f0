// Package control is how commands reach a running terminal: DATA/till.sock, a unix socket of mode 0600.
//
// A connection carries one JSON line of request and one JSON line of answer. Card data that a request
// carries stay in memory, are handed on as bytes that are wiped, and are never logged. A client that goes
// away does not cancel a payment in flight; the handler sees Gone and may end what moved no money yet.
package control
