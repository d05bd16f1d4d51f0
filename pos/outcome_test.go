package pos_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// constants reads the texts of all constants of a type from state.go, so that a new one is not forgotten here.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "state.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == typeName {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
		return true
	})
	if len(out) < 4 {
		t.Fatalf("only %d constants of type %s were found", len(out), typeName)
	}
	return out
}

func states(t *testing.T) (out []pos.State) {
	for _, s := range constants(t, "State") {
		out = append(out, pos.State(s))
	}
	return out
}

func kinds(t *testing.T) (out []pos.Kind) {
	for _, k := range constants(t, "Kind") {
		out = append(out, pos.Kind(k))
	}
	return out
}

// TestEveryStateHasItsCode: only a state whose outcome is not known may read as unknown.
func TestEveryStateHasItsCode(t *testing.T) {
	for _, s := range states(t) {
		for _, k := range kinds(t) {
			if c := s.Code(k); c == pos.CodeUnknown && s != pos.StateUnknown {
				t.Errorf("%s %s has no code", k, s)
			}
		}
	}
	for _, s := range []pos.State{"", "nonsense"} {
		if c := s.Code(pos.KindSale); c != pos.CodeUnknown {
			t.Errorf("the state %q reads %s", s, c)
		}
	}
}

func TestApprovedSaysWhatWasDone(t *testing.T) {
	seen := map[pos.Code]pos.Kind{}
	for _, k := range kinds(t) {
		c := pos.StateApproved.Code(k)
		if other, ok := seen[c]; ok {
			t.Errorf("an approved %s reads like an approved %s", k, other)
		}
		seen[c] = k
	}
}

func TestOutcome(t *testing.T) {
	usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
	declined := pos.NewError(pos.CodeCVVDeclined)
	for name, row := range map[string]struct {
		payment pos.Payment
		code    pos.Code
		args    []string
	}{
		"approved":                 {pos.Payment{State: pos.StateApproved, Kind: pos.KindSale}, pos.CodeApproved, nil},
		"failure tells more":       {pos.Payment{State: pos.StateDeclined, Failure: declined}, pos.CodeCVVDeclined, nil},
		"declined without one":     {pos.Payment{State: pos.StateDeclined}, pos.CodeDeclined, nil},
		"what to watch":            {pos.Payment{State: pos.StateApproved, Failure: pos.NewError(pos.CodeWrongAnswer)}, pos.CodeWrongAnswer, nil},
		"late state, old failure":  {pos.Payment{State: pos.StateVoided, Failure: pos.NewError(pos.CodeConfirmed)}, pos.CodeVoided, nil},
		"partial":                  {pos.Payment{State: pos.StatePartial, Requested: usd(1234), Approved: usd(500)}, pos.CodePartial, []string{"5.00", "7.34"}},
		"partial, two currencies":  {pos.Payment{State: pos.StatePartial, Requested: usd(1234), Approved: money.New(5, "JPY")}, pos.CodePartial, []string{"5"}},
		"partial with its failure": {pos.Payment{State: pos.StatePartial, Failure: declined}, pos.CodeCVVDeclined, nil},
		"a declined void: the card is charged as before": {pos.Payment{Kind: pos.KindVoid, Parent: "p", State: pos.StateDeclined, Failure: pos.NewError(pos.CodeDeclined, "too late")},
			pos.CodeFollowRefused, []string{"too late"}},
		"a refund in bad data":                       {pos.Payment{Kind: pos.KindRefund, Parent: "p", State: pos.StateRefused}, pos.CodeFollowRefused, nil},
		"a void that was not sent":                   {pos.Payment{Kind: pos.KindVoid, Parent: "p", State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent)}, pos.CodeFollowNotSent, nil},
		"a void that the host refuses late: no loss": {pos.Payment{Kind: pos.KindVoid, Parent: "p", State: pos.StateRejectedLate}, pos.CodeFollowRejected, nil},
		"a sale that the host refuses late":          {pos.Payment{Kind: pos.KindSale, State: pos.StateRejectedLate}, pos.CodeRejectedLate, nil},
		"a confirmed void is a void":                 {pos.Payment{Kind: pos.KindVoid, Parent: "p", State: pos.StateConfirmed, Failure: pos.NewError(pos.CodeConfirmed)}, pos.CodeVoided, nil},
		"a confirmed refund, without a sale too":     {pos.Payment{Kind: pos.KindRefund, State: pos.StateConfirmed}, pos.CodeRefunded, nil},
		"a confirmed sale":                           {pos.Payment{Kind: pos.KindSale, State: pos.StateConfirmed}, pos.CodeConfirmed, nil},
		"a lost void":                                {pos.Payment{Kind: pos.KindVoid, Parent: "p", State: pos.StateUnknown}, pos.CodeUnknown, nil},
		"zero payment":                               {pos.Payment{}, pos.CodeUnknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := row.payment.Outcome()
			if got.Code != row.code || !slices.Equal(got.Args, row.args) {
				t.Errorf("got %v, want %s %q", got, row.code, row.args)
			}
		})
	}
}

// TestWhereTheMoneyIs holds for every kind and state: an open payment is never called settled either way,
// and what did not succeed never moved money.
func TestWhereTheMoneyIs(t *testing.T) {
	for _, s := range states(t) {
		for _, k := range kinds(t) {
			where := s.Where(k)
			if s.Open() != (where == pos.MoneyUnknown) {
				t.Errorf("%s %s: open %v, money %s", k, s, s.Open(), where)
			}
			if where == pos.MoneyMoved && !s.Succeeded() {
				t.Errorf("%s %s: money moved without success", k, s)
			}
			if s.Open() && s.Succeeded() {
				t.Errorf("%s is open and a success", s)
			}
			if where == pos.MoneyMoved && (k == pos.KindVoid || k == pos.KindReversal || k == pos.KindVerify) {
				t.Errorf("a %s moved money by itself", k)
			}
		}
	}
}

// TestStatesAreReached: every state can be come to from the first one, and an open one can be left.
func TestStatesAreReached(t *testing.T) {
	all := states(t)
	reached := map[pos.State]bool{pos.StateCreated: true}
	for range all {
		for _, from := range all {
			for _, to := range all {
				if reached[from] && from.CanBecome(to) {
					reached[to] = true
				}
			}
		}
	}
	for _, s := range all {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if s.Open() && !slices.ContainsFunc(all, func(to pos.State) bool { return !to.Open() && s.CanBecome(to) }) {
			t.Errorf("nothing leads out of %s", s)
		}
		if s.CanBecome(pos.StateSending) && s != pos.StateCreated && s != pos.StateSending {
			t.Errorf("%s may be sent again", s)
		}
	}
	if pos.State("nonsense").CanBecome(pos.StateApproved) {
		t.Error("a state that is none may become approved")
	}
}
