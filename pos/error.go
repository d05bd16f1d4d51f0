package pos

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tillpos/till/pos/card"
)

// Code names one thing that a person may have to be told. Its sentence stands in pos/words.
type Code string

// Error is the one error that reaches a person. Args fill the sentence of its code; Detail is for an
// operator. None of them ever holds card data.
type Error struct {
	Code   Code
	Args   []string
	Detail string
	cause  error
}

// NewError makes an error with arguments for its sentence.
func NewError(c Code, args ...string) *Error { return &Error{Code: c, Args: args} }

// WithDetail says more to an operator.
func (e *Error) WithDetail(format string, args ...any) *Error {
	out := *e
	out.Detail = fmt.Sprintf(format, args...)
	return &out
}

// Because keeps the cause for errors.Is and adds its text to the detail. The cause must hold no card data.
func (e *Error) Because(err error) *Error {
	out := *e
	out.cause = err
	if err != nil {
		out.Detail = strings.TrimPrefix(out.Detail+": "+err.Error(), ": ")
	}
	return &out
}

func (e *Error) Error() string {
	s := string(e.Code)
	if len(e.Args) > 0 {
		s += " (" + strings.Join(e.Args, ", ") + ")"
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// CodeOf finds the code of an error, "internal" if it has none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// AsError finds the error of a code in err; it is an internal one, with err as its cause, if there is none.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return NewError(CodeInternal).Because(err)
}

// SwipeError is what a person is told of a swipe that is no card; err is of [card.Swipe.Card].
func SwipeError(err error) *Error {
	for _, known := range []struct {
		is   error
		code Code
	}{
		{card.ErrNoTrack, CodeCardUnreadable},
		{card.ErrDisagree, CodeCardDisagree},
		{card.ErrLuhn, CodeCardLuhn},
		{card.ErrEncrypted, CodeCardEncrypted},
	} {
		if errors.Is(err, known.is) {
			return NewError(known.code)
		}
	}
	return NewError(CodeCardTrack)
}

// The codes. Each has a sentence in pos/words; a test keeps the two lists equal.
const (
	CodeInternal Code = "internal"

	// What became of the money.
	CodeApproved       Code = "payment.approved"
	CodeVoided         Code = "payment.voided"
	CodeRefunded       Code = "payment.refunded"
	CodeReversed       Code = "payment.reversed"
	CodeCashTaken      Code = "payment.cash"            // args: given, change
	CodeCashReturned   Code = "payment.cash_returned"   // args: amount
	CodeRest           Code = "payment.rest"            // args: paid, due
	CodeSaleUnfinished Code = "payment.sale_unfinished" // args: paid, due, total
	CodeLastPayment    Code = "register.last_payment"   // args: currency, amount, card
	CodePartial        Code = "payment.partial"         // args: approved, due
	CodeAccepted       Code = "payment.accepted"        // queued at the host
	CodeDeclined       Code = "payment.declined"        // args: reason of the host
	CodeCallIssuer     Code = "payment.call_issuer"     // voice authorization needed
	CodeCardError      Code = "payment.card_error"      // number refused by the issuer
	CodeCardExpired    Code = "payment.card_expired"    // the host says so
	CodeAVSDeclined    Code = "payment.avs_declined"
	CodeCVVDeclined    Code = "payment.cvv_declined"
	CodeRefused        Code = "payment.refused"     // args: offending field
	CodeUnsupported    Code = "payment.unsupported" // args: what
	CodeNotSent        Code = "payment.not_sent"    // host not reached, nothing happened
	CodeSlow           Code = "payment.slow"        // args: seconds of the screen's limit
	CodeUnknown        Code = "payment.unknown"     // sent, no answer; being settled
	CodeNeedsPerson    Code = "payment.needs_person"
	CodeInterrupted    Code = "payment.interrupted"  // found after a restart
	CodeConfirmed      Code = "payment.confirmed"    // settled late: the host has it
	CodeAbsent         Code = "payment.absent"       // the host does not know it, after the whole window
	CodeWrongAnswer    Code = "payment.wrong_answer" // the host's answer contradicts the request

	// What the engine does by itself, and what it could not do.
	CodeGate            Code = "payment.gate"             // args: id of the earlier payment that is taken back first
	CodeReversalStuck   Code = "payment.reversal_stuck"   // a reversal failed three times; it is tried on
	CodeReversalRefused Code = "payment.reversal_refused" // the host will not reverse it
	CodeReversalSettled Code = "payment.reversal_settled" // too late: it is settled at the host
	CodePartialUndone   Code = "payment.partial_undone"   // a part was approved that nobody asked for; it is taken back
	CodePaidOtherwise   Code = "payment.paid_otherwise"   // confirmed after its sale was paid another way; it is taken back
	CodeUndoFailed      Code = "payment.undo_failed"      // the host has it and does not take it back
	CodeOffline         Code = "payment.offline"          // approved by the terminal alone, still to be forwarded
	CodeAbandoned       Code = "payment.abandoned"        // args: hours that a hold stands without a capture
	CodeNumbersUsed     Code = "payment.numbers_used"     // the host's sequence numbers are all in use
	CodeNoVerify        Code = "payment.no_verify"        // a verification got no answer; no money was asked for
	CodeUnattended      Code = "payment.unattended"       // args: what an unattended terminal does not do

	// What is asked for paying with a certain kind of card.
	CodeSameGoodsAsk  Code = "payment.same_goods_ask" // a question, before cash
	CodeSurchargeAsk  Code = "payment.surcharge_ask"  // args: surcharge, total; a question
	CodeSurchargeOff  Code = "payment.surcharge_off"  // not in this shop or state
	CodeSurchargeCard Code = "payment.surcharge_card" // only a credit card pays one
	CodeSurchargeCap  Code = "payment.surcharge_cap"  // args: most
	CodeFee           Code = "payment.fee"            // args: most
	CodeEBT           Code = "payment.ebt"            // args: what does not go with electronic benefits
	CodeEBTPIN        Code = "payment.ebt_pin"        // only with card and PIN

	// The same for the other kinds of payment, and for the states that come later (State.Code).
	CodeApprovedAuth    Code = "payment.approved_auth"
	CodeApprovedCapture Code = "payment.approved_capture"
	CodeApprovedVerify  Code = "payment.approved_verify"
	CodeApprovedAdjust  Code = "payment.approved_adjust"
	CodeSending         Code = "payment.sending"
	CodeReversing       Code = "payment.reversing"
	CodeHeld            Code = "payment.held"
	CodeFollowRefused   Code = "payment.follow_refused"  // args: reason; what was to be done to an earlier payment
	CodeFollowNotSent   Code = "payment.follow_not_sent" // likewise
	CodeFollowRejected  Code = "payment.follow_rejected" // likewise, after it was accepted
	CodeRejectedLate    Code = "payment.rejected_late"
	CodeCaptured        Code = "payment.captured"
	CodeAdjusted        Code = "payment.adjusted"
	CodeBatched         Code = "payment.batched"
	CodeSettled         Code = "payment.settled"
	CodeRejectedInBatch Code = "payment.rejected_in_batch"

	// PIN debit moves the money at once, so a person has to find out what the bank did.
	CodeDebitUnconfirmed Code = "payment.debit_unconfirmed" // args: host's id; approved, not acknowledged
	CodeDebitUnknown     Code = "payment.debit_unknown"     // args: host's id, if any; neither approved nor declined
	CodeRefundPIN        Code = "payment.refund_pin"        // a debit is refunded with the card and its PIN only
	CodeRefundCard       Code = "payment.refund_card"       // the card is not the one of the sale

	// What a person typed or asked for.
	CodeAmountEmpty    Code = "amount.empty"
	CodeAmountZero     Code = "amount.zero"
	CodeAmountNegative Code = "amount.negative"
	CodeAmountTooLarge Code = "amount.too_large" // args: limit
	CodeAmountDecimals Code = "amount.decimals"  // args: decimals of the currency
	CodeAmountSyntax   Code = "amount.syntax"
	CodeItemSyntax     Code = "item.syntax"
	CodeScanUnknown    Code = "scan.unknown" // args: what was scanned
	CodeScanNotNow     Code = "scan.not_now"
	CodeCashShort      Code = "cash.short"        // args: due
	CodeNotFound       Code = "payment.not_found" // args: id
	CodeNotAllowed     Code = "payment.not_allowed"
	CodeOverRefund     Code = "payment.over_refund"  // args: left
	CodeDuplicate      Code = "payment.duplicate"    // args: minutes ago
	CodeSameUnknown    Code = "payment.same_unknown" // args: id of the one still unknown
	CodeOverCapture    Code = "payment.over_capture" // args: authorized
	CodeUnsettled      Code = "payment.unsettled"    // args: id of the later payment still unknown
	CodeReasonMissing  Code = "payment.reason_missing"
	CodeBusy           Code = "register.busy"
	CodeCancelled      Code = "register.cancelled"

	// The card.
	CodeCardUnreadable Code = "card.unreadable"
	CodeCardTrack      Code = "card.bad_track"
	CodeCardDisagree   Code = "card.tracks_disagree"
	CodeCardLuhn       Code = "card.bad_number"
	CodeCardExpiredNow Code = "card.expired"
	CodeCardTimeout    Code = "card.timeout"
	CodeCardEncrypted  Code = "card.encrypted"
	CodeCardChip       Code = "card.chip"           // a chip card was swiped and policy refuses
	CodeVoiceCode      Code = "card.bad_voice_code" // typed: of the issuer's telephone desk
	CodeCardTwice      Code = "card.twice"
	CodeCardInText     Code = "card.in_text"    // a number typed where text is kept
	CodeCardExpiry     Code = "card.bad_expiry" // typed
	CodeCardCVV        Code = "card.bad_cvv"    // typed

	// Devices.
	CodeReaderOffline  Code = "reader.offline"
	CodePrinterOffline Code = "printer.offline"
	CodePrinterPaper   Code = "printer.paper_out"
	CodeDisplayOffline Code = "display.offline"
	CodeScannerOffline Code = "scanner.offline"
	CodePINPadOffline  Code = "pinpad.offline"
	CodePINPadProtocol Code = "pinpad.protocol" // it answers what makes no sense
	CodePINPadRefused  Code = "pinpad.refused"  // it answers with an error
	CodePINPadNoKey    Code = "pinpad.no_key"   // none was loaded
	CodePINPadUsedUp   Code = "pinpad.keys_used_up"
	CodePINCancelled   Code = "pin.cancelled"
	CodePINTimeout     Code = "pin.timeout"
	CodeDeviceURI      Code = "device.uri" // args: uri
	CodeDeviceKind     Code = "device.not_in_this_build"
	CodeDeviceSettings Code = "device.settings"        // args: uri
	CodeDeviceRefused  Code = "device.setting_refused" // args: setting

	// Journal.
	CodeJournalBusy     Code = "journal.busy"    // args: path
	CodeJournalDamaged  Code = "journal.damaged" // args: path
	CodeJournalForeign  Code = "journal.foreign" // args: path
	CodeJournalNewer    Code = "journal.newer"   // args: path
	CodeJournalFull     Code = "journal.full"
	CodeJournalReadOnly Code = "journal.read_only"
	CodeJournalSettings Code = "journal.settings" // args: setting
	CodeJournalMode     Code = "journal.mode"     // args: born, asked
	CodeJournalWrite    Code = "journal.write"    // surely not written
	CodeJournalUnknown  Code = "journal.unknown"  // perhaps written
	CodeJournalKey      Code = "journal.key"

	// Configuration and permission.
	CodeConfig       Code = "config.invalid" // args: key, what
	CodeNotPermitted Code = "staff.not_permitted"
)
