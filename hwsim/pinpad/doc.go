// Package pinpad is a simulated PIN pad of the VeriFone 1000SE family, in VeriFone's and in UIC's dialect,
// with DUKPT or with master and session keys. It speaks the frames of package verifone over any stream, with
// code of its own, and is told over HTTP what a shopper does.
//
//	POST   /pin     {} types the PIN of the card that is asked for, {"card":"visa"} another card's,
//	                {"wrong":true} a wrong one                                   → {"typed":true}
//	POST   /key     {"key":"cancel"}: 0-9, F1-F3, cancel, clear, enter, timeout  → {"typed":true}
//	POST   /text    {"text":"12345"}, digits, closed by enter                    → {"typed":true}
//	GET    /state   what it shows and waits for, and its key serial number
//	GET    /cards   the names of the test cards and whether they have a PIN
//	POST   /faults  {"do":"late","count":1,"bytes":0,"ms":0}                     → {"armed":1}
//	GET    /faults  what is armed and how often each fired; DELETE disarms
//
// A PIN is typed from the table of test cards only: digits on /key do not count while a PIN is asked for,
// and a request for any other card's PIN is answered by nobody. /pin, /key and /text wait a while until the
// pad asks for something.
//
// Faults: late (the answer is kept back until the next request, and comes before its ACK), delay (the
// answer comes ms later), drop_ack (a request is not heard), nak (a request is refused), eot (a stray EOT
// before the ACK), bad_lrc (of the answer), twice (the answer comes again after it was acknowledged),
// garbage (before and behind the answer), wrong_key, exhausted, no_key, ksn_strip, ksn_full, unplug (after so
// many bytes that it sends), unplug_in (after so many that it gets). It can be plugged in again at once.
// Config.FaultsSeed draws one of them for some PINs.
//
// One host is connected at a time.
package pinpad
