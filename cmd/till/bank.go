package main

import (
	"bytes"
	"encoding/json"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// bankInput is a bank account as it comes on standard input.
type bankInput struct {
	Routing  string     `json:"routing"` // 9 digits
	Account  secretText `json:"account"`
	Savings  bool       `json:"savings"`
	Zip      string     `json:"zip"`
	Address1 string     `json:"address1"`
}

// parseBank reads the JSON of a bank account. The error names the field, never its value.
func parseBank(text []byte) (pos.Credentials, error) {
	var in bankInput
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&in)
	defer clear(in.Account)
	if err != nil {
		return pos.Credentials{}, pos.NewError(pos.CodeRefused, "account").
			WithDetail("the account is not a JSON object: routing and account (plain strings), savings (true or false), zip, address1")
	}
	if !routingOK(in.Routing) {
		return pos.Credentials{}, pos.NewError(pos.CodeRefused, "routing").WithDetail("a routing number has nine digits, the last of which checks the others")
	}
	number, err := card.NewAccountNumber(in.Account)
	if err != nil {
		return pos.Credentials{}, pos.NewError(pos.CodeRefused, "account").WithDetail("an account number has 3 to 17 digits")
	}
	return pos.Credentials{
		Bank:    pos.BankAccount{Routing: in.Routing, Number: number, Savings: in.Savings},
		Address: pos.Address{Line1: in.Address1, Zip: in.Zip},
	}, nil
}

// routingOK tells a routing number of the American Bankers Association: its digits, weighted 3, 7 and 1 by
// turns, add up to a multiple of ten.
func routingOK(text string) bool {
	if len(text) != 9 {
		return false
	}
	weights, sum := [3]int{3, 7, 1}, 0
	for i, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
		sum += int(c-'0') * weights[i%3]
	}
	return sum > 0 && sum%10 == 0
}
