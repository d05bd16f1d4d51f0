package sim

import "github.com/tillpos/till/pos/payment"

// wire is tctest behind the real client.
type wire struct{}

// host is the processor of this life.
func (t *till) host() payment.Host {
	return t.w.plan.physics.host(&client{t.w, t})
}
