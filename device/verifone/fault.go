package verifone

import "github.com/tillpos/till/pos"

// fault is what one error code of a 71, 73 or 75 means. A code's meaning depends on whose pad it is and
// on how it enciphers.
type fault struct {
	dialect Dialect
	keys    Scheme
	code    byte
	means   pos.Code
	detail  string
}

// faults is the table of error codes.
var faults = []fault{
	{VeriFone, Session, '1', pos.CodePINPadNoKey, "no master key"},
	{VeriFone, Session, '2', pos.CodePINPadRefused, "card number or session key"},
	{VeriFone, Session, '3', pos.CodePINPadRefused, "PIN too long"},
	{VeriFone, Session, '4', pos.CodePINPadRefused, "PIN too short"},
	{VeriFone, Session, '5', pos.CodePINPadNoKey, "the pad is set to DUKPT"},
	{VeriFone, Session, '6', pos.CodePINPadNoKey, "attributes of the master key"},
	{VeriFone, Session, '7', pos.CodePINPadNoKey, "attributes of the key block"},

	{VeriFone, DUKPT, '1', pos.CodePINPadNoKey, "no key"},
	{VeriFone, DUKPT, '2', pos.CodePINPadRefused, "card number"},
	{VeriFone, DUKPT, '3', pos.CodePINPadRefused, "PIN too long"},
	{VeriFone, DUKPT, '4', pos.CodePINPadRefused, "PIN too short"},
	{VeriFone, DUKPT, '5', pos.CodePINPadProtocol, "debit or credit field"},
	{VeriFone, DUKPT, '6', pos.CodePINPadUsedUp, "over a million transactions"},
	{VeriFone, DUKPT, '7', pos.CodePINPadProtocol, "amount"},
	{VeriFone, DUKPT, '8', pos.CodePINPadRefused, "ANSI MAC not allowed"},

	{UIC, Session, '0', pos.CodePINPadProtocol, "card number missing"},
	{UIC, Session, '1', pos.CodePINPadNoKey, "value of the key"},
	{UIC, Session, '2', pos.CodePINPadRefused, "card number too short"},
	{UIC, Session, '3', pos.CodePINPadRefused, "card number too long"},
	{UIC, Session, '4', pos.CodePINPadProtocol, "card number has other than digits"},
	{UIC, Session, '5', pos.CodePINPadNoKey, "form of the key"},
	{UIC, Session, '6', pos.CodePINPadProtocol, "timeout"},
	{UIC, Session, '7', pos.CodePINPadRefused, "too many PINs in a short time"},
	{UIC, Session, '8', pos.CodePINPadProtocol, "amount or options"},
	{UIC, Session, '9', pos.CodePINPadNoKey, "no active key"},
	{UIC, Session, 'A', pos.CodePINPadNoKey, "no such key slot"},
	{UIC, Session, 'B', pos.CodePINPadRefused, "memory"},
	{UIC, Session, 'C', pos.CodePINPadRefused, "memory"},
	{UIC, Session, 'E', pos.CodePINPadNoKey, "length of the key"},
	{UIC, Session, 'G', pos.CodePINPadRefused, "the pad's files"},

	{UIC, DUKPT, '0', pos.CodePINPadProtocol, "card number missing"},
	{UIC, DUKPT, '2', pos.CodePINPadRefused, "card number too short"},
	{UIC, DUKPT, '3', pos.CodePINPadRefused, "card number too long"},
	{UIC, DUKPT, '4', pos.CodePINPadProtocol, "card number has other than digits"},
	{UIC, DUKPT, '5', pos.CodePINPadProtocol, "debit or credit field"},
	{UIC, DUKPT, '6', pos.CodePINPadProtocol, "timeout"},
	{UIC, DUKPT, '8', pos.CodePINPadProtocol, "amount"},
	{UIC, DUKPT, 'A', pos.CodePINPadNoKey, "no key"},
	{UIC, DUKPT, 'B', pos.CodePINPadRefused, "memory"},
	{UIC, DUKPT, 'C', pos.CodePINPadRefused, "memory"},
	{UIC, DUKPT, 'F', pos.CodePINPadUsedUp, "over a million transactions"},
	{UIC, DUKPT, 'G', pos.CodePINPadRefused, "the pad's files"},
}

// faultOf makes the error of a pad's code; a code that is not in the table is an error too.
func (s Settings) faultOf(code byte) error {
	for _, f := range faults {
		if f.dialect == s.Dialect && f.keys == s.Keys && f.code == code {
			return pos.NewError(f.means).WithDetail("the pad's code %c: %s", code, f.detail)
		}
	}
	return pos.NewError(pos.CodePINPadProtocol).WithDetail("the pad's code %q is not known", string(rune(code)))
}
