// Command summary reads `go test -json` and prints what a person wants to know: what failed, with its
// output, which checks were skipped and why, and the counts in the last line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

func main() {
	if !summarize(os.Stdin, os.Stdout) {
		os.Exit(1)
	}
}

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
	// FailedBuild is set on the failure of a package that did not compile.
	FailedBuild string
	ImportPath  string
}

// summarize says whether all is well.
func summarize(in io.Reader, out io.Writer) bool {
	output := map[string][]string{}
	counts := map[string]int{}
	var skipped []string
	packagesFailed := 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			output[key] = append(output[key], e.Output)
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" {
				if e.Action == "fail" {
					packagesFailed++
					fmt.Fprint(out, strings.Join(output[key], ""))
				} else if e.Action == "pass" {
					fmt.Fprintf(out, "ok   %6.1fs  %s\n", e.Elapsed, e.Package)
				}
				break
			}
			counts[e.Action]++
			if e.Action == "fail" {
				fmt.Fprint(out, strings.Join(output[key], ""))
			}
			if e.Action == "skip" {
				skipped = append(skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(output[key])))
			}
			delete(output, key)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "summary:", err)
		return false
	}
	sort.Strings(skipped)
	for _, s := range skipped {
		fmt.Fprintln(out, "SKIPPED", s)
	}
	failed := max(counts["fail"], packagesFailed)
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", counts["pass"], failed, counts["skip"])
	return failed == 0 && counts["pass"] > 0
}

// reason is what a skipped test said.
func reason(output []string) string {
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}
