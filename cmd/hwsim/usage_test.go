package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// hwsimLine runs hwsim with these words.
func hwsimLine(ctx context.Context, words ...string) error {
	root := rootCommand()
	root.SetArgs(words)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.ExecuteContext(ctx)
}

// TestWrongLines: what is wrong with a command line is said in words of the command line, and ends with 2.
func TestWrongLines(t *testing.T) {
	at := " --socket " + filepath.Join(shortDir(t), "d")
	keys := " --bdk 0123456789ABCDEFFEDCBA9876543210 --ksn FFFF9876543210E00001"
	for words, said := range map[string]string{
		"readers":                                                   `unknown command "readers"`,
		"reader klingon":                                            `hwsim reader has no command "klingon"`,
		"pinpad klingon":                                            `hwsim pinpad has no command "klingon"`,
		"dukpt klingon":                                             `hwsim dukpt has no command "klingon"`,
		"printer":                                                   "socket listen pty",
		"scanner extra" + at:                                        "extra",
		"printer --pace 9600" + at:                                  "--pace",
		"printer --pty --pace -1":                                   "--pace",
		"display --dialect klingon" + at:                            "--dialect",
		"printer --faults-seed 1 --pty":                             "--link",
		"pinpad verifone --faults-seed 1 --pty":                     "--link",
		"reader magtek --pty":                                       "needs a socket",
		"reader magtek --form klingon" + at:                         "forms",
		"reader magtek --packet 65" + at:                            "1 to 64",
		"reader magnesafe --ksn 12" + at:                            "key serial number",
		"reader magnesafe --bdk 12" + at:                            "base derivation key",
		"pinpad verifone --bdk 12" + at:                             "base derivation key",
		"pinpad verifone --ksn 12" + at:                             "key serial number",
		"pinpad verifone --master 12" + at:                          "master key",
		"pinpad verifone --dialect klingon" + at:                    "dialect",
		"pinpad verifone --pace -1" + at:                            "--pace",
		"reader magnesafe --bdk " + strings.Repeat("01", 24) + at:   "base derivation key",
		"pinpad verifone --master " + strings.Repeat("01", 24) + at: "master key",
		"reader magtek --faults-seed 1 --faults-share 101" + at:     "--faults-share",
		"pinpad verifone --faults-seed 1 --faults-share -1" + at:    "--faults-share",
		"swipe --to sim:///x --card visa --track2 x":                "card track2",
		"dukpt key --usage mac" + keys:                              "mac-request",
		"dukpt key --algo rot13" + keys:                             "--algo",
		"dukpt ipek --algo aes256 --bdk 0123456789ABCDEFFEDCBA9876543210 --ksn 123456789012345600000001": "--bdk",
		"dukpt pin --pin 1234 --format 1 --random 00" + keys:                                             "--random",
		"dukpt pin --pin 1234" + keys:                                                                    "--pan",
		"dukpt data --decrypt --data 1234" + keys:                                                        "whole blocks",
	} {
		t.Run(words, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a device that is started ends at once
			err := hwsimLine(ctx, strings.Fields(words)...)
			if err == nil {
				t.Fatal("it is taken")
			}
			if code := exitCode(err); code != exitUsage || !strings.Contains(err.Error(), said) {
				t.Errorf("it ends with %d: %v", code, err)
			}
		})
	}
}

// TestWrongDevice: a command for one kind of device says so when another one, or none, is there.
func TestWrongDevice(t *testing.T) {
	_, ready, _ := padOn(t)
	for words, said := range map[string]string{
		"swipe --card visa --to " + ready.URI:                                "no /swipe",
		"pin --to sim://" + filepath.Join(shortDir(t), "none"):               "no simulated device",
		"swipe --card visa --to sim://" + filepath.Join(shortDir(t), "none"): "no simulated device",
		"pin --fault nope --to " + ready.URI:                                 "late, delay",
	} {
		if err := hwsimLine(t.Context(), strings.Fields(words)...); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: it says %v", words, err)
		}
	}
}
