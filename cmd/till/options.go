package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// optionsLimit bounds a file of options, bytes. An order of 99 items fits several times.
const optionsLimit = 32 << 10

// optionFlags are what a payment may tell one processor beyond what every processor knows.
type optionFlags struct {
	file     string
	moto     bool
	shipDate string
	check    string // number of the check
	stored   bool   // the stored account is a bank account
	wallet   bool
}

// offer adds --options and the flags that are named.
func (f *optionFlags) offer(c *cobra.Command, names ...string) {
	flags := c.Flags()
	flags.StringVar(&f.file, "options", "", "JSON file with what this processor alone knows, such as the items of a Level III order; never card data")
	if slices.Contains(names, "moto") {
		flags.BoolVar(&f.moto, "moto", false, "a mail or telephone order")
	}
	if slices.Contains(names, "shipdate") {
		flags.StringVar(&f.shipDate, "shipdate", "", "day on which the goods are shipped, MM-DD-YYYY")
	}
	if slices.Contains(names, "check") {
		flags.StringVar(&f.check, "check", "", "number of the check")
	}
	if slices.Contains(names, "wallet") {
		flags.BoolVar(&f.wallet, "wallet", false, "draw on the wallet of the stored card")
	}
}

// extra packs them for the processor; the zero value if there are none.
func (f optionFlags) extra(processor string) (pos.Extra, error) {
	if f == (optionFlags{}) {
		return pos.Extra{}, nil
	}
	if processor != trustcommerce.Name {
		return pos.Extra{}, pos.NewError(pos.CodeUnsupported, "options").WithDetail("%s takes no options", processor)
	}
	o, err := f.read()
	if err != nil {
		return pos.Extra{}, err
	}
	o.MOTO = o.MOTO || f.moto
	o.Wallet = o.Wallet || f.wallet
	o.BankAccount = o.BankAccount || f.stored
	if f.shipDate != "" {
		o.ShipDate = f.shipDate
	}
	if f.check != "" {
		o.CheckNumber = f.check
	}
	extra, err := o.Extra()
	if err != nil {
		return pos.Extra{}, pos.NewError(pos.CodeInternal).Because(err)
	}
	return extra, nil
}

// read reads the file, whose keys are all known. What it says is not repeated in an error.
func (f optionFlags) read() (o trustcommerce.Options, err error) {
	if f.file == "" {
		return o, nil
	}
	file, err := os.Open(f.file)
	if err != nil {
		return o, usage("--options: %v", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, optionsLimit+1))
	if err != nil {
		return o, usage("--options: %v", err)
	}
	if len(text) > optionsLimit {
		return o, usage("--options: the file has more than %d bytes", optionsLimit)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || d.More() {
		return o, pos.NewError(pos.CodeRefused, "options").WithDetail("%s is not one JSON object with known keys and values of their types", f.file)
	}
	return o, nil
}
