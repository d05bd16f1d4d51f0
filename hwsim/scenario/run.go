package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/hwsim/scanner"
)

// Options say where a scenario runs.
type Options struct {
	Dir  string // work folder
	Till string // the terminal's program; only needed when the script uses it
	Seed uint64
	Out  io.Writer // what the verb ledger prints
}

// Limits of a step.
const (
	expectLimit = 30 * time.Second
	expectEvery = 50 * time.Millisecond
)

// run is one scenario under way.
type run struct {
	opts    Options
	config  []byte
	counter *counter.Counter
	till    *terminal // nil until it is needed
}

// Run plays a scenario to its end, or to its first step that fails; the error names the script's line.
func Run(ctx context.Context, s Scenario, o Options) error {
	g := hwsim.NewGroup(ctx)
	err := play(ctx, g, s, o)
	return errors.Join(err, g.Stop())
}

func play(ctx context.Context, g *hwsim.Group, s Scenario, o Options) error {
	cfg := counter.Config{Dir: o.Dir, Seed: o.Seed}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	if s.Profile != nil {
		cfg.Profile = filepath.Join(o.Dir, "profile.toml")
		if err := os.WriteFile(cfg.Profile, s.Profile, 0o600); err != nil {
			return err
		}
	}
	for name, data := range s.Files {
		if err := os.WriteFile(filepath.Join(o.Dir, name), data, 0o600); err != nil {
			return err
		}
	}
	c, err := counter.Start(g, cfg)
	if err != nil {
		return err
	}
	r := &run{opts: o, config: s.Config, counter: c}
	defer r.end()
	for _, step := range s.Steps {
		if err := r.step(ctx, step); err != nil {
			return fmt.Errorf("script line %d: %s %s: %w", step.Line, step.Verb, step.Args, err)
		}
	}
	return nil
}

func (r *run) step(ctx context.Context, s Step) error {
	if s.needsTerminal() && r.till == nil {
		if err := r.startTill(); err != nil {
			return err
		}
	}
	do, _ := verbOf(s.Verb)
	return do(r, ctx, s.Args)
}

func (r *run) startTill() error {
	path := filepath.Join(r.opts.Dir, "config.toml")
	ready := r.counter.Ready
	text := strings.NewReplacer(
		"${READER}", ready.Reader.URI, "${PINPAD}", ready.PINPad.URI, "${PRINTER}", ready.Printer.URI, "${DISPLAY}", ready.Display.URI, "${SCANNER}", ready.Scanner.URI, "${HOST}", ready.Host.Listen,
		"${HTTPS}", ready.Host.HTTPS, "${CA}", ready.Host.CAFile, "${DIR}", r.opts.Dir,
	).Replace(string(r.config))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	t, err := startTerminal(r.opts.Till, path, filepath.Join(r.opts.Dir, "data"))
	r.till = t
	return err
}

func (r *run) end() {
	if r.till != nil {
		r.till.end()
	}
}

// drawsAfter is how long a person takes to draw a card when the screen asks for one. The reader waits for it by then: a card that
// nobody waits for pays nothing.
const drawsAfter = 300 * time.Millisecond

func (r *run) swipe(ctx context.Context, args string) error {
	card, fault, _ := strings.Cut(args, " ")
	if err := hwsim.Sleep(ctx, drawsAfter); err != nil {
		return err
	}
	return r.counter.Reader.Swipe(ctx, reader.Swipe{Card: card, Fault: strings.TrimSpace(fault)})
}

// pin is what the shopper does at the pad, once it asks.
func (r *run) pin(ctx context.Context, args string) error {
	pad := r.counter.PINPad
	do := func() error { return pad.TypePIN(ctx, args, false) } // a card's, or with no name the one's that is asked for
	switch args {
	case "wrong":
		do = func() error { return pad.TypePIN(ctx, "", true) }
	case "cancel", "timeout":
		do = func() error { return pad.Press(ctx, args) }
	}
	return r.until(ctx, func() (bool, error) {
		err := do()
		if errors.Is(err, pinpad.ErrNobody) {
			return false, nil
		}
		return true, err
	})
}

// pinpad arms a fault of the pad.
func (r *run) pinpad(_ context.Context, args string) error {
	var f hwsim.Fault
	d := json.NewDecoder(strings.NewReader(args))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return err
	}
	return r.counter.PINPad.Arm(f)
}

// keyEvery is the time between two keys of a quick typist.
const keyEvery = 30 * time.Millisecond

