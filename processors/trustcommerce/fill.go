package trustcommerce

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

// above adds a number that is not zero; a negative one is refused by the field's format.
func (d *draft) above(name string, n int64) {
	if n != 0 {
		d.number(name, n)
	}
}

// refuse notes what cannot be put into fields.
func (d *draft) refuse(word string, offenders ...string) {
	if d.trouble == nil {
		d.trouble = &troubleFound{word, offenders}
	}
}

func (d *draft) person(p Person) {
	d.set("name", p.Name)
	d.set("address2", p.Address2)
	d.set("city", p.City)
	d.set("state", p.State)
	d.set("country", p.Country)
	d.set("phone", p.Phone)
	d.set("email", p.Email)
	d.set("ip", p.IP)
}

func (d *draft) shipping(s Shipping) {
	d.set("shiptosame", string(s.Same))
	d.set("shipto_name", s.Name)
	d.set("shipto_address1", s.Address1)
	d.set("shipto_address2", s.Address2)
	d.set("shipto_city", s.City)
	d.set("shipto_state", s.State)
	d.set("shipto_zip", s.Zip)
	d.set("shipto_country", s.Country)
	d.set("shippingcode", s.Code)
}

func (d *draft) purchase(p Purchase) {
	d.above("purchaselevel", int64(p.Level))
	d.set("taxidentifier", p.TaxIdentifier)
	if p.Tax != nil {
		d.number("tax", *p.Tax)
	}
	d.set("purchaseordernum", p.OrderNumber)
	d.set("vatnum", p.VATNumber)
	d.set("commoditycode", p.CommodityCode)
	d.above("discount", p.Discount)
	d.above("shippinghandling", p.ShippingHandling)
	d.above("duty", p.Duty)
	if p.Level == 3 && d.form.Action != "sale" {
		d.refuse(Mismatch, "action", "purchaselevel")
	}
	d.items(p.Items)
}

func (d *draft) items(items []Item) {
	if len(items) == 0 {
		return
	}
	if len(items) > MaxItems {
		d.refuse(Mismatch, "numitems")
		return
	}
	d.number("numitems", int64(len(items)))
	for i, item := range items {
		n := strconv.Itoa(i + 1)
		d.set("productcode"+n, item.ProductCode)
		d.number("price"+n, item.Price)
		d.above("discount"+n, item.Discount)
		d.number("quantity"+n, int64(item.Quantity))
		d.set("productdescription"+n, item.Description)
		d.set("unitofmeasure"+n, item.Unit)
		d.above("tax"+n, item.Tax)
		d.above("shippinghandling"+n, item.ShippingHandling)
	}
}

func (d *draft) own(customFields, aggregators []string) {
	for i, v := range customFields {
		d.set("customfield"+strconv.Itoa(i+1), v)
	}
	if len(aggregators) == 0 {
		return
	}
	d.number("aggregators", int64(len(aggregators)))
	for i, v := range aggregators {
		d.set("aggregator"+strconv.Itoa(i+1), v)
	}
}

// options adds all that the options say, save what chose the form.
func (d *draft) options(o Options) {
	d.person(o.Person)
	d.set("avs", string(o.AVS))
	d.set("cvvcheck", string(o.CVVCheck))
	d.set("cvvstatus", o.CVVStatus)
	if o.MOTO {
		d.set("type", "moto")
	}
	d.above("paymentnumber", int64(o.PaymentNumber))
	d.above("totalpayments", int64(o.TotalPayments))
	d.set("shipdate", o.ShipDate)
	d.shipping(o.Shipping)
	d.purchase(o.Purchase)
	d.set("checknum", o.CheckNumber)
	d.above("threshold", int64(o.FraudThreshold))
	d.own(o.CustomFields, o.Aggregators)
}

// get gives a field's value.
func (d *draft) get(name string) string { return reply(d.pairs).get(name) }

// contradiction finds fields that cannot stand beside each other, as the host would.
func (d *draft) contradiction() *troubleFound {
	if !slices.ContainsFunc(d.pairs, func(p pair) bool { return contrary(p.name) }) {
		return nil
	}
	named := func(prefix string) (out []string) {
		for _, p := range d.pairs {
			if strings.HasPrefix(p.name, prefix) && p.name != prefix {
				out = append(out, p.name)
			}
		}
		return out
	}
	cents := func(name string) int64 {
		n, _ := strconv.ParseInt(d.get(name), 10, 64)
		return n
	}
	switch {
	case d.get("cvv") != "" && d.get("cvvstatus") != "":
		return &troubleFound{Mismatch, []string{"cvv", "cvvstatus"}}
	case d.get("shiptosame") == "y" && len(named("shipto_")) > 0:
		return &troubleFound{Mismatch, append([]string{"shiptosame"}, named("shipto_")...)}
	case d.get("shippinghandling") != "" && len(named("shippinghandling")) > 0:
		return &troubleFound{Mismatch, slices.Concat([]string{"shippinghandling"}, named("shippinghandling"))}
	case cents("surcharge")+cents("cashback") > cents("amount"):
		return &troubleFound{Mismatch, []string{"amount", "surcharge", "cashback"}}
	case d.get("totalpayments") != "" && cents("paymentnumber") > cents("totalpayments"):
		return &troubleFound{Mismatch, []string{"paymentnumber", "totalpayments"}}
	}
	return nil
}

// contrary says that a field may contradict another one.
func contrary(name string) bool {
	switch name {
	case "cvvstatus", "shiptosame", "shippinghandling", "surcharge", "cashback", "totalpayments":
		return true
	}
	return false
}

// payer adds who pays: a stored account, a bank account, a swiped or a typed card.
func (d *draft) payer(c pos.Credentials, cvvStatus string) {
	switch {
	case c.Stored != "":
		d.set("billingid", c.Stored)
	case c.Bank.Number.Present():
		d.bank(c.Bank)
	default:
		d.card(c, cvvStatus)
	}
	d.set("address1", plain(c.Address.Line1, 80))
	d.set("zip", plain(strings.ReplaceAll(c.Address.Zip, "-", ""), 20))
}

func (d *draft) bank(b pos.BankAccount) {
	d.set("routing", b.Routing)
	d.lend("account", b.Number)
	if b.Savings {
		d.set("savings", "y")
	}
}

func (d *draft) card(c pos.Credentials, cvvStatus string) {
	swiped := c.Card.Track1.Present() || c.Card.Track2.Present()
	if swiped {
		d.lend("track1", c.Card.Track1)
		d.lend("track2", c.Card.Track2)
	} else {
		d.lend("cc", c.Card.PAN)
		d.set("exp", c.Card.Expiry.MMYY())
	}
	d.lend("cvv", c.Card.CVV)
	if !swiped && !c.Card.CVV.Present() && cvvStatus == "" && d.form.Use("cvvstatus") == Optional {
		d.set("cvvstatus", "notpresent")
	}
}
