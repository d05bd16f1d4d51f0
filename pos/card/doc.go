// Package card holds what a payment card says and keeps it from leaking.
//
// PAN, Track, CVV and PINBlock are opaque: whatever verb, encoder or logger meets one, only a mask
// comes out, and nothing that walks fields by reflection finds them. The clear characters are lent to a
// function and never returned; Wipe overwrites them for every copy at once, because copies share one
// memory. A value that was wiped still knows its mask.
//
// Track layouts are those of ISO/IEC 7813 (format B on track 1), read between the sentinels; the
// longitudinal redundancy character is checked by readers and never stored. The expiry date on a
// stripe is YYMM. Discretionary data are carried inside the Track and never read.
package card
