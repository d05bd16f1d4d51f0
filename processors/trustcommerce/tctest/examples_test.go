package tctest

import (
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// guideProfile is the world in which the guide tells its examples.
func guideProfile(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/trustcommerce/guide.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var billingID = regexp.MustCompile(`\bbillingid=([A-Z]\d{5})\b`)

// guideDay is the clock of guide.toml.
var guideDay = time.Date(2007, 1, 2, 20, 0, 0, 0, time.UTC)

// TestExamples plays every example of the guide, byte for byte, over both transports.
func TestExamples(t *testing.T) {
	archive, err := txtar.ParseFile("../../../testdata/trustcommerce/host-examples.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, transport := range []struct {
		name string
		send func(*testing.T, net.Conn, []byte) string
	}{{"tclink", sendBlock}, {"https", sendForm}} {
		t.Run(transport.name, func(t *testing.T) {
			var world, told string
			var dial func() net.Conn
			ids := map[string]string{}
			for i := 0; i+1 < len(archive.Files); i += 2 {
				name, isRequest := strings.CutSuffix(archive.Files[i].Name, "/request")
				if !isRequest || archive.Files[i+1].Name != name+"/reply" {
					t.Fatalf("%s: a request has to be followed by its reply", archive.Files[i].Name)
				}
				world, _, _ = strings.Cut(name, ":")
				if world != told {
					dial, told = newBenchAt(t, guideProfile(t), guideDay).serve(t, &Server{}), world
				}
				t.Run(name, func(t *testing.T) {
					request := string(archive.Files[i].Data)
					for placeholder, id := range ids {
						request = strings.ReplaceAll(request, placeholder, id)
					}
					got := transport.send(t, dial(), []byte(request))
					if id := transID.FindString(got); id != "" {
						ids["{"+name+"}"] = id
						got = strings.ReplaceAll(got, id, "{id}")
					}
					if id := billingID.FindStringSubmatch(got); id != nil && !strings.Contains(request, id[1]) {
						ids["{"+name+".billingid}"] = id[1]
						got = strings.ReplaceAll(got, id[1], "{billingid}")
					}
					if want := string(archive.Files[i+1].Data); got != want {
						t.Errorf("got\n%swant\n%s", got, want)
					}
				})
			}
		})
	}
}

// TestHistory: a profile's past is in the book as if clients had sent it, and comes back with a reset.
func TestHistory(t *testing.T) {
	b := newBenchAt(t, guideProfile(t), guideDay)
	check := func() {
		t.Helper()
		l := b.Ledger()
		if len(l.Entries) != 6 || l.Held != 500 || l.Net != 2500+500+100 {
			t.Errorf("%d rows, held %d, net %d", len(l.Entries), l.Held, l.Net)
		}
		for _, e := range l.Entries {
			if !e.Answered {
				t.Error("a row of the past waits for its answer")
			}
		}
		if l.Batches[0].State != "settled" || l.Batches[0].Net != 2500 {
			t.Errorf("the debit sale's batch: %+v", l.Batches)
		}
	}
	check()
	b.sale("100")
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	check()
	if got := b.do("action", "credit", "transid", "011-1234567890", "amount", "013"); got.Get("status") != "accepted" {
		t.Error("credit under the alias:", got.Get("error"))
	}
	if got := b.do("action", "credit", "transid", "011-1234554321", "amount", "013"); got.Get("status") != "accepted" {
		t.Error("credit under a row's own number:", got.Get("error"))
	}
}

// TestHistoryRefuses: what no client could have done is no past.
func TestHistoryRefuses(t *testing.T) {
	past := func(head, fields string) string {
		return account + "[[history]]\nat=\"2026-02-01T12:00:00Z\"\n" + head + "[history.fields]\n" + fields
	}
	const sale = "custid=\"123456\"\naction=\"sale\"\namount=\"100\"\nexp=\"1215\"\n"
	cases := []struct{ name, text, want string }{
		{"no account", past("", "action=\"sale\"\n"), "custid"},
		{"a field is missing", past("", sale), "missingfields cc"},
		{"an extra field", past("", sale+"cc=\"4111111111111111\"\ncolour=\"1\"\n"), "extrafields colour"},
		{"declined", past("", sale+"cc=\"4012345678909\"\n"), "decline"},
		{"transid of another form", past("transid=\"11-1\"\n", sale+"cc=\"4111111111111111\"\n"), "transid"},
		{"billingid of another form", past("billingid=\"1\"\n", sale+"cc=\"4111111111111111\"\n"), "billingid"},
		{"no time", account + "[[history]]\nat=\"noon\"\n", "RFC 3339"},
		{"the future", account + "[[history]]\nat=\"2027-01-01T00:00:00Z\"\n", "clock"},
		{"twice", past("transid=\"011-1234567890\"\n", sale+"cc=\"4111111111111111\"\n") +
			"[[history]]\nat=\"2026-02-01T12:00:00Z\"\ntransid=\"011-1234567890\"\n[history.fields]\n" + sale + "cc=\"4111111111111111\"\n", "twice"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseProfile([]byte(c.text))
			if err == nil {
				_, err = New(Config{Profile: p, Now: func() time.Time { return noon }, Random: zero{}})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that names %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "4111") {
				t.Error("the error shows a card number")
			}
		})
	}
}
