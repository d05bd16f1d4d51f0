package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// campaign sums up days.
type campaign struct {
	mu         sync.Mutex
	days       int
	sqlite     int
	wire       int
	payments   int
	lives      int
	tally      *tally
	violations []violation
	began      time.Time
}

type violation struct {
	seed uint64
	text string
}

func newCampaign() *campaign { return &campaign{tally: newTally(), began: time.Now()} }

func (c *campaign) add(r result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.days++
	c.payments += r.payments
	c.lives += r.lives
	if r.plan.sqlite {
		c.sqlite++
	}
	if r.plan.wire {
		c.wire++
	}
	for _, v := range r.violations {
		c.violations = append(c.violations, violation{r.seed, v})
	}
	c.tally.add(r.tally)
}

// write prints figures, table, violations and at last the JSON line.
func (c *campaign) write(out io.Writer, first uint64) error {
	took := time.Since(c.began)
	fmt.Fprintf(out, "days        %d, of them %d on the real journal, %d against the TrustCommerce host\n", c.days, c.sqlite, c.wire)
	fmt.Fprintf(out, "payments    %d\npayments/s  %.0f\nterminal started %d times\n\n", c.payments, float64(c.payments)/took.Seconds(), c.lives)
	c.table(out)
	c.exercised(out)
	slices.SortFunc(c.violations, func(a, b violation) int { return int(a.seed) - int(b.seed) })
	fmt.Fprintf(out, "\nviolations  %d\n", len(c.violations))
	for i, v := range c.violations {
		if i == 40 {
			fmt.Fprintf(out, "  … and %d more\n", len(c.violations)-i)
			break
		}
		fmt.Fprintf(out, "  seed %d: %s   (make sim SEED=%d)\n", v.seed, v.text, v.seed)
	}
	counts := map[string]int{}
	for f := none + 1; f < faults; f++ {
		counts[f.String()] = c.tally.total[f]
	}
	line, err := json.Marshal(map[string]any{"violations": len(c.violations), "faults": counts, "seed": first, "days": c.days,
		"payments": c.payments, "payments_per_s": int(float64(c.payments) / took.Seconds()), "seconds": int(took.Seconds()), "empty_cells": c.empty()})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", line)
	return err
}

// table shows which fault struck payments in which state, and how often.
func (c *campaign) table(out io.Writer) {
	fmt.Fprintf(out, "%-26s%8s", "fault × payment state", "all")
	for _, s := range columns {
		fmt.Fprintf(out, " %8s", shortened(string(s)))
	}
	fmt.Fprintln(out)
	for f := none + 1; f < faults; f++ {
		fmt.Fprintf(out, "%-26s%8d", f, c.tally.total[f])
		for _, s := range columns {
			cell := fmt.Sprint(c.tally.counts[f][s])
			if why := impossible(f, s); why != "" && c.tally.counts[f][s] == 0 {
				cell = why
			}
			fmt.Fprintf(out, " %8s", cell)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, strings.Join(reasons, "\n"))
}

// empty counts the cells that should have been hit and were not.
func (c *campaign) empty() int {
	n := 0
	for f := none + 1; f < faults; f++ {
		for _, s := range columns {
			if c.tally.counts[f][s] == 0 && impossible(f, s) == "" {
				n++
			}
		}
	}
	return n
}

// shortened makes a state's name fit its column.
func shortened(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if len(s) > 8 {
		s = strings.NewReplacer("needs person", "person", "rejected late", "rejected", "confirmed", "confirmd", "reversing", "reversng").Replace(s)
	}
	return s
}
