package trustcommerce

// Name is how this processor is called in payments and in pos.Extra.
const Name = "trustcommerce"

// Switch is a field that is y, n, or left to the gateway's default.
type Switch string

const (
	Default Switch = ""
	Yes     Switch = "y"
	No      Switch = "n"
)

// debitForm is the variant of the PIN debit forms.
const debitForm = "debit"

// achForm is the variant of the sale from a bank account.
const achForm = "ach"
