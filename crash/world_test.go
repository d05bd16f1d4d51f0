package crash

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything here may take before the test gives up on it.
const patience = time.Minute

// build compiles one command, perhaps with some of its files replaced (`go build -overlay`).
func build(t *testing.T, name, overlay string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	args := []string{"build", "-o", out}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "github.com/tillpos/till/cmd/"+name)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", name, err, text)
	}
	return out
}

// process is a program of ours that runs until it is ended.
type process struct {
	cmd   *exec.Cmd
	came  chan error     // nil once its ready line is there, or why there is none
	ready map[string]any // its ready line
	ended chan struct{}
}

// start runs a program and reads its ready line, one JSON object.
func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p, err := launch(t, program, args...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// launch is start for a program that may fail on the way.
func launch(t *testing.T, program string, args ...string) (*process, error) {
	t.Helper()
	p, err := spawn(t, program, args...)
	if err != nil {
		return nil, err
	}
	select {
	case err = <-p.came:
	case <-time.After(patience):
		err = errors.New("not ready")
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("%s %s: %w", program, args[0], err)
	}
	return p, nil
}

// spawn starts a program and waits for nothing.
func spawn(t *testing.T, program string, args ...string) (*process, error) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it runs under ends with it
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	gone := begin(t, aGroup, cmd.Process.Pid)
	p := &process{cmd: cmd, came: make(chan error, 1), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		r := bufio.NewReader(stdout)
		first, _ := r.ReadBytes('\n')
		err := json.Unmarshal(first, &p.ready)
		good := err == nil && p.ready["ready"] == true
		if good {
			p.came <- nil
		}
		io.Copy(io.Discard, r)
		cmd.Wait()
		gone()
		if !good {
			p.came <- fmt.Errorf("no ready line, but %q\n%s", first, complaints.String())
		}
	}()
	t.Cleanup(func() { p.kill() })
	return p, nil
}

func (p *process) text(key string) string { s, _ := p.ready[key].(string); return s }

