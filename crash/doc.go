// Package crash kills the real terminal in the middle of sales, fails its disk, cuts its power and mistreats its
// network, and looks whether money was lost or taken twice. The host is a process of its own and survives; a
// proxy between the two knows, by the TLS records that went through, how far a sale was when the end came.
//
// Five windows are aimed at: before the intent, between intent and first byte, between first byte and
// answer, between answer and commit, and between commit and paper. Where a kill fell is told afterwards from evidence (the
// journal as the dead terminal left it, the records that the proxy passed on, the host's ledger, the paper),
// never from the aim.
package crash
