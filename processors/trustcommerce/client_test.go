package trustcommerce

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

func archive(t testing.TB, name string) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile(vectors + name)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range a.Files {
		out[f.Name] = string(f.Data)
	}
	return out
}

// TestRequests compares what is sent, byte by byte, with blocks written by hand.
func TestRequests(t *testing.T) {
	want := archive(t, "client-requests.txtar")
	address := pos.Address{Line1: "2 Park Plaza", Zip: "92614-8561"}
	for name, c := range map[string]struct {
		alter func(*Config)
		call  func(*testing.T, *Client) pos.Answer
	}{
		"swiped sale": {call: func(t *testing.T, c *Client) pos.Answer { return c.Authorize(t.Context(), sale(t)) }},
		"sale with one track": {call: func(t *testing.T, c *Client) pos.Answer {
			r := asked(pos.KindSale, 1500)
			r.Credentials = swipe(t, "", testTrack2)
			return c.Authorize(t.Context(), r)
		}},
		"keyed preauth with cvv and address": {call: func(t *testing.T, c *Client) pos.Answer {
			r := asked(pos.KindAuth, 125)
			r.Credentials = keyed(t, "123")
			r.Credentials.Address = address
			return c.Authorize(t.Context(), r)
		}},
		"keyed sale of seven cents, demo": {alter: func(c *Config) { c.Demo = true }, call: func(t *testing.T, c *Client) pos.Answer {
			r := asked(pos.KindSale, 7)
			r.Credentials = keyed(t, "")
			return c.Authorize(t.Context(), r)
		}},
		"sale in another currency": {call: func(t *testing.T, c *Client) pos.Answer {
			r := asked(pos.KindSale, 1500)
			r.Payment.Requested = money.New(1500, "CAD")
			r.Credentials = swipe(t, "", testTrack2)
			return c.Authorize(t.Context(), r)
		}},
		"postauth": {call: func(t *testing.T, c *Client) pos.Answer { return c.Capture(t.Context(), asked(pos.KindCapture, 100)) }},
		"postauth with tip": {call: func(t *testing.T, c *Client) pos.Answer {
			r := asked(pos.KindCapture, 1700)
			r.Payment.Tip = money.New(200, money.USD)
			return c.Capture(t.Context(), r)
		}},
		"credit":   {call: func(t *testing.T, c *Client) pos.Answer { return c.Refund(t.Context(), asked(pos.KindRefund, 13)) }},
		"void":     {call: func(t *testing.T, c *Client) pos.Answer { return c.Void(t.Context(), asked(pos.KindVoid, 100)) }},
		"reversal": {call: func(t *testing.T, c *Client) pos.Answer { return c.Reverse(t.Context(), asked(pos.KindReversal, 100)) }},
		"backup address": {alter: func(c *Config) { c.Hosts, c.Backup = []string{"gateway.test"}, []string{"10.0.0.1"} },
			call: func(t *testing.T, c *Client) pos.Answer { return c.Void(t.Context(), asked(pos.KindVoid, 100)) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := &responder{script: says(approval)}
			cfg := settings(piped(map[string]*responder{"10.0.0.1": r}))
			if c.alter != nil {
				c.alter(&cfg)
			}
			if a := c.call(t, newTestClient(t, cfg)); a.State != pos.StateApproved || a.HostID != "011-1234567890" {
				t.Fatalf("%s, %v", a.State, a.Failure)
			}
			r.wait.Wait()
			if want[name] == "" || len(r.seen()) != 1 {
				t.Fatalf("%d requests", len(r.seen()))
			}
			sameLines(t, string(r.seen()[0]), want[name])
		})
	}
	if len(want) != 11 {
		t.Errorf("%d vectors, of which 11 are used", len(want))
	}
}

// sameLines names the lines that differ without showing them.
func sameLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("%d lines, want %d", len(g), len(w))
	}
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			name, _, _ := strings.Cut(w[i], "=")
			t.Errorf("line %d (%s) differs", i+1, name)
		}
	}
}

// describe writes an answer as client-answers.txtar has it.
func describe(a pos.Answer) string {
	out := string(a.State)
	for _, p := range []struct{ name, value string }{{"host", a.HostID}, {"auth", a.AuthCode}, {"avs", a.AVS}, {"cvv", a.CVV}} {
		if p.value != "" {
			out += " " + p.name + "=" + p.value
		}
	}
	if a.Failure != nil {
		out += " " + strings.Join(append([]string{string(a.Failure.Code)}, a.Failure.Args...), "|")
	}
	return out
}

// TestAnswers reads each written answer in one piece and byte by byte.
func TestAnswers(t *testing.T) {
	files := archive(t, "client-answers.txtar")
	n := 0
	for name, text := range files {
		means, ok := files[name+": means"]
		if !ok {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{1, len(text)} {
				b := newResponse()
				for at := 0; at < len(text); at += step {
					if _, err := b.feed([]byte(text[at : at+step])); err != nil {
						t.Fatal(err)
					}
				}
				if !b.done {
					t.Fatal("the block is not whole")
				}
				if got := describe(newRules(NewFacts()).answer(nil, b.reply())); got != strings.TrimSpace(means) {
					t.Errorf("%s\nwant %s", got, means)
				}
			}
		})
	}
	if n < 40 {
		t.Errorf("only %d answers", n)
	}
}

