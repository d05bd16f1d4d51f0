// Package host runs a simulated payment host: its listeners with TLS, a control address, faults, a clock
// that can be frozen and moved, and a folder that keeps its state.
//
// It knows no wire. A [Simulator] is the host proper; this package stands around it and is the same for
// all of them. Faults of the connection (refuse, stall_accept, stall_tls, bad_cert) are made here alone;
// faults of a request are handed to the simulator as a [Mishap].
//
// The control address is HTTP with JSON:
//
//	GET    /ledger[?ref=R]  the book; with ref, rows and totals of that reference alone
//	POST   /faults          {"rules":[{"match":{"kind","ref","amount_cents"},"after","count","do","ms","bytes"}]}
//	GET    /faults          the rules, with how often each fired
//	DELETE /faults          clears the rules and lets stalled connections go on
//	POST   /clock           {"now":T} freezes, {"advance":"26h"} moves, {"run":true} lets it run on
//	POST   /reset           {} empties the ledger and clears the faults; the clock stays
//
// A state folder holds the authority, the clock, a snapshot of the book (ledger.json) and a log of what
// changed since (ledger.log, one JSON object a line). A change is in the log before its answer leaves, so
// a kill loses nothing that was answered; every 4096 changes, at the start and at the end a snapshot takes
// the place of the log. The folder is locked: it belongs to one host at a time.
package host
