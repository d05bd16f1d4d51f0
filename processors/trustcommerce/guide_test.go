package trustcommerce_test

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/processors/trustcommerce"
	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

const (
	guideVisa   = "4111111111111111"
	guideTrack  = ";4111111111111111=07120000000000000000?"
	guideDebit  = ";4111111111111111=1212?"
	guideParent = "011-1234567890"
)

// asking is one example of the guide as a typed request.
type asking struct {
	name string
	call func(*testing.T, *trustcommerce.Client, parents) pos.Answer
	want pos.State // what the guide's text assumes
	demo bool
}

// parents are what examples refer to: the guide's own names, or those of a host that made its own.
type parents struct {
	transID, sale, billingID, stored, wallet string
	receipt                                  trustcommerce.Receipt
}

func guideParents() parents {
	return parents{transID: guideParent, sale: "011-1234554321", billingID: "B01234", stored: "Z12345", wallet: "B01234",
		receipt: trustcommerce.Receipt{DebitData: "0012345678901234567890123456789", OriginalSaleDate: "20070101190000"}}
}

func usd(cents int64) money.Amount { return money.New(cents, money.USD) }

func typed(t *testing.T, number, mmyy, cvv string) pos.Credentials {
	t.Helper()
	pan, err := card.NewPAN([]byte(number))
	if err != nil {
		t.Fatal(err)
	}
	exp, err := card.ParseMMYY(mmyy)
	if err != nil {
		t.Fatal(err)
	}
	out := pos.Credentials{Card: card.Card{PAN: pan, Expiry: exp, Entry: card.EntryKeyed}}
	if cvv != "" {
		if out.Card.CVV, err = card.NewCVV([]byte(cvv)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func swiped(track2 string) pos.Credentials {
	return pos.Credentials{Card: card.Card{Track2: card.NewTrack(2, []byte(track2)), Entry: card.EntrySwipe}}
}

func withPIN(t *testing.T, block, ksn string) pos.Credentials {
	t.Helper()
	k, err := card.ParseKSN(ksn)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(block)
	if err != nil {
		t.Fatal(err)
	}
	out := swiped(guideDebit)
	if out.PINBlock, err = card.NewPINBlock(b, k); err != nil {
		t.Fatal(err)
	}
	return out
}

func bank(t *testing.T, routing, account string) pos.Credentials {
	t.Helper()
	n, err := card.NewAccountNumber([]byte(account))
	if err != nil {
		t.Fatal(err)
	}
	return pos.Credentials{Bank: pos.BankAccount{Routing: routing, Number: n}}
}

func at(c pos.Credentials, line1, zip string) pos.Credentials {
	c.Address = pos.Address{Line1: line1, Zip: zip}
	return c
}

func request(t *testing.T, kind pos.Kind, cents int64, c pos.Credentials, o trustcommerce.Options) pos.Request {
	t.Helper()
	extra, err := o.Extra()
	if err != nil {
		t.Fatal(err)
	}
	return pos.Request{Payment: pos.Payment{Kind: kind, Requested: usd(cents)}, Credentials: c, Extra: extra}
}

func authorize(kind pos.Kind, cents int64, credentials func(*testing.T, parents) pos.Credentials, o trustcommerce.Options) func(*testing.T, *trustcommerce.Client, parents) pos.Answer {
	return func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
		return c.Authorize(t.Context(), request(t, kind, cents, credentials(t, p), o))
	}
}

func visa1209(t *testing.T, _ parents) pos.Credentials { return typed(t, guideVisa, "1209", "") }
func meal(*testing.T, parents) pos.Credentials         { return swiped(guideTrack) }

func capture(cents, tip int64, o trustcommerce.Options) func(*testing.T, *trustcommerce.Client, parents) pos.Answer {
	return func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
		r := request(t, pos.KindCapture, cents, pos.Credentials{}, o)
		r.Parent.HostID, r.Payment.Tip = p.transID, usd(tip)
		return c.Capture(t.Context(), r)
	}
}

func store(a trustcommerce.Account, mmyy, zip string) func(*testing.T, *trustcommerce.Client, parents) pos.Answer {
	return func(t *testing.T, c *trustcommerce.Client, _ parents) pos.Answer {
		a.Credentials = at(typed(t, guideVisa, mmyy, ""), "123 Anywhere St", zip)
		return c.Store(t.Context(), a).Answer
	}
}

func tax(cents int64) *int64 { return &cents }

// guideExamples are all requests that the guide writes out.
func guideExamples() []asking {
	type none = trustcommerce.Options
	level2 := trustcommerce.Options{
		Purchase: trustcommerce.Purchase{Level: 2, TaxIdentifier: "localsales", Tax: tax(100), OrderNumber: "ABC123"},
		Shipping: trustcommerce.Shipping{Zip: "92606"},
	}
	stored := func(_ *testing.T, p parents) pos.Credentials { return pos.Credentials{Stored: p.stored} }
	return []asking{
		{"card sale of 1.25", authorize(pos.KindSale, 125, visa1209, none{}), pos.StateApproved, true},
		{"card preauth of 1.25", authorize(pos.KindAuth, 125, visa1209, none{}), pos.StateApproved, true},
		{"ACH sale of 1.33", authorize(pos.KindSale, 133, func(t *testing.T, _ parents) pos.Credentials { return bank(t, "789456124", "55544433221") }, none{}), pos.StateAccepted, false},
		{"sale on a billingid", authorize(pos.KindSale, 145, stored, none{}), pos.StateApproved, false},
		{"preauth on a billingid", authorize(pos.KindAuth, 145, stored, none{}), pos.StateApproved, false},
		{"address verification", authorize(pos.KindSale, 125, func(t *testing.T, p parents) pos.Credentials {
			return at(visa1209(t, p), "2 Park Plaza", "92614-8561")
		}, none{AVS: trustcommerce.No}), pos.StateApproved, false},
		{"card code", authorize(pos.KindSale, 125, func(t *testing.T, _ parents) pos.Credentials { return typed(t, guideVisa, "1209", "1234") }, none{}), pos.StateDeclined, false},
		{"card code not present", authorize(pos.KindSale, 125, visa1209, none{CVVStatus: "notpresent"}), pos.StateApproved, false},
		{"credit of 0.13", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			r := request(t, pos.KindRefund, 13, pos.Credentials{}, none{})
			r.Parent.HostID = p.transID
			return c.Refund(t.Context(), r)
		}, pos.StateAccepted, false},
		{"postauth of 1.00", capture(100, 0, none{}), pos.StateAccepted, false},
		{"reversal of 1.00", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			r := request(t, pos.KindReversal, 100, pos.Credentials{}, none{})
			r.Parent.HostID = p.transID
			return c.Reverse(t.Context(), r)
		}, pos.StateAccepted, false},
		{"void", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			r := request(t, pos.KindVoid, 100, pos.Credentials{}, none{})
			r.Parent.HostID = p.sale
			return c.Void(t.Context(), r)
		}, pos.StateAccepted, false},
		{"preauth of a meal", authorize(pos.KindAuth, 1500, meal, none{}), pos.StateApproved, false},
		{"postauth with tip", capture(700, 200, none{}), pos.StateAccepted, false},
		{"ticket", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			r := request(t, pos.KindSale, 125, visa1209(t, p), none{})
			r.Payment.Ref = "011112222"
			return c.Authorize(t.Context(), r)
		}, pos.StateApproved, false},
		{"ship date", capture(100, 0, none{ShipDate: "12-01-2006"}), pos.StateAccepted, false},
		{"telephone order, preauth", authorize(pos.KindAuth, 125, visa1209, none{MOTO: true}), pos.StateApproved, false},
		{"telephone order, postauth", capture(100, 0, none{MOTO: true}), pos.StateAccepted, false},
		{"telephone order, sale", authorize(pos.KindSale, 125, visa1209, none{MOTO: true}), pos.StateApproved, false},
		{"installment", authorize(pos.KindSale, 1500, func(t *testing.T, _ parents) pos.Credentials {
			return at(typed(t, guideVisa, "1207", ""), "123 Anywhere St", "90210")
		}, none{PaymentNumber: 1, TotalPayments: 3}), pos.StateApproved, false},
		{"Level II sale", authorize(pos.KindSale, 1500, meal, level2), pos.StateApproved, false},
		{"Level II preauth", authorize(pos.KindAuth, 1500, meal, none{Purchase: trustcommerce.Purchase{Level: 2}}), pos.StateApproved, false},
		{"Level II postauth", capture(500, 0, level2), pos.StateAccepted, false},
		{"Level III sale", authorize(pos.KindSale, 2000, func(t *testing.T, _ parents) pos.Credentials {
			return at(typed(t, "4012881888818888", "1205", "999"), "", "90000")
		}, none{Person: trustcommerce.Person{Country: "840"}, Purchase: trustcommerce.Purchase{
			Level: 3, Tax: tax(120), Discount: 200, VATNumber: "123", ShippingHandling: 300, OrderNumber: "1234567",
			Items: []trustcommerce.Item{
				{ProductCode: "P003", Price: 300, Discount: 50, Quantity: 2, Description: "PINPAD", Unit: "each"},
				{ProductCode: "T300010", Price: 455, Discount: 45, Quantity: 1, Description: "terminal", Unit: "each"},
				{ProductCode: "ML50010", Price: 325, Discount: 105, Quantity: 1, Description: "accessory", Unit: "each"},
			}}}), pos.StateApproved, false},
		{"recurring store", store(trustcommerce.Account{Amount: usd(1000), Verify: trustcommerce.Yes,
			Plan: trustcommerce.Plan{Cycle: "1m", Start: "3d", AuthNow: trustcommerce.Yes}}, "1209", "92606"), pos.StateApproved, false},
		{"installment store", store(trustcommerce.Account{Amount: usd(500), Verify: trustcommerce.Yes,
			Plan: trustcommerce.Plan{Cycle: "1m", Payments: 3}}, "1209", "92606"), pos.StateApproved, false},
		{"plain store", store(trustcommerce.Account{}, "1209", "92606"), pos.StateAccepted, false},
		{"update", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			a := trustcommerce.Account{Credentials: at(visa1209(t, p), "123 Anywhere St", "92606")}
			return c.Update(t.Context(), p.billingID, a).Answer
		}, pos.StateAccepted, false},
		{"unstore", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			return c.Remove(t.Context(), p.billingID, "", "").Answer
		}, pos.StateAccepted, false},
		{"wallet store", store(trustcommerce.Account{Person: trustcommerce.Person{Name: "Jennifer Smith"}, Purse: trustcommerce.Purse{Wallet: trustcommerce.Yes}}, "0909", "90210"), pos.StateApproved, false},
		{"wallet sale", authorize(pos.KindSale, 995, func(_ *testing.T, p parents) pos.Credentials { return pos.Credentials{Stored: p.wallet} }, none{Wallet: true}), pos.StateApproved, false},
		{"debit sale", func(t *testing.T, c *trustcommerce.Client, _ parents) pos.Answer {
			return c.Authorize(t.Context(), debitSale(t))
		}, pos.StateApproved, false},
		{"debit refund", func(t *testing.T, c *trustcommerce.Client, p parents) pos.Answer {
			r := request(t, pos.KindRefund, 400, withPIN(t, "AAAA3379A717D40E", "4B00010000200000001A"), none{Receipt: p.receipt})
			return c.Refund(t.Context(), r)
		}, pos.StateApproved, false},
	}
}

