package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How long a program of ours may take to say that it is ready, and to end.
const (
	readyTime = 20 * time.Second
	endTime   = 10 * time.Second
)

// process is a program that this one started; it ends it by its process id and no other.
type process struct {
	cmd       *exec.Cmd
	stdin     io.Closer
	ready     map[string]any // its ready line
	readyIn   time.Duration  // from before the fork to the ready line
	complaint *bytes.Buffer
	ended     chan struct{}
}

// start runs a program and waits for its ready line, one JSON object on standard output.
func start(ctx context.Context, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), complaint: &bytes.Buffer{}, ended: make(chan struct{})}
	p.cmd.Stderr = p.complaint
	p.cmd.Env = environment()
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	type first struct {
		line []byte
		at   time.Time
	}
	said := make(chan first, 1)
	go func() {
		defer close(p.ended)
		r := bufio.NewReader(stdout)
		line, _ := r.ReadBytes('\n')
		said <- first{line, time.Now()}
		io.Copy(io.Discard, r)
		p.cmd.Wait()
	}()
	timer := time.NewTimer(readyTime)
	defer timer.Stop()
	select {
	case f := <-said:
		p.readyIn = f.at.Sub(began)
		if err := json.Unmarshal(f.line, &p.ready); err == nil && p.ready["ready"] == true {
			return p, nil
		}
		err = errors.New("it did not say that it is ready")
		return nil, errors.Join(p.failed(err), p.stop())
	case <-timer.C:
		return nil, errors.Join(p.failed(errors.New("not ready in time")), p.stop())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.stop())
	}
}

// failed adds what the program complained of; that is complete once it has ended.
func (p *process) failed(err error) error {
	p.stop()
	return fmt.Errorf("%s: %w: %s", p.cmd.Path, err, bytes.TrimSpace(p.complaint.Bytes()))
}

func (p *process) text(key string) string { s, _ := p.ready[key].(string); return s }

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks the program to end, and kills it when it does not.
func (p *process) stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	return endOf(p.cmd, p.ended)
}

// endOf waits for the end of a program that was asked to end.
func endOf(cmd *exec.Cmd, ended <-chan struct{}) error {
	timer := time.NewTimer(endTime)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
	}
	cmd.Process.Kill()
	<-ended
	return fmt.Errorf("%s did not end when it was asked to", cmd.Path)
}

// environment is that of this program without settings of the terminal, which would come before the
// configuration that is measured, and without a kind of terminal.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "TILL_") || strings.HasPrefix(e, "TERM=") })
}
