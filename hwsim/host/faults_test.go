package host

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestFaultsOfRequests: what the client sees, what is booked and what counts as answered.
func TestFaultsOfRequests(t *testing.T) {
	whole := func(s string) bool {
		return strings.HasPrefix(s, "BEGIN\nstatus=approved\n") && strings.HasSuffix(s, "\nEND\n")
	}
	nothing := func(s string) bool { return s == "" }
	cases := []struct {
		rule             string
		sees             func(string) bool
		ends             error // of reading; Go takes an end between TLS records for an orderly one
		booked, answered bool
	}{
		{`{"do":"drop_before_book"}`, nothing, nil, false, false},
		{`{"do":"drop_after_book"}`, nothing, nil, true, false},
		{`{"do":"drop_after_book","ms":1}`, nothing, nil, true, false},
		{`{"do":"reset_before_book"}`, nothing, syscall.ECONNRESET, false, false},
		{`{"do":"reset_after_book"}`, nothing, syscall.ECONNRESET, true, false},
		{`{"do":"cut","bytes":13}`, func(s string) bool { return s == "BEGIN\nstatus=" }, nil, true, false},
		{`{"do":"cut"}`, func(s string) bool { return strings.HasPrefix(s, "BEGIN\nstatus=approved\n") && !whole(s) }, nil, true, false},
		{`{"do":"garbage","bytes":9}`, func(s string) bool { return len(s) == 9 && !strings.Contains(s, "BEGIN") }, nil, true, false},
		{`{"do":"duplicate"}`, func(s string) bool { return whole(s) && s[:len(s)/2] == s[len(s)/2:] }, nil, true, true},
		{`{"do":"crlf"}`, func(s string) bool {
			return whole(strings.ReplaceAll(s, "\r\n", "\n")) && strings.Count(s, "\r\n") == strings.Count(s, "\n")
		}, nil, true, true},
		{`{"do":"blank_lines","bytes":2,"ms":1}`, func(s string) bool { return whole(strings.TrimPrefix(s, "\n\n")) }, nil, true, true},
		{`{"do":"no_begin"}`, func(s string) bool { return strings.HasPrefix(s, "status=approved\n") }, nil, true, false},
		{`{"do":"two_begin"}`, func(s string) bool {
			return whole(strings.TrimPrefix(s, "BEGIN\n")) && strings.Count(s, "BEGIN\n") == 2
		}, nil, true, false},
		{`{"do":"no_end"}`, func(s string) bool {
			return strings.HasPrefix(s, "BEGIN\n") && !strings.Contains(s, "END\n") && strings.HasSuffix(s, "\n")
		}, nil, true, false},
		{`{"do":"no_equals"}`, func(s string) bool { return whole(s) && strings.Contains(s, "\nno pair\nEND\n") }, nil, true, false},
		{`{"do":"long_line"}`, func(s string) bool { return whole(s) && longest(s) == 4000 }, nil, true, false},
		{`{"do":"long_line","bytes":1600}`, func(s string) bool { return whole(s) && longest(s) == 1600 }, nil, true, false},
		{`{"do":"stall","ms":1}`, whole, nil, true, true},
		{`{"do":"fail_after_book"}`, func(s string) bool {
			return strings.HasPrefix(s, "BEGIN\nstatus=error\nerrortype=failtoprocess\ntransid=")
		}, nil, true, true},
		{`{"do":"slow_report"}`, whole, nil, true, true},
		{`{"do":"wrong_seq"}`, whole, nil, true, false},
		{`{"do":"late","ms":1}`, whole, nil, true, true},
		{`{"do":"delay","ms":1}`, whole, nil, true, true},
	}
	l := startLane(t, Options{})
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			l.call("POST", "/reset", "{}")
			l.arm(c.rule)
			got, handshake, reading := l.send(l.Ready.Listen, saleBlock("A"))
			if handshake != nil || !c.sees(got) || !errors.Is(reading, c.ends) {
				t.Errorf("handshake %v, reading %v, got %q", handshake, reading, got)
			}
			var row Transaction
			until(t, "the row is final", func() bool {
				rows := l.ledger("").Transactions
				if len(rows) > 0 {
					row = rows[0]
				}
				return len(rows) == 1 == c.booked && row.Answered == c.answered
			})
			if c.booked && row.NetCents != 1234 {
				t.Errorf("net %d", row.NetCents)
			}
			if strings.Contains(c.rule, "wrong_seq") && strings.Contains(got, row.HostID) {
				t.Error("the answer names the right transaction")
			}
			if got, _, _ := l.send(l.Ready.Listen, saleBlock("B")); !whole(got) {
				t.Error("the fault outlived its count")
			}
		})
	}
}

