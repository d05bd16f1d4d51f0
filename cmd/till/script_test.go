package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/tillpos/till/cmd/till/internal/config"
)

// binaries is the folder that both programs are built into, once, by the first test that needs them.
// Its name is short, because sockets lie near it.
var (
	binaries string
	build    = sync.OnceValue(func() error {
		for _, program := range []string{"till", "hwsim"} {
			b := exec.Command("go", "build", "-o", filepath.Join(binaries, program), "github.com/tillpos/till/cmd/"+program)
			if out, err := b.CombinedOutput(); err != nil {
				return fmt.Errorf("building %s: %w\n%s", program, err, out)
			}
		}
		return nil
	})
)

func needsBinaries(t *testing.T) {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
}

func TestMain(m *testing.M) {
	var err error
	if binaries, err = os.MkdirTemp("", "till"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(binaries)
		os.Exit(code)
	}))
}

var updateScripts = flag.Bool("update", false, "write the golden parts of the scripts anew")

func TestScripts(t *testing.T) {
	needsBinaries(t)
	work, err := os.MkdirTemp("", "ts")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(work) })
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", WorkdirRoot: work, UpdateScripts: *updateScripts,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", binaries+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			e.Setenv("DATA", filepath.Join(e.WorkDir, "data", "till"))
			e.Setenv("LANG", "en_US.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"world": world, "code": code, "swiping": swiping, "swipe": swipe, "fault": fault, "post": post, "paper": paper, "start": start,
			"interrupted": interrupted, "cancelled": cancelled, "halt": halt, "leakfree": leakfree, "id": paymentID,
			"pinpad": pinpad, "debit": debit, "drawer": drawer, "billing": billing, "settled": settledPayment, "booked": booked,
		},
	})
}

// scriptWorld is what a script's terminal talks to.
type scriptWorld struct {
	dir           string
	host          simulatedHost
	reader        simulatedDevice
	printer       simulatedDevice
	pad           simulatedDevice // once the command pinpad was called
	endPad        func()
	started       map[string]*exec.Cmd // by name, of the command start
	startedClosed map[string]chan struct{}
}

// world starts a simulated host, reader and printer, and writes the configuration of a terminal on them.
func world(ts *testscript.TestScript, neg bool, args []string) {
	dir, err := os.MkdirTemp("", "w")
	ts.Check(err)
	ts.Defer(func() { os.RemoveAll(dir) })
	w := &scriptWorld{dir: dir, started: map[string]*exec.Cmd{}, startedClosed: map[string]chan struct{}{}}
	worlds.Store(ts, w)
	hwsim(ts, &w.host, append([]string{"host", "trustcommerce", "--control", "127.0.0.1:0", "--state", dir}, args...)...)
	hwsim(ts, &w.reader, "reader", "magtek", "--socket", filepath.Join(dir, "r"))
	hwsim(ts, &w.printer, "printer", "--socket", filepath.Join(dir, "p"))
	data := ts.Getenv("DATA")
	ts.Check(os.MkdirAll(data, 0o700))
	ts.Check(os.WriteFile(filepath.Join(data, "password"), []byte(demoPassword), 0o600))
	ts.Check(os.WriteFile(filepath.Join(data, "till.toml"), fmt.Appendf(nil, `[processor.trustcommerce]
hosts = [%q]
query_url = "https://%s/query/"
ca_file = %q
verify_name = "localhost"
custid = %q
password_file = "password"
answer_seconds = 20
connect_seconds = 20
[device.reader]
uri = %q
[device.printer]
uri = %q
`, w.host.Listen, w.host.HTTPS, w.host.CAFile, demoCustID, w.reader.URI, w.printer.URI), 0o600))
	ts.Setenv("HOST", w.host.Listen)
	ts.Setenv("HTTPS", w.host.HTTPS)
	ts.Setenv("CA", w.host.CAFile)
	ts.Setenv("CONTROL", w.host.Control)
}

// worlds holds the world of each running script.
var worlds sync.Map

