package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// The mix of the headless demo, in parts of a hundred. Small demos of less than mixFrom sales only sell.
const (
	declinedPart = 12
	lostPart     = 5
	badSwipePart = 5
	debitPart    = 8
	mixFrom      = 12
)

// The cards of the mix, by the names that the simulated reader knows. The first is the one for a demo of
// one sale.
var (
	goodCards     = []string{"visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "maestro"}
	declinedCards = []string{"visa-decline", "mastercard-call", "visa-carderror"}
	debitCards    = []string{"visa", "mastercard", "discover"} // with a PIN that the simulated pad knows
	badSwipes     = []swipeOrder{{Card: "visa", Fault: "blank"}, {Card: "visa-badluhn"}, {Card: "visa-expired"}, {Card: "visa-disagree"}}
	// Half of the lost answers were never booked: those stay with a person at the end of the demo.
	lostAnswers = []string{"drop_before_book", "drop_after_book"}
)

// swipeOrder is the body of the reader's POST /swipe.
type swipeOrder struct {
	Card  string `json:"card"`
	Fault string `json:"fault,omitempty"`
}

// plannedSale is one sale of the demo.
type plannedSale struct {
	card   string
	debit  bool        // the shopper types a PIN
	bad    *swipeOrder // a swipe that fails first
	fault  string      // what the host does with the answer
	amount int64       // minor units, another one for each sale
}

// planSales draws the demo's sales from the seed.
func planSales(n int, seed int64) []plannedSale {
	random := rand.New(rand.NewPCG(uint64(seed), 0x7469_6c6c))
	declined, lost, bad, debit := 0, 0, 0, 0
	if n >= mixFrom {
		declined, lost, bad = partOf(n, declinedPart), max(partOf(n, lostPart), len(lostAnswers)), partOf(n, badSwipePart)
		debit = partOf(n, debitPart)
	}
	plan := make([]plannedSale, n)
	for i := range plan {
		plan[i].card = goodCards[i%len(goodCards)]
		if i >= n-declined {
			plan[i].card = declinedCards[i%len(declinedCards)]
		} else if k := i - (n - declined - lost); k >= 0 {
			plan[i].fault = lostAnswers[k%len(lostAnswers)]
		}
		if i < bad {
			plan[i].bad = &badSwipes[i%len(badSwipes)]
		} else if i < bad+debit {
			plan[i].debit, plan[i].card = true, debitCards[i%len(debitCards)]
		}
	}
	random.Shuffle(n, func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	taken := map[int64]bool{}
	for i := range plan {
		for plan[i].amount == 0 || taken[plan[i].amount] {
			plan[i].amount = 100 + random.Int64N(250_00+int64(n)*10)
		}
		taken[plan[i].amount] = true
	}
	return plan
}

// partOf is a part of a hundred, rounded up.
func partOf(n, hundredths int) int { return (n*hundredths + 99) / 100 }

// demoResult is the demo's last line. Its keys are a contract.
type demoResult struct {
	Sales           int     `json:"sales"`
	Approved        int     `json:"approved"`
	Partial         int     `json:"partial"`
	Declined        int     `json:"declined"`
	Refused         int     `json:"refused"`
	Unknown         int     `json:"unknown"`
	ApprovedCents   int64   `json:"approved_cents"`
	JournalNetCents int64   `json:"journal_net_cents"`
	HostNetCents    int64   `json:"host_net_cents"`
	DifferenceCents int64   `json:"difference_cents"`
	Equal           bool    `json:"equal"`
	Seed            int64   `json:"seed"`
	P50             float64 `json:"p50"` // ms from the durable intent to the host's answer
	P95             float64 `json:"p95"`
	P99             float64 `json:"p99"`
	Journal         string  `json:"journal"`
}

// ledger is what the demo reads of the host's GET /ledger.
type ledger struct {
	Transactions []ledgerRow `json:"transactions"`
}

type ledgerRow struct {
	HostID   string `json:"host_id"`
	Ref      string `json:"ref"`
	NetCents int64  `json:"net_cents"`
}

// lone sells without a person.
type lone struct {
	terminal *terminal
	reader   controlClient
	pinpad   controlClient
	host     controlClient
	took     []time.Duration
}

func (s *shell) sellAlone(ctx context.Context, cfg config.Config, sim *simulator, f demoFlags) error {
	settling := &payment.Settling{First: time.Millisecond, Every: time.Second, Window: 2 * time.Second}
	t, err := openTerminal(ctx, cfg, options{level: s.level(), needs: deskNeeds{reader: true, pinpad: true, printer: true}, settling: settling, window: -1}, s.language())
	if err != nil {
		return err
	}
	address := f.host.Control
	if f.host.Listen == "" {
		address = sim.Host.Control
	}
	l := &lone{terminal: t, reader: newControlClient(sim.Reader.Control), pinpad: newControlClient(sim.PINPad.Control), host: newControlClient(address)}
	defer l.reader.close()
	defer l.pinpad.close()
	defer l.host.close()
	result, err := l.run(ctx, f)
	if err := errors.Join(err, t.Close()); err != nil {
		return err
	}
	if s.json {
		err = printJSON(s.out, result)
	} else {
		s.printDemo(result, !f.passing)
	}
	if err == nil && !result.Equal {
		s.reported = true
		return &exitError{exitDiffer, "the journal and the host's ledger differ"}
	}
	return err
}

func (l *lone) run(ctx context.Context, f demoFlags) (demoResult, error) {
	before, err := l.ledger(ctx)
	if err != nil {
		return demoResult{}, err
	}
	earlier, err := l.terminal.journal.List(ctx, pos.Filter{})
	if err != nil {
		return demoResult{}, err
	}
	for i, p := range planSales(f.sales, f.seed) {
		if err := l.sell(ctx, p); err != nil {
			return demoResult{}, fmt.Errorf("sale %d of %d: %w", i+1, f.sales, err)
		}
	}
	if err := l.settle(ctx); err != nil {
		return demoResult{}, err
	}
	after, err := l.ledger(ctx)
	if err != nil {
		return demoResult{}, err
	}
	all, err := l.terminal.journal.List(ctx, pos.Filter{})
	if err != nil {
		return demoResult{}, err
	}
	result := compare(since(all, earlier, func(p pos.Payment) string { return p.ID }),
		since(after.Transactions, before.Transactions, func(r ledgerRow) string { return r.HostID }))
	result.Seed, result.Journal = f.seed, l.terminal.cfg.Journal.Path
	result.P50, result.P95, result.P99 = percentile(l.took, 50), percentile(l.took, 95), percentile(l.took, 99)
	return result, nil
}

// since drops what was there earlier: another run's payments on the same journal or host.
func since[T any](all, earlier []T, id func(T) string) []T {
	known := map[string]bool{}
	for _, e := range earlier {
		known[id(e)] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return known[id(v)] })
}

// sell makes one sale, with a bad swipe first if the plan says so.
func (l *lone) sell(ctx context.Context, p plannedSale) error {
	if p.bad != nil {
		if a, err := l.swipe(ctx, p, *p.bad); err != nil {
			return err
		} else if a.Failure == nil {
			return errors.New("a bad swipe was taken for a card")
		}
	}
	if p.fault != "" {
		rule := map[string]any{"match": map[string]string{"kind": "sale"}, "count": 1, "do": p.fault}
		if err := l.host.call(ctx, "POST", "/faults", map[string]any{"rules": []any{rule}}, nil); err != nil {
			return err
		}
	}
	a, err := l.swipe(ctx, p, swipeOrder{Card: p.card})
	if err != nil {
		return err
	}
	if a.Failure != nil {
		return a.Failure.Err()
	}
	if p.fault == "" {
		l.took = append(l.took, a.Payment.Updated.Sub(a.Payment.Created))
	}
	return nil
}

// swipePause is how long to wait for the register before looking whether it saw the swipe, and for the pad before looking
// whether it asks.
const swipePause = 20 * time.Millisecond

// swipe asks for a sale and draws the card. A swipe that came before the reader was armed does not
// count; then it is drawn again, as a customer would.
func (l *lone) swipe(ctx context.Context, p plannedSale, order swipeOrder) (control.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r := control.Request{Do: control.Sale, Token: newToken(), Amount: money.New(p.amount, l.terminal.cfg.Terminal.Currency), Fallback: true, PIN: p.debit}
	answered := make(chan control.Answer, 1)
	go func() { answered <- l.terminal.Do(ctx, r, nil) }()
	for {
		ignored := l.terminal.reader.Ignored()
		if err := l.reader.call(ctx, "POST", "/swipe", order, nil); err != nil {
			cancel()
			<-answered
			return control.Answer{}, err
		}
		for l.terminal.reader.Ignored() == ignored {
			pause := time.NewTimer(swipePause)
			select {
			case a := <-answered:
				pause.Stop()
				return a, ctx.Err()
			case <-pause.C:
			}
			if err := l.typePIN(ctx, p); err != nil {
				cancel()
				<-answered
				return control.Answer{}, err
			}
		}
	}
}

// typePIN types the PIN of a debit's card once the pad asks for it.
func (l *lone) typePIN(ctx context.Context, p plannedSale) error {
	var pad struct {
		Waits string `json:"waits"`
	}
	if !p.debit {
		return nil
	}
	if err := l.pinpad.call(ctx, "GET", "/state", nil, &pad); err != nil || pad.Waits != "pin" {
		return err
	}
	return l.pinpad.call(ctx, "POST", "/pin", map[string]string{}, nil)
}

// settle asks the host about lost answers until none is left that only needs asking.
func (l *lone) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err := l.terminal.engine.Settle(ctx); err != nil {
			return err
		}
		open, err := l.terminal.journal.List(ctx, pos.Filter{State: pos.StateUnknown})
		if err != nil || len(open) == 0 {
			return err
		}
		pause := time.NewTimer(max(time.Until(open[0].Due), 10*time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

func (l *lone) ledger(ctx context.Context) (out ledger, err error) {
	return out, l.host.call(ctx, "GET", "/ledger", nil, &out)
}

// compare counts the payments and sets them against the host's ledger, by reference and in sum.
func compare(payments []pos.Payment, booked []ledgerRow) demoResult {
	result := demoResult{Sales: len(payments)}
	at := map[string]int64{} // what each reference is off by
	for _, p := range payments {
		switch {
		case p.State == pos.StatePartial:
			result.Partial++
		case p.State.Open():
			result.Unknown++
		case p.State == pos.StateDeclined:
			result.Declined++
		case p.State.Succeeded():
			result.Approved++
		default:
			result.Refused++
		}
		if p.State.Succeeded() {
			result.ApprovedCents += p.Approved.Minor()
		}
		result.JournalNetCents += p.Net().Minor()
		at[p.Ref] += p.Net().Minor()
	}
	for _, row := range booked {
		result.HostNetCents += row.NetCents
		at[row.Ref] -= row.NetCents
	}
	result.DifferenceCents = result.JournalNetCents - result.HostNetCents
	result.Equal = result.DifferenceCents == 0
	for _, off := range at {
		result.Equal = result.Equal && off == 0
	}
	return result
}

// percentile is the nearest rank, in milliseconds with microseconds behind the point.
func percentile(list []time.Duration, hundredths int) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	i := (len(sorted)*hundredths+99)/100 - 1
	return float64(sorted[max(i, 0)].Microseconds()) / 1000
}

func (s *shell) printDemo(r demoResult, stays bool) {
	fmt.Fprintf(s.out, "%d sales: %d approved, %d approved in part, %d declined, %d refused, %d unknown\n",
		r.Sales, r.Approved, r.Partial, r.Declined, r.Refused, r.Unknown)
	amount := func(minor int64) string { return money.New(minor, money.USD).String() }
	printTable(s.out, []string{"", "USD"}, [][]string{
		{"the journal says", amount(r.JournalNetCents)},
		{"the host says", amount(r.HostNetCents)},
		{"difference", amount(r.DifferenceCents)},
	}, map[int]bool{1: true})
	if r.Equal {
		fmt.Fprintln(s.out, "equal to the cent, reference by reference")
	} else {
		fmt.Fprintln(s.out, "NOT EQUAL: journal and ledger differ")
	}
	fmt.Fprintf(s.out, "from intent to answer: half in %.1f ms, 99 of 100 in %.1f ms\n", r.P50, r.P99)
	if r.Unknown > 0 {
		fmt.Fprintf(s.out, "%d answers were lost before the host booked anything; they wait for a person, as they would in a shop\n", r.Unknown)
	}
	if stays {
		fmt.Fprintf(s.out, "journal: %s\n", r.Journal)
	}
}
