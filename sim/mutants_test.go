package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	allMutants  = flag.Bool("mutants", false, "plant every defect, not only the quick ones")
	mutantSeeds = flag.Int("mutant-seeds", 200, "days in which a planted defect has to be found")
	onlyMutant  = flag.String("mutant", "", "plant this defect alone")
)

// mutant is a defect that is planted in one file by replacing one piece.
type mutant struct {
	name, rule, file, old, changed string
	quick                          bool // also planted by a plain go test
}

// mutants are the ways to lose money or take it twice that the checkers must find. None of them is known to
// the checkers.
var mutants = []mutant{
	{name: "outcome committed after the screen", rule: "T9", file: "pos/payment/journal.go", quick: true,
		old:     "	err := e.commit(context.WithoutCancel(ctx), changes...)\n",
		changed: "	var err error\n	go e.commit(context.WithoutCancel(ctx), changes...)\n"},
	{name: "id made after the send", rule: "T9", file: "pos/payment/send.go",
		old:     "	apply(&p, a)\n	prompt(&p)\n",
		changed: "	if p.Parent == \"\" {\n		p.Ref = \"\"\n		_ = e.number(&p)\n	}\n	apply(&p, a)\n	prompt(&p)\n"},
	{name: "no answer taken as declined", rule: "T9", file: "pos/payment/answer.go",
		old:     "	default:\n		p.State = pos.StateUnknown\n		if p.Failure == nil {",
		changed: "	default:\n		p.State = pos.StateDeclined\n		if p.Failure == nil {"},
	{name: "what was being sent counts as not sent", rule: "T10", file: "pos/payment/settle.go",
		old:     "			p.State, p.Updated, p.Due = pos.StateUnknown, now, now\n",
		changed: "			p.State, p.Updated, p.Due = pos.StateUnknown, now, time.Time{}\n			p.State = pos.StateNotSent\n"},
	{name: "reversal dropped after N tries", rule: "T9", file: "pos/payment/lost.go",
		old:     "	p.Attempts++\n	p.Due = now.Add(e.pause(p.Attempts))\n	if said",
		changed: "	p.Attempts++\n	if p.Attempts >= 3 {\n		p.State, p.Due = pos.StateReversed, time.Time{}\n		return\n	}\n	p.Due = now.Add(e.pause(p.Attempts))\n	if said"},
	{name: "resend after a read timeout", rule: "T10", file: "pos/payment/send.go",
		old:     "	for r.Attempt < e.Host.Lost.Resends && !answered",
		changed: "	for r.Attempt < 1 && !answered"},
	{name: "a resend that was not sent counts", rule: "T10", file: "pos/payment/send.go",
		old:     "		if yes(again.State) || again.State == pos.StateDeclined {",
		changed: "		if answered(again.State) {"},
	{name: "resend after the batch closed", rule: "T9", file: "pos/payment/lost.go",
		old:     "		said = e.reverseLost(ctx, r)\n",
		changed: "		r.Attempt = 1\n		e.Host.Authorize.Authorize(ctx, r)\n		said = e.reverseLost(ctx, r)\n"},
	{name: "'not found' taken as reversed at once", rule: "T9", file: "pos/payment/lost.go",
		old:     "	pos.VerdictNotFound:    {counts: theSecondTime,",
		changed: "	pos.VerdictNotFound:    {counts: atOnce,"},
	{name: "late answer accepted", rule: "T9", file: "pos/payment/answer.go",
		old:     "	case err != nil, order > 0, p.Approved.IsNegative():",
		changed: "	case err != nil, p.Approved.IsNegative():"},
	{name: "gate not honoured", rule: "T11", file: "pos/payment/gate.go",
		old:     "	for _, id := range e.gateIDs() {\n",
		changed: "	for _, id := range e.gateIDs()[:0] {\n"},
	{name: "abandoned hold kept", rule: "T12", file: "pos/payment/settle.go",
		old:     "		return e.sweep(ctx, p)\n",
		changed: "		return e.clearDue(ctx, p)\n"},
	{name: "partial taken as full", rule: "T13", file: "pos/payment/answer.go",
		old:     "	order, err := p.Approved.Cmp(p.Requested)\n	switch {",
		changed: "	if p.State == pos.StatePartial {\n		p.Approved = p.Requested\n	}\n	order, err := p.Approved.Cmp(p.Requested)\n	switch {"},
	{name: "partial that nobody allowed is kept", rule: "T13", file: "pos/payment/answer.go",
		old:     "	return p.State == pos.StatePartial && !p.PartialOK &&",
		changed: "	return p.State == pos.StateSettled && !p.PartialOK &&"},
	{name: "more refunded than is left", rule: "T14", file: "pos/payment/effects.go",
		old:     "		parent.Refunded = less(parent.Refunded, child.Approved.Neg())\n		if",
		changed: "		if"},
	{name: "tip zero not captured", rule: "T14", file: "pos/payment/follow.go",
		old:     "	return e.follow(ctx, f, pos.KindAdjust)\n",
		changed: "	if f.Tip.IsZero() {\n		return e.Journal.Find(ctx, f.Payment)\n	}\n	return e.follow(ctx, f, pos.KindAdjust)\n"},
	{name: "offline limit of a sale not kept", rule: "T15", file: "pos/payment/offline.go",
		old:     "	if !within(p.Requested, limits.PerSale) {",
		changed: "	if !within(limits.PerSale, limits.PerSale) {"},
	{name: "what was forwarded and is not settled counts no more", rule: "T15", file: "pos/payment/offline.go",
		old:     "	for _, w := range append(unsettled, waiting...) {\n",
		changed: "	for _, w := range waiting {\n"},
	{name: "lost offline item is let go as a hold", rule: "T16", file: "pos/payment/lost.go",
		old:     "	return hold && e.Host.Lost.Lapses && !p.Offline\n",
		changed: "	return hold && e.Host.Lost.Lapses\n"},
	{name: "offline item sent twice", rule: "T16", file: "pos/payment/forward.go",
		old:     "	case p.State == pos.StateNotSent:\n",
		changed: "	case p.State == pos.StateNotSent, p.State == pos.StateUnknown:\n"},
	{name: "late decline of an offline item dropped", rule: "T16", file: "pos/payment/forward.go",
		old:     "	case !yes(p.State):\n		lose(&p)\n",
		changed: "	case !yes(p.State):\n		p.State, p.Approved = pos.StateConfirmed, p.Requested\n"},
	{name: "confirmed after cash kept silently", rule: "T9", file: "pos/payment/answer.go",
		old:     "	case p.Released && yes(p.State):\n",
		changed: "	case p.Released && p.State == pos.StateSettled:\n"},
	{name: "the rest paid in another way without release", rule: "T9", file: "pos/register/sale.go",
		old:     "				r.result.next = func() { r.goOnWithout(r.askRest) }\n",
		changed: "				r.result.next = r.askRest\n"},
	{name: "sequence number reused", rule: "T9", file: "pos/payment/number.go",
		old:     "		if _, taken := e.numbers.used[n]; !taken {",
		changed: "		if n > 0 {"},
	{name: "intent without sealed card", rule: "T9", file: "pos/payment/keep.go",
		old:     "	return e.Host.Keep.Keep(r), nil\n",
		changed: "	return nil, nil\n"},
	{name: "cash in doubt counts as not taken", rule: "T22", file: "pos/payment/cash.go",
		old:     "	err := e.commit(ctx, change)\n	if pos.CodeOf(err) == pos.CodeJournalUnknown {",
		changed: "	err := e.commit(ctx, change)\n	if false {"},
	{name: "a host call without a deadline", rule: "T20", file: "pos/payment/send.go",
		old:     "	ctx, cancel := context.WithTimeout(ctx, 2*e.Host.timeout())\n",
		changed: "	ctx, cancel := context.WithCancel(ctx)\n"},
	{name: "a reversal without a deadline", rule: "T20", file: "pos/payment/lost.go",
		old:     "func (e *Engine) reverseLost(ctx context.Context, r pos.Request) (a pos.ReversalAnswer) {\n	ctx, cancel := context.WithTimeout(ctx, 2*e.Host.timeout())\n",
		changed: "func (e *Engine) reverseLost(ctx context.Context, r pos.Request) (a pos.ReversalAnswer) {\n	ctx, cancel := context.WithCancel(ctx)\n"},
	{name: "a PIN pad that is waited for without end", rule: "T20", file: "pos/register/pin.go",
		old:     "	ctx, cancel := context.WithTimeout(r.ctx, r.Policy.PIN+pinGrace)\n",
		changed: "	ctx, cancel := context.WithCancel(r.ctx)\n"},
	{name: "a printer that is waited for without end", rule: "T20", file: "pos/register/print.go",
		old:     "		ctx, cancel := context.WithTimeout(ctx, r.Policy.Print)\n",
		changed: "		ctx, cancel := context.WithCancel(ctx)\n"},
	{name: "unattended sells offline", rule: "T19", file: "pos/payment/engine.go",
		old:     "	case c.Unattended && c.Offline != nil:\n",
		changed: "	case c.Unattended && c.Offline != nil && c.Lane == \"\":\n"},
	{name: "unattended takes a typed card", rule: "T19", file: "pos/payment/authorize.go",
		old:     "	case o.Credentials.Card.Entry == card.EntryKeyed:\n",
		changed: "	case o.Credentials.Card.Entry == card.EntryKeyed && o.Kind == \"\":\n"},
	{name: "the host is not told that nobody stands there", rule: "T19", file: "pos/payment/authorize.go",
		old:     "AllowPartial: partial && e.Host.Partial, Unattended: e.Unattended,",
		changed: "AllowPartial: partial && e.Host.Partial,"},
	{name: "unattended waits for who has gone", rule: "T19", file: "pos/register/register.go",
		old:     "	if r.leftAlone() {\n",
		changed: "	if r.leftAlone() && r.screen == ScreenItems {\n"},
	{name: "unattended keeps what was lost at the screen", rule: "T19", file: "pos/register/sale.go",
		old:     "			case r.Policy.Unattended:\n",
		changed: "			case r.Policy.Unattended && r.closing:\n"},
	{name: "same card charged twice without asking", rule: "-", file: "pos/payment/duplicate.go",
		old:     "		case !allowed:\n",
		changed: "		case !allowed && q.State.Open():\n"},
	{name: "the same goods with something on top go out", rule: "-", file: "pos/payment/duplicate.go",
		old:     "	return earlier.Requested == p.Requested || same.IsPositive() && goods(earlier) == same\n",
		changed: "	_ = same\n	return earlier.Requested == p.Requested\n"},
	{name: "cash in the shopper's hand counts as paid", rule: "-", file: "pos/payment.go",
		old:     "	for _, extra := range []money.Amount{p.Tip, p.Cashback, p.Surcharge, p.Fee} {\n",
		changed: "	for _, extra := range []money.Amount{p.Tip, p.Surcharge, p.Fee} {\n"},
	{name: "totals count what is only held", rule: "T22", file: "pos/register/list.go",
		old:     "				if sum, err := t.net.Add(p.Net()); err == nil {",
		changed: "				if sum, err := t.net.Add(p.Approved); err == nil {"},
}