// longest is the longest line, its LF counted.
func longest(s string) (n int) {
	for line := range strings.Lines(s) {
		n = max(n, len(line))
	}
	return n
}

// TestFailBeforeBook: the processor is not reached; the row is there and moves no money.
func TestFailBeforeBook(t *testing.T) {
	l := startLane(t, Options{})
	l.arm(`{"do":"fail_before_book"}`)
	got, _, _ := l.send(l.Ready.Listen, saleBlock("A"))
	if !strings.HasPrefix(got, "BEGIN\nstatus=error\nerrortype=failtoprocess\ntransid=") {
		t.Errorf("got %q", got)
	}
	if book := l.ledger(""); len(book.Transactions) != 1 || book.NetCents != 0 || book.Transactions[0].State != "rejected" {
		t.Errorf("%d rows, net %d", len(book.Transactions), book.NetCents)
	}
}

// TestSlowReport: the vault's report shows a transaction only after the fault's time.
func TestSlowReport(t *testing.T) {
	l := startLane(t, Options{})
	l.call("POST", "/clock", `{"now":"2026-07-01T12:00:00Z"}`)
	l.arm(`{"do":"slow_report","ms":90000,"match":{"ref":"A"}}`)
	l.send(l.Ready.Listen, saleBlock("A"))
	shown := func() bool {
		got, _, _ := l.send(l.Ready.HTTPS, "GET /query/?custid=123456&password=abc123&querytype=transaction&ticket=A HTTP/1.1\r\nHost: x\r\n\r\n")
		return strings.Contains(got, "VISA-D")
	}
	l.call("POST", "/clock", `{"advance":"89s"}`)
	if shown() {
		t.Error("shown too early")
	}
	l.call("POST", "/clock", `{"advance":"1s"}`)
	if !shown() {
		t.Error("never shown")
	}
}

// TestBadCertificates: each is refused for its own reason.
func TestBadCertificates(t *testing.T) {
	l := startLane(t, Options{})
	var name x509.HostnameError
	var over x509.CertificateInvalidError
	var stranger x509.UnknownAuthorityError
	for verb, is := range map[string]func(error) bool{
		"other_name":   func(err error) bool { return errors.As(err, &name) },
		"expired_cert": func(err error) bool { return errors.As(err, &over) && over.Reason == x509.Expired },
		"bad_cert":     func(err error) bool { return errors.As(err, &stranger) || errors.As(err, &name) },
	} {
		l.arm(`{"do":"` + verb + `"}`)
		if _, handshake, _ := l.send(l.Ready.Listen, saleBlock("A")); !is(handshake) {
			t.Errorf("%s: %v", verb, handshake)
		}
	}
	l.arm(`{"do":"no_tls"}`)
	var record tls.RecordHeaderError
	if _, handshake, _ := l.send(l.Ready.Listen, saleBlock("A")); !errors.As(handshake, &record) {
		t.Errorf("no_tls: %v", handshake)
	}
	if n := len(l.ledger("").Transactions); n != 0 {
		t.Errorf("%d rows booked", n)
	}
}

