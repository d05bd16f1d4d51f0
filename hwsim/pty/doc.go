// Package pty opens pseudo terminals for simulated serial devices. The far end is set raw before its path
// is announced and is kept open, so that nothing is echoed or changed, and a driver that closes the line
// does not end the device. The near end keeps its deadlines, and Close wakes its reader.
package pty
