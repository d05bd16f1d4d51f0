package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// row is one figure of the report.
type row struct {
	name  string
	unit  string
	value float64 // NaN: not measured
	floor float64 // NaN: none
	goal  goal
	note  string // why it was not measured
}

// goal is what a figure, or its ratio to the floor, has to keep to. The zero value asks for nothing.
type goal struct {
	ratio bool
	sign  string // "<=" or ">="
	limit float64
}

func atMost(limit float64) goal       { return goal{false, "<=", limit} }
func ratioAtMost(limit float64) goal  { return goal{true, "<=", limit} }
func ratioAtLeast(limit float64) goal { return goal{true, ">=", limit} }

// none stands for a figure or floor that there is not.
var none = math.NaN()

// unmeasured is the row of a figure that could not be taken.
func unmeasured(name, why string) row { return row{name: name, value: none, floor: none, note: why} }

func (r row) measured() bool { return !math.IsNaN(r.value) }

// ratio is NaN without a floor.
func (r row) ratio() float64 { return r.value / r.floor }

// met says whether the goal is; asked is false if there is none.
func (r row) met() (met, asked bool) {
	if r.goal.sign == "" {
		return false, false
	}
	of := r.value
	if r.goal.ratio {
		of = r.ratio()
	}
	if r.goal.sign == ">=" {
		return of >= r.goal.limit, true
	}
	return of <= r.goal.limit, true
}

func (g goal) text(unit string) string {
	switch {
	case g.sign == "":
		return ""
	case g.ratio:
		return fmt.Sprintf("ratio %s %g", g.sign, g.limit)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %g %s", g.sign, g.limit, unit))
}

// verdict is the last column for a person.
func (r row) verdict() string {
	met, asked := r.met()
	switch {
	case !r.measured():
		return "NOT MEASURED: " + r.note
	case !asked:
		return ""
	case met:
		return "met"
	}
	return "MISSED"
}

// printTable writes the rows in columns.
func printTable(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tvalue\tfloor\tratio\tgoal\t")
	for _, r := range rows {
		value := number(r.value)
		if value != "" {
			value += " " + r.unit
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.name, value, number(r.floor), number(r.ratio()), r.goal.text(r.unit), r.verdict())
	}
	return t.Flush()
}

// number shows three digits at least, and nothing for NaN.
func number(f float64) string {
	switch {
	case math.IsNaN(f):
		return ""
	case math.Abs(f) >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case math.Abs(f) >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// wireRow is a row as programs read it; what there is not is null.
type wireRow struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
	Unit  string   `json:"unit"`
	Floor *float64 `json:"floor"`
	Ratio *float64 `json:"ratio"`
	Goal  string   `json:"goal"`
	Met   *bool    `json:"met"`
}

// printJSON writes the one line for programs.
func printJSON(w io.Writer, rows []row, seed uint64) error {
	out := struct {
		Rows []wireRow `json:"rows"`
		Seed uint64    `json:"seed"`
	}{[]wireRow{}, seed}
	for _, r := range rows {
		line := wireRow{Name: strings.TrimSpace(r.name), Value: orNull(r.value), Unit: r.unit, Floor: orNull(r.floor), Ratio: orNull(r.ratio()), Goal: r.goal.text(r.unit)}
		if met, asked := r.met(); asked && r.measured() {
			line.Met = &met
		}
		out.Rows = append(out.Rows, line)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // goals have < and >
	return e.Encode(out)
}

// orNull rounds to a millionth; NaN and infinity have no place in JSON.
func orNull(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	rounded := math.Round(f*1e6) / 1e6
	return &rounded
}