// TestFaultsOverHTTPS: the same verbs, in an envelope that promises a length.
func TestFaultsOverHTTPS(t *testing.T) {
	post := "POST /trans/ HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\ncustid=X&action=sale"
	body := "offenders=password,amount,cc,exp\nerror=missingfields\nstatus=baddata\n"
	l := startLane(t, Options{})
	cases := []struct {
		rule string
		sees func(head, body string) bool
	}{
		{`{"do":"cut","bytes":9}`, func(head, b string) bool { return strings.Contains(head, "Content-Length: 68") && b == "offenders" }},
		{`{"do":"crlf"}`, func(_, b string) bool { return b == strings.ReplaceAll(body, "\n", "\r\n") }},
		{`{"do":"blank_lines"}`, func(head, b string) bool { return strings.Contains(head, "Content-Length: 71") && b == "\n\n\n"+body }},
		{`{"do":"drop_after_book"}`, func(head, b string) bool { return head+b == "" }},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			l.arm(c.rule)
			got, _, _ := l.send(l.Ready.Listen, post)
			head, rest, _ := strings.Cut(got, "\r\n\r\n")
			if !c.sees(head, rest) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestSlow: delay books after waiting, late before. Both waits end with the host.
func TestSlow(t *testing.T) {
	for rule, booked := range map[string]int{`{"do":"delay","ms":600000}`: 0, `{"do":"late","ms":600000}`: 1} {
		t.Run(rule, func(t *testing.T) {
			l := startLane(t, Options{})
			l.arm(rule)
			c, err := tls.Dial("tcp", l.Ready.Listen, l.trust())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, saleBlock("A"))
			until(t, "the rule fires", func() bool { return l.Faults.List()[0].Fired == 1 })
			until(t, "the book is as it should be", func() bool { return len(l.Sim.Book().Transactions) == booked })
			if booked == 1 && l.Sim.Book().Transactions[0].Answered {
				t.Error("answered while it waits")
			}
		})
	}
}

func TestFaultsOfConnections(t *testing.T) {
	l := startLane(t, Options{})
	t.Run("refuse", func(t *testing.T) {
		l.arm(`{"do":"refuse","count":2}`)
		for range 2 {
			if _, handshake, _ := l.send(l.Ready.Listen, saleBlock("A")); handshake == nil {
				t.Error("connected")
			}
		}
	})
	t.Run("bad_cert", func(t *testing.T) {
		l.arm(`{"do":"bad_cert"}`)
		_, handshake, _ := l.send(l.Ready.Listen, saleBlock("A"))
		var untrusted *tls.CertificateVerificationError
		if !errors.As(handshake, &untrusted) {
			t.Errorf("got %v", handshake)
		}
	})
	for _, verb := range []string{"stall_accept", "stall_tls"} {
		t.Run(verb, func(t *testing.T) {
			l.call("DELETE", "/faults", "")
			l.arm(`{"do":"` + verb + `"}`)
			raw, err := net.Dial("tcp", l.Ready.Listen)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			c := tls.Client(raw, l.trust())
			done := make(chan error, 1)
			go func() { done <- c.Handshake() }()
			until(t, "the rule fires", func() bool { return l.Faults.List()[0].Fired == 1 })
			select {
			case err := <-done:
				t.Fatal("no stall:", err)
			default:
			}
			l.call("DELETE", "/faults", "")
			if err := <-done; err != nil {
				t.Error("after the release:", err)
			}
		})
	}
	if n := len(l.ledger("").Transactions); n != 0 {
		t.Errorf("%d rows booked", n)
	}
	if got, _, _ := l.send(l.Ready.Listen, saleBlock("A")); !strings.Contains(got, "approved") {
		t.Error("no sale afterwards")
	}
}

// TestStallEndsWithHost: Close does not wait for a stalled client.
func TestStallEndsWithHost(t *testing.T) {
	l := startLane(t, Options{})
	l.arm(`{"do":"stall_accept"}`)
	c, err := net.Dial("tcp", l.Ready.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	until(t, "the rule fires", func() bool { return l.Faults.List()[0].Fired == 1 })
}

// TestMatching: kind, ref and amount pick requests; after skips; count ends; queries are left alone.
func TestMatching(t *testing.T) {
	cases := []struct {
		name  string
		rule  Rule
		kinds []string // requests in order, each KIND/REF/CENTS
		fires string   // one letter each
	}{
		{"everything once", Rule{}, []string{"sale/A/1", "sale/A/1"}, "x-"},
		{"skips two", Rule{After: 2, Count: 2}, []string{"sale//1", "auth//1", "void//0", "sale//1", "sale//1"}, "--xx-"},
		{"kind", Rule{Match: Match{Kind: "void"}}, []string{"sale//1", "void//0"}, "-x"},
		{"ref", Rule{Match: Match{Ref: "B"}, Count: 9}, []string{"sale/A/1", "sale/B/1", "query/B/0"}, "-x-"},
		{"amount", Rule{Match: Match{AmountCents: 7}}, []string{"sale/A/1", "sale/A/7"}, "-x"},
		{"all three", Rule{Match: Match{"sale", "A", 7}}, []string{"auth/A/7", "sale/B/7", "sale/A/8", "sale/A/7"}, "---x"},
		{"queries by name only", Rule{Match: Match{Kind: "query"}, Count: 9}, []string{"sale//1", "query//0"}, "-x"},
		{"skipping counts matches only", Rule{Match: Match{Kind: "sale"}, After: 1}, []string{"void//0", "sale//1", "void//0", "sale//1"}, "---x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := NewFaults()
			c.rule.Do = DropAfterBook
			if err := f.Arm([]Rule{c.rule}); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, k := range c.kinds {
				part := strings.Split(k, "/")
				if _, ok := f.Request(part[0], part[1], int64(part[2][0]-'0')); ok {
					got += "x"
				} else {
					got += "-"
				}
			}
			if got != c.fires {
				t.Errorf("fired %s, want %s", got, c.fires)
			}
			if n := f.List()[0].Fired; n != strings.Count(c.fires, "x") {
				t.Errorf("counted %d", n)
			}
		})
	}
}
