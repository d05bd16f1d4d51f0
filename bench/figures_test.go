package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos/card"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i) // not in order
	}
	for _, c := range []struct {
		name   string
		values []float64
		p      float64
		want   float64
	}{
		{"middle of a hundred", hundred, 50, 50},
		{"99th of a hundred", hundred, 99, 99},
		{"all of a hundred", hundred, 100, 100},
		{"99th of twenty is the largest", []float64{20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, 99, 20},
		{"one value", []float64{7}, 1, 7},
		{"none", nil, 50, math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := percentile(c.values, c.p); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("percentile %v: %v, want %v", c.p, got, c.want)
			}
		})
	}
	if hundred[0] != 100 {
		t.Error("the values were put in order where they stand")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 2, 3}, 2.5},
		{"one", []float64{3}, 3},
		{"none", nil, math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := median(c.values); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("median: %v, want %v", got, c.want)
			}
		})
	}
}

var tableRows = []row{
	{name: "payments", unit: "/s", value: 1800, floor: 2000, goal: ratioAtLeast(0.9)},
	{name: "first byte p99", unit: "ms", value: 4.5, floor: 1.25, goal: atMost(4)},
	{name: "p99 only", unit: "ms", value: 12.34, floor: none},
	unmeasured("fsyncs a sale", "strace is not installed"),
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := printTable(&out, tableRows); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"figure          value    floor  ratio  goal",
		"payments        1800 /s  2000   0.90   ratio >= 0.9  met",
		"first byte p99  4.50 ms  1.25   3.60   <= 4 ms       MISSED",
		"p99 only        12.3 ms",
		"fsyncs a sale                                        NOT MEASURED: strace is not installed",
	}
	got := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	for i := range got {
		got[i] = strings.TrimRight(got[i], " ")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJSONLine(t *testing.T) {
	var out bytes.Buffer
	if err := printJSON(&out, tableRows, 7); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 || !strings.HasSuffix(out.String(), "\n") {
		t.Fatalf("%d line ends, want one at the end", n)
	}
	var got any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"seed": 7.0, "rows": []any{
		map[string]any{"name": "payments", "value": 1800.0, "unit": "/s", "floor": 2000.0, "ratio": 0.9, "goal": "ratio >= 0.9", "met": true},
		map[string]any{"name": "first byte p99", "value": 4.5, "unit": "ms", "floor": 1.25, "ratio": 3.6, "goal": "<= 4 ms", "met": false},
		map[string]any{"name": "p99 only", "value": 12.34, "unit": "ms", "floor": nil, "ratio": nil, "goal": "", "met": nil},
		map[string]any{"name": "fsyncs a sale", "value": nil, "unit": "", "floor": nil, "ratio": nil, "goal": "", "met": nil},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !strings.Contains(out.String(), ">= 0.9") {
		t.Error("the goal's sign is escaped")
	}
}

func TestNoRows(t *testing.T) {
	var out bytes.Buffer
	if err := printJSON(&out, nil, 1); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(out.String()); got != `{"rows":[],"seed":1}` {
		t.Errorf("no rows: %s", got)
	}
}

// TestCheckDigit asks the check that the terminal itself uses.
func TestCheckDigit(t *testing.T) {
	for _, digits := range []string{"400000000000000", "512345678901234", "99999999999"} {
		whole := append([]byte(digits), checkDigit([]byte(digits)))
		pan, err := card.NewPAN(whole)
		if err != nil || !pan.LuhnOK() {
			t.Errorf("%d digits with their check digit are no card number", len(whole))
		}
	}
}

func TestInMemory(t *testing.T) {
	memory, err := inMemory("/proc/self")
	if err != nil || memory {
		t.Errorf("/proc counts as a file system in memory that files can be written to: %v %v", memory, err)
	}
	if _, err := inMemory("/proc/self/no such folder"); err == nil {
		t.Error("a folder that is not there has a file system")
	}
}
