package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim/host"
)

func hostCommand() *cobra.Command {
	var o host.Options
	cmd := &cobra.Command{
		Use:   "host NAME",
		Short: "Run a simulated payment host",
		Long: `Run a simulated payment host on loopback with TLS by an authority of its own.

Hosts: trustcommerce (TCLink and HTTPS on one port).

When it listens it prints one line of JSON with its addresses and the file of its authority, and ends on
SIGTERM or SIGINT.

--control serves HTTP with JSON: GET /ledger[?ref=], GET, POST and DELETE /faults, POST /clock and
POST /reset. --state keeps everything over restarts and kills, and belongs to one host at a time.

--profile is a TOML file; an unknown key is an error:

  profile = "strict"            # or queue, rejected, lenient: what a reference that does not fit gives
  clock = "real"                # or a frozen RFC 3339 time
  seed = 1
  [[account]]                   # as many as wanted; without a file 123456 and TestMerchant
  custid = "123456"
  password = "abc123"
  vault_password = "vault"      # of queries; else the password
  mode = "test"                 # or live, where test cards are declined
  industry = "retail"           # restaurant, direct; left out: all that any of them may
  platform = "host"             # or terminal
  brands = ["visa"]             # left out: all
  currencies = ["usd"]
  services = ["citadel", "wallet", "ach", "debit", "void", "reversal", "verify", "level3"]
  customfields = ["customfield1"]
  debitack = "y"                # n: PIN debits come back unconfirmed
  vault_until = "2099-12-31"    # last day of the vault password; left out: no end
  [switches]
  void_blocks_same_day_credit = false
  enforce_expiry = false        # of demo cards
  lenient_extra = false         # known fields where the action forbids them
  start_absent = "now"          # or next_run
  avs_decline = ["N"]           # what avs=y declines
  preauth_days = 14
  query_lag_s = 0               # until a transaction shows in the query
  shipdate = true               # the platform takes it
  tip = true
  [[card]]                      # known to the issuer besides the guide's; as many as wanted
  name = "corporate"            # a name of its own
  cc = "4012881888818888"
  decline = ""                  # declinetype of every authorization
  fail = false                  # the processor is not reached: failtoprocess
  avs = ""                      # always this code
  cvv = ""
  commercial = "R"              # S purchasing, R corporate, B business
  [[history]]                   # requests booked before the host began, in order of time
  at = "2024-01-02T12:00:00-08:00"
  transid = "011-1234567890"    # the number it got; left out: the next one
  billingid = ""                # the one a store got
  debitdata = ""                # what a PIN debit sale gave back
  for = ["credit"]              # only these actions find it under transid; left out: all
  [history.fields]              # as sent; the password is added
  custid = "123456"
  action = "sale"
  amount = "500"
  cc = "4111111111111111"
  exp = "1230"

Exit codes: 1 internal, 2 usage, 3 profile or state folder.`,
		Example:   "  hwsim host trustcommerce --listen 127.0.0.1:0 --control 127.0.0.1:0",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"trustcommerce"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return runHost(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address for the host's own wire")
	f.StringVar(&o.HTTPS, "https", "", "address for HTTPS; shared with --listen unless given")
	f.StringVar(&o.Control, "control", "", "address for ledger, faults and clock; none unless given")
	f.StringVar(&o.Profile, "profile", "", "file (TOML) with accounts and switches")
	f.StringVar(&o.StateDir, "state", "", "folder that keeps ledger, clock and authority over restarts")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the identifiers (0: the profile's, or 1)")
	f.BoolVar(&o.AnyAddress, "any-address", false, "let it listen on more than loopback")
	return cmd
}

// runHost serves until ctx ends. out gets the ready line and nothing else.
func runHost(ctx context.Context, out io.Writer, o host.Options) error {
	r, err := host.Start(ctx, o)
	if err != nil {
		return err
	}
	line, err := json.Marshal(r.Ready)
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", line)
	}
	if err != nil {
		return errors.Join(err, r.Close())
	}
	<-ctx.Done()
	return r.Close()
}
