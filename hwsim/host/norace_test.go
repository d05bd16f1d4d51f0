//go:build !race

package host

// raced says that the tests run under the race detector, which makes TLS many times slower.
const raced = false
