package trustcommerce

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// canaries are data that must come out nowhere.
var canaries = []string{
	"6011000990139424", "%B6011000990139424^CANARY/NAME^47081010000000000000000?", ";6011000990139424=47081010000000000000?",
	"9731", "0847", "4708", "canary-pass", "canary-vault", "CANARY/NAME", "77 Canary Street", "99775",
	"88776655443321", "021777888", "C0FFEE12C0FFEE34", "CANARY-DEBIT 555", "CANARY/PERSON", "canary@mail.test",
}

func canaryCredentials(t *testing.T, swiped bool) pos.Credentials {
	t.Helper()
	cvv, err := card.NewCVV([]byte(canaries[3]))
	if err != nil {
		t.Fatal(err)
	}
	address := pos.Address{Line1: canaries[9], Zip: canaries[10]}
	if swiped {
		out := swipe(t, canaries[1], canaries[2])
		out.Address, out.Card.CVV = address, cvv
		return out
	}
	pan, err := card.NewPAN([]byte(canaries[0]))
	if err != nil {
		t.Fatal(err)
	}
	exp, err := card.ParseMMYY(canaries[4])
	if err != nil {
		t.Fatal(err)
	}
	return pos.Credentials{Card: card.Card{PAN: pan, Expiry: exp, CVV: cvv, Entry: card.EntryKeyed}, Address: address}
}

// noCanary looks for each canary as it is, percent-encoded, in hexadecimal and in base64.
func noCanary(t *testing.T, where, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for i, c := range canaries {
		for how, form := range map[string]string{
			"plain": c, "percent": url.QueryEscape(c), "hex": hex.EncodeToString([]byte(c)), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(c)), "="),
		} {
			if shows(lower, strings.ToLower(form)) {
				t.Errorf("%s shows canary %d (%s)", where, i, how)
			}
		}
	}
}

// shows finds a canary. One of few digits counts only where no digit stands beside it: times and port numbers
// have such digits inside.
func shows(text, canary string) bool {
	if len(canary) > 5 || !only([]byte(canary), isDigit) {
		return strings.Contains(text, canary)
	}
	for at := 0; ; at++ {
		i := strings.Index(text[at:], canary)
		if i < 0 {
			return false
		}
		at += i
		before, after := at-1, at+len(canary)
		if (before < 0 || !isDigit(text[before])) && (after == len(text) || !isDigit(text[after])) {
			return true
		}
	}
}

// echo is an answer that repeats everything it can in every place.
func echo(status string) string {
	out := "BEGIN\nstatus=" + status + "\n"
	for _, name := range []string{"cc", "CC", "Track1", "TRACK2", "cvv", "exp", "password", "transid", "authcode", "avs", "declinetype", "error",
		"errortype", "offenders", "blacklistvalue", "VelocityValue", "ticket", "unknownfield", "customfield1", "emv_57_track2equivalentdata", "encryptedtrack"} {
		for _, c := range canaries {
			// A few digits in authcode cannot be told from an authorization code.
			if name != "ticket" && (name != "authcode" || len(c) > 8) {
				out += name + "=" + c + "\n"
			}
		}
	}
	for _, c := range canaries {
		out += c + "=x\n"
	}
	return out + "END\n"
}

// TestNothingLeaks sends canaries through every way an exchange can end and looks at all that comes out.
func TestNothingLeaks(t *testing.T) {
	scripts := map[string]func(*tls.Conn){
		"approved": says(approval), "declined": says("BEGIN\nstatus=decline\ntransid=011-1234567890\ndeclinetype=cvv\nEND\n"),
		"no end": says("BEGIN\nstatus=approved\n"), "cut": says("BEGIN\n" + canaries[0]), "no block": says(canaries[0] + "=" + canaries[1] + "\n"),
		"no equal sign": says("BEGIN\n" + canaries[0] + "\nEND\n"), "reset": func(c *tls.Conn) { c.NetConn().Close() },
		"in packets": func(c *tls.Conn) {
			for _, b := range []byte(echo("approved")) {
				c.Write([]byte{b})
			}
		},
	}
	for _, status := range []string{"approved", "decline", "baddata", "error", canaries[0]} {
		scripts["echo "+status] = says(echo(status))
	}
	for name, script := range scripts {
		for _, swiped := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, swiped %t", name, swiped), func(t *testing.T) {
				var log bytes.Buffer
				r := &responder{script: script}
				cfg := settings(piped(map[string]*responder{"10.0.0.1": r}))
				cfg.Password = canaries[6]
				cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
				c := newTestClient(t, cfg)
				request := asked(pos.KindSale, 1500)
				request.Credentials = canaryCredentials(t, swiped)
				answer := c.Authorize(t.Context(), request)
				r.wait.Wait()
				if len(r.seen()) != 1 || !bytes.Contains(r.seen()[0], []byte(canaries[3])) {
					t.Fatal("the canaries were not sent")
				}
				if !strings.Contains(log.String(), "action=sale") {
					t.Error("nothing was logged")
				}
				noCanary(t, "the log", log.String())
				noCanary(t, "the answer", printed(t, answer))
				noCanary(t, "the request", printed(t, request.Credentials.Card)+printed(t, c)+printed(t, cfg))
			})
		}
	}
}

