package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		name, in, last string
		ok             bool
	}{
		{"all well", `{"Action":"pass","Package":"a","Test":"T1"}
{"Action":"pass","Package":"a","Elapsed":1}`, "1 passed, 0 failed, 0 skipped", true},
		{"one fails", `{"Action":"output","Package":"a","Test":"T1","Output":"boom\n"}
{"Action":"fail","Package":"a","Test":"T1"}
{"Action":"fail","Package":"a"}`, "0 passed, 1 failed, 0 skipped", false},
		{"a package does not build", `{"Action":"build-output","ImportPath":"a","Output":"syntax\n"}
{"Action":"fail","Package":"a","FailedBuild":"a"}
{"Action":"pass","Package":"b","Test":"T1"}`, "1 passed, 1 failed, 0 skipped", false},
		{"skips are counted", `{"Action":"pass","Package":"a","Test":"T1"}
{"Action":"output","Package":"a","Test":"T2","Output":"    x_test.go:1: strace is not installed\n"}
{"Action":"skip","Package":"a","Test":"T2"}`, "1 passed, 0 failed, 1 skipped", true},
		{"nothing ran", ``, "0 passed, 0 failed, 0 skipped", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if ok := summarize(strings.NewReader(c.in), &out); ok != c.ok {
				t.Errorf("ok %v", ok)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; last != c.last {
				t.Errorf("last line %q, want %q", last, c.last)
			}
			if c.name == "one fails" && !strings.Contains(out.String(), "boom") {
				t.Error("the output of a failed test is not shown")
			}
			if c.name == "skips are counted" && !strings.Contains(out.String(), "strace is not installed") {
				t.Error("the reason of a skip is not shown")
			}
		})
	}
}
