package ui

import (
	"context"
	"slices"

	"github.com/gdamore/tcell/v2"

	"github.com/tillpos/till/pos/register"
)

// verbHelp is the screens' own: the register knows no help page.
const verbHelp register.Verb = "help"

// Key is one line of the key table. A key counts when its screen is shown and the view offers its verb.
type Key struct {
	Screens []register.Screen // nil: every screen
	Key     tcell.Key         // tcell.KeyRune: see Rune
	Rune    rune              // a letter, in either case
	Name    string            // as the hint bar and the help page say it
	Label   string            // in the hint bar; empty: only on the help page
	Help    string            // a sentence of the help page
	Verb    register.Verb
	// Run, if set, is called instead of a verb, in a goroutine of its own. What it returns is shown in
	// the hint bar until the next key. It must end when ctx does.
	Run func(ctx context.Context) (note string)
}

type screens = []register.Screen

// Keys is the table that makes the handling, the hint bar and the help page. The first line that fits counts.
var Keys = []Key{
	{Screens: screens{register.ScreenAmount, register.ScreenPartial}, Key: tcell.KeyEnter, Name: "Enter", Label: "Card", Help: "Take the amount by card: the reader waits for a swipe.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenItems}, Key: tcell.KeyEnter, Name: "Enter", Label: "Add / Card", Help: "Add the item; with nothing typed, take the total by card.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenCard}, Key: tcell.KeyEnter, Name: "Enter", Label: "Swipe again", Help: "Arm the reader for another swipe.", Verb: register.VerbRetry},
	{Screens: screens{register.ScreenKeyed}, Key: tcell.KeyEnter, Name: "Enter", Label: "Charge", Help: "Send the typed card to the bank.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenCash}, Key: tcell.KeyEnter, Name: "Enter", Label: "Take cash", Help: "Take the cash: the drawer opens and the change is shown.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenResult}, Key: tcell.KeyEnter, Name: "Enter", Label: "Try again", Help: "Try again: another card, or the same one.", Verb: register.VerbRetry},
	{Screens: screens{register.ScreenResult}, Key: tcell.KeyEnter, Name: "Enter", Label: "Go on", Help: "Go on: the next sale, or back to the list.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenPayments}, Key: tcell.KeyEnter, Name: "Enter", Label: "Open", Help: "Open the chosen payment.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenUnknown}, Key: tcell.KeyEnter, Name: "Enter", Label: "Resolve", Help: "Say what became of the chosen payment, with a reason.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenVoid}, Key: tcell.KeyEnter, Name: "Enter", Label: "Void it", Help: "Void the payment: the whole of it is taken back.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenRefund}, Key: tcell.KeyEnter, Name: "Enter", Label: "Refund it", Help: "Give that amount back to the card.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenResolve}, Key: tcell.KeyEnter, Name: "Enter", Label: "Resolve it", Help: "Write the decision into the journal.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenRecover}, Key: tcell.KeyEnter, Name: "Enter", Label: "Understood", Help: "Start selling; the list stays under F6.", Verb: register.VerbEnter},

	{Screens: screens{register.ScreenQuestion}, Key: tcell.KeyRune, Rune: 'y', Name: "Y", Label: "Yes", Help: "Yes, go on with this payment.", Verb: register.VerbYes},
	{Screens: screens{register.ScreenQuestion}, Key: tcell.KeyRune, Rune: 'y', Name: "Y", Label: "Credit: with surcharge", Help: "A credit card: charge it with the surcharge.", Verb: register.VerbSurcharge},
	{Screens: screens{register.ScreenQuestion}, Key: tcell.KeyRune, Rune: 'n', Name: "N", Label: "Debit or prepaid: without", Help: "A debit or prepaid card: charge it without the surcharge.", Verb: register.VerbWithout},
	{Screens: screens{register.ScreenQuestion}, Key: tcell.KeyEscape, Name: "Esc", Label: "No", Help: "No: nothing is sent.", Verb: register.VerbBack},
	{Screens: screens{register.ScreenAmount}, Key: tcell.KeyEscape, Name: "Esc", Label: "Clear", Help: "Clear the sale.", Verb: register.VerbBack},
	{Screens: screens{register.ScreenCard}, Key: tcell.KeyRune, Rune: 'd', Name: "D", Label: "Debit", Help: "Debit: the PIN is typed after the swipe. Again: credit.", Verb: register.VerbDebit},
	{Screens: screens{register.ScreenCard}, Key: tcell.KeyRune, Rune: 'b', Name: "B", Label: "Cash back", Help: "The card pays more, and the customer gets it in cash.", Verb: register.VerbCashback},
	{Screens: screens{register.ScreenCashback}, Key: tcell.KeyEnter, Name: "Enter", Label: "Card", Help: "Take that much on top: the reader waits for a swipe.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenCard, register.ScreenPartial}, Key: tcell.KeyRune, Rune: 's', Name: "S", Label: "Split", Help: "This card or cash pays a part; the rest is paid another way.", Verb: register.VerbPart},
	{Screens: screens{register.ScreenCard}, Key: tcell.KeyRune, Rune: 't', Name: "T", Label: "Tip", Help: "A tip on top, with the same card.", Verb: register.VerbTip},
	{Screens: screens{register.ScreenTip}, Key: tcell.KeyEnter, Name: "Enter", Label: "Card", Help: "Take the tip on top: the reader waits for a swipe.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenResult}, Key: tcell.KeyRune, Rune: 'a', Name: "A", Label: "Approval code", Help: "The bank approved the card by telephone: type its code.", Verb: register.VerbVoice},
	{Screens: screens{register.ScreenVoice}, Key: tcell.KeyEnter, Name: "Enter", Label: "Card", Help: "Take the card with that code.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenPart}, Key: tcell.KeyEnter, Name: "Enter", Label: "Card", Help: "Take that part by card, or with F3 in cash.", Verb: register.VerbEnter},
	{Screens: screens{register.ScreenPIN}, Key: tcell.KeyEscape, Name: "Esc", Label: "Cancel", Help: "Cancel: no PIN is asked, nothing is sent, the amount stays.", Verb: register.VerbBack},
	{Screens: screens{register.ScreenCard, register.ScreenKeyed, register.ScreenCash}, Key: tcell.KeyEscape, Name: "Esc", Label: "Cancel", Help: "Cancel: nothing is sent, the reader is off, the amount stays.", Verb: register.VerbBack},
	{Screens: screens{register.ScreenResult}, Key: tcell.KeyEscape, Name: "Esc", Label: "Give up", Help: "Leave this sale unpaid.", Verb: register.VerbBack},
	{Key: tcell.KeyEscape, Name: "Esc", Label: "Back", Help: "Back, with nothing changed.", Verb: register.VerbBack},

	{Key: tcell.KeyF2, Name: "F2", Label: "Items", Help: "Type items with a price instead of one amount.", Verb: register.VerbItems},
	{Key: tcell.KeyF3, Name: "F3", Label: "Cash", Help: "Take cash. An armed reader is disarmed first.", Verb: register.VerbCash},
	{Key: tcell.KeyF4, Name: "F4", Label: "Type card", Help: "Type a card that cannot be swiped.", Verb: register.VerbKeyed},
	{Key: tcell.KeyF5, Name: "F5", Label: "Payments", Help: "The list of payments: look, void, refund, print again.", Verb: register.VerbPayments},
	{Key: tcell.KeyF6, Name: "F6", Label: "Unknown", Help: "Payments whose outcome is not known, and what is done.", Verb: register.VerbUnknown},
	{Key: tcell.KeyF7, Name: "F7", Label: "Print waiting", Help: "Try the receipts again that the printer did not take.", Verb: register.VerbPrintWaiting},
	{Screens: screens{register.ScreenPartial}, Key: tcell.KeyF8, Name: "F8", Label: "Undo", Help: "Void what was paid of this sale so far.", Verb: register.VerbUndo},
	{Screens: screens{register.ScreenDetail}, Key: tcell.KeyRune, Rune: 'v', Name: "V", Label: "Void", Help: "Void this payment, before its batch is closed.", Verb: register.VerbVoid},
	{Screens: screens{register.ScreenDetail}, Key: tcell.KeyRune, Rune: 'r', Name: "R", Label: "Refund", Help: "Give back all or part of this payment.", Verb: register.VerbRefund},
	{Screens: screens{register.ScreenDetail, register.ScreenResult}, Key: tcell.KeyRune, Rune: 'p', Name: "P", Label: "Print again", Help: "Print the receipt once more, marked as a copy.", Verb: register.VerbPrintAgain},
	{Key: tcell.KeyDelete, Name: "Del", Label: "Remove last", Help: "Take the last item off.", Verb: register.VerbRemove},

	{Key: tcell.KeyTab, Name: "Tab", Help: "To the next field.", Verb: register.VerbNext},
	{Key: tcell.KeyBacktab, Name: "Shift-Tab", Help: "To the field before.", Verb: register.VerbPrevious},
	{Key: tcell.KeyUp, Name: "Up", Help: "One line up, or the choice before.", Verb: register.VerbUp},
	{Key: tcell.KeyDown, Name: "Down", Help: "One line down, or the next choice.", Verb: register.VerbDown},
	{Key: tcell.KeyBackspace2, Name: "Backspace", Help: "Take the last character back.", Verb: register.VerbErase},
	{Key: tcell.KeyBackspace, Name: "Ctrl-H", Verb: register.VerbErase},

	{Key: tcell.KeyF1, Name: "F1", Label: "Help", Help: "This page.", Verb: verbHelp},
	{Key: tcell.KeyF10, Name: "F10", Label: "Quit", Help: "End the till. Only between two sales.", Verb: register.VerbQuit},
}

// fits says whether the key counts on this view.
func (k Key) fits(v register.View) bool {
	if k.Screens != nil {
		on := false
		for _, s := range k.Screens {
			on = on || s == v.Screen
		}
		if !on {
			return false
		}
	}
	return k.Run != nil || k.Verb == verbHelp || v.Can(k.Verb)
}

func (k Key) pressed(e *tcell.EventKey) bool {
	pressed := e.Key()
	if pressed == tcell.KeyLF {
		pressed = tcell.KeyEnter
	}
	if k.Key != pressed {
		return false
	}
	return k.Key != tcell.KeyRune || lower(e.Rune()) == k.Rune
}

func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// find gives the key of the table that an event means on this view.
func find(keys []Key, v register.View, e *tcell.EventKey) (Key, bool) {
	for _, k := range keys {
		if k.pressed(e) && k.fits(v) {
			return k, true
		}
	}
	return Key{}, false
}

// fitting is the table as it stands for a view; of two lines for one key, the first. What Enter does comes first: it
// is what most people want.
func fitting(keys []Key, v register.View) []Key {
	var out []Key
	seen := map[string]bool{}
	for _, k := range keys {
		if k.fits(v) && !seen[k.Name] {
			seen[k.Name] = true
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b Key) int { return rank(a) - rank(b) })
	return out
}

func rank(k Key) int {
	if k.Key == tcell.KeyEnter {
		return 0
	}
	return 1
}
