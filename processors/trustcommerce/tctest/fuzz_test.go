package tctest

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"time"
)

// FuzzRequest: a block that is read and written again is read the same, and the host always answers with
// a status.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(saleBlock))
	f.Add([]byte("BEGIN\n\nEND\n"))
	f.Add([]byte("BEGIN\r\nEND\r\n"))
	f.Add([]byte("BEGIN\naction=sale\ntrack1=%B4111111111111111^A/B^1512?\nEND\n"))
	f.Add([]byte("BEGIN\naction=sale\naction=\ncustid==\nprice99=1\nEND\n"))
	f.Add([]byte("BEGIN\ncustid=123456\npassword=abc123\naction=store\ncc=4111111111111111\nexp=1215\ncycle=1m\namount=100\nstart=99y\nwallet=y\nEND\n"))
	f.Add([]byte("BEGIN\ncustid=123456\npassword=abc123\naction=store\nbillingid=A00007\ncycle=null\nzip=null\nEND\n"))
	f.Add([]byte("BEGIN\ncustid=123456\npassword=abc123\naction=sale\npin=BECD3379A717D40E4B00010000200000001A\ntrack2=;4111111111111111=1212?\namount=100\nEND\n"))
	b := newBench(f, "")
	f.Fuzz(func(t *testing.T, block []byte) {
		r, err := readBlock(bufio.NewReader(bytes.NewReader(block)))
		if err != nil {
			return
		}
		var again strings.Builder
		again.WriteString("BEGIN\n")
		for _, p := range r.fields {
			again.WriteString(p.name + "=" + p.value + "\n")
		}
		again.WriteString("END\n")
		r2, err := readBlock(bufio.NewReader(strings.NewReader(again.String())))
		if err != nil || len(r2.fields) != len(r.fields) {
			t.Fatal("not read the same again")
		}
		checkReply(t, b.Handle(r))
	})
}

// FuzzForm does the same with form bodies.
func FuzzForm(f *testing.F) {
	f.Add("custid=X&action=sale")
	f.Add("custid=123456&password=abc123&action=sale&amount=100&cc=4111111111111111&exp=1215&name=A%0AB")
	f.Add("custid=123456&action=sale&a%0Aerror=1&b%2Cc=2")
	f.Add("%zz=1&&=&a")
	f.Add("custid=123456&password=abc123&querytype=transaction&offset=-1&limit=x&begindate=03-01-2026")
	b := newBench(f, "")
	f.Fuzz(func(t *testing.T, body string) {
		r, err := readForm(body)
		if err != nil {
			return
		}
		checkReply(t, b.Handle(r))
		if out := b.Query(r); out == "" {
			t.Fatal("a query without an answer")
		}
	})
}

// FuzzProfile: what is read is sound enough to start a host.
func FuzzProfile(f *testing.F) {
	f.Add([]byte(account))
	f.Add([]byte("profile=\"queue\"\nclock=\"2026-01-01T00:00:00Z\"\n" + account + "[switches]\npreauth_days=7\n"))
	f.Add([]byte("[[account]]\n[switches"))
	f.Add([]byte(guideProfile(f)))
	f.Add([]byte(account + "[[card]]\nname=\"x\"\ncc=\"4111111111111111\"\navs=\"B\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseProfile(text)
		if err != nil {
			return
		}
		// A history is judged as requests are, so it may be refused; it must not break anything.
		_, err = New(Config{Profile: p, Now: func() time.Time { return noon }, Random: zero{}})
		if err != nil && len(p.History) == 0 {
			t.Fatal("a profile that was read does not start:", err)
		}
	})
}

// checkReply: every answer has a status; bad data have no transid, everything booked has one; no answer
// has a line feed in a value.
func checkReply(t *testing.T, out Reply) {
	status := out.Get("status")
	if status == "" {
		t.Fatal("no status")
	}
	if (status == "baddata") == (out.Get("transid") != "") && out.Get("errortype") != "dnsfailure" {
		t.Fatalf("status %s, transid %q", status, out.Get("transid"))
	}
	if lines := strings.Count(string(out.Block()), "\n"); lines != len(out.fields)+2 {
		t.Fatal("a value broke out of its line")
	}
}