// ruled are the rules that each need a planted defect which makes a test of the rule's name fail.
var ruled = []string{"T9", "T10", "T11", "T12", "T13", "T14", "T15", "T16", "T19", "T20", "T22"}

// TestMutants plants each defect in a copy of the program and wants the checkers to find it, and the program as
// it is to pass; and it runs the tests that are named by a rule with the defect in place. A plain go test plants the
// quick ones; its control is TestDays.
func TestMutants(t *testing.T) {
	var table strings.Builder
	failed := map[string]int{}
	caught, planted := 0, 0
	fmt.Fprintf(&table, "%-48s %-5s %5s  %s\n", "planted defect", "rule", "days", "first finding; tests of the rules that fail")
	if *allMutants && *onlyMutant == "" {
		t.Run("control", func(t *testing.T) {
			_, days, what := hunt(t, nil, *mutantSeeds)
			fmt.Fprintf(&table, "%-48s %-5s %5d  %s\n", "control: none", "-", days, what)
			if what != nothing {
				t.Errorf("the program as it is fails within %d days: %s", days, what)
			}
		})
	}
	for _, m := range mutants {
		if !*allMutants && !m.quick && *onlyMutant == "" || *onlyMutant != "" && *onlyMutant != m.name {
			continue
		}
		planted++
		t.Run(m.name, func(t *testing.T) {
			overlay := plant(t, t.TempDir(), m)
			found, days, what := hunt(t, overlay, *mutantSeeds)
			tests := failing(t, m, overlay)
			fmt.Fprintf(&table, "%-48s %-5s %5d  %s\n%62s%s\n", m.name, m.rule, days, what, "", strings.Join(tests, " "))
			for _, name := range tests {
				failed[ruleOf.FindStringSubmatch(name)[1]]++
			}
			if !found {
				t.Errorf("%d days passed every check: %s", days, what)
				return
			}
			caught++
		})
	}
	if !*allMutants {
		t.Log("\n" + table.String())
		return
	}
	if *onlyMutant == "" {
		fmt.Fprintln(&table, "\ndefects that make a test of the rule's name fail")
		for _, rule := range ruled {
			fmt.Fprintf(&table, "%-4s %d\n", rule, failed[rule])
			if failed[rule] == 0 {
				t.Errorf("%s: no planted defect makes its test fail", rule)
			}
		}
	}
	fmt.Fprintf(&table, "{\"violations\":%d,\"faults\":{},\"seed\":0,\"mutants\":%d,\"caught\":%d}\n", planted-caught, planted, caught)
	hand(t, table.String())
}

