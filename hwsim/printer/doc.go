// Package printer is a simulated ESC/POS receipt printer: it interprets commands into text on paper,
// cuts, opens a drawer, and answers status requests, over any stream.
//
//	GET  /paper → {"text":"…","cuts":1}
//	GET  /state → {"paper":"ok","cover":"closed","online":true,"drawer":"closed","stall":false,"lines_left":-1,"kicks":0,"unknown":0}
//	POST /state with any of these but kicks and unknown → the state after it
//
// paper is ok, near or out; lines_left counts down with every line printed and makes paper out at 0 (-1
// is a new roll); stall stops printing without a word while the printer stays on-line. unknown counts
// commands that were not understood.
//
// As on the real thing, data goes into a buffer that is printed while the printer can; a printer that
// cannot answers real-time status (10 04 n) all the same, and goes on where it stopped when it can again.
// 10 05 02 clears the buffer.
package printer
