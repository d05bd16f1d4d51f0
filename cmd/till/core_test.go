package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestNoCoreIsEverWritten looks at the limits of a running till as the kernel has them.
func TestNoCoreIsEverWritten(t *testing.T) {
	if _, err := os.Stat("/proc/self/limits"); err != nil {
		t.Skipf("no /proc/PID/limits here: %v", err)
	}
	s := sit(t, "demo")
	s.sees("TRAINING", "F10")
	limits, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^Max core file size.*$`).FindString(string(limits))
	if fields := strings.Fields(line); len(fields) < 6 || fields[4] != "0" || fields[5] != "0" {
		t.Errorf("the limits say %q", line)
	}
	s.presses(keyF10)
	s.leaves(0)
}
