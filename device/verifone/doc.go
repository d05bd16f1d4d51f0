// Package verifone drives PIN pads of the VeriFone PINpad 1000SE family: VeriFone's own pads, and the
// compatible ones of UIC (PP791) and Ingenico (eN-Crypt 100). It takes an open transport and has no
// goroutine. What a pad gives is an enciphered PIN block; no clear PIN ever comes over the line.
//
// The facts come from VeriFone's Mx800 manual (appendix on its internal pad), UIC's PP791 manual and notes
// on the VeriFone 101, 201, 1000 and 2000. The message tables of the 1000SE guide itself (22903 rev E)
// could not be read: where the relatives differ, the dialect decides, which is a setting.
//
// # The line
//
// Serial, 1200 7E1 as older pads leave the factory, 9600 8N1 and others as set. Ask every speed with
// message 11 until one acknowledges (Probe).
//
//	STX 02 … ETX 03 LRC   transactions
//	SI  0F … SO  0E LRC   keys and maintenance
//	ACK 06  NAK 15  EOT 04  good LRC, bad LRC, session over
//	FS 1C  SUB 1A  GS 1D  RS 1E  US 1F  separators inside a frame
//
// A frame is start, id, data, end, LRC. The LRC is the exclusive or of all bytes after the start up to and
// with the end. It can equal any control character - that of the cancel frame 02 37 32 03 06 looks like an
// ACK - so frames are cut by position.
//
// The receiver answers ACK or NAK. The third NAK in a row is answered with EOT and the session dropped. A
// pad waits 5 s for an answer, sends again up to twice, then sends EOT. Exchanges that began with SI end
// with an EOT of the pad.
//
// # A PIN
//
//	70 / Z60 / Z62 / Z63  →         ask, with the card number
//	                      ←  ACK
//	                      ←  71 or 73   the block, or an error code
//	ACK                   →
//	                      ←  EOT        instead of 71: cancel was pressed, or the time ran out
//	72                    →         stop asking; answered by EOT during entry, by ACK when idle
//
// With DUKPT the answer carries the key serial number, of which pads leave out leading F's, and the form
// differs by maker: 71, flag 0, KSN, block (UIC); 73., five zeros, KSN, block (VeriFone). Both are taken.
// With master and session keys the request carries the session key under a master key of the pad, and the
// answer has no KSN.
//
// # What is not driven
//
// Keys are not loaded (02, 90, 94): that is the work of a key injection facility, and a terminal that could do it
// would hold a key in clear. A pad is not set up either (05, 13, 15, 17-19) nor told to test itself (01, 03, 07,
// 09). Explain reads these too. docs/DEVICES.md has the list with the reasons.
//
// # Quirks
//
// A bare 710 says "no PIN was entered" in VeriFone's dialect and "no card number" in UIC's. The number was
// checked before it was sent, so 710 counts as no PIN where that was allowed, and as an error elsewhere.
//
// An answer that comes before the ACK of a request belongs to an earlier session: it is acknowledged, so
// that the pad stops sending it, and dropped. After a session that did not end well the next one starts
// with 72 and waits until the line is quiet.
package verifone
