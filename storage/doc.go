// Package storage keeps the journal of a terminal in one SQLite file, its sealed vault, and the scan that
// proves that no card number lies in the data folder.
//
// # Files
//
// Beside journal.db stand journal.db-wal and -shm (SQLite's own), journal.db.lock (one writer), and
// keys/batch-N.key. The terminal's master key is a file that the configuration names. Whoever backs up
// the journal leaves keys/ and the master key out of the copy: then the sealed data of the copy can be
// opened by nobody, which is the point of sealing.
//
// # Chain
//
// Every event carries SHA-256 over the hash of the event before it and its own content, the payment as
// it then was included. The one row of table head holds the last hash, the number of events and an HMAC
// over both under a key derived from the master key. So a changed, removed or inserted row shows, and so
// does a chain that was cut short or rewritten by somebody without the key. What cannot show from
// inside is a whole older copy of the file put in the place of the newer one: that shows only against
// a head printed earlier (Verification.Head on a Z report) that the file no longer knows.
//
// # Sealed data
//
// Erasing removes the row (secure_delete overwrites it) and empties the log; if the terminal dies between the
// two, the next one empties it when it opens. When SQLite splits a page it
// may leave a copy of a moved row in unused space until that is used again: such a copy is ciphertext
// still, and nobody can open it once NextBatch has destroyed its key.
//
// # Commits
//
// Append is one transaction and one fsync. An error from COMMIT does not say that nothing was written:
// SQLite may have written the whole commit and failed in the fsync after it. Append then closes
// everything, opens again, moves the log into the database (so that what is there is there durably) and
// looks which head it finds.
//
// # Random bytes
//
// Hashes, MACs and ciphertexts are random bytes, and random bytes now and then read as a packed-decimal
// card number with a good check digit: a 32-byte hash in about one of a thousand. A scan that cries wolf
// is not read, so random bytes are never stored as they are. See comb for columns; key files are base32
// text, in which twelve digits in a row have a chance of 2 in 1000 million.
package storage
