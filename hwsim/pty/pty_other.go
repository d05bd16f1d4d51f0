//go:build !linux

package pty

import (
	"errors"
	"os"
	"os/exec"
)

// Line is a simulated serial line.
type Line struct {
	*os.File
	Path string
}

// Open errs: simulated serial lines are made on Linux only.
func Open() (*Line, error) { return nil, errors.New("pty: simulated serial lines need Linux") }

// Terminal errs as Open.
func (l *Line) Terminal(*exec.Cmd, int, int) error { return errors.New("pty: needs Linux") }