// strike is kill -9, by process id, of a program and of what it runs under.
func (p *process) strike() {
	select {
	case <-p.ended: // its id may be another's by now
	default:
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// kill is strike, and waits for the end.
func (p *process) kill() {
	p.strike()
	<-p.ended
}

// dead says that the program has ended.
func (p *process) dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// world is a terminal that dies often, and all around it that does not.
type world struct {
	t        *testing.T
	till     string // the binary
	dir      string
	store    string // folder of the journal; another disk, perhaps
	around   surroundings
	host     *process
	printer  *process
	proxy    *proxy
	terminal *process
}

// surroundings are what differs from one world to another.
type surroundings struct {
	inside    []string                                                             // what the terminal runs under always: a network of its own, perhaps
	host      []string                                                             // the simulator that is the host, and what it runs under; empty: as it is
	listen    string                                                               // where the host listens; empty: on loopback
	dial      func(ctx context.Context, network, address string) (net.Conn, error) // to the host's control address; nil: from here
	processor string                                                               // more lines of the processor's configuration
	sections  string                                                               // more sections of it
}

func newWorld(t *testing.T, till, hwsim string) *world {
	t.Helper()
	return newWorldWith(t, till, hwsim, surroundings{})
}

func newWorldWith(t *testing.T, till, hwsim string, around surroundings) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "till-crash-") // short, since unix socket paths are
	if err != nil {
		t.Fatal(err)
	}
	gone := begin(t, aFolder, dir)
	t.Cleanup(func() { os.RemoveAll(dir); gone() })
	w := &world{t: t, till: till, dir: dir, store: filepath.Join(dir, "data"), around: around}
	host := around.host
	if host == nil {
		host = []string{hwsim}
	}
	listen := cmp.Or(around.listen, "127.0.0.1:0")
	w.host = start(t, host[0], append(slices.Clone(host[1:]), "host", "trustcommerce", "--listen", listen, "--any-address", "--control", "127.0.0.1:0",
		"--state", filepath.Join(dir, "host"))...)
	w.printer = start(t, hwsim, "printer", "--socket", filepath.Join(dir, "lp.sock"), "--control", "127.0.0.1:0")
	w.proxy = newProxy(t, w.host.text("listen"))
	if err := os.Mkdir(w.scratch(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"password", "vault"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("password\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.configure(w.proxy.addr(), w.host.text("https"))
	// The wait tells an answer from a session ticket; see proxy.
	w.control("POST", "/faults", map[string]any{"rules": []any{map[string]any{
		"match": map[string]any{}, "count": 1_000_000, "do": "delay", "ms": hostDelay.Milliseconds()}}})
	return w
}

// configure writes the terminal's configuration, with the addresses by which it reaches the host.
func (w *world) configure(host, queries string) {
	w.t.Helper()
	config := fmt.Sprintf(`[terminal]
lane = "7"
[journal]
path = %q
key_file = %q
[processor.trustcommerce]
hosts = [%q]
query_url = "https://%s/query/"
ca_file = %q
verify_name = "localhost"
custid = "TestMerchant"
password_file = %q
vault_password_file = %q
demo = true
connect_seconds = 2
%s[device.printer]
uri = %q
%s`, w.journalPath(), filepath.Join(w.store, "terminal.key"), host, queries,
		w.host.text("ca_file"), filepath.Join(w.dir, "password"), filepath.Join(w.dir, "vault"),
		w.around.processor, w.printer.text("uri"), w.around.sections)
	if err := os.WriteFile(w.config(), []byte(config), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) config() string { return filepath.Join(w.dir, "till.toml") }
func (w *world) data() string   { return w.store }

func (w *world) journalPath() string { return filepath.Join(w.store, "journal.db") }

// scratch is the folder that the terminal works in.
func (w *world) scratch() string { return filepath.Join(w.dir, "scratch") }

// boot starts the terminal.
func (w *world) boot() {
	w.t.Helper()
	if err := w.tryBoot(); err != nil {
		w.t.Fatal(err)
	}
}

// tryBoot starts the terminal under another program, perhaps, and where it may not come up.
func (w *world) tryBoot(under ...string) error {
	w.t.Helper()
	line := w.line(under...)
	p, err := launch(w.t, line[0], line[1:]...)
	if err == nil {
		w.terminal = p
	}
	return err
}

// line is the command line of the terminal, under another program perhaps.
func (w *world) line(under ...string) []string {
	home := []string{"env", "--chdir", w.scratch(), "TMPDIR=" + w.scratch()} // where a core or a temporary file would be
	return slices.Concat(w.around.inside, under, home, []string{w.till, "run", "--headless", "--json", "--config", w.config(), "--data-dir", w.data()})
}

// command runs one command of the terminal's binary and gives its standard output and exit code.
func (w *world) command(stdin string, args ...string) ([]byte, int) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	cmd := exec.CommandContext(ctx, w.till, append(args, "--config", w.config(), "--data-dir", w.data())...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("till %s: %v", args[0], err)
	}
	if exit != nil {
		out = append(out, exit.Stderr...)
	}
	return out, cmd.ProcessState.ExitCode()
}

// ask sends a sale to the running terminal over its socket.
func (w *world) ask(ref string, cents int64) net.Conn {
	w.t.Helper()
	conn, err := w.tryAsk(ref, cents, testCard)
	if err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// tryAsk is ask of a terminal that may be dead.
func (w *world) tryAsk(ref string, cents int64, card string) (net.Conn, error) {
	conn, err := net.DialTimeout("unix", w.terminal.text("socket"), patience)
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() { conn.Close() })
	line := fmt.Sprintf(`{"do":"sale","ref":%q,"again":true,"amount":{"minor":%d,"currency":"USD"},"card":%s}`, ref, cents, card)
	_, err = conn.Write([]byte(line + "\n"))
	return conn, err
}

// failed stands for an answer without a payment: nothing was sent.
const failed = "failed"

// told waits for the terminal's answer, or its death, and gives the state it told; empty when it died.
func (w *world) told(conn net.Conn) string {
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	var answer struct {
		Payment struct{ ID, State string }
		Failure *struct{ Code string }
	}
	if json.NewDecoder(conn).Decode(&answer) != nil {
		return ""
	}
	if answer.Payment.ID == "" && answer.Failure != nil {
		return failed
	}
	return answer.Payment.State
}

// row is what these tests need of the contract's payment.
type row struct {
	ID, Ref, Kind, State, Money, HostID, Processor string
	Requested                                      int64 `json:"requested_cents"`
	Approved                                       int64 `json:"approved_cents"`
}

// rows reads the journal, without its lock.
func (w *world) rows() map[string]row {
	w.t.Helper()
	out, code := w.command("", "payment", "list", "--json")
	if code != 0 {
		w.t.Fatalf("payment list: exit %d: %s", code, out)
	}
	found := map[string]row{}
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var r row
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF {
			break
		} else if err != nil {
			w.t.Fatalf("payment list: %v", err)
		}
		list := []row{}
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
			if err := json.Unmarshal(raw, &list); err != nil {
				w.t.Fatal(err)
			}
		} else if err := json.Unmarshal(raw, &r); err == nil && r.Ref != "" {
			list = append(list, r)
		}
		for _, r := range list {
			if _, twice := found[r.Ref]; twice {
				w.t.Errorf("the journal has two payments with ref %s", r.Ref)
			}
			found[r.Ref] = r
		}
	}
	return found
}

// booking is what these tests need of the host's ledger.
type booking struct {
	Ref, State, Kind string
	Answered         bool
	Net              int64 `json:"net_cents"`
}

func (w *world) ledger(ref string) []booking {
	w.t.Helper()
	var out struct{ Transactions []booking }
	path := "/ledger"
	if ref != "" {
		path += "?ref=" + url.QueryEscape(ref)
	}
	w.decode(w.control("GET", path, nil), &out)
	return out.Transactions
}

// paper is all that the printer printed.
func (w *world) paper() string {
	w.t.Helper()
	var out struct{ Text string }
	w.decode(w.call(w.printer.text("control"), "GET", "/paper", nil), &out)
	return out.Text
}

func (w *world) control(method, path string, body any) []byte {
	w.t.Helper()
	return w.callBy(w.around.dial, w.host.text("control"), method, path, body)
}

func (w *world) call(address, method, path string, body any) []byte {
	w.t.Helper()
	return w.callBy(nil, address, method, path, body)
}

func (w *world) callBy(dial func(context.Context, string, string) (net.Conn, error), address, method, path string, body any) []byte {
	w.t.Helper()
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true, DialContext: dial}}
	request, err := http.NewRequest(method, "http://"+address+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	out, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s %v %s", method, path, response.Status, err, out)
	}
	return out
}

func (w *world) decode(text []byte, into any) {
	w.t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
}
