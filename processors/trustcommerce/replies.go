package trustcommerce

import (
	"slices"
	"strings"
)

// Formats that only answers have.
const (
	Word  Format = "word"        // lower-case letters
	Names Format = "field names" // of the request, separated by commas
	Code  Format = "code"        // one character
)

// ReplyField is what the documents say of a field of an answer.
type ReplyField struct {
	Name   string
	Format Format
	Max    int
	Mask   Mask // Shown holds only for a value that has the format
	Source Source
	Note   string
}

// ReplyFields lists the fields of answers.
func ReplyFields() []ReplyField {
	return []ReplyField{
		{"status", Word, 20, Shown, Guide, "approved, accepted, decline, baddata, error; seen: rejected"},
		{"transid", TransID, 14, Shown, Guide, "present once the data were found good"},
		{"declinetype", Word, 30, Shown, Guide, "with decline"},
		{"error", Word, 30, Shown, Guide, "with baddata; dnsfailure with error"},
		{"errortype", Word, 30, Shown, Guide, "with error"},
		{"offenders", Names, MaxValue, Shown, Guide, "names separated by commas, no spaces"},
		{"avs", Code, 1, Shown, Guide, "see AVSResults"},
		{"cvv", Code, 1, Shown, Guide, "see CVVResults; a space means nothing"},
		{"authcode", Alnum, 8, Shown, Seen, "usually 6 characters"},
		{"billingid", Alnum, 6, Shown, Guide, "of store"},
		{"commercialcard", Code, 1, Shown, Guide25, "S purchasing, R corporate, B business"},
		{"debitdata", Text, MaxValue, Hidden, Guide, "to send back with credit2"},
		{"originalsaledate", Stamp, 14, Shown, Guide, "to send back with credit2"},
		{"debitack", YesNo, 1, Shown, Guide, "n: not confirmed, has to be followed up"},
		{"fraudscore", Digits, 3, Shown, Guide25, "0 to 100"},
		{"blacklistfield", Word, 30, Shown, Guide25, ""},
		{"blacklistvalue", Text, MaxValue, Hidden, Guide25, "may be a card number"},
		{"velocitytype", Alnum, 30, Shown, Guide25, ""},
		{"velocityvalue", Text, MaxValue, Hidden, Guide25, "may be a card number"},
		{"responsecode", Text, MaxValue, Hidden, Seen, "the processor's own"},
	}
}

// maskReply gives what of an answer's field may be shown.
func (r *rules) maskReply(name string, value []byte) string {
	name = strings.ToLower(name)
	at, listed := r.reply[name]
	if !listed {
		return r.maskRequest(name, value)
	}
	if e := r.replies[at]; e.Mask == Shown && len(value) <= e.Max && e.has(r, value) {
		return string(value)
	}
	return hiddenText
}

func (e ReplyField) has(r *rules, value []byte) bool {
	switch e.Format {
	case Word:
		return only(value, isLetter)
	case Code:
		return printable(value)
	case Names:
		return !slices.ContainsFunc(strings.Split(string(value), ","), func(n string) bool { return !r.named(n) })
	}
	return Field{Format: e.Format}.fits(value)
}

// named says that a text is a field's name, and so nothing else.
func (r *rules) named(name string) bool {
	return r.place(name) >= 0 || name == "request" // the client's own word for a request that is too long
}
