//go:build !linux

package main

import "errors"

func inMemory(string) (bool, error) {
	return false, errors.New("bench runs on Linux only: it reads /proc and traces with strace")
}
