// Package suite holds what the suites of readers and PIN pads share: waits that end.
package suite

import (
	"time"

	"github.com/tillpos/till/device"
)

// Waits are a device's own in a suite: a plug that is pulled at every byte is soon in again.
var Waits = device.Waits{Shortest: time.Millisecond, Longest: 8 * time.Millisecond}

// Limit ends a wait that hangs. No test depends on how long anything takes.
const Limit = 2 * time.Minute

// lookAgain is how often Until looks without being told that anything changed.
const lookAgain = 2 * time.Millisecond

// Until waits until done holds, and looks whenever changed says so. False: it never did.
func Until(changed <-chan struct{}, done func() bool) bool {
	limit := time.NewTimer(Limit)
	defer limit.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for !done() {
		select {
		case <-changed:
		case <-again.C:
		case <-limit.C:
			return false
		}
	}
	return true
}

// Await waits for a result. False: none came.
func Await[T any](results <-chan T) (got T, ok bool) {
	limit := time.NewTimer(Limit)
	defer limit.Stop()
	select {
	case got = <-results:
		return got, true
	case <-limit.C:
		return got, false
	}
}
