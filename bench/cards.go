package main

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/tillpos/till/pos/money"
)

// digitsOfCard draws a card number. Every sale has a card of its own, as most have: the engine looks for
// earlier payments of the same card. The simulated host approves any number that is none of its test cards.
func digitsOfCard(random *rand.Rand) []byte {
	digits := make([]byte, 16)
	digits[0] = '4'
	for i := 1; i < 15; i++ {
		digits[i] = byte('0' + random.IntN(10))
	}
	digits[15] = checkDigit(digits[:15])
	return digits
}

// checkDigit is the last digit that ISO/IEC 7812-1 wants after these.
func checkDigit(digits []byte) byte {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return byte('0' + (10-sum%10)%10)
}

// expiry and service code of every drawn card: far off, and without a chip.
const (
	expiryYYMM  = "4012"
	expiryMMYY  = "1240"
	serviceCode = "101"
)

// tracks are what the stripe of a drawn card holds (ISO/IEC 7813).
func tracks(random *rand.Rand) (track1, track2 string) {
	number := string(digitsOfCard(random))
	return "%B" + number + "^BENCH/CARD^" + expiryYYMM + serviceCode + "0000000000?", ";" + number + "=" + expiryYYMM + serviceCode + "0000000000?"
}

// typedCard is a drawn card as a program hands it to the terminal.
func typedCard(random *rand.Rand) (json.RawMessage, error) {
	return json.Marshal(map[string]string{"pan": string(digitsOfCard(random)), "exp": expiryMMYY})
}

// amount draws one between 1.00 and 900.99.
func amount(random *rand.Rand) money.Amount { return money.New(100+random.Int64N(90_000), money.USD) }
