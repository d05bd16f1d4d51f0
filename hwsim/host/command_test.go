package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programFolder is the environment variable that TestMain sets.
const programFolder = "HWSIM_TEST_FOLDER"

// built is the simulator's own program, made once for all tests of this file.
var built = sync.OnceValues(func() (string, error) {
	program := filepath.Join(os.Getenv(programFolder), "hwsim")
	out, err := exec.Command("go", "build", "-o", program, "github.com/tillpos/till/cmd/hwsim").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
		return "", err
	}
	return program, nil
})

// process is hwsim in a process of its own, with a client's view of it.
type process struct {
	lane
	cmd *exec.Cmd
}

func startProcess(t *testing.T, args ...string) process {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"host", "trustcommerce", "--control", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal("no ready line:", err, cmd.Wait())
	}
	var ready Ready
	if err := json.Unmarshal(line, &ready); err != nil || !ready.Ready || ready.PID != cmd.Process.Pid {
		t.Fatalf("ready line %s: %v", line, err)
	}
	p := process{lane{&Running{Ready: ready}, t}, cmd}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return p
}

func (p process) end(signal os.Signal) error {
	http.DefaultClient.CloseIdleConnections()
	if err := p.cmd.Process.Signal(signal); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// TestCommandEnds: SIGTERM and SIGINT are orderly ends.
func TestCommandEnds(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		if err := startProcess(t, "--state", stateDir(t)).end(s); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// TestKilledHost: what was answered before a kill -9 is in the book after it.
func TestKilledHost(t *testing.T) {
	dir := stateDir(t)
	p := startProcess(t, "--state", dir, "--seed", "7")
	ids := map[string]bool{}
	for _, ticket := range []string{"A", "B", "C"} {
		got, _, _ := p.send(p.Ready.Listen, saleBlock(ticket))
		at := strings.Index(got, "transid=")
		if at < 0 {
			t.Fatal("no sale")
		}
		ids[got[at+8:][:14]] = true
	}
	p.end(syscall.SIGKILL)
	p = startProcess(t, "--state", dir, "--seed", "7")
	got, _, _ := p.send(p.Ready.Listen, saleBlock("D"))
	if !strings.Contains(got, "status=approved") {
		t.Error("no sale after the kill")
	}
	book := p.ledger("")
	if len(book.Transactions) != 4 || book.NetCents != 4*1234 {
		t.Fatalf("%d rows, net %d", len(book.Transactions), book.NetCents)
	}
	for _, row := range book.Transactions[:3] {
		if !ids[row.HostID] {
			t.Error("a row with another identifier")
		}
	}
	if ids[book.Transactions[3].HostID] {
		t.Error("an identifier was given twice")
	}
}

// TestCurl is the guide's curl sample.
func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is missing (Debian package curl)")
	}
	p := startProcess(t, "--state", stateDir(t))
	_, port, _ := net.SplitHostPort(p.Ready.HTTPS)
	out, err := exec.Command("curl", "-sS", "--cacert", p.Ready.CAFile, "--resolve", "vault.trustcommerce.com:"+port+":127.0.0.1",
		"-d", "custid=X", "-d", "action=sale", "https://vault.trustcommerce.com:"+port+"/trans/").CombinedOutput()
	if want := "offenders=password,amount,cc,exp\nerror=missingfields\nstatus=baddata\n"; err != nil || string(out) != want {
		t.Errorf("%v, got\n%s", err, out)
	}
}

