//go:build !race

package frametest

const share = 1