// TestBroken sends what is no answer over a real exchange.
func TestBroken(t *testing.T) {
	cases := archive(t, "client-broken.txtar")
	cases["cut inside a line"] = "BEGIN\nstatus=appr"
	cases["cut before the last newline"] = "BEGIN\nstatus=approved\ntransid=011-1234567890\nEND"
	cases["a block without end"] = "BEGIN\n" + strings.Repeat("a=b\n", MaxResponse)
	cases["a line without end"] = "BEGIN\na=" + strings.Repeat("b", MaxResponse)
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			c, r := one(t, says(text))
			a := c.Authorize(t.Context(), sale(t))
			r.wait.Wait()
			if a.State != pos.StateUnknown || a.Failure == nil || a.Failure.Code != pos.CodeUnknown || a.HostID != "" {
				t.Errorf("%s", describe(a))
			}
			if len(r.seen()) != 1 {
				t.Errorf("sent %d times", len(r.seen()))
			}
		})
	}
}

func TestNamesThatDoNotResolve(t *testing.T) {
	cfg := settings(nil)
	cfg.Hosts = []string{"gateway.test"}
	a := newTestClient(t, cfg).Authorize(t.Context(), sale(t))
	if a.State != pos.StateNotSent || !strings.Contains(a.Failure.Detail, "resolved") {
		t.Errorf("%s", describe(a))
	}
}