// TestStockClient: Debian's Net::TCLink, the vendor's own client, works against the simulator. A preloaded
// library redirects it to loopback and past its built-in certificate.
func TestStockClient(t *testing.T) {
	if exec.Command("perl", "-MNet::TCLink", "-e", "1").Run() != nil {
		t.Skip("perl module Net::TCLink is missing (Debian package libnet-tclink-perl)")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is missing")
	}
	shim := filepath.Join(t.TempDir(), "shim.so")
	if out, err := exec.Command("gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", shim, "../../testdata/nettclink/shim.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := startProcess(t, "--state", stateDir(t))
	_, port, err := net.SplitHostPort(p.Ready.Listen)
	if err != nil {
		t.Fatal(err)
	}
	send := func(t *testing.T, addresses string, fields ...string) map[string]string {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "perl", "../../testdata/nettclink/send.pl")
		cmd.Env = append(os.Environ(), "LD_PRELOAD="+shim, "SHIM_ADDRS="+addresses, "SHIM_PORT="+port)
		cmd.Stdin = strings.NewReader("custid=123456\npassword=abc123\n" + strings.Join(fields, "\n") + "\n")
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, complaint.String())
		}
		answer := map[string]string{}
		for line := range strings.Lines(string(out)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			answer[name] = value
		}
		return answer
	}
	card := []string{"cc=4111111111111111", "exp=1215"}
	const alive, deadFirst = "127.0.0.1", "127.0.0.1,127.0.0.2" // sorted downwards, so that .2 is dialled first

	sale := map[string]string{}
	t.Run("sale", func(t *testing.T) {
		sale = send(t, alive, append(card, "action=sale", "amount=500", "address1=123 Test St.", "zip=90001", "cvv=123", "ticket=N1")...)
		if sale["status"] != "approved" || sale["avs"] != "Y" || sale["cvv"] != "M" || len(sale["transid"]) != 14 {
			t.Errorf("got %v", sale)
		}
	})
	cases := []struct {
		name   string
		fields []string
		want   map[string]string
	}{
		{"decline", []string{"action=sale", "amount=100", "cc=4012345678909", "exp=1215"}, map[string]string{"status": "decline", "declinetype": "decline"}},
		{"credit", []string{"action=credit", "amount=200", "transid=" + sale["transid"]}, map[string]string{"status": "accepted"}},
		{"missing fields", []string{"action=sale", "amount=100"}, map[string]string{"status": "baddata", "error": "missingfields", "offenders": "cc,exp"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := send(t, alive, c.fields...)
			for name, v := range c.want {
				if got[name] != v {
					t.Errorf("%s is %q, want %q", name, got[name], v)
				}
			}
		})
	}
	t.Run("dead first host", func(t *testing.T) {
		got := send(t, deadFirst, append(card, "action=sale", "amount=700", "ticket=N2")...)
		if got["status"] != "approved" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("lost answer", func(t *testing.T) {
		p.arm(`{"do":"drop_after_book"}`)
		got := send(t, alive, append(card, "action=sale", "amount=300", "ticket=N3")...)
		if got["status"] != "error" || got["errortype"] != "linkfailure" || got["transid"] != "" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("what the host booked", func(t *testing.T) {
		if n1, n2 := p.ledger("?ref=N1"), p.ledger("?ref=N2"); n1.CapturedCents != 500 || n1.RefundedCents != 200 || n2.NetCents != 700 {
			t.Errorf("N1 captured %d, refunded %d; N2 net %d", n1.CapturedCents, n1.RefundedCents, n2.NetCents)
		}
		if book := p.ledger(""); len(book.Transactions) != 5 || book.NetCents != 1300 {
			t.Errorf("%d rows, net %d", len(book.Transactions), book.NetCents)
		}
	})
}

// TestReadyLineOnly: standard output has the ready line and nothing after it.
func TestReadyLineOnly(t *testing.T) {
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "host", "trustcommerce", "--state", stateDir(t))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(stdout)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	keys := `{"ready":true,"name":"trustcommerce","listen":"127.0.0.1:`
	if !strings.HasPrefix(line, keys) || !strings.Contains(line, `"secondary":"","control":"","ca_file":"/`) {
		t.Error("the ready line has another shape:", line)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if rest, _ := io.ReadAll(in); len(rest) != 0 {
		t.Errorf("%d more bytes on standard output", len(rest))
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestHelpShowsAWholeProfile: the profile in the help text is one that the program takes.
func TestHelpShowsAWholeProfile(t *testing.T) {
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.Command(program, "host", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(help), "an unknown key is an error:\n")
	text, _, ended := strings.Cut(text, "\nExit codes:")
	if !found || !ended {
		t.Fatal("the help text has no profile")
	}
	file := filepath.Join(t.TempDir(), "profile.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, "--profile", file, "--state", stateDir(t))
	if got, _, _ := p.send(p.Ready.Listen, saleBlock("A")); !strings.Contains(got, "status=approved") {
		t.Errorf("got %q", got)
	}
}

// TestExitCodes: 2 for usage, 3 for a profile or state folder, 1 for the rest.
func TestExitCodes(t *testing.T) {
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir := stateDir(t)
	bad := filepath.Join(t.TempDir(), "bad.toml")
	if err := os.WriteFile(bad, []byte("colour=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := startProcess(t, "--state", dir)
	cases := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no host", []string{"host"}, 2, "arg"},
		{"unknown host", []string{"host", "nobody"}, 2, "nobody"},
		{"unknown flag", []string{"host", "trustcommerce", "--speed", "1"}, 2, "speed"},
		{"unknown command", []string{"hosts"}, 2, "hosts"},
		{"not loopback", []string{"host", "trustcommerce", "--listen", "0.0.0.0:0"}, 2, "loopback"},
		{"run without a task", []string{"run"}, 2, "--demo"},
		{"swipe without a reader", []string{"swipe", "--card", "visa"}, 2, "to"},
		{"bad profile", []string{"host", "trustcommerce", "--profile", bad}, 3, "line 1"},
		{"absent profile", []string{"host", "trustcommerce", "--profile", bad + ".no"}, 3, "bad.toml.no"},
		{"folder in use", []string{"host", "trustcommerce", "--state", dir}, 3, "in use"},
		{"folder that is a file", []string{"host", "trustcommerce", "--state", bad}, 3, "bad.toml"},
		{"address taken", []string{"host", "trustcommerce", "--listen", busy.Ready.Listen}, 1, "in use"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, program, c.args...)
			var out, complaint bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &complaint
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(complaint.String(), c.says) || out.Len() > 0 {
				t.Errorf("code %d, want %d; %q, standard output %q", code, c.code, complaint.String(), out.String())
			}
		})
	}
}

// TestGuideProfile: the program takes the guide's world, and a restart does not play its past again.
func TestGuideProfile(t *testing.T) {
	dir := stateDir(t)
	args := []string{"--profile", "../../testdata/trustcommerce/guide.toml", "--state", dir}
	p := startProcess(t, args...)
	if book := p.ledger(""); len(book.Transactions) != 6 || book.NetCents != 3100 || book.Now.Year() != 2007 {
		t.Fatalf("%d rows, net %d, %v", len(book.Transactions), book.NetCents, book.Now)
	}
	examples := [][]string{
		{"action=void", "transid=011-1234554321"},
		{"action=reversal", "transid=011-1234567890", "amount=100"},
		{"action=postauth", "transid=011-1234567890", "amount=100"},
		{"action=unstore", "billingid=B01234"},
	}
	for _, e := range examples {
		if got, _, _ := p.send(p.Ready.Listen, block(e...)); !strings.Contains(got, "status=accepted") {
			t.Errorf("%s: %q", e[0], got)
		}
	}
	p.end(syscall.SIGKILL)
	p = startProcess(t, args...)
	if got, _, _ := p.send(p.Ready.Listen, block("action=credit", "transid=011-1234567890", "amount=013")); !strings.Contains(got, "status=accepted") {
		t.Errorf("credit after a restart: %q", got)
	}
	if got, _, _ := p.send(p.Ready.Listen, block("action=credit", "transid=011-1234567890", "amount=488")); !strings.Contains(got, "offenders=transid,amount") {
		t.Errorf("credit of more than is left: %q", got)
	}
	if book := p.ledger(""); len(book.Transactions) != 11 || book.NetCents != 3100-100+100-13 {
		t.Errorf("%d rows, net %d", len(book.Transactions), book.NetCents)
	}
}
