package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tillpos/till/pos"
)

// Limits of the simulator's process.
const (
	simulatorStart = 10 * time.Second // to its ready line
	simulatorEnd   = 5 * time.Second  // from SIGTERM to its end
	controlTime    = 5 * time.Second  // one call of a control address
)

// simulatedDevice is where one simulated device stands.
type simulatedDevice struct {
	URI     string `json:"uri"`
	Control string `json:"control"`
}

// simulatedHost is the ready line of a simulated TrustCommerce host.
type simulatedHost struct {
	Listen  string `json:"listen"`
	HTTPS   string `json:"https"`
	Control string `json:"control"`
	CAFile  string `json:"ca_file"`
}

// simulator is the process of the simulated devices and host.
type simulator struct {
	Reader  simulatedDevice `json:"reader"`
	PINPad  simulatedDevice `json:"pinpad"`
	Printer simulatedDevice `json:"printer"`
	Display simulatedDevice `json:"display"`
	Scanner simulatedDevice `json:"scanner"`
	Host    simulatedHost   `json:"host"`

	process *exec.Cmd
	alive   io.Closer     // its standard input: the process ends when this closes, even if we are killed
	ended   chan struct{} // closed when the process was waited for
}

// startSimulator starts hwsim in dir and waits for its ready line. A process group of its own keeps the
// terminal's Ctrl-C from it: it ends when we end it, after the last payment.
func startSimulator(ctx context.Context, dir string, seed int64) (*simulator, error) {
	program, err := findSimulator()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "run", "--demo", "--stdin-life", "--dir", dir, "--seed", strconv.FormatInt(seed, 10))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	cmd.Stderr = &limited{to: &complaint, left: 4 << 10}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	s := &simulator{process: cmd, alive: in, ended: make(chan struct{})}
	ready := make(chan error, 1)
	go func() {
		defer close(s.ended)
		lines := bufio.NewReader(out)
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, s)
		}
		ready <- err
		io.Copy(io.Discard, lines)
		cmd.Wait()
	}()
	timer := time.NewTimer(simulatorStart)
	defer timer.Stop()
	select {
	case err = <-ready:
	case <-timer.C:
		err = errors.New("no ready line")
	case <-ctx.Done():
		err = pos.NewError(pos.CodeCancelled)
	}
	if err != nil {
		s.Close()
		if text := strings.TrimSpace(complaint.String()); text != "" && pos.CodeOf(err) != pos.CodeCancelled {
			err = errors.New(text)
		}
		if pos.CodeOf(err) == pos.CodeCancelled {
			return nil, err
		}
		return nil, fmt.Errorf("the simulator did not start: %w", err)
	}
	return s, nil
}

// findSimulator looks beside this program, then along PATH.
func findSimulator() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "hwsim")
		if info, err := os.Stat(beside); err == nil && info.Mode()&0o111 != 0 {
			return beside, nil
		}
	}
	if found, err := exec.LookPath("hwsim"); err == nil {
		return found, nil
	}
	return "", &exitError{exitDevice, "the simulator hwsim is neither beside till nor on PATH; `make build` makes both"}
}

// Close ends the process and waits for it.
func (s *simulator) Close() error {
	s.alive.Close()
	s.process.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(simulatorEnd, func() { s.process.Process.Kill() })
	defer timer.Stop()
	<-s.ended
	return nil
}

// limited keeps the first bytes of a stream and drops the rest.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	keep := b[:min(len(b), l.left)]
	l.left -= len(keep)
	if _, err := l.to.Write(keep); err != nil {
		return 0, err
	}
	return len(b), nil
}

// controlClient speaks to a simulator's control address: host:port, or the path of a unix socket.
type controlClient struct {
	http *http.Client
	base string
}

func newControlClient(address string) controlClient {
	for _, scheme := range []string{"http://", "unix://", "unix:"} {
		address = strings.TrimPrefix(address, scheme)
	}
	if !strings.HasPrefix(address, "/") {
		return controlClient{&http.Client{Timeout: controlTime}, "http://" + strings.TrimSuffix(address, "/")}
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", address)
	}
	return controlClient{&http.Client{Timeout: controlTime, Transport: &http.Transport{DialContext: dial}}, "http://control"}
}

// call sends a JSON body, if there is one, and reads the JSON answer into out, if it is not nil.
func (c controlClient) call(ctx context.Context, method, path string, body, out any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("the simulator's control address: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return fmt.Errorf("the simulator's control address: %s %s: %s %s", method, path, response.Status, bytes.TrimSpace(text))
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(out)
}

// close ends the connections that were kept.
func (c controlClient) close() { c.http.CloseIdleConnections() }
