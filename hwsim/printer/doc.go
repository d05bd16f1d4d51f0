// Package printer is a simulated ESC/POS receipt printer: it interprets commands into text on paper,
// cuts, opens a drawer, and answers status requests, over any stream.
//
//	GET  /paper → {"text":"…","marked":"…","cuts":1}
//	GET  /state → {"paper":"ok","cover":"closed","cutter":"ok","head":"ok","online":true,"drawer":"closed",
//	               "stall":false,"lines_left":-1,"kicks":0,"unknown":0,"waiting":0}
//	POST /state with any of these but kicks, unknown and waiting → the state after it
//	GET, POST, DELETE /faults: {"do":"late","count":1,"ms":300}
//
// marked is the text with how a line is set in front of it, "2x2 bold " say, where that is not the usual way.
// paper is ok, near or out; cutter ok or stuck; head ok or hot; lines_left counts down with every line printed and
// makes paper out at 0 (-1 is a new roll); stall stops printing without a word while the printer stays on-line.
// unknown counts commands that were not understood, waiting the bytes in the buffer.
//
// Faults: late (an answer comes ms later), drop (it does not come), garbage (other bytes around it, by the seed),
// unplug and unplug_in (after so many bytes more were sent or taken); and, when a host next initialises
// it (1B 40, with which a slip begins), paper_out, cover_open and drawer_open, mended ms later or, with 0, by POST
// /state. Mix draws one of them behind every such beginning, for some; DELETE /faults ends that too.
//
// As on the real thing, data goes into a buffer that is printed while the printer can; a printer that
// cannot answers real-time status (10 04 n) all the same, and goes on where it stopped when it can again.
// 10 05 02 clears the buffer. After 1D 61 n it tells by itself when something changed, until 1B 40.
package printer
