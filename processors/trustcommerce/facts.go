package trustcommerce

import (
	"slices"
	"strconv"
	"strings"
)

// Format is what the characters of a field have to be. All of them are printable ASCII without '|'.
type Format string

const (
	Text      Format = "text"      // anything printable
	Digits    Format = "digits"    // 0-9 only
	Alnum     Format = "alnum"     // letters and digits
	Hex       Format = "hex"       // 0-9 A-F, either case
	YesNo     Format = "y/n"       // one letter
	OneOf     Format = "one of"    // exactly one of Values
	CardPAN   Format = "card"      // digits whose last is the Luhn check digit
	MonthYear Format = "mmyy"      // month 01-12, then two digits of the year
	TransID   Format = "transid"   // three digits, a dash, ten digits
	Customer  Format = "custid"    // digits, or the shared demonstration account TestMerchant
	IPv4      Format = "ipv4"      // dotted
	Interval  Format = "interval"  // 1-99 (a leading zero is allowed) and one of d w m y
	StartDay  Format = "start"     // YYYY-MM-DD, or an interval from today
	USDate    Format = "date"      // MM-DD-YYYY
	Stamp     Format = "timestamp" // YYYYMMDDHHMISS
)

// Mask says what of a value may be shown in a log or by `till wire decode`. The zero value hides, so
// that a field which nobody thought about is not shown.
type Mask string

const (
	Hidden   Mask = ""
	LastFour Mask = "last four"
	Shown    Mask = "shown"
)

// Source says who states a fact.
type Source string

const (
	Guide   Source = "guide 2.8" // the Developer's Guide 2.8; lengths from the appendix of 2.5, which it never contradicts
	Guide25 Source = "guide 2.5" // named by the older guide only
	Seen    Source = "seen"      // shown by the live tests of public clients only
	Ours    Source = "ours"      // nobody says; our reading
)

// Field is what the documents say of one name=value pair of a request.
type Field struct {
	Name     string // exact; a final '#' stands for a number from 1 (MaxItems at most for line items)
	Format   Format
	Min, Max int      // characters
	Values   []string // for OneOf
	Mask     Mask
	Source   Source
	Note     string // units, defaults, where sources differ
}

// Form is one way to use an action: sale by card, by bank account, by PIN debit card. A field that is
// in none of its lists (nor in Transport) is forbidden.
type Form struct {
	Action   string // value of the action field
	Variant  string // "" for the plain form
	When     Pick   // what chooses this form over the plain one
	Required []string
	// Payers lists groups of fields that name who pays. If there are any, at least one group has to be
	// whole; the first is the one that is missing when none is there. All their fields are allowed.
	Payers [][]string
	// Alone is a payer's field that forbids the fields of all other payers beside it.
	Alone    string
	Optional []string
	Needs    []Need
	Ours     []string // fields whose place in this form is our reading, allowed or not
	Note     string
}

// Pick chooses a form by a field: present with this value, or with any value if Value is empty.
type Pick struct{ Field, Value string }

// Need says that one field makes another one required.
type Need struct{ If, Then string }

// Facts are the tables of the wire. The client validates with them, the simulated host and the
// documentation read them; nothing here parses or decides.
type Facts struct {
	Fields    []Field // in the order in which offenders are listed
	Forms     []Form
	Transport []string // added by the client library, allowed with every action
}

// MaxItems is the greatest line item number.
const MaxItems = 99

// Limits of the wire, in bytes, those of the newest public client.
const (
	MaxValue        = 768   // documented for names and values
	MaxRequestLine  = 2047  // name=value and LF
	MaxRequest      = 32000 // the whole block
	MaxResponseLine = 1537  // what is kept of a line; the rest is cut
	MaxResponse     = 32000
)

// NewFacts gives a copy of the tables that the caller may change.
func NewFacts() Facts {
	return Facts{Fields: fieldTable(), Forms: formTable(), Transport: []string{"version", "pass", "time", "dns"}}
}

// Field finds the entry of a name as it is sent: productcode7 is found as productcode#. A whole name goes
// before a numbered one.
func (f Facts) Field(name string) (Field, bool) {
	for _, n := range []string{name, Numbered(name)} {
		if at := slices.IndexFunc(f.Fields, func(e Field) bool { return e.Name == n }); at >= 0 {
			return f.Fields[at], true
		}
	}
	return Field{}, false
}

// Numbered turns productcode7 into productcode#; a name without a number from 1 to 99 stays as it is.
func Numbered(name string) string {
	stem := strings.TrimRight(name, "0123456789")
	number := name[len(stem):]
	n, err := strconv.Atoi(number)
	if err != nil || stem == "" || n < 1 || n > MaxItems || number[0] == '0' {
		return name
	}
	return stem + "#"
}

// Use says what a field is to a form.
type Use string

const (
	Forbidden Use = "forbidden"
	Required  Use = "required"
	Optional  Use = "optional"
	Payer     Use = "payer" // part of a group that names who pays
)

// Use looks a field up in a form, by its name in the table. Transport fields are not part of a form.
func (f Form) Use(name string) Use {
	switch {
	case slices.Contains(f.Required, name):
		return Required
	case slices.ContainsFunc(f.Payers, func(g []string) bool { return slices.Contains(g, name) }):
		return Payer
	case slices.Contains(f.Optional, name):
		return Optional
	}
	return Forbidden
}
