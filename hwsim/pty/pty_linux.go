package pty

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// Line is a simulated serial line: what is written to it can be read at Path, and the other way round.
type Line struct {
	*os.File // the device's end
	Path     string
	far      *os.File // kept open, see the package comment
}

// Open makes a line.
func Open() (*Line, error) {
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	l := &Line{File: near}
	if err := l.openFar(); err != nil {
		near.Close()
		return nil, err
	}
	return l, nil
}

func (l *Line) openFar() error {
	number, err := unlock(l.File)
	if err != nil {
		return err
	}
	l.Path = fmt.Sprintf("/dev/pts/%d", number)
	if l.far, err = os.OpenFile(l.Path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return err
	}
	if err := setRaw(l.far); err != nil {
		l.far.Close()
		return err
	}
	return nil
}

// unlock asks through the file's raw connection: Fd would put it into blocking mode.
func unlock(near *os.File) (number int, err error) {
	raw, err := near.SyscallConn()
	if err != nil {
		return 0, err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		if inner = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); inner == nil {
			number, inner = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	return number, errors.Join(err, inner)
}

func setRaw(far *os.File) error {
	raw, err := far.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			inner = err
			return
		}
		t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		inner = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, inner)
}

// Close unplugs the line: whoever has its path open reads an error.
func (l *Line) Close() error { return errors.Join(l.far.Close(), l.File.Close()) }

// Terminal makes the line the terminal of a program that is about to be started.
func (l *Line) Terminal(cmd *exec.Cmd, columns, rows int) error {
	raw, err := l.far.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		inner = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)})
	})
	cmd.Stdin, cmd.Stdout, cmd.Stderr = l.far, l.far, l.far
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return errors.Join(err, inner)
}