func worldOf(ts *testscript.TestScript) *scriptWorld {
	w, ok := worlds.Load(ts)
	if !ok {
		ts.Fatalf("the script has no world")
	}
	return w.(*scriptWorld)
}

// hwsim starts the simulator with these arguments, reads its ready line and ends it with the script.
func hwsim(ts *testscript.TestScript, ready any, args ...string) (end func()) {
	cmd := exec.Command(filepath.Join(binaries, "hwsim"), args...)
	cmd.Stderr = ts.Stderr()
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	end = sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	ts.Defer(end)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	ts.Check(err)
	ts.Check(json.Unmarshal(line, ready))
	return end
}

// code runs a program and wants exactly this exit code: code 10 till sale …
func code(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	exits(ts, want, ts.Exec(args[1], args[2:]...))
}

func exits(ts *testscript.TestScript, want int, err error) {
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
	leakfree(ts, false, nil)
}

// leakfree wants no card number in what the last program printed. The text is not shown.
func leakfree(ts *testscript.TestScript, _ bool, _ []string) {
	for _, stream := range []string{"stdout", "stderr"} {
		for _, line := range strings.Split(ts.ReadFile(stream), "\n") {
			if looksLikeCard(line) {
				ts.Fatalf("%s shows what looks like a card number", stream)
			}
		}
	}
}

// patience bounds a wait that ends soon unless something is broken.
const patience = 2 * time.Minute

// swipeEvery is longer than the silence after which half a swipe counts as broken off.
const swipeEvery = 300 * time.Millisecond

// swipe draws a card once: swipe '{"card":"visa"}'
func swipe(ts *testscript.TestScript, neg bool, args []string) {
	reader := newControlClient(worldOf(ts).reader.Control)
	defer reader.close()
	ts.Check(reader.call(context.Background(), "POST", "/swipe", json.RawMessage(args[0]), nil))
}

// swiping runs till while cards are drawn through the reader, again and again until till ends:
// swiping '{"card":"visa"}' 0 till sale …
func swiping(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	ctx, cancel := context.WithCancel(context.Background())
	var swiper sync.WaitGroup
	swiper.Go(func() {
		reader := newControlClient(w.reader.Control)
		defer reader.close()
		again := time.NewTicker(swipeEvery)
		defer again.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
				reader.call(ctx, "POST", "/swipe", json.RawMessage(args[0]), nil)
			}
		}
	})
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	err = ts.Exec(args[2], args[3:]...)
	cancel()
	swiper.Wait()
	exits(ts, want, err)
}

// fault arms the host: fault drop_after_book [ms], or fault clear.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	host := newControlClient(w.host.Control)
	defer host.close()
	if args[0] == "clear" {
		ts.Check(host.call(context.Background(), "DELETE", "/faults", nil, nil))
		return
	}
	rule := map[string]any{"do": args[0], "count": 1}
	if args[0] == "refuse" || args[0] == "bad_cert" {
		rule["count"] = 1000 // the client tries again as long as no byte has left
	}
	if len(args) > 1 {
		ms, err := strconv.Atoi(args[1])
		ts.Check(err)
		rule["ms"] = ms
	}
	ts.Check(host.call(context.Background(), "POST", "/faults", map[string]any{"rules": []any{rule}}, nil))
}

// post sends JSON to the printer's control address: post /state '{"paper":"out"}'
func post(ts *testscript.TestScript, neg bool, args []string) {
	printer := newControlClient(worldOf(ts).printer.Control)
	defer printer.close()
	ts.Check(printer.call(context.Background(), "POST", args[0], json.RawMessage(args[1]), nil))
}

// paper wants a text on what the printer printed so far: paper 'Corner Shop'
func paper(ts *testscript.TestScript, neg bool, args []string) {
	printer := newControlClient(worldOf(ts).printer.Control)
	defer printer.close()
	var roll struct {
		Text string `json:"text"`
	}
	ts.Check(printer.call(context.Background(), "GET", "/paper", nil, &roll))
	if strings.Contains(roll.Text, args[0]) == neg {
		ts.Fatalf("the paper reads\n%s", roll.Text)
	}
}

