package config

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/prices"
)

// priceLimit bounds a price list, bytes.
const priceLimit = 16 << 20

// PriceList reads the price list; none is named, none is read.
func (c Config) PriceList() (prices.List, *pos.Error) {
	const key = "register.prices"
	var text []byte
	if c.Register.Prices != "" {
		f, err := os.Open(c.Register.Prices)
		if err != nil {
			return prices.List{}, c.fault(key, "the file cannot be read").Because(err)
		}
		defer f.Close()
		if text, err = io.ReadAll(io.LimitReader(f, priceLimit+1)); err != nil || len(text) > priceLimit {
			return prices.List{}, c.fault(key, "the file cannot be read, or is larger than 16 MiB")
		}
	} else {
		text = []byte("code,name,price\n")
	}
	list, err := prices.Parse(bytes.NewReader(text), c.Terminal.Currency, c.Register.PriceInCode)
	var at *prices.LineError
	if errors.As(err, &at) {
		return prices.List{}, c.fault(key, c.Register.Prices+" "+at.Error())
	}
	return list, nil
}
