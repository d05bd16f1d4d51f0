package trustcommerce

import (
	"bytes"
	"encoding/json"

	"github.com/tillpos/till/pos"
)

// Options are what a payment may tell this gateway beyond what every processor knows. They travel as JSON
// in pos.Request.Extra (see [Options.Extra]); card, account and PIN never do. Each comment begins with the
// wire's field, its format, its length in characters and who states it. What the form of the request does
// not take is refused before anything is sent, with extrafields and its name.
type Options struct {
	Person Person `json:"person,omitzero"`

	// avs: y/n, 1-10; guide 2.8. Yes: the gateway declines on a mismatch (decline type avs). Default no.
	AVS Switch `json:"avs,omitempty"`
	// cvvcheck: y/n, 1; guide 2.8. No: a wrong code does not decline (decline type cvv). Default yes.
	CVVCheck Switch `json:"cvvcheck,omitempty"`
	// cvvstatus: one of, 7-10; guide 2.8. present, notpresent or illegible: why no code was typed. Empty: notpresent
	// for a typed card. Beside a code it is a mismatch.
	CVVStatus string `json:"cvvstatus,omitempty"`

	// type: one of, 4; guide 2.8. Mail or telephone order (moto); with preauth, sale and postauth.
	MOTO bool `json:"moto,omitempty"`
	// offlineauthcode: alnum, 5-6; guide 2.8. Of a voice approval, with a sale only; pos.Request.OfflineCode goes first.
	OfflineAuthCode string `json:"offlineauthcode,omitempty"`
	// paymentnumber: digits, 1-4; guide 2.8. Marks a sale as recurring, with TotalPayments as installment.
	PaymentNumber int `json:"paymentnumber,omitempty"`
	// totalpayments: digits, 1-4; guide 2.8. Needs PaymentNumber (missingfields) and is not less than it (mismatch).
	TotalPayments int `json:"totalpayments,omitempty"`
	// shipdate: date, 10; guide 2.8. MM-DD-YYYY, with postauth; default the day of the postauth. A platform may
	// answer unsupported.
	ShipDate string `json:"shipdate,omitempty"`

	Purchase Purchase `json:"purchase,omitzero"`
	Shipping Shipping `json:"shipping,omitzero"`

	// media: one of, 2-10; guide 2.8. The stored account that pays is a bank account: media ach. A bank account in
	// the credentials needs no mark.
	BankAccount bool `json:"bank_account,omitempty"`
	// checknum: text, 1-10; seen. Number of the check, with a sale from a bank account.
	CheckNumber string `json:"checknum,omitempty"`
	// action: text, 1-10; guide 2.8. The sale is a walletsale: it draws on the wallet of a stored card.
	Wallet bool `json:"wallet,omitempty"`

	Receipt // of the debit sale that a PIN debit refund is for

	// threshold: digits, 1-2; guide 2.5. The fraud score from which the gateway declines.
	FraudThreshold int `json:"threshold,omitempty"`
	// customfield#: text, 1-768; seen. The account's own fields, by number from 1; empty ones are left out.
	CustomFields []string `json:"customfields,omitempty"`
	// aggregator#: text, 1-768; seen. Tags of resellers; their number goes out as aggregators.
	Aggregators []string `json:"aggregators,omitempty"`
}

// Person is who pays. Street and zip code of address verification stand in pos.Credentials.Address.
type Person struct {
	// name: text, 1-60; guide 2.8.
	Name string `json:"name,omitempty"`
	// address2: text, 1-80; guide 2.5.
	Address2 string `json:"address2,omitempty"`
	// city: text, 1-40; guide 2.8.
	City string `json:"city,omitempty"`
	// state: text, 1-20; guide 2.8.
	State string `json:"state,omitempty"`
	// country: text, 1-20; guide 2.8. Empty means the United States; the guide's sample has 840.
	Country string `json:"country,omitempty"`
	// phone: text, 1-30; guide 2.5.
	Phone string `json:"phone,omitempty"`
	// email: text, 1-50; guide 2.5.
	Email string `json:"email,omitempty"`
	// ip: ipv4, 7-15; guide 2.5. Of the customer's computer.
	IP string `json:"ip,omitempty"`
}

