package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that ends at once unless something is broken.
const patience = 2 * time.Minute

// serve runs a server on a socket of its own. end stops it and gives what Serve returned.
func serve(t *testing.T, s Server) (path string, end func() error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path = filepath.Join(dir, "till.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	var result error
	done := false
	end = func() error {
		stop()
		if !done {
			done = true
			result = <-ended
		}
		return result
	}
	t.Cleanup(func() { end() })
	return path, end
}

func dial(t *testing.T, path string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sale() Request {
	return Request{
		Do: Sale, Token: "s-1", Amount: money.New(1234, money.USD), Tip: money.New(100, money.USD),
		Card: []byte("{\"pan\":\n\"1\"}"),
	}
}

func TestRequestAndAnswer(t *testing.T) {
	var got Request
	var gotCard []byte
	path, end := serve(t, Server{Handle: func(_ context.Context, r Request, _ <-chan struct{}) Answer {
		got, gotCard = r, bytes.Clone(r.Card)
		return Answer{
			Payment: pos.Payment{ID: "p-1", State: pos.StateApproved, Requested: r.Amount, Instrument: pos.Instrument{Fingerprint: [32]byte{1}}},
			Receipt: Fail(pos.NewError(pos.CodePrinterPaper)),
		}
	}})
	a := dial(t, path).Do(t.Context(), sale())
	if err := end(); err != nil {
		t.Fatal(err)
	}
	got.Card = nil
	want := sale()
	want.Card = nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(money.Amount{})); diff != "" {
		t.Error(diff)
	}
	if string(gotCard) != `{"pan": "1"}` {
		t.Error("the card did not come through as it was")
	}
	if a.Payment.ID != "p-1" || a.Payment.Requested.Minor() != 1234 || a.Receipt.Code != pos.CodePrinterPaper || a.Failure.Err() != nil {
		t.Errorf("answer %+v", a)
	}
	if !a.Payment.Instrument.Fingerprint.IsZero() {
		t.Error("the fingerprint left the terminal")
	}
}

func TestFailureKeepsCodeArgsAndDetail(t *testing.T) {
	path, _ := serve(t, Server{Handle: func(context.Context, Request, <-chan struct{}) Answer {
		return Answer{Failure: Fail(pos.NewError(pos.CodeOverRefund, "7.34").WithDetail("why"))}
	}})
	err := dial(t, path).Do(t.Context(), Request{Do: Refund}).Failure.Err()
	var known *pos.Error
	if !errors.As(err, &known) || known.Code != pos.CodeOverRefund || known.Args[0] != "7.34" || known.Detail != "why" {
		t.Errorf("error %v", err)
	}
	if f := Fail(errors.New("odd")); f.Code != pos.CodeInternal {
		t.Errorf("code %s", f.Code)
	}
	if f := Fail(fmt.Errorf("journal: %w", context.Canceled)); f.Code != pos.CodeCancelled {
		t.Errorf("stopped before anything was sent: %s", f.Code)
	}
}

func TestSocketIsPrivateAndReplacedOnlyWhenItIsOne(t *testing.T) {
	path, end := serve(t, Server{})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	end()
	stale, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()
	l, err := Listen(path)
	if err != nil {
		t.Fatalf("a socket that is left over: %v", err)
	}
	l.Close()
	if err := os.WriteFile(path, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Listen(path); err == nil {
		l.Close()
		t.Error("a file that is no socket was replaced")
	}
	if _, err := Listen("/tmp/" + string(bytes.Repeat([]byte("x"), 110))); pos.CodeOf(err) != pos.CodeConfig {
		t.Errorf("a path too long: %v", err)
	}
	if _, err := Dial(t.Context(), path+".not"); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestClientGoneDoesNotCancel(t *testing.T) {
	began, sawGone := make(chan struct{}), make(chan bool, 1)
	finish, finished := make(chan struct{}), make(chan error, 1)
	path, end := serve(t, Server{Grace: patience, Handle: func(ctx context.Context, _ Request, gone <-chan struct{}) Answer {
		close(began)
		select {
		case <-gone:
			sawGone <- true
		case <-time.After(patience):
			sawGone <- false
		}
		<-finish
		finished <- ctx.Err()
		return Answer{}
	}})
	ctx, leave := context.WithCancel(t.Context())
	answered := make(chan Answer, 1)
	c := dial(t, path)
	go func() { answered <- c.Do(ctx, Request{Do: Void}) }()
	<-began
	leave()
	if a := <-answered; a.Failure == nil || a.Failure.Code != pos.CodeUnknown {
		t.Errorf("a client that left is told %+v, not unknown", a.Failure)
	}
	if !<-sawGone {
		t.Error("the handler is not told that the client has gone")
	}
	close(finish)
	if err := <-finished; err != nil {
		t.Errorf("the payment's context ended with the client: %v", err)
	}
	end()
}

func TestServeWaitsAndThenGivesUp(t *testing.T) {
	began := make(chan struct{})
	path, end := serve(t, Server{Grace: time.Millisecond, Handle: func(ctx context.Context, _ Request, _ <-chan struct{}) Answer {
		close(began)
		<-ctx.Done() // ends by the grace, not by the server's own context
		return Answer{Payment: pos.Payment{ID: "p-2", State: pos.StateUnknown}}
	}})
	answered := make(chan Answer, 1)
	c := dial(t, path)
	go func() { answered <- c.Do(t.Context(), Request{Do: Sale}) }()
	<-began
	end()
	if a := <-answered; a.Payment.ID != "p-2" {
		t.Errorf("the answer is lost: %+v", a)
	}
}

func TestServeDoesNotWaitForTheSilent(t *testing.T) {
	accepted := make(chan struct{})
	path, end := serve(t, Server{Grace: patience, RequestTime: time.Hour, Handle: func(context.Context, Request, <-chan struct{}) Answer {
		close(accepted)
		return Answer{}
	}})
	silent := dial(t, path)
	defer silent.Close()
	// Connections are accepted in order, so once this one is answered the silent one is being served.
	dial(t, path).Do(t.Context(), Request{Do: Ping})
	<-accepted
	if err := end(); err != nil { // or never ends
		t.Error(err)
	}
}

func TestBadLines(t *testing.T) {
	path, _ := serve(t, Server{Handle: func(context.Context, Request, <-chan struct{}) Answer {
		t.Error("the handler got a bad line")
		return Answer{}
	}})
	for _, row := range []struct{ name, line string }{
		{"no JSON", "hello secret\n"},
		{"unknown verb", `{"do":"secret"}` + "\n"},
		{"unknown key", `{"do":"sale","secret":1}` + "\n"},
		{"two in a line", `{"do":"ping"} {"secret":1}` + "\n"},
		{"endless", string(bytes.Repeat([]byte("secret "), lineLimit)) + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			conn.Write([]byte(row.line)) // the server may close in the middle of it
			reply, _ := readLine(conn)
			if bytes.Contains(reply, []byte("secret")) {
				t.Error("the answer repeats what stood in the line")
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	line, err := sale().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(`{"do":"ping"}`))
	f.Add([]byte(`{"do":"resolve","payment":"a","state":"confirmed","reason":"b","card":null}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := ParseRequest(line)
		if err != nil {
			return
		}
		again, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseRequest(bytes.TrimRight(again, "\n"))
		if err != nil {
			t.Fatalf("what was encoded cannot be read: %v", err)
		}
		if r.Do != back.Do || r.Amount != back.Amount || r.Payment != back.Payment || (r.Card == nil) != (back.Card == nil) {
			t.Fatal("encoded and read again, it is another request")
		}
	})
}
