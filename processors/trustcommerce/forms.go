package trustcommerce

import "slices"

// formTable lists every action of the guide, in each form that takes other fields. Chargeback, credit
// and postauth take no personal data (guide 2.5; some clients send it, so a real host may be laxer).
func formTable() []Form {
	account := []string{"custid", "password", "action"}
	always := []string{"demo", "ticket", "operator", "customfield#", "aggregators", "aggregator#"}
	person := []string{"name", "address1", "address2", "zip", "city", "state", "country", "phone", "email", "ip"}
	cvv := []string{"cvv", "cvvstatus", "cvvcheck", "checkcvv"}
	shipping := []string{"shiptosame", "shipto_name", "shipto_address1", "shipto_address2", "shipto_city",
		"shipto_state", "shipto_zip", "shipto_country", "shippingcode", "shippinghandling", "numitems",
		"productcode#", "quantity#", "price#", "tax#", "shippinghandling#"}
	level2 := []string{"purchaselevel", "tax", "taxidentifier", "purchaseordernum", "shipto_zip"}
	level3 := []string{"vatnum", "commoditycode", "discount", "duty", "discount#", "productdescription#", "unitofmeasure#"}
	scores := []string{"threshold", "fraudthreshold"}
	plan := []string{"cycle", "start", "payments", "authnow", "lastpaymentunstore"}
	wallet := []string{"wallet", "walletsize", "walletexposure"}

	cards := [][]string{{"cc", "exp"}, {"track1"}, {"track2"}, {"billingid"}}
	bank := [][]string{{"routing", "account"}, {"billingid"}}
	lineItems := itemNeeds("productcode#", "quantity#", "price#", "tax#", "shippinghandling#", "discount#",
		"productdescription#", "unitofmeasure#")
	installment := []Need{{"totalpayments", "paymentnumber"}}
	planNeeds := []Need{{"cycle", "amount"}}

	with := func(lists ...[]string) []string {
		out := slices.Concat(append([][]string{always}, lists...)...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	must := func(names ...string) []string { return slices.Concat(account, names) }

	return []Form{
		{Action: "preauth", Required: must("amount"), Payers: cards, Alone: "billingid", Needs: itemNeeds("productcode#", "quantity#", "price#", "tax#", "shippinghandling#"),
			Optional: with([]string{"media", "currency", "avs", "type"}, person, cvv, shipping, level2, scores)},
		{Action: "sale", Required: must("amount"), Payers: cards, Alone: "billingid", Needs: slices.Concat(lineItems, installment),
			Optional: with([]string{"media", "currency", "avs", "type", "tip", "offlineauthcode", "paymentnumber", "totalpayments"},
				person, cvv, shipping, level2, level3, scores),
			Ours: []string{"tip"}},
		{Action: "sale", Variant: "ach", When: Pick{"media", "ach"}, Required: must("amount", "media"), Payers: bank, Alone: "billingid",
			Needs:    itemNeeds("productcode#", "quantity#", "price#", "tax#", "shippinghandling#"),
			Optional: with([]string{"currency", "savings", "checknum", "avs"}, person, shipping),
			Ours:     shipping, Note: "avs is ignored"},
		{Action: "sale", Variant: "debit", When: Pick{Field: "pin"}, Required: must("amount", "track2", "pin"),
			Optional: with([]string{"media", "currency", "surcharge", "cashback"}), Ours: person},
		{Action: "postauth", Required: must("transid"),
			Optional: with([]string{"amount", "type", "tip", "shipdate"}, level2), Note: "amount: default the preauth's"},
		{Action: "credit", Required: must("transid"), Optional: with([]string{"amount"}), Note: "amount: default the original's"},
		{Action: "credit2", Required: must("amount"), Payers: cards, Alone: "billingid",
			Optional: with([]string{"media", "currency"}, person, cvv), Ours: []string{"billingid"}},
		{Action: "credit2", Variant: "debit", When: Pick{Field: "pin"},
			Required: must("amount", "track2", "pin", "debitdata", "originalsaledate"),
			Optional: with([]string{"media", "currency"}), Ours: person},
		{Action: "reversal", Required: must("transid"), Optional: with([]string{"amount"}),
			Note: "card not present only; Visa in part or whole, Mastercard whole; amount: default the preauth's"},
		{Action: "void", Required: must("transid"), Optional: with(), Note: "before 20:00 Pacific of the day of the original"},
		{Action: "chargeback", Required: must("transid"), Optional: with(), Note: "bookkeeping, no money moves"},
		{Action: "verify", Payers: cards, Alone: "billingid", Required: must(),
			Optional: with([]string{"media", "currency", "avs"}, person, cvv)},
		{Action: "store", Required: must(), Payers: [][]string{{"cc", "exp"}, {"routing", "account"}}, Needs: slices.Concat(planNeeds, itemNeeds("productcode#", "quantity#", "price#", "tax#", "shippinghandling#")),
			Optional: with([]string{"amount", "media", "currency", "savings", "checknum", "avs", "verify"}, person, cvv, shipping, plan, wallet),
			Ours:     []string{"track1", "track2"}},
		{Action: "store", Variant: "update", When: Pick{Field: "billingid"}, Required: must("billingid"), Needs: itemNeeds("productcode#", "quantity#", "price#", "tax#", "shippinghandling#"),
			Optional: with([]string{"amount", "media", "currency", "cc", "exp", "routing", "account", "savings", "checknum", "avs", "verify"},
				person, cvv, shipping, plan, wallet),
			Ours: []string{"track1", "track2"}, Note: "the value null erases what is stored"},
		{Action: "unstore", Required: must("billingid"), Optional: with()},
		{Action: "walletsale", Required: must("billingid", "amount"), Optional: with([]string{"currency"}), Ours: person},
	}
}

// itemNeeds says that line item data need their count.
func itemNeeds(names ...string) []Need {
	out := make([]Need, len(names))
	for i, n := range names {
		out[i] = Need{If: n, Then: "numitems"}
	}
	return out
}
