package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// TestEveryCodeHasAnExit reads the list of codes and finds one that would end as an internal error.
func TestEveryCodeHasAnExit(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../pos/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Code") {
			return true
		}
		text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		count++
		if code := pos.Code(text); code != pos.CodeInternal && exitOf(pos.NewError(code)) == exitInternal {
			t.Errorf("%s ends with exit code %d", text, exitInternal)
		}
		return true
	})
	if count < 50 {
		t.Errorf("only %d codes were found", count)
	}
}

func TestExitOf(t *testing.T) {
	for _, row := range []struct {
		err  error
		want int
	}{
		{errors.New("odd"), exitInternal},
		{usage("wrong"), exitUsage},
		{pos.NewError(pos.CodeConfig, "a", "b"), exitConfig},
		{pos.NewError(pos.CodeDeclined), exitDeclined},
		{pos.NewError(pos.CodePartial), exitPartial},
		{pos.NewError(pos.CodeUnknown), exitUnknown},
		{pos.NewError(pos.CodePrinterPaper), exitDevice},
		{pos.NewError(pos.CodeNotSent), exitNotSent},
		{pos.NewError(pos.CodeJournalBusy, "x"), exitJournal},
		{pos.NewError(pos.CodeAmountZero), exitBadData},
		{pos.NewError(pos.CodeNotPermitted), exitPermission},
		{fmt.Errorf("around: %w", pos.NewError(pos.CodeJournalFull)), exitJournal},
	} {
		if got := exitOf(row.err); got != row.want {
			t.Errorf("%v: %d, not %d", row.err, got, row.want)
		}
	}
}

// TestEveryOpenStateIsUnknown keeps a payment whose outcome is not known from ending as done.
func TestEveryOpenStateIsUnknown(t *testing.T) {
	for _, s := range []pos.State{
		pos.StateCreated, pos.StateSending, pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateDeclined, pos.StateRefused,
		pos.StateNotSent, pos.StateUnknown, pos.StateReversing, pos.StateReversed, pos.StateConfirmed, pos.StateHeld, pos.StateNeedsPerson,
		pos.StateRejectedLate, pos.StateCaptured, pos.StateVoided, pos.StateAdjusted, pos.StateBatched, pos.StateSettled, pos.StateRejectedInBatch,
	} {
		if s.Open() && stateExits[s] != exitUnknown {
			t.Errorf("%s ends with %d", s, stateExits[s])
		}
		if s.Succeeded() && s != pos.StatePartial && stateExits[s] != exitDone {
			t.Errorf("%s ends with %d", s, stateExits[s])
		}
	}
}

// TestWhatWasTakenBackIsNotDone: a sale whose unwanted part was voided or given back ended with 0.
func TestWhatWasTakenBackIsNotDone(t *testing.T) {
	usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
	for name, c := range map[string]struct {
		payment pos.Payment
		back    bool
	}{
		"voided":     {pos.Payment{State: pos.StateVoided, Approved: usd(300)}, true},
		"reversed":   {pos.Payment{State: pos.StateReversed}, true},
		"held":       {pos.Payment{State: pos.StateHeld, Kind: pos.KindAuth}, true},
		"given back": {pos.Payment{State: pos.StateConfirmed, Approved: usd(300), Refunded: usd(300)}, true},
		"approved":   {pos.Payment{State: pos.StateApproved, Approved: usd(300), Refunded: usd(0)}, false},
		"accepted":   {pos.Payment{State: pos.StateAccepted, Approved: usd(300)}, false},
	} {
		if takenBack(c.payment) != c.back {
			t.Errorf("%s: taken back %v", name, !c.back)
		}
	}
}