func debitSale(t *testing.T) pos.Request {
	t.Helper()
	r := request(t, pos.KindSale, 2500, withPIN(t, "BECD3379A717D40E", "4B00010000200000001A"), trustcommerce.Options{})
	r.Payment.Fee, r.Payment.Cashback = usd(100), usd(2000)
	return r
}

// made is one authority for all tests: its keys take long to make.
var made = sync.OnceValues(func() (*tctest.Authority, error) { return tctest.NewAuthority(time.Now()) })

func testAuthority(t *testing.T) *tctest.Authority {
	t.Helper()
	a, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// recorder answers both transports on one port, always alike, and keeps what it was sent.
type recorder struct {
	mu    sync.Mutex
	pairs []string
	lines string
	addr  string
	ca    []byte
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	authority := testAuthority(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", authority.ServerTLS())
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{addr: l.Addr().String(), ca: authority.CA, lines: "status=approved\ntransid=011-1234567890\nbillingid=B01234\n"}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.serve(c)
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return r
}

func (r *recorder) serve(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(c)
	first, _ := in.Peek(5)
	var pairs []string
	form := string(first) == "POST "
	if form {
		req, err := http.ReadRequest(in)
		if err != nil || req.ParseForm() != nil {
			return
		}
		for name, values := range req.PostForm {
			for _, v := range values {
				pairs = append(pairs, name+"="+v)
			}
		}
	} else {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSuffix(line, "\n"); line == "END" {
				break
			}
			if line != "BEGIN" {
				pairs = append(pairs, line)
			}
		}
	}
	r.mu.Lock()
	r.pairs = pairs
	lines := r.lines
	r.mu.Unlock()
	if form {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(lines), lines)
		return
	}
	fmt.Fprintf(c, "BEGIN\n%sEND\n", lines)
}

