package register

// Verb is something a cashier can want.
type Verb string

const (
	VerbType     Verb = "type" // Intent.Rune into the field that has the focus
	VerbErase    Verb = "erase"
	VerbNext     Verb = "next field"
	VerbPrevious Verb = "previous field"
	VerbUp       Verb = "up"
	VerbDown     Verb = "down"
	VerbEnter    Verb = "enter" // the main thing of the screen
	VerbRetry    Verb = "retry" // enter, where it means another try to be paid
	VerbBack     Verb = "back"  // cancel, or one screen back

	VerbItems        Verb = "items"
	VerbRemove       Verb = "remove" // the last item
	VerbCash         Verb = "cash"
	VerbKeyed        Verb = "keyed"
	VerbDebit        Verb = "debit"     // the card is to be charged with a PIN, or again without
	VerbCashback     Verb = "cash back" // of a debit
	VerbTip          Verb = "tip"
	VerbVoice        Verb = "voice" // the issuer approved the card by telephone
	VerbPart         Verb = "part"  // of what is due is paid next
	VerbYes          Verb = "yes"
	VerbSurcharge    Verb = "surcharge" // charge the card with it
	VerbWithout      Verb = "without"   // charge the card without the surcharge
	VerbUndo         Verb = "undo"      // void what was paid of this sale
	VerbPayments     Verb = "payments"
	VerbUnknown      Verb = "unknown"
	VerbVoid         Verb = "void"
	VerbRefund       Verb = "refund"
	VerbPrintAgain   Verb = "print again"
	VerbPrintWaiting Verb = "print waiting" // receipts that the printer refused so far
	VerbQuit         Verb = "quit"          // offered only between two sales; whoever runs the register ends it
)

// Intent is one wish of the cashier. An intent that the View does not offer is ignored.
type Intent struct {
	Verb Verb
	Rune rune // for VerbType
}