func (r *run) key(ctx context.Context, args string) error {
	for _, k := range typed(args) {
		if err := errors.Join(r.till.press(k), hwsim.Sleep(ctx, keyEvery)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) host(ctx context.Context, args string) error {
	what, body, _ := strings.Cut(args, " ")
	if !json.Valid([]byte(body)) {
		return errors.New("the rest of the line is no JSON")
	}
	var in any = json.RawMessage(body)
	switch {
	case what == "fault" && !strings.Contains(body, `"rules"`):
		in = map[string]any{"rules": []any{in}}
		fallthrough
	case what == "fault":
		return r.callHost(ctx, "/faults", in)
	case what == "clock":
		return r.callHost(ctx, "/clock", in)
	}
	return fmt.Errorf("unknown %q; known are fault and clock", what)
}

func (r *run) callHost(ctx context.Context, path string, in any) error {
	var answer struct {
		Error string `json:"error"`
	}
	if err := counter.Call(ctx, r.counter.Ready.Host.Control, "POST", path, in, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}

func (r *run) display(_ context.Context, args string) error {
	var f hwsim.Fault
	if err := decode(args, &f); err != nil {
		return err
	}
	return r.counter.Display.Arm(f)
}

func (r *run) scan(ctx context.Context, args string) error {
	code, fault, _ := strings.Cut(args, " ")
	return r.counter.Scanner.Scan(ctx, scanner.Scan{Text: code, Fault: strings.TrimSpace(fault)})
}

// printer is its state or, where the object says what it does, a fault.
func (r *run) printer(_ context.Context, args string) error {
	if strings.Contains(args, `"do"`) {
		var f hwsim.Fault
		if err := decode(args, &f); err != nil {
			return err
		}
		return r.counter.Printer.Arm(f)
	}
	s := r.counter.Printer.State()
	if err := decode(args, &s); err != nil {
		return err
	}
	return r.counter.Printer.Set(s)
}

func decode(args string, into any) error {
	d := json.NewDecoder(strings.NewReader(args))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (r *run) wait(ctx context.Context, args string) error {
	if args == "ready" {
		return r.until(ctx, func() (bool, error) { return strings.TrimSpace(r.till.text()) != "", nil })
	}
	d, err := time.ParseDuration(args)
	if err != nil || d < 0 || d > time.Hour {
		return errors.New("write a time up to an hour, for example 200ms, or the word ready")
	}
	return hwsim.Sleep(ctx, d)
}

var errExpect = errors.New("it did not come within " + expectLimit.String())

// until asks again and again until it is so.
func (r *run) until(ctx context.Context, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, expectLimit)
	defer cancel()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		if r.till != nil && r.till.ended() {
			return errors.New("the terminal ended")
		}
		if err := hwsim.Sleep(ctx, expectEvery); err != nil {
			return errExpect
		}
	}
}

func (r *run) expect(ctx context.Context, args string) error {
	what, want, _ := strings.Cut(args, " ")
	var so func() (bool, error)
	var seen func() string
	switch what {
	case "screen":
		seen = func() string { return r.till.text() }
		so = func() (bool, error) { return strings.Contains(r.till.text(), want), nil }
	case "paper":
		seen = func() string { text, _ := r.counter.Printer.Paper(); return text }
		so = func() (bool, error) { return strings.Contains(seen(), want), nil }
	case "display":
		seen = func() string { lines := r.counter.Display.Text().Lines; return lines[0] + "\n" + lines[1] }
		so = func() (bool, error) { return strings.Contains(seen(), want), nil }
	case "drawer":
		seen = func() string { return r.counter.Printer.State().Drawer }
		so = func() (bool, error) { return seen() == want, nil }
	case "pinpad":
		seen = func() string { return r.counter.PINPad.State().Waits }
		so = func() (bool, error) { return seen() == want, nil }
	case "ledger":
		cents, err := strconv.ParseInt(want, 10, 64)
		if err != nil {
			return errors.New("the sum is a number of cents")
		}
		var net int64
		seen = func() string { return strconv.FormatInt(net, 10) }
		so = func() (bool, error) { net, err = r.net(ctx); return net == cents, err }
	default:
		return fmt.Errorf("unknown %q; known are screen, paper, display, drawer, pinpad and ledger", what)
	}
	err := r.until(ctx, so)
	if errors.Is(err, errExpect) {
		return fmt.Errorf("%w; there is:\n%s", err, seen())
	}
	return err
}

func (r *run) net(ctx context.Context) (int64, error) {
	var book struct {
		Net int64 `json:"net_cents"`
	}
	err := counter.Call(ctx, r.counter.Ready.Host.Control, "GET", "/ledger", nil, &book)
	return book.Net, err
}

func (r *run) ledger(ctx context.Context, _ string) error {
	var book json.RawMessage
	if err := counter.Call(ctx, r.counter.Ready.Host.Control, "GET", "/ledger", nil, &book); err != nil {
		return err
	}
	_, err := fmt.Fprintf(r.opts.Out, "%s\n", book)
	return err
}