// hunt builds the simulation, with a defect if overlay is given, and plays days until one is found. Days is how many it
// took. A simulation that breaks has found nothing.
func hunt(t *testing.T, overlay []string, seeds int) (found bool, days int, what string) {
	t.Helper()
	dir := t.TempDir()
	program, reported := filepath.Join(dir, "sim.test"), filepath.Join(dir, "report")
	build := exec.CommandContext(t.Context(), "go", append(append([]string{"test", "-c", "-o", program}, overlay...), ".")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	play := exec.CommandContext(t.Context(), program, "-test.run", "^TestDays$", "-test.timeout", "10m", "-seeds", fmt.Sprint(seeds), "-stop", "-report", reported)
	var out bytes.Buffer
	play.Stdout, play.Stderr = &out, &out
	err := play.Run()
	text, _ := os.ReadFile(reported)
	if first := finding.FindSubmatch(text); first != nil {
		n := played.FindSubmatch(text)
		fmt.Sscan(string(n[1]), &days)
		return true, days, string(first[1])
	}
	if err != nil {
		return false, seeds, "the simulation breaks: " + cut(strings.TrimSpace(out.String()), 400)
	}
	return false, seeds, nothing
}

// nothing is the finding of days that passed every check.
const nothing = "nothing"

var (
	finding = regexp.MustCompile(`(?m)^  (seed \d+: .*?)   \(`)
	played  = regexp.MustCompile(`(?m)^days +(\d+)`)
	// ruleOf finds the rule in the name of a test, fails and hangs the tests in the output of go test.
	ruleOf = regexp.MustCompile(`^Test(T\d+)`)
	fails  = regexp.MustCompile(`(?m)^--- FAIL: (TestT\d+\w+)`)
	hangs  = regexp.MustCompile(`(?m)^\s+(TestT\d+\w+) \(\d`)
)

// failing runs the tests of the package that has the defect, as far as they are named by a rule, and gives those that fail.
func failing(t *testing.T, m mutant, overlay []string) (names []string) {
	t.Helper()
	arguments := append([]string{"test", "-count=1", "-vet=off", "-timeout=2m", "-run", `^TestT\d+`}, overlay...)
	run := exec.CommandContext(t.Context(), "go", append(arguments, "./"+filepath.Dir(m.file))...)
	run.Dir = ".."
	run.Env = append(os.Environ(), "RAPID_NOFAILFILE=true") // what is found here is no case to keep
	out, err := run.CombinedOutput()
	if err == nil {
		return nil
	}
	for _, like := range []*regexp.Regexp{fails, hangs} {
		for _, found := range like.FindAllSubmatch(out, -1) {
			if name := string(found[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("the tests of %s do not run: %v\n%s", filepath.Dir(m.file), err, cut(string(out), 2000))
	}
	slices.Sort(names)
	return names
}

// plant writes a build overlay in which one file of the tree has one piece replaced, and gives go's arguments for it.
func plant(t *testing.T, dir string, m mutant) []string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, m.file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), m.old) != 1 {
		t.Fatalf("%s has changed: the piece to replace stands in it %d times", m.file, strings.Count(string(text), m.old))
	}
	changed := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.changed, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-overlay", overlay}
}
