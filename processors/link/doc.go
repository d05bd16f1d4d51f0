// Package link is how bytes reach a payment host: it races connections to several addresses, insists on
// a verified TLS peer, writes one request and reads one answer, each with a limit.
//
// Its errors come in two kinds that must never be mixed up. [CantConnect] means that no byte of the
// request was handed to a connection, so trying again is safe. [LinkFailure] means that a byte may have
// left: the host may have done what was asked. A Write that returned nil proves nothing (with TLS 1.3 a
// refused client, or a peer that is already gone, shows only at the first Read), so everything after
// the first Write is of the second kind.
//
// The race follows the behaviour of the public TCLink clients: one pass of at most three seconds after
// another, the first host twice, then the others in turn, while the older sockets stay open and may
// still win.
package link
