// Package reader is a simulated stripe reader, in the models that package device has drivers for. HID models
// speak the frames of the simulator's HID socket (see package transport) in packets as USB would carry them;
// serial models are plain streams, on a socket or a pty, at the line's pace if asked. Over HTTP they are
// told what a shopper does.
//
//	POST /swipe  {"card":"visa"} or {"track1":"…","track2":"…"}, optional "fault" → {"delivered":true}
//	POST /raw    {"packets":["0102…","…"]}, packets in hexadecimal                 → {"delivered":true}
//	GET  /cards  the names of the test cards                                       → {"cards":["visa",…]}
//	GET  /faults the faults that this reader has, and how often the mix drew each  → {"faults":["blank",…],"fired":{}}
//
// Models and their forms, the first one being what they do unless told:
//
//	magtek         report
//	magnesafe      encrypted, clear
//	magtek-serial  plain, framed (STX ESC … CR ETX), encrypted
//	idtech         clear, other, original, enhanced, aes
//	idtech-serial  idtech, uic, magtek (the three styles), original, enhanced, aes
//	hidpos         report
//	wedge          keys, as a keyboard in a terminal's raw mode types them; german, the same under that layout
//
// Faults: blank (nothing on the stripe), lrc:N (track N cannot be decoded), reversed (nothing could be
// decoded), partial (half of what a swipe sends, then silence), twice (two swipes at once), garbage (random
// bytes), late:MS (after so many milliseconds), unplug:N (N bytes, then the plug is pulled; it is plugged
// in again for the next connection). Of encrypting forms also: wrong_key (enciphered under another key),
// exhausted (the keys are used up, from then on), ksn_full (the key serial number in all its digits, which is
// what they send anyway); and of those in a text or frame crc (the check is wrong) and ksn_strip (leading F's of
// the key serial number left out). A seed draws from the same faults for swipes that name none.
//
// Encrypting models count their KSN on with each swipe.
//
// One host is connected at a time, as on a USB port; the next one waits. The bytes of a report that the
// device leaves undefined are random, so that a driver that looks at them shows.
package reader