// sent gives the pairs of the last request in order, without those of the transport.
func (r *recorder) sent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.DeleteFunc(slices.Clone(r.pairs), func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return slices.Contains([]string{"version", "pass", "time"}, name)
	})
	slices.Sort(out)
	return out
}

// clients are one for each transport.
func clients(t *testing.T, addr string, ca []byte, demo bool) map[string]*trustcommerce.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	out := map[string]*trustcommerce.Client{}
	for _, transport := range []string{trustcommerce.TCLink, trustcommerce.HTTPS} {
		c, err := trustcommerce.New(trustcommerce.Config{
			Transport: transport, Hosts: []string{addr}, VerifyName: "localhost", PostURL: "https://" + addr + "/trans/", RootCAs: pool,
			CustID: "123456", Password: "abc123", Demo: demo, QueryURL: "https://" + addr + "/query/", VaultPassword: "abc123",
		})
		if err != nil {
			t.Fatal(err)
		}
		out[transport] = c
	}
	return out
}

// TestGuideRequests: each example, as a typed request, sends exactly the pairs that the guide has, over
// both transports.
func TestGuideRequests(t *testing.T) {
	archive, err := txtar.ParseFile("../../testdata/trustcommerce/client-guide.txtar")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, f := range archive.Files {
		pairs := []string{"custid=123456", "password=abc123"}
		for line := range strings.Lines(string(f.Data)) {
			if line = strings.TrimSpace(line); line != "also" {
				pairs = append(pairs, line)
			}
		}
		slices.Sort(pairs)
		want[f.Name] = pairs
	}
	r := newRecorder(t)
	plain, demo := clients(t, r.addr, r.ca, false), clients(t, r.addr, r.ca, true)
	examples := guideExamples()
	for _, e := range examples {
		for transport := range plain {
			t.Run(e.name+" over "+transport, func(t *testing.T) {
				c := plain[transport]
				if e.demo {
					c = demo[transport]
				}
				if a := e.call(t, c, guideParents()); a.State != pos.StateApproved {
					t.Fatalf("%s, %v", a.State, a.Failure)
				}
				got := r.sent()
				for _, p := range want[e.name] {
					if !slices.Contains(got, p) {
						name, _, _ := strings.Cut(p, "=")
						t.Errorf("%s is not sent as the guide has it", name)
					}
				}
				for _, p := range got {
					if !slices.Contains(want[e.name], p) {
						name, _, _ := strings.Cut(p, "=")
						t.Errorf("%s is sent and the guide does not have it so", name)
					}
				}
			})
		}
	}
	if len(examples) != len(want) {
		t.Errorf("%d examples, %d vectors", len(examples), len(want))
	}
}

