package main

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

func (s *shell) vaultCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "vault", Short: "Customers' cards and bank accounts that the processor keeps", RunE: showHelp,
		Long: "The processor keeps a customer's card or bank account and gives it a billing id, with which it can be charged\nwithout the card. Each change is journaled before it is sent and once its answer is known.",
	}
	c.AddCommand(s.vaultStore(), s.vaultUpdate(), s.vaultRemove(), s.vaultCharge(), s.vaultList())
	return c
}

// vaultFlags are what store and update are told.
type vaultFlags struct {
	control.Change
	bank   bool
	card   bool // the card or account is on standard input
	amount string
}

func (f *vaultFlags) offer(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.Name, "name", "", "name of the customer")
	flags.StringVar(&f.Email, "email", "", "electronic mail address")
	flags.StringVar(&f.Phone, "phone", "", "telephone number")
	flags.BoolVar(&f.bank, "bank", false, `standard input holds a bank account: {"routing","account","savings","zip","address1"}`)
	flags.BoolVar(&f.Verify, "verify", false, "have the host try the card first")
	flags.BoolVar(&f.Wallet, "wallet", false, "add small sales up under one authorization")
	flags.StringVar(&f.amount, "amount", "", "with --cycle and --start: what the processor itself charges each time")
	flags.StringVar(&f.Cycle, "cycle", "", "how often: 1 to 99 and d, w, m or y, such as 1m")
	flags.StringVar(&f.Start, "start", "", "from which day on: YYYY-MM-DD, or so long from today")
	flags.IntVar(&f.Payments, "payments", 0, "how many times; 0: without end")
	flags.StringVar(&f.Ref, "ref", "", "a reference of your own for the host, at most 30 characters")
}

func (s *shell) vaultStore() *cobra.Command {
	f := vaultFlags{card: true, Change: control.Change{Do: "store"}}
	c := &cobra.Command{
		Use: "store [--bank]", Short: "Have a card or bank account kept, and print its billing id",
		Long: `Have the card or bank account on standard input kept, and print its billing id. The card is one JSON object:
{"pan","exp":"MMYY","cvv","zip","address1"}; a swipe is not kept.

With --cycle, --start and --amount the processor charges it by itself; those payments are not in this journal.`,
		RunE: func(c *cobra.Command, _ []string) error { return s.changeVault(c, f, "") },
	}
	f.offer(c)
	return c
}

func (s *shell) vaultUpdate() *cobra.Command {
	f := vaultFlags{Change: control.Change{Do: "update"}}
	c := &cobra.Command{
		Use: "update BILLING-ID", Short: "Change what is kept; what is not named stays", Args: cobra.ExactArgs(1),
		Example: "  till vault update A12345 --card < card.json\n  till vault update A12345 --erase email,phone",
		RunE:    func(c *cobra.Command, args []string) error { return s.changeVault(c, f, args[0]) },
	}
	f.offer(c)
	c.Flags().BoolVar(&f.card, "card", false, "standard input holds a card that takes the place of the old one")
	c.Flags().StringSliceVar(&f.Erase, "erase", nil, "fields to empty, in the processor's words, such as email,phone")
	return c
}

func (s *shell) vaultRemove() *cobra.Command {
	f := vaultFlags{Change: control.Change{Do: "remove"}}
	c := &cobra.Command{
		Use: "remove BILLING-ID", Short: "Have an account kept no longer", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return s.changeVault(c, f, args[0]) },
	}
	c.Flags().StringVar(&f.Ref, "ref", "", "a reference of your own for the host, at most 30 characters")
	return c
}

func (s *shell) vaultCharge() *cobra.Command {
	var f saleFlags
	var bank bool
	c := &cobra.Command{
		Use: "charge BILLING-ID --amount 12.34", Short: "Charge a stored account", Args: cobra.ExactArgs(1),
		Long: "Charge a stored account. It is a sale like any other: `till void` and `till refund` take it back.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := billingIDOK(args[0]); err != nil {
				return err
			}
			f.card, f.timeout, f.billingID, f.options.stored = "stdin", cardTime, args[0], bank
			return s.sell(c, pos.KindSale, f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.amount, "amount", "", "amount to charge, such as 12.34")
	flags.StringVar(&f.ref, "ref", "", "a reference of your own for the host, at most 30 characters")
	flags.BoolVar(&f.again, "again", false, "charge although the same account paid the same amount a moment ago")
	flags.BoolVar(&bank, "bank", false, "it is a bank account")
	f.options.offer(c, "moto", "wallet")
	return c
}

var billingID = regexp.MustCompile(`^[0-9A-Za-z]{6}$`)

