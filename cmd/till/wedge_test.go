package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tillpos/till/hwsim/reader"
)

// wedgeCounter starts a simulated host and writes the configuration of a till whose reader types.
func wedgeCounter(t *testing.T) (config string) {
	t.Helper()
	needsBinaries(t)
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join(binaries, "hwsim"), "host", "trustcommerce", "--state", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	var host struct {
		Listen, HTTPS string
		CAFile        string `json:"ca_file"`
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &host); err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "till.toml")
	for name, text := range map[string]string{
		filepath.Join(dir, "password"): demoPassword,
		config: fmt.Sprintf("[journal]\npath = %q\n[processor.trustcommerce]\nhosts = [%q]\nquery_url = \"https://%s/query/\"\nca_file = %q\nverify_name = \"localhost\"\ncustid = %q\npassword_file = \"password\"\n[device.reader]\nuri = \"wedge:\"\n",
			filepath.Join(dir, "journal.db"), host.Listen, host.HTTPS, host.CAFile, demoCustID),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// TestWedgeOnTheRealScreen types a swipe into the amount, where nobody asked for it, and where a card is asked for. Of
// no key of it does anything reach a field or the screen.
func TestWedgeOnTheRealScreen(t *testing.T) {
	burst, err := reader.Sample(reader.Config{Model: "wedge"}, reader.Swipe{Card: "visa"})
	if err != nil {
		t.Fatal(err)
	}
	s := sit(t, "run", "--config", wedgeCounter(t))
	s.sees("New sale")
	s.presses("12" + string(burst))
	s.presses("34")
	s.sees("12.34")
	s.presses(keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses(string(burst))
	s.sees("APPROVED", "411111******1111")
	s.presses(keyEnter)
	s.sees("New sale")
	s.presses(keyF10)
	s.leaves(0)
	s.mu.Lock()
	shown := s.raw.String()
	s.mu.Unlock()
	for _, part := range []string{"4111111111111111", "11111111111", "^TEST", "2912101", ";4111", "%B"} {
		if strings.Contains(shown, part) {
			t.Error("a part of the stripe was on the screen")
		}
	}
}