// TestGuideErrorSample: the three lines of the guide's curl sample, over both transports.
func TestGuideErrorSample(t *testing.T) {
	r := newRecorder(t)
	r.lines = "offenders=password,amount,cc,exp\nerror=missingfields\nstatus=baddata\n"
	for transport, c := range clients(t, r.addr, r.ca, false) {
		a := guideExamples()[0].call(t, c, guideParents())
		if a.State != pos.StateRefused || a.Failure.Code != pos.CodeRefused || a.Failure.Args[0] != "password,amount,cc,exp" {
			t.Errorf("%s: %s, %v", transport, a.State, a.Failure)
		}
	}
}

// guideHost is a host in the world of the guide.
func guideHost(t *testing.T) *tctest.Running {
	t.Helper()
	text, err := os.ReadFile("../../testdata/trustcommerce/guide.toml")
	if err != nil {
		t.Fatal(err)
	}
	profile, err := tctest.ParseProfile(text)
	if err != nil {
		t.Fatal(err)
	}
	now, err := profile.Frozen()
	if err != nil {
		t.Fatal(err)
	}
	h, err := tctest.New(tctest.Config{Profile: profile, Now: func() time.Time { return now }, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	authority := testAuthority(t)
	running, err := tctest.Start(h, authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Close() })
	return running
}

// TestGuideWithHost: each example gets from the simulated host, in the world that the guide tells of, the
// answer that its text assumes, over both transports.
func TestGuideWithHost(t *testing.T) {
	for _, e := range guideExamples() {
		for _, transport := range []string{trustcommerce.TCLink, trustcommerce.HTTPS} {
			t.Run(e.name+" over "+transport, func(t *testing.T) {
				host := guideHost(t)
				c := clients(t, host.Addr, host.CA, e.demo)[transport]
				p := guideParents()
				if e.name == "wallet sale" {
					kept := c.Store(t.Context(), trustcommerce.Account{Credentials: typed(t, guideVisa, "0909", ""), Purse: trustcommerce.Purse{Wallet: trustcommerce.Yes}})
					if p.wallet = kept.BillingID; p.wallet == "" {
						t.Fatalf("%s, %v", kept.State, kept.Failure)
					}
				}
				if a := e.call(t, c, p); a.State != e.want || a.HostID == "" {
					t.Errorf("%s, want %s: %v", a.State, e.want, a.Failure)
				}
			})
		}
	}
}