// withoutTime leaves the time out of a log line: its nanoseconds may hold a canary of few digits.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// address is one of the memory, another one each time: its digits may hold a canary of few.
var address = regexp.MustCompile(`0x[0-9a-f]{9,12}\b`)

func printed(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		out += fmt.Sprintf(verb, v)
	}
	if a, ok := v.(pos.Answer); ok && a.Failure != nil {
		out += a.Failure.Error()
	}
	return address.ReplaceAllString(out, "@")
}

// TestPanicsShowNothing lets a panic carry what the encoder holds.
func TestPanicsShowNothing(t *testing.T) {
	facts := newRules(NewFacts())
	form := facts.form("sale", "")
	d := newDraft(form)
	d.payer(canaryCredentials(t, false), "")
	for _, v := range []any{d.pairs, d.pairs[0], &d.pairs[0]} {
		func() {
			defer func() { noCanary(t, "a panic", fmt.Sprintf("%v %+v %#v", recover(), v, v)) }()
			panic(v)
		}()
	}
	noCanary(t, "a check", fmt.Sprint(facts.check(form, append(d.pairs, pair{name: "exp", value: []byte(canaries[0])}))))
}

// canaryRequests are requests of every kind that holds secrets.
func canaryRequests(t *testing.T) map[string]func(*Client) pos.Answer {
	t.Helper()
	account, err := card.NewAccountNumber([]byte(canaries[11]))
	if err != nil {
		t.Fatal(err)
	}
	block, err := hex.DecodeString(canaries[13])
	if err != nil {
		t.Fatal(err)
	}
	pin, err := card.NewPINBlock(block, "FFFF9876543210E00001")
	if err != nil {
		t.Fatal(err)
	}
	person := Person{Name: canaries[15], Email: canaries[16]}
	withOptions := func(r pos.Request, o Options) pos.Request {
		if r.Extra, err = o.Extra(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	bank := pos.Credentials{Bank: pos.BankAccount{Routing: canaries[12], Number: account}, Address: pos.Address{Line1: canaries[9]}}
	debit := swipe(t, "", canaries[2])
	debit.PINBlock = pin
	return map[string]func(*Client) pos.Answer{
		"keyed": func(c *Client) pos.Answer {
			r := asked(pos.KindSale, 1500)
			r.Credentials = canaryCredentials(t, false)
			return c.Authorize(t.Context(), withOptions(r, Options{Person: person}))
		},
		"swiped": func(c *Client) pos.Answer {
			r := asked(pos.KindAuth, 1500)
			r.Credentials = canaryCredentials(t, true)
			return c.Authorize(t.Context(), withOptions(r, Options{Person: person}))
		},
		"bank": func(c *Client) pos.Answer {
			r := asked(pos.KindSale, 1500)
			r.Credentials = bank
			return c.Authorize(t.Context(), withOptions(r, Options{Person: person, CheckNumber: "1"}))
		},
		"debit": func(c *Client) pos.Answer {
			r := asked(pos.KindSale, 1500)
			r.Credentials = debit
			return c.Authorize(t.Context(), r)
		},
		"debit refund": func(c *Client) pos.Answer {
			r := asked(pos.KindRefund, 1500)
			r.Credentials = debit
			return c.Refund(t.Context(), withOptions(r, Options{Receipt: Receipt{canaries[14], "20260101120000"}}))
		},
		"store": func(c *Client) pos.Answer {
			return c.Store(t.Context(), Account{Ref: "s", Credentials: canaryCredentials(t, false), Person: person}).Answer
		},
		"store of a bank account": func(c *Client) pos.Answer {
			return c.Store(t.Context(), Account{Ref: "s", Credentials: bank, Person: person}).Answer
		},
		"refused": func(c *Client) pos.Answer {
			r := asked(pos.KindAuth, 1500)
			r.Credentials = canaryCredentials(t, false)
			return c.Authorize(t.Context(), withOptions(r, Options{Person: person, Aggregators: []string{canaries[0] + "|"}}))
		},
	}
}

// TestNothingLeaksAnywhere sends every secret over both transports, to hosts that give it back in every way.
func TestNothingLeaksAnywhere(t *testing.T) {
	quoted := func(text string) string {
		var b strings.Builder
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "BEGIN") && !strings.HasPrefix(line, "END") {
				b.WriteString(line)
			}
		}
		return b.String()
	}
	// Over HTTPS the host is a handler, over TCLink a script; both say the same.
	answers := map[string]string{"approved": "status=approved\ntransid=011-1234567890\nbillingid=Q5T7PT\n", "echo": quoted(echo("approved")), "echo of a refusal": quoted(echo("baddata")),
		"rubbish": strings.Join(canaries, "\r\n\r\n"), "nothing": ""}
	for name, lines := range answers {
		for what, call := range canaryRequests(t) {
			t.Run(name+", "+what, func(t *testing.T) {
				var log bytes.Buffer
				r := &responder{script: says("BEGIN\n" + lines + "END\n")}
				tclink := settings(piped(map[string]*responder{"10.0.0.1": r}))
				web := vault(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					switch name {
					case "rubbish":
						http.Redirect(w, r, "https://elsewhere.test/"+canaries[0], http.StatusSeeOther)
					case "nothing":
						panic(http.ErrAbortHandler)
					default:
						io.WriteString(w, lines)
					}
				})
				web.Transport, web.PostURL = HTTPS, strings.Replace(web.QueryURL, "/query/", "/trans/"+canaries[6]+"/", 1)
				for _, cfg := range []Config{tclink, web} {
					cfg.Password = canaries[6]
					cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
					noCanary(t, "the answer", printed(t, call(newTestClient(t, cfg))))
				}
				r.wait.Wait()
				if what != "refused" && strings.Count(log.String(), `"direction":"sent"`) != 2 {
					t.Error("not both requests were logged")
				}
				noCanary(t, "the log", log.String())
			})
		}
	}
}

