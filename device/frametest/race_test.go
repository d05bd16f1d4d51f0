//go:build race

package frametest

// share: the race detector makes everything ten times slower.
const share = 10
