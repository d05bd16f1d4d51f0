// Package trustcommerce speaks to the TrustCommerce gateway: payments and stored accounts over the TCLink protocol or
// as forms over HTTPS, and the vault's query interface to find out what became of one whose answer was lost.
//
// A TCLink transaction is one TLS connection on which the client writes one block and reads one block:
//
//	BEGIN LF
//	name=value LF ...
//	END LF
//
// Nothing is escaped; the first '=' splits; blank lines mean nothing. The tables of fields and actions
// are in [Facts]: what a field holds, what an action takes. They are facts only. Parsing and decisions
// of a simulated host are its own (package tctest), so that client and host cannot be wrong together.
//
// The client never sends twice. If no byte of the request left, the answer is not_sent; if one may have
// left and no whole answer came back, it is unknown, and [Client.Query] finds the truth by the ticket,
// which is the payment's ref. Sources: the Developer's Guide 2.8, its older editions, and the behaviour
// of public clients; a fact that is only our reading is marked as such in the tables.
package trustcommerce