// Purchase is Level II data (preauth, postauth, sale) and Level III data (sale only).
type Purchase struct {
	// purchaselevel: one of, 1; guide 2.8. 2 or 3. A preauth takes it alone: the data then go with the postauth.
	Level int `json:"purchaselevel,omitempty"`
	// taxidentifier: one of, 9-10; guide 2.8. localsales or taxexempt.
	TaxIdentifier string `json:"taxidentifier,omitempty"`
	// tax: digits, 1-8; guide 2.8. Cents; nil: not sent.
	Tax *int64 `json:"tax,omitempty"`
	// purchaseordernum: text, 1-17; guide 2.8. The customer's order number.
	OrderNumber string `json:"purchaseordernum,omitempty"`
	// vatnum: text, 1-20; guide 2.8. Level III; default blank.
	VATNumber string `json:"vatnum,omitempty"`
	// commoditycode: text, 1-20; guide 2.8. Level III; default 7472.
	CommodityCode string `json:"commoditycode,omitempty"`
	// discount: digits, 1-8; guide 2.8. Cents, of the whole order; Level III.
	Discount int64 `json:"discount,omitempty"`
	// shippinghandling: digits, 1-20; guide 2.8. Cents, of the whole order.
	ShippingHandling int64 `json:"shippinghandling,omitempty"`
	// duty: digits, 1-8; guide 2.8. Cents; Level III.
	Duty int64 `json:"duty,omitempty"`
	// numitems: digits, 1-3; guide 2.8. The number of items goes out by itself; 99 at most.
	Items []Item `json:"items,omitempty"`
}

// Item is one line of an order.
type Item struct {
	// productcode#: text, 1-20; guide 2.8.
	ProductCode string `json:"productcode,omitempty"`
	// price#: digits, 1-6; guide 2.8. Cents of one.
	Price int64 `json:"price"`
	// discount#: digits, 1-8; guide 2.8. Cents of one; Level III.
	Discount int64 `json:"discount,omitempty"`
	// quantity#: digits, 1-3; guide 2.8.
	Quantity int `json:"quantity"`
	// productdescription#: text, 1-40; guide 2.8. Level III.
	Description string `json:"productdescription,omitempty"`
	// unitofmeasure#: text, 1-40; guide 2.8. Level III; capitals, such as EACH or CASE.
	Unit string `json:"unitofmeasure,omitempty"`
	// tax#: digits, 1-6; guide 2.5. Cents.
	Tax int64 `json:"tax,omitempty"`
	// shippinghandling#: digits, 1-6; guide 2.5. Cents; not beside that of the whole order (mismatch).
	ShippingHandling int64 `json:"shippinghandling,omitempty"`
}

// Shipping is where the goods go.
type Shipping struct {
	// shiptosame: y/n, 1; guide 2.5. Yes: no other field beside it (mismatch).
	Same Switch `json:"shiptosame,omitempty"`
	// shipto_name: text, 1-60; guide 2.5.
	Name string `json:"name,omitempty"`
	// shipto_address1: text, 1-40; guide 2.5.
	Address1 string `json:"address1,omitempty"`
	// shipto_address2: text, 1-20; guide 2.5.
	Address2 string `json:"address2,omitempty"`
	// shipto_city: text, 1-20; guide 2.5.
	City string `json:"city,omitempty"`
	// shipto_state: text, 2; guide 2.5.
	State string `json:"state,omitempty"`
	// shipto_zip: text, 1-20; guide 2.8. Level II of American Express; goods not shipped: the merchant's own.
	Zip string `json:"zip,omitempty"`
	// shipto_country: text, 1-20; guide 2.5.
	Country string `json:"country,omitempty"`
	// shippingcode: text, 1-20; guide 2.5.
	Code string `json:"shippingcode,omitempty"`
}

// Extra packs options for a request.
func (o Options) Extra() (pos.Extra, error) {
	data, err := json.Marshal(o)
	return pos.Extra{Processor: Name, Data: data}, err
}

// RefundExtra turns what the answer to a PIN debit sale left in its Extra into that of its refund. ok is
// false if the sale was no PIN debit.
func RefundExtra(sale pos.Extra) (refund pos.Extra, ok bool) {
	given, ok := GivenOf(sale)
	if !ok || given.DebitData == "" {
		return pos.Extra{}, false
	}
	refund, err := Options{Receipt: given.Receipt}.Extra()
	return refund, err == nil
}

// optionsOf reads the options of a request. Another processor's, or a key that is not known, is refused:
// what a caller asks for must not be dropped in silence.
func optionsOf(e pos.Extra) (o Options, ok bool) {
	if len(e.Data) == 0 {
		return Options{}, e.Processor == "" || e.Processor == Name
	}
	if e.Processor != Name {
		return Options{}, false
	}
	in := json.NewDecoder(bytes.NewReader(e.Data))
	in.DisallowUnknownFields()
	if in.Decode(&o) != nil || in.More() {
		return Options{}, false
	}
	return o, true
}
