// Package wedge reads a card reader that types on the keyboard: a swipe arrives as a burst of keys,
// %…?;…? and Enter, among those a person types. A Reader stands between the keyboard and the screen, takes
// the bursts out and lets everything else pass. It has no goroutine and draws nothing.
//
// # What a burst is
//
// It begins with % or ;, at most 150 ms lie between its first three keys and at most a second between the others, and
// it ends with Enter after the last ?. Track 1 stands between % and ?, tracks 2 and 3 between ; (or +) and ?. A track that the reader
// saw and could not decode is typed as E between its sentinels.
//
// # Decisions
//
// The keys % and ; never pass: no field of the terminal takes them, and the first key of a burst cannot
// be told from a person's. After such a key everything is held back until the burst ends or nothing comes for
// that time; then what was held is wiped and dropped, not given back, because it may be half of a card.
// The key that comes after the silence passes. A burst longer than a stripe can hold is swallowed to its
// end and counts as unreadable.
//
// A swipe counts only between the start of Read and its first result, and only if its first key came
// after Read began; every other one is wiped and counted.
//
// # Keyboard layouts
//
// A reader types the keys of a US keyboard; under another layout of the computer some signs come out
// wrong. Where a wrong sign cannot be anything else it is put right (see the tables remap and european): a stripe
// holds capitals, digits and the signs of ISO 7811 only. That covers the layouts of Britain, Germany, Switzerland,
// Spain, Latin America, Italy, Portugal and the Nordic countries; in a name Y and Z may be exchanged. Under the
// French layout digits are typed as other signs: there the computer or the reader has to be set. What stays
// ambiguous makes the track bad.
package wedge