func billingIDOK(id string) error {
	if !billingID.MatchString(id) {
		return usage("a billing id has 6 letters and digits")
	}
	return nil
}

// changeVault has one change made and prints what came of it.
func (s *shell) changeVault(c *cobra.Command, f vaultFlags, id string) error {
	if id != "" {
		if err := billingIDOK(id); err != nil {
			return err
		}
	}
	if (f.Cycle != "" || f.amount != "") && (f.Cycle == "" || f.amount == "" || f.Start == "") {
		return usage("a plan needs --amount, --cycle and --start")
	}
	d, err := s.desk(c.Context())
	if err != nil {
		return err
	}
	defer d.close()
	currency := d.cfg.Terminal.Currency
	r := control.Request{Do: control.Account, Token: newToken(), Stored: id, Bank: f.bank, Change: &f.Change}
	if f.amount != "" {
		if f.Amount, err = parseAmount(f.amount, currency, largest(currency)); err != nil {
			return err
		}
	}
	if f.Ref == "" {
		f.Ref = accountRef(d.cfg.Terminal.Lane, time.Now())
	}
	if f.card || f.bank {
		if err := s.readPayer(c.Context(), &r); err != nil {
			return err
		}
		defer clear(r.Card)
	}
	answer, err := s.done(c.Context(), d, r, deskNeeds{})
	if err != nil {
		return err
	}
	if answer.Stored == nil {
		return answer.Failure.Err()
	}
	return s.reportStored(*answer.Stored, f.Ref)
}

// storedJSON is a change of the vault as programs get it.
type storedJSON struct {
	BillingID string `json:"billing_id"`
	Ref       string `json:"ref"`
	State     string `json:"state"`
	HostID    string `json:"host_id"`
	Message   string `json:"message"`
	Next      string `json:"next"`
}

func (s *shell) reportStored(a control.Stored, ref string) error {
	out := storedJSON{BillingID: a.ID, Ref: ref, State: string(a.State), HostID: a.HostID}
	if a.Failure != nil {
		out.Message, out.Next = s.words().Message(pos.AsError(a.Failure.Err()))
	}
	s.reported = true
	if s.json {
		if err := printJSON(s.out, out); err != nil {
			return err
		}
	} else {
		word, ok := headlines[a.State]
		if a.State == pos.StateApproved || a.State == pos.StateAccepted {
			word, ok = "DONE", true
		}
		if !ok {
			word = string(a.State)
		}
		fmt.Fprintln(s.out, word)
		printRows(s.out, [][2]string{{"billing id", out.BillingID}, {"ref", ref}, {"host id", a.HostID}, {"", ""}})
		for _, line := range []string{out.Message, out.Next} {
			if line != "" {
				fmt.Fprintln(s.out, " ", line)
			}
		}
	}
	if a.State == pos.StateUnknown && !s.json {
		fmt.Fprintln(s.out, "  Do not send it again before `till vault list` shows what the processor keeps.")
	}
	if code, ok := stateExits[a.State]; ok {
		return &exitError{code, "the change is " + string(a.State)}
	}
	return nil
}

func (s *shell) vaultList() *cobra.Command {
	return &cobra.Command{
		Use: "list [BILLING-ID]", Short: "List what the processor keeps", Args: cobra.MaximumNArgs(1),
		Long: "Ask the processor for the accounts it keeps, masked. A running terminal is not disturbed.",
		RunE: func(c *cobra.Command, args []string) error {
			id := ""
			if len(args) == 1 {
				if id = args[0]; billingIDOK(id) != nil {
					return billingIDOK(id)
				}
			}
			cfg, _, err := s.configured()
			if err != nil {
				return err
			}
			built, err := processors[cfg.Processor.Use](cfg, slog.New(slog.DiscardHandler), time.Now)
			if err != nil {
				return err
			}
			if built.accounts == nil {
				return pos.NewError(pos.CodeUnsupported, "stored accounts")
			}
			list, err := built.accounts.List(c.Context(), id)
			if err != nil {
				return err
			}
			return s.printKept(list)
		},
	}
}

func (s *shell) printKept(list []keptJSON) error {
	if s.json {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, "the processor keeps no account")
		return nil
	}
	var rows [][]string
	for _, k := range list {
		active := "kept"
		if !k.Active {
			active = "removed"
		}
		rows = append(rows, []string{k.BillingID, k.Masked, k.Media, k.Name, active})
	}
	printTable(s.out, []string{"BILLING ID", "ACCOUNT", "MEDIA", "NAME", ""}, rows, nil)
	return nil
}
