// Package counter puts simulated devices on sockets: each device with its control address, and a whole
// counter (reader, PIN pad, printer, customer display, scanner and host) for a demonstration.
//
// A device's control address is HTTP on a unix socket beside the device's own, PATH.ctl, and on a TCP
// address where one is asked for.
package counter