// start runs till in the background until its first line: start NAME till run --headless
func start(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	cmd := exec.Command(filepath.Join(binaries, args[1]), args[2:]...)
	cmd.Env = scriptEnviron(ts)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	w.started[args[0]], w.startedClosed[args[0]] = cmd, ended
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		defer close(ended)
		io.Copy(io.Discard, lines)
		cmd.Wait()
	}()
	ts.Defer(func() {
		cmd.Process.Kill()
		<-ended
	})
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), line)
}

// scriptEnviron is the environment of a program that is not started by the script engine itself.
func scriptEnviron(ts *testscript.TestScript) []string {
	out := append(os.Environ(), "XDG_DATA_HOME="+ts.Getenv("XDG_DATA_HOME"))
	for _, v := range config.Default("").Values() {
		if text := ts.Getenv(v.Env); text != "" {
			out = append(out, v.Env+"="+text)
		}
	}
	return out
}

// halt ends what start started, with a signal, and wants exit code 0 unless it was killed; none: it was told before.
// halt NAME term|kill|none
func halt(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	signal := syscall.SIGTERM
	if args[1] == "kill" {
		signal = syscall.SIGKILL
	}
	cmd := w.started[args[0]]
	if args[1] != "none" {
		ts.Check(cmd.Process.Signal(signal))
	}
	select {
	case <-w.startedClosed[args[0]]:
	case <-time.After(patience):
		ts.Fatalf("it did not end")
	}
	if got := cmd.ProcessState.ExitCode(); signal == syscall.SIGTERM && got != 0 {
		ts.Fatalf("exit code %d", got)
	}
}

// interrupted runs till, waits until the host holds a request, and sends SIGINT or kills it:
// interrupted 12|kill till sale …
func interrupted(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	signal, want := os.Interrupt, -1
	if args[0] == "kill" {
		signal = os.Kill
	} else {
		var err error
		want, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	cmd := exec.Command(filepath.Join(binaries, args[1]), args[2:]...)
	cmd.Env = scriptEnviron(ts)
	cmd.Stdin = strings.NewReader(ts.ReadFile("card.json"))
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	awaitBooked(ts, w)
	ts.Check(cmd.Process.Signal(signal))
	exits(ts, want, cmd.Wait())
}

// cancelled runs till, waits until it asks for a card, and sends SIGINT: cancelled 14 till sale …
func cancelled(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := exec.Command(filepath.Join(binaries, args[1]), args[2:]...)
	cmd.Env = scriptEnviron(ts)
	said, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewReader(said)
	_, err = lines.ReadString('\n')
	ts.Check(err)
	ts.Check(cmd.Process.Signal(os.Interrupt))
	io.Copy(ts.Stderr(), lines)
	exits(ts, want, cmd.Wait())
}

// awaitBooked waits until the host's ledger has one more transaction that it has not answered.
func awaitBooked(ts *testscript.TestScript, w *scriptWorld) {
	host := newControlClient(w.host.Control)
	defer host.close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		var booked struct {
			Transactions []struct {
				Answered bool `json:"answered"`
			} `json:"transactions"`
		}
		ts.Check(host.call(ctx, "GET", "/ledger", nil, &booked))
		for _, row := range booked.Transactions {
			if !row.Answered {
				return
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			ts.Fatalf("the host never got the request")
		}
	}
}

// paymentID sets a variable to the id of the newest payment: id SALE
func paymentID(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("till", "payment", "list", "--newest", "--limit", "1", "--json"))
	var rows []struct{ ID, Ref string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &rows))
	if len(rows) != 1 {
		ts.Fatalf("there is no payment")
	}
	ts.Setenv(args[0], rows[0].ID)
	ts.Setenv(args[0]+"_REF", rows[0].Ref)
}