// TestRefusedBeforeSending dials nowhere.
func TestRefusedBeforeSending(t *testing.T) {
	refused := func(kind pos.Kind, alter func(*testing.T, *pos.Request)) func(*testing.T) pos.Request {
		return func(t *testing.T) pos.Request {
			r := asked(kind, 1500)
			r.Credentials = keyed(t, "")
			alter(t, &r)
			return r
		}
	}
	for _, c := range []struct {
		name string
		call func(*Client, context.Context, pos.Request) pos.Answer
		make func(*testing.T) pos.Request
		want string
	}{
		{"no card", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Credentials = pos.Credentials{} }), "refused payment.refused|cc,exp"},
		{"an amount with too many digits", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Payment.Requested = money.New(100000000, money.USD) }), "refused payment.refused|amount"},
		{"a negative amount", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Payment.Requested = money.New(-100, money.USD) }), "refused payment.refused|amount"},
		{"a reference that is too long", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Payment.Ref = strings.Repeat("x", 31) }), "refused payment.refused|ticket"},
		{"a reference with a newline", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Payment.Ref = "a\ndemo=y" }), "refused payment.refused|ticket"},
		{"a kind without an action", (*Client).Authorize, refused(pos.KindAdjust, func(*testing.T, *pos.Request) {}), "refused payment.unsupported|adjust"},
		{"cash back without a PIN", (*Client).Authorize, refused(pos.KindSale, func(_ *testing.T, r *pos.Request) { r.Payment.Cashback = money.New(100, money.USD) }), "refused payment.unsupported|cashback"},
		{"a PIN block with a hold", (*Client).Authorize, refused(pos.KindAuth, func(t *testing.T, r *pos.Request) {
			var err error
			if r.Credentials.PINBlock, err = card.NewPINBlock(make([]byte, 8), ""); err != nil {
				t.Fatal(err)
			}
		}), "refused payment.unsupported|pin"},
		{"a refund of nothing", (*Client).Refund, refused(pos.KindRefund, func(_ *testing.T, r *pos.Request) { r.Parent, r.Credentials = pos.Payment{}, pos.Credentials{} }), "refused payment.refused|transid"},
		{"a void of another host's payment", (*Client).Void, refused(pos.KindVoid, func(_ *testing.T, r *pos.Request) { r.Parent.HostID = "abc" }), "refused payment.refused|transid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := settings(func(context.Context, string, string) (net.Conn, error) {
				t.Error("a connection is opened")
				return nil, io.EOF
			})
			if got := describe(c.call(newTestClient(t, cfg), t.Context(), c.make(t))); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestSizeLimits(t *testing.T) {
	d := &draft{}
	d.set("x", strings.Repeat("y", MaxRequestLine-3))
	if !d.fitsLimits("v") {
		t.Error("a line of the greatest length is refused")
	}
	d.set("x", strings.Repeat("y", MaxRequestLine-2))
	if d.fitsLimits("v") {
		t.Error("a line that is too long passes")
	}
	d = &draft{}
	for d.fitsLimits("v") {
		d.set("x", strings.Repeat("y", 1000))
	}
	if n := len(d.encode(setting{version: "v", pass: 999999, seconds: 999999, noDNS: true})); n < MaxRequest-tailLength || n > MaxRequest+1100 {
		t.Errorf("the limit of the whole block is met at %d bytes", n)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{" Ann ": "Ann", "Zoë | Co\n": "Zo  Co", "": "", "é": "", "aaaaaaaaaaaa": "aaaaaaaaaa", "aaaaaaaaa b": "aaaaaaaaa"} {
		if got := plain(in, 10); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWipe(t *testing.T) {
	d := newDraft(newRules(NewFacts()).form("sale", ""))
	d.payer(keyed(t, "123"), "")
	values := make([][]byte, len(d.pairs))
	for i, p := range d.pairs {
		values[i] = p.value
	}
	d.wipe()
	for i, v := range values {
		if len(bytes.Trim(v, "\x00")) > 0 {
			t.Errorf("%s is not cleared", d.pairs[i].name)
		}
	}
}

// TestDeskLendsCleanMemory: nothing of a request or an answer is left when its memory is lent again.
func TestDeskLendsCleanMemory(t *testing.T) {
	var k desk
	d := k.draft(newRules(NewFacts()).form("sale", ""))
	long := strings.Repeat("x", len(d.keep.first))
	d.set("name", "canary")
	d.set("track1", long)
	d.set("track2", long)
	outside := d.keep.more
	k.sent(d)
	b := k.response()
	b.feed([]byte("BEGIN\nname=canary\ntrack1=" + long + "\nrest=can"))
	outside = append(outside, b.keep.more...)
	k.read(b)
	for _, kept := range []*keep{&d.keep, &b.keep} {
		if len(bytes.Trim(kept.first[:], "\x00")) > 0 || kept.used != 0 || kept.more != nil {
			t.Error("memory comes back with something in it")
		}
	}
	if len(bytes.Trim(b.line[:cap(b.line)], "\x00")) > 0 {
		t.Error("half a line is left")
	}
	for _, piece := range append(outside, b.keep.first[:]) {
		if len(bytes.Trim(piece, "\x00")) > 0 {
			t.Error("a piece outside is not cleared")
		}
	}
	again := k.draft(newRules(NewFacts()).form("void", ""))
	if len(again.pairs) != 0 || again.trouble != nil || again.form.Action != "void" {
		t.Error("a request begins with another one's fields")
	}
	fresh := k.response()
	if len(fresh.pairs) != 0 || fresh.open || fresh.done || fresh.at != 0 || fresh.begin != 0 {
		t.Error("an answer begins within another one")
	}
}

// TestRequestIsWiped looks at the client's own copies after the answer, and after a refusal.
func TestRequestIsWiped(t *testing.T) {
	c, r := one(t, says(approval))
	for _, amount := range []string{"1500", "no number"} {
		d := c.draft("sale", "", pos.Payment{Ref: "x"})
		d.set("amount", amount)
		d.payer(keyed(t, "123"), "")
		c.do(t.Context(), d, "x")
		for _, p := range d.pairs {
			if len(bytes.Trim(p.value, "\x00")) > 0 {
				t.Errorf("%s is not cleared", p.name)
			}
		}
	}
	r.wait.Wait()
	if len(r.seen()) != 1 {
		t.Errorf("%d requests", len(r.seen()))
	}
}

func TestConfig(t *testing.T) {
	good := settings(nil)
	for _, c := range []struct {
		name  string
		alter func(*Config)
		key   string
	}{
		{"no host", func(c *Config) { c.Hosts = nil }, "hosts"},
		{"a bad port", func(c *Config) { c.Hosts = []string{"a:b"} }, "hosts"},
		{"a backup that is a name", func(c *Config) { c.Backup = []string{"gateway.test"} }, "backup"},
		{"no name to verify", func(c *Config) { c.VerifyName = "" }, "verify_name"},
		{"a customer id with letters", func(c *Config) { c.CustID = "X" }, "custid"},
		{"no password", func(c *Config) { c.Password = "" }, "password_file"},
		{"a CA file that is not there", func(c *Config) { c.CAFile = "/nonexistent.pem" }, "ca_file"},
		{"a query over http", func(c *Config) { c.QueryURL, c.VaultPassword = "http://vault.test/query/", "p" }, "query_url"},
		{"a query with a user", func(c *Config) { c.QueryURL, c.VaultPassword = "https://u:p@vault.test/query/", "p" }, "query_url"},
		{"a query without a password", func(c *Config) { c.QueryURL = "https://vault.test/query/" }, "vault_password_file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good
			c.alter(&cfg)
			_, err := New(cfg)
			if e, ok := err.(*pos.Error); !ok || e.Code != pos.CodeConfig || e.Args[0] != c.key {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestPrintsHoldNoPassword(t *testing.T) {
	cfg := settings(nil)
	cfg.Password, cfg.VaultPassword, cfg.QueryURL = "canary-one", "canary-two", "https://vault.test/"
	c := newTestClient(t, cfg)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if out := fmt.Sprintf(verb+verb, cfg, c) + fmt.Sprintf(verb, &cfg); strings.Contains(out, "canary") || strings.Contains(out, "63616e617279") {
			t.Errorf("%s shows a password", verb)
		}
	}
}
