package host

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hwsim-test-")
	if err != nil {
		panic(err)
	}
	os.Setenv(programFolder, dir)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// authority saves the tests from making RSA keys again and again.
var authority = sync.OnceValues(func() (*tctest.Authority, error) { return tctest.NewAuthority(time.Now()) })

// stateDir is a state folder that already has its authority.
func stateDir(t *testing.T) string {
	t.Helper()
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, authorityFile), a.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// lane is a running host with a client's view of it.
type lane struct {
	*Running
	t *testing.T
}

func startLane(t *testing.T, o Options) lane {
	t.Helper()
	o.Name, o.Control = "trustcommerce", "127.0.0.1:0"
	if o.StateDir == "" {
		o.StateDir = stateDir(t)
	}
	r, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	l := lane{r, t}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// saleBlock is a sale of 12.34 with a ticket.
func saleBlock(ticket string) string {
	return "BEGIN\ncustid=123456\npassword=abc123\naction=sale\namount=1234\ncc=4111111111111111\nexp=1215\nticket=" + ticket + "\nEND\n"
}

func (l lane) trust() *tls.Config {
	pem, err := os.ReadFile(l.Ready.CAFile)
	if err != nil {
		l.t.Error(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// send sends bytes over TLS and gives what came back. handshake is the error of the connection.
func (l lane) send(to, text string) (got string, handshake, reading error) {
	c, err := tls.Dial("tcp", to, l.trust())
	if err != nil {
		return "", err, nil
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		return "", nil, err
	}
	b, err := io.ReadAll(c)
	return string(b), nil, err
}

// call asks the control address and gives status and body.
func (l lane) call(method, path, body string) (int, string) {
	l.t.Helper()
	req, err := http.NewRequest(method, "http://"+l.Ready.Control+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(b))
}

func (l lane) arm(rule string) {
	l.t.Helper()
	if status, body := l.call("POST", "/faults", `{"rules":[`+rule+`]}`); status != 200 || body != `{"armed":1}` {
		l.t.Fatal(status, body)
	}
}

// ledger reads GET /ledger as outside programs do.
func (l lane) ledger(query string) ledger {
	l.t.Helper()
	status, body := l.call("GET", "/ledger"+query, "")
	var out ledger
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != 200 {
		l.t.Fatal(status, err)
	}
	return out
}

// until waits for a condition that a goroutine of the host brings about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for !is() {
		if ctx.Err() != nil {
			t.Fatal("never: " + what)
		}
		runtime.Gosched()
	}
}

func TestStartRefuses(t *testing.T) {
	dir := stateDir(t)
	broken := filepath.Join(t.TempDir(), "profile.toml")
	if err := os.WriteFile(broken, []byte("colour=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		o    Options
		want string
	}{
		{"unknown host", Options{Name: "nobody"}, "nobody"},
		{"address of the network", Options{Name: "trustcommerce", Listen: "0.0.0.0:0"}, "loopback"},
		{"control on the network", Options{Name: "trustcommerce", Control: ":0"}, "loopback"},
		{"HTTPS on the network", Options{Name: "trustcommerce", HTTPS: "192.0.2.1:0"}, "loopback"},
		{"not an address", Options{Name: "trustcommerce", Listen: "here"}, "here"},
		{"no such profile", Options{Name: "trustcommerce", Profile: "/nonexistent.toml", StateDir: dir}, "nonexistent"},
		{"broken profile", Options{Name: "trustcommerce", Profile: broken, StateDir: dir}, "line 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := Start(context.Background(), c.o)
			if err == nil {
				r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTwoPorts(t *testing.T) {
	l := startLane(t, Options{HTTPS: "127.0.0.1:0"})
	if l.Ready.HTTPS == l.Ready.Listen || l.Ready.PID != os.Getpid() || !filepath.IsAbs(l.Ready.CAFile) {
		t.Fatalf("%+v", l.Ready)
	}
	form := "custid=X&action=sale"
	post := "POST /trans/ HTTP/1.1\r\nHost: vault.trustcommerce.com\r\nContent-Length: 20\r\n\r\n" + form
	for _, address := range []string{l.Ready.Listen, l.Ready.HTTPS} {
		got, handshake, err := l.send(address, post)
		if handshake != nil || err != nil || !strings.HasSuffix(got, "\r\n\r\noffenders=password,amount,cc,exp\nerror=missingfields\nstatus=baddata\n") {
			t.Errorf("%v %v %q", handshake, err, got)
		}
	}
}

// TestTemporaryFolder: without a state folder nothing is left behind.
func TestTemporaryFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Start(ctx, Options{Name: "trustcommerce"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Ready.Control != "" || r.Ready.HTTPS != r.Ready.Listen {
		t.Errorf("%+v", r.Ready)
	}
	if _, err := os.Stat(r.Ready.CAFile); err != nil {
		t.Error(err)
	}
	cancel() // the host ends with the context too
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Error("a file is left:", left[0].Name())
	}
}

// TestRestart: ledger, clock and authority are the same after a restart; what was answered is known.
func TestRestart(t *testing.T) {
	dir := stateDir(t)
	o := Options{Name: "trustcommerce", Control: "127.0.0.1:0", StateDir: dir}
	r, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	l := lane{r, t}
	l.send(r.Ready.Listen, saleBlock("A"))
	l.call("POST", "/clock", `{"advance":"3h"}`)
	l.call("POST", "/clock", `{"now":"2040-01-01T00:00:00Z"}`)
	l.send(r.Ready.Listen, saleBlock("B"))
	http.DefaultClient.CloseIdleConnections()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(r.Ready.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	again := startLane(t, Options{StateDir: dir})
	after, err := os.ReadFile(again.Ready.CAFile)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("another authority after the restart", err)
	}
	book := again.ledger("")
	if book.NetCents != 2468 || len(book.Transactions) != 2 || !book.Transactions[0].Answered || !book.Transactions[1].Answered {
		t.Errorf("%+v", book)
	}
	if !book.Now.Equal(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("the clock is", book.Now)
	}
	got, _, _ := again.send(again.Ready.Listen, saleBlock("C"))
	if !strings.Contains(got, "status=approved") || len(again.ledger("").Transactions) != 3 {
		t.Error("no sale after the restart")
	}
}

func TestBrokenState(t *testing.T) {
	for _, name := range []string{ledgerFile, clockFile, authorityFile} {
		t.Run(name, func(t *testing.T) {
			dir := stateDir(t)
			if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
			if r, err := Start(context.Background(), Options{Name: "trustcommerce", StateDir: dir}); err == nil {
				r.Close()
				t.Error("started on a broken file")
			}
		})
	}
}
