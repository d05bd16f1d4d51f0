//go:build !linux

package pty

import (
	"errors"
	"os"
)

// Line is a simulated serial line.
type Line struct {
	*os.File
	Path string
}

// Open errs: simulated serial lines are made on Linux only.
func Open() (*Line, error) { return nil, errors.New("pty: simulated serial lines need Linux") }
