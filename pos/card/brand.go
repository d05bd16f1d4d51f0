package card

// Brand is a card organisation.
type Brand string

// The brands that the terminal knows. Unknown cards are sent as they are; the host decides.
const (
	BrandUnknown Brand = ""
	Visa         Brand = "visa"
	Mastercard   Brand = "mastercard"
	Amex         Brand = "amex"
	Discover     Brand = "discover"
	Diners       Brand = "diners"
	JCB          Brand = "jcb"
	UnionPay     Brand = "unionpay"
	Maestro      Brand = "maestro"
)

// binRange is a range of six-digit issuer identification numbers (first to last, inclusive) with the
// lengths a number of that range may have.
type binRange struct {
	first, last       int
	shortest, longest int
	brand             Brand
}

// binRanges is searched in order, narrow ranges before the wide ones they lie in.
var binRanges = []binRange{
	{622126, 622925, 16, 19, Discover}, // UnionPay cards that Discover acquires in the United States
	{340000, 349999, 15, 15, Amex},
	{370000, 379999, 15, 15, Amex},
	{300000, 305999, 14, 19, Diners},
	{309500, 309599, 14, 19, Diners},
	{360000, 369999, 14, 19, Diners},
	{380000, 399999, 14, 19, Diners},
	{352800, 358999, 16, 19, JCB},
	{180000, 180099, 15, 15, JCB},
	{213100, 213199, 15, 15, JCB},
	{510000, 559999, 16, 16, Mastercard},
	{222100, 272099, 16, 16, Mastercard},
	{601100, 601199, 16, 19, Discover},
	{644000, 659999, 16, 19, Discover},
	{620000, 629999, 14, 19, UnionPay},
	{810000, 817199, 16, 19, UnionPay},
	{500000, 509999, 12, 19, Maestro},
	{560000, 589999, 12, 19, Maestro},
	{639000, 639099, 12, 19, Maestro},
	{670000, 679999, 12, 19, Maestro},
	{400000, 499999, 13, 19, Visa},
}

func brandOf(digits []byte) Brand {
	if len(digits) < 6 {
		return BrandUnknown
	}
	bin := 0
	for _, c := range digits[:6] {
		bin = bin*10 + int(c-'0')
	}
	for _, r := range binRanges {
		if bin >= r.first && bin <= r.last && len(digits) >= r.shortest && len(digits) <= r.longest {
			return r.brand
		}
	}
	return BrandUnknown
}
