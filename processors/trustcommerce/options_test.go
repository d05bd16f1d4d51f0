package trustcommerce_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// unreachable is a client that must not open a connection.
func unreachable(t *testing.T) *trustcommerce.Client {
	t.Helper()
	c, err := trustcommerce.New(trustcommerce.Config{
		Hosts: []string{"10.0.0.1"}, VerifyName: "gateway.test", CustID: "123456", Password: "abc123",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("a connection is opened")
			return nil, errors.New("refused")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOptionsRefused(t *testing.T) {
	c := unreachable(t)
	type o = trustcommerce.Options
	items := func(n int) []trustcommerce.Item { return make([]trustcommerce.Item, n) }
	purchase := func(p trustcommerce.Purchase) o { return o{Purchase: p} }
	for name, row := range map[string]struct {
		kind pos.Kind
		o    o
		cvv  string
		want string
	}{
		"installments without a number":        {pos.KindSale, o{TotalPayments: 3}, "", "paymentnumber"},
		"more payments than there are":         {pos.KindSale, o{PaymentNumber: 4, TotalPayments: 3}, "", "paymentnumber,totalpayments"},
		"installments of a hold":               {pos.KindAuth, o{PaymentNumber: 1}, "", "paymentnumber"},
		"a voice approval of a hold":           {pos.KindAuth, o{OfflineAuthCode: "A12345"}, "", "offlineauthcode"},
		"a voice approval that is too short":   {pos.KindSale, o{OfflineAuthCode: "A123"}, "", "offlineauthcode"},
		"a voice approval with a dash":         {pos.KindSale, o{OfflineAuthCode: "A-1234"}, "", "offlineauthcode"},
		"a ship date of a sale":                {pos.KindSale, o{ShipDate: "12-01-2006"}, "", "shipdate"},
		"a code and why there is none":         {pos.KindSale, o{CVVStatus: "illegible"}, "123", "cvv,cvvstatus"},
		"no such status":                       {pos.KindSale, o{CVVStatus: "lost"}, "", "cvvstatus"},
		"a switch that is neither":             {pos.KindSale, o{AVS: "maybe"}, "", "avs"},
		"shipped to the same and elsewhere":    {pos.KindSale, o{Shipping: trustcommerce.Shipping{Same: trustcommerce.Yes, City: "A"}}, "", "shiptosame,shipto_city"},
		"a level that is not there":            {pos.KindSale, purchase(trustcommerce.Purchase{Level: 4}), "", "purchaselevel"},
		"Level III of a hold":                  {pos.KindAuth, purchase(trustcommerce.Purchase{Level: 3}), "", "action,purchaselevel"},
		"Level III data of a hold":             {pos.KindAuth, purchase(trustcommerce.Purchase{Level: 2, VATNumber: "1"}), "", "vatnum"},
		"a hundred items":                      {pos.KindSale, purchase(trustcommerce.Purchase{Level: 3, Items: items(100)}), "", "numitems"},
		"two ways to say handling":             {pos.KindSale, purchase(trustcommerce.Purchase{ShippingHandling: 1, Items: []trustcommerce.Item{{ShippingHandling: 1}}}), "", "shippinghandling,shippinghandling1"},
		"a negative discount":                  {pos.KindSale, purchase(trustcommerce.Purchase{Discount: -1}), "", "discount"},
		"a tax identifier that is not there":   {pos.KindSale, purchase(trustcommerce.Purchase{TaxIdentifier: "vat"}), "", "taxidentifier"},
		"a name with a newline":                {pos.KindSale, o{Person: trustcommerce.Person{Name: "A\nB"}}, "", "name"},
		"a name with a bar":                    {pos.KindSale, o{Person: trustcommerce.Person{Name: "A|B"}}, "", "name"},
		"a country outside of ASCII":           {pos.KindSale, o{Person: trustcommerce.Person{Country: "Österreich"}}, "", "country"},
		"an address of a machine that is none": {pos.KindSale, o{Person: trustcommerce.Person{IP: "1.2.3.456"}}, "", "ip"},
		"a check number of a card":             {pos.KindSale, o{CheckNumber: "12"}, "", "checknum"},
		"a hold on a wallet":                   {pos.KindAuth, o{Wallet: true}, "", "wallet"},
		"a wallet without an account":          {pos.KindSale, o{Wallet: true}, "", "billingid"},
		"a hold on a bank account":             {pos.KindAuth, o{BankAccount: true}, "", "account"},
		"a bank account that is not stored":    {pos.KindSale, o{BankAccount: true}, "", "cc,exp"},
	} {
		r := request(t, row.kind, 1500, typed(t, guideVisa, "1209", row.cvv), row.o)
		if row.o.Wallet {
			r.Credentials = pos.Credentials{}
		}
		a := c.Authorize(t.Context(), r)
		if a.State != pos.StateRefused || a.Failure == nil || len(a.Failure.Args) != 1 {
			t.Errorf("%s: %s, %v", name, a.State, a.Failure)
			continue
		}
		if got := a.Failure.Args[0]; got != row.want {
			t.Errorf("%s: offenders %s, want %s", name, got, row.want)
		}
	}
}

// TestOptionsOfAnother: what somebody else encoded, or a key that is not known, is not dropped in silence.
func TestOptionsOfAnother(t *testing.T) {
	c := unreachable(t)
	for name, extra := range map[string]pos.Extra{
		"another processor":       {Processor: "tsys", Data: []byte(`{}`)},
		"another without data":    {Processor: "tsys"},
		"data of nobody":          {Data: []byte(`{}`)},
		"an unknown key":          {Processor: trustcommerce.Name, Data: []byte(`{"motto":true}`)},
		"no JSON":                 {Processor: trustcommerce.Name, Data: []byte(`moto`)},
		"two values":              {Processor: trustcommerce.Name, Data: []byte(`{}{}`)},
		"a value of another type": {Processor: trustcommerce.Name, Data: []byte(`{"moto":"yes"}`)},
	} {
		r := request(t, pos.KindSale, 1500, typed(t, guideVisa, "1209", ""), trustcommerce.Options{})
		r.Extra = extra
		for _, call := range []func(context.Context, pos.Request) pos.Answer{c.Authorize, c.Capture, c.Void, c.Refund, c.Reverse, c.Chargeback} {
			if a := call(t.Context(), r); a.State != pos.StateRefused || a.Failure.Code != pos.CodeUnsupported {
				t.Errorf("%s: %s, %v", name, a.State, a.Failure)
			}
		}
	}
}

// TestNinetyNineItems is the largest order, over both transports.
func TestNinetyNineItems(t *testing.T) {
	r := newRecorder(t)
	items := make([]trustcommerce.Item, trustcommerce.MaxItems)
	for i := range items {
		items[i] = trustcommerce.Item{ProductCode: "P" + strconv.Itoa(i+1), Price: int64(i + 1), Quantity: 1}
	}
	for transport, c := range clients(t, r.addr, r.ca, false) {
		a := c.Authorize(t.Context(), request(t, pos.KindSale, 2000, typed(t, guideVisa, "1209", ""), trustcommerce.Options{Purchase: trustcommerce.Purchase{Level: 3, Items: items}}))
		if a.State != pos.StateApproved {
			t.Fatalf("%s: %s, %v", transport, a.State, a.Failure)
		}
		for _, p := range []string{"numitems=99", "productcode1=P1", "price99=99", "quantity50=1"} {
			if !slices.Contains(r.sent(), p) {
				t.Errorf("%s: %s is not sent", transport, p)
			}
		}
	}
}

// TestOtherFields: those of the tables that no example of the guide shows, over both transports.
func TestOtherFields(t *testing.T) {
	r := newRecorder(t)
	savings := bank(t, "789456124", "55544433221")
	savings.Bank.Savings = true
	type o = trustcommerce.Options
	person := trustcommerce.Person{Name: "A B", Address2: "Suite 1", City: "C", State: "CA", Country: "840", Phone: "1", Email: "a@b", IP: "10.0.0.1"}
	ship := trustcommerce.Shipping{Name: "N", Address1: "1 A", Address2: "B", City: "C", State: "CA", Zip: "90001", Country: "US", Code: "GROUND"}
	for name, row := range map[string]struct {
		call func(*trustcommerce.Client) pos.Answer
		want []string
	}{
		"bank account, savings": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindSale, 133, savings, o{CheckNumber: "1001", Person: person}))
		}, []string{"media=ach", "savings=y", "checknum=1001", "name=A B", "address2=Suite 1", "city=C", "state=CA", "country=840", "phone=1", "email=a@b", "ip=10.0.0.1"}},
		"stored bank account": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindSale, 133, pos.Credentials{Stored: "B01234"}, o{BankAccount: true}))
		}, []string{"media=ach", "billingid=B01234", "amount=133"}},
		"shipping and scores": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindAuth, 100, typed(t, guideVisa, "1209", ""), o{Shipping: ship, FraudThreshold: 50, AVS: trustcommerce.Yes, CVVCheck: trustcommerce.No}))
		}, []string{"shipto_name=N", "shipto_address1=1 A", "shipto_address2=B", "shipto_city=C", "shipto_state=CA", "shipto_zip=90001", "shipto_country=US", "shippingcode=GROUND", "threshold=50", "avs=y", "cvvcheck=n"}},
		"shipped to the same": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindAuth, 100, typed(t, guideVisa, "1209", ""), o{Shipping: trustcommerce.Shipping{Same: trustcommerce.Yes}}))
		}, []string{"shiptosame=y"}},
		"Level III, the rest": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), o{Purchase: trustcommerce.Purchase{
				Level: 3, TaxIdentifier: "taxexempt", Tax: tax(0), CommodityCode: "7472", Duty: 5, Items: []trustcommerce.Item{{Tax: 1, ShippingHandling: 2}}}}))
		}, []string{"taxidentifier=taxexempt", "tax=0", "commoditycode=7472", "duty=5", "tax1=1", "shippinghandling1=2", "price1=0", "quantity1=0"}},
		"voice approval": {func(c *trustcommerce.Client) pos.Answer {
			out := request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), o{})
			out.OfflineCode = "A12345"
			return c.Authorize(t.Context(), out)
		}, []string{"offlineauthcode=A12345", "action=sale"}},
		"voice approval in the options": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), o{OfflineAuthCode: "B1234"}))
		}, []string{"offlineauthcode=B1234"}},
		"the account's own": {func(c *trustcommerce.Client) pos.Answer {
			out := request(t, pos.KindVoid, 0, pos.Credentials{}, o{CustomFields: []string{"one", "", "three"}, Aggregators: []string{"x", "y"}})
			out.Parent.HostID = guideParent
			return c.Void(t.Context(), out)
		}, []string{"customfield1=one", "customfield3=three", "aggregators=2", "aggregator1=x", "aggregator2=y"}},
		"the last installment": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), o{PaymentNumber: 3, TotalPayments: 3}))
		}, []string{"paymentnumber=3", "totalpayments=3"}},
		"verification": {func(c *trustcommerce.Client) pos.Answer {
			return c.Authorize(t.Context(), request(t, pos.KindVerify, 0, at(typed(t, guideVisa, "1209", "123"), "123 Test St.", "90001"), o{AVS: trustcommerce.Yes}))
		}, []string{"action=verify", "avs=y", "cvv=123", "address1=123 Test St.", "zip=90001"}},
		"refund to a card": {func(c *trustcommerce.Client) pos.Answer {
			return c.Refund(t.Context(), request(t, pos.KindRefund, 250, typed(t, guideVisa, "1209", ""), o{}))
		}, []string{"action=credit2", "cc=" + guideVisa, "exp=1209", "amount=250"}},
		"refund to a swiped card": {func(c *trustcommerce.Client) pos.Answer {
			return c.Refund(t.Context(), request(t, pos.KindRefund, 250, swiped(guideTrack), o{}))
		}, []string{"action=credit2", "track2=" + guideTrack}},
		"refund to a stored card": {func(c *trustcommerce.Client) pos.Answer {
			return c.Refund(t.Context(), request(t, pos.KindRefund, 250, pos.Credentials{Stored: "B01234"}, o{}))
		}, []string{"action=credit2", "billingid=B01234"}},
		"chargeback": {func(c *trustcommerce.Client) pos.Answer {
			out := request(t, pos.KindRefund, 0, pos.Credentials{}, o{})
			out.Parent.HostID = guideParent
			return c.Chargeback(t.Context(), out)
		}, []string{"action=chargeback", "transid=" + guideParent}},
	} {
		for transport, c := range clients(t, r.addr, r.ca, false) {
			if a := row.call(c); a.State != pos.StateApproved {
				t.Errorf("%s over %s: %s, %v", name, transport, a.State, a.Failure)
				continue
			}
			sent := r.sent()
			for _, p := range row.want {
				if !slices.Contains(sent, p) {
					t.Errorf("%s over %s: %.12s… is not sent", name, transport, p)
				}
			}
		}
	}
}