func TestQueryLeaksNothing(t *testing.T) {
	var log bytes.Buffer
	for name, answer := range map[string]http.HandlerFunc{
		"echo":      func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) },
		"canaries":  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Join(canaries, ",")+"\n") },
		"an abort":  func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"a refusal": func(w http.ResponseWriter, r *http.Request) { http.Error(w, canaries[7], http.StatusForbidden) },
		"a report": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "transid,amount,action_name,status_name,ticket,authcode,avs,fail_name\n")
			io.WriteString(w, strings.Join([]string{canaries[0], "1500", "sale", canaries[0], "L1-261122-AB12-7", canaries[0], canaries[3], canaries[8]}, ",")+"\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := vault(t, answer)
			cfg.VaultPassword = canaries[7]
			cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
			f := newTestClient(t, cfg).Query(t.Context(), sale(t).Payment)
			out := fmt.Sprintf("%+v %+v", f, f.Answer)
			for _, e := range []*pos.Error{f.Failure, f.Answer.Failure} {
				if e != nil {
					out += e.Error()
				}
			}
			noCanary(t, "the finding", out)
			noCanary(t, "the log", log.String())
		})
	}
}

// TestExplainMasks decodes a request and an answer full of canaries.
func TestExplainMasks(t *testing.T) {
	request := "BEGIN\n"
	for _, e := range NewFacts().Fields {
		name := strings.Replace(e.Name, "#", "1", 1)
		if e.Mask == Hidden || e.Mask == LastFour {
			for _, n := range []string{name, strings.ToUpper(name)} {
				for _, c := range canaries {
					request += n + "=" + c + "\n"
				}
			}
		}
	}
	for _, text := range []string{request + "END\n", echo("approved")} {
		frames, wrong := Explain([]byte(text))
		if wrong != nil {
			t.Fatal(wrong)
		}
		for _, f := range frames {
			for i := range f.Fields {
				f.Fields[i].Pos, f.Fields[i].Len = 0, 0 // numbers that could look like a canary of few digits
			}
		}
		noCanary(t, "the explanation", printed(t, frames))
	}
	frames, _ := Explain([]byte("BEGIN\ncc=" + canaries[0] + "\naction=sale\nEND\n"))
	if got := frames[0].Fields[0].Value; got != "************9424" {
		t.Error("cc does not show its last four digits, and only these")
	}
	frames, _ = Explain([]byte("BEGIN\nCC=" + canaries[0] + "\naction=sale\nEND\n"))
	if got := frames[0].Fields[0].Value; got != "************9424" {
		t.Error("the case of a name counts")
	}
	if frames[0].Fields[1].Value != "sale" {
		t.Error("the action is masked")
	}
}

// TestMaskIsByField: an identifier that looks like a card number stays readable where it belongs.
func TestMaskIsByField(t *testing.T) {
	facts := newRules(NewFacts())
	if got := facts.maskRequest("ticket", []byte("411111111111111")); got != "411111111111111" {
		t.Error("a ticket of digits is hidden")
	}
	if got := facts.maskRequest("transid", []byte("4111111111111111")); got != hiddenText {
		t.Error("what is no transid is shown as one")
	}
	for name, want := range map[string]string{"productcode7": "productcode7", "emv_9f26_cryptogram": "emv_9f26_cryptogram", "4111111111111111": "?", "a b": "?"} {
		if got := facts.shownName(name); got != want {
			t.Errorf("a name is shown as %s, want %s", got, want)
		}
	}
}
