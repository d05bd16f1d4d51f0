package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func block(fields ...string) string {
	return "BEGIN\ncustid=123456\npassword=abc123\n" + strings.Join(fields, "\n") + "\nEND\n"
}

// TestOneHostAFolder: a second host keeps off the folder, and gets it when the first one ended.
func TestOneHostAFolder(t *testing.T) {
	dir := stateDir(t)
	o := Options{Name: "trustcommerce", StateDir: dir}
	first, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Start(context.Background(), o)
	if err == nil {
		second.Close()
	}
	if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

// TestStoredAfterAKill: stored accounts, their plans and wallets outlive a kill -9.
func TestStoredAfterAKill(t *testing.T) {
	dir := stateDir(t)
	p := startProcess(t, "--state", dir)
	p.call("POST", "/clock", `{"now":"2026-03-01T20:00:00Z"}`)
	store := func(fields ...string) string {
		got, _, err := p.send(p.Ready.Listen, block(append([]string{"action=store", "cc=4111111111111111", "exp=1230"}, fields...)...))
		at := strings.Index(got, "billingid=")
		if err != nil || at < 0 {
			t.Fatalf("%v %q", err, got)
		}
		return got[at+10:][:6]
	}
	wallet := store("wallet=y")
	store("cycle=1m", "amount=500", "start=2d", "payments=2")
	p.send(p.Ready.Listen, block("action=walletsale", "billingid="+wallet, "amount=300"))
	p.end(syscall.SIGKILL)
	p = startProcess(t, "--state", dir)
	if got, _, _ := p.send(p.Ready.Listen, block("action=walletsale", "billingid="+wallet, "amount=200")); !strings.Contains(got, "status=approved") {
		t.Errorf("got %q", got)
	}
	status, body := p.call("POST", "/clock", `{"now":"2026-06-01T20:00:00Z"}`)
	if status != 200 || strings.Count(body, `"citadel"`) != 2 || strings.Count(body, `"wallet"`) != 1 {
		t.Errorf("%d %s", status, body)
	}
	if book := p.ledger(""); book.NetCents != 2*500+300+200 || book.HeldCents != 0 {
		t.Errorf("net %d, held %d", book.NetCents, book.HeldCents)
	}
}

// TestLogs: what a host makes of the log of changes that it finds.
func TestLogs(t *testing.T) {
	made := stateDir(t)
	p := startProcess(t, "--state", made)
	for _, ticket := range []string{"A", "B"} {
		p.send(p.Ready.Listen, saleBlock(ticket))
	}
	p.end(syscall.SIGKILL)
	log, err := os.ReadFile(filepath.Join(made, changesFile))
	if err != nil || bytes.Count(log, []byte("\n")) < 2 {
		t.Fatalf("%v, %d lines", err, bytes.Count(log, []byte("\n")))
	}
	if bytes.Contains(log, []byte("4111111111111111")) {
		t.Error("the log holds a card number")
	}
	first := bytes.IndexByte(log, '\n') + 1
	cases := []struct {
		name string
		log  []byte
		net  int64
		err  string
	}{
		{"whole", log, 2468, ""},
		{"cut in its last line", append(bytes.Clone(log), `{"Seq":9`...), 2468, ""},
		{"cut in its first line", log[:first/2], 0, ""},
		{"empty", nil, 0, ""},
		{"damaged", append([]byte("{\n"), log...), 0, "change 1"},
		{"a line is missing", log[first:], 0, "change 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := stateDir(t)
			if err := os.WriteFile(filepath.Join(dir, changesFile), c.log, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Start(context.Background(), Options{Name: "trustcommerce", StateDir: dir})
			if c.err != "" {
				if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v", err)
				}
				if err == nil {
					r.Close()
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var net int64
			for _, tx := range r.Sim.Book().Transactions {
				net += tx.NetCents
			}
			if net != c.net {
				t.Errorf("net %d, want %d", net, c.net)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadFile(filepath.Join(dir, changesFile)); err != nil || len(left) > 0 {
				t.Errorf("%v, %d bytes of log after an orderly end", err, len(left))
			}
		})
	}
}

// TestSnapshotInTime: a full log gives way to a snapshot while the host runs, and a write that fails
// leaves the log as it was.
func TestSnapshotInTime(t *testing.T) {
	f := folder{t.TempDir(), false}
	s, _, _, err := openStore(f)
	if err != nil {
		t.Fatal(err)
	}
	whole := func() ([]byte, error) { return []byte(`{"whole":true}`), nil }
	for i := range changesBeforeSnapshot {
		if err := s.keep(fmt.Appendf(nil, `{"Seq":%d}`, i+1), whole); err != nil {
			t.Fatal(err)
		}
	}
	if b, _ := f.read(ledgerFile); b != nil {
		t.Error("a snapshot before its time")
	}
	if err := s.keep([]byte(`{}`), whole); err != nil {
		t.Fatal(err)
	}
	snapshot, _ := f.read(ledgerFile)
	log, _ := f.read(changesFile)
	if string(snapshot) != `{"whole":true}` || len(log) != 0 {
		t.Errorf("snapshot %s, log of %d bytes", snapshot, len(log))
	}
	if err := s.keep([]byte(`{"Seq":1}`), whole); err != nil {
		t.Fatal(err)
	}
	if err := s.keep([]byte(`{}`), func() ([]byte, error) { return nil, errors.New("no") }); err != nil {
		t.Error("an append asks for no snapshot:", err)
	}
	if err := s.keep(nil, func() ([]byte, error) { return nil, errors.New("no") }); err == nil {
		t.Error("no error of a snapshot that cannot be made")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if err := s.keep([]byte(`{}`), whole); err == nil {
		t.Error("kept after the end")
	}
}

// TestResetOutlivesRestart: what was reset does not come back.
func TestResetOutlivesRestart(t *testing.T) {
	dir := stateDir(t)
	p := startProcess(t, "--state", dir)
	p.send(p.Ready.Listen, saleBlock("A"))
	p.call("POST", "/reset", "{}")
	p.send(p.Ready.Listen, saleBlock("B"))
	http.DefaultClient.CloseIdleConnections()
	p.end(syscall.SIGKILL)
	again := startLane(t, Options{StateDir: dir})
	if book := again.ledger(""); len(book.Transactions) != 1 || book.Transactions[0].Ref != "B" {
		t.Errorf("%d rows", len(book.Transactions))
	}
}
