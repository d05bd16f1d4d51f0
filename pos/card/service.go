package card

// ServiceCode is the three digits after the expiry date, empty when the stripe has none.
type ServiceCode string

// Chip says that the card has a chip (first digit 2 or 6), so a swipe is a fallback.
func (s ServiceCode) Chip() bool { return len(s) == 3 && (s[0] == '2' || s[0] == '6') }

// What the digits mean (ISO/IEC 7813), in words for an operator.
var (
	serviceArea = map[byte]string{
		'1': "international", '2': "international, chip", '5': "national", '6': "national, chip",
		'7': "private", '9': "test",
	}
	serviceApproval = map[byte]string{'0': "normal approval", '2': "approval by the issuer", '4': "approval by the issuer unless agreed otherwise"}
	serviceUse      = map[byte]string{
		'0': "PIN required", '1': "no limits", '2': "goods and services only", '3': "cash machine only, PIN required",
		'4': "cash only", '5': "goods and services only, PIN required", '6': "PIN where there is a pad",
		'7': "goods and services only, PIN where there is a pad",
	}
)

// Meaning says in words what the code allows, for an operator: "national, chip; normal approval; PIN required".
// Digits without a meaning read "reserved".
func (s ServiceCode) Meaning() string {
	if len(s) != 3 {
		return "none"
	}
	word := func(words map[byte]string, digit byte) string {
		if w, ok := words[digit]; ok {
			return w
		}
		return "reserved"
	}
	return word(serviceArea, s[0]) + "; " + word(serviceApproval, s[1]) + "; " + word(serviceUse, s[2])
}
