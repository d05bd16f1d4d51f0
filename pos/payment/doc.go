// Package payment leads one payment through its life: intent, sending, outcome or unknown, settled.
//
// The engine is the only thing that moves money. It makes the intent durable before the first byte
// leaves and the outcome durable before anybody sees it. What stands between the two after a crash, or
// was sent and got no usable answer, is unknown: a state of its own, with a queue that asks the host,
// and in the end a person, but never forgets by age or count.
package payment
