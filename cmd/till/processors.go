package main

import (
	"log/slog"
	"time"
	_ "time/tzdata" // the gateway's day is Pacific time, on machines without time zones too

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/processors/trustcommerce"
)

// processor is one host as configured, with what stands beside its payments.
type processor struct {
	payment.Host
	accounts accounts // nil: it keeps no customers' accounts
	undoing  register.Undoing
}

// processors are the hosts this terminal can be configured for, by the name in processor.use.
var processors = map[string]func(config.Config, *slog.Logger, func() time.Time) (processor, error){
	"trustcommerce": newTrustCommerce,
}

// The guards of the processors.
var (
	_ payment.Authorizer = (*trustcommerce.Client)(nil)
	_ payment.Capturer   = (*trustcommerce.Client)(nil)
	_ payment.Voider     = (*trustcommerce.Client)(nil)
	_ payment.Refunder   = (*trustcommerce.Client)(nil)
	_ payment.Reverser   = (*trustcommerce.Client)(nil)
	_ payment.Querier    = (*trustcommerce.Client)(nil)
)

// acceptedFor is how long the gateway may still refuse what it queued. Its report says no more than accepted of a
// capture, credit or bank account that stands, and nobody says how long; a bank sends an entry back within
// days (our choice).
const acceptedFor = 10 * 24 * time.Hour

// answerLimit is the client's own limit from the first byte sent to the end of the answer.
const answerLimit = 180 * time.Second

// newTrustCommerce has no Adjust and no Increment, because the gateway has neither: a tip goes with the capture.
func newTrustCommerce(c config.Config, log *slog.Logger, now func() time.Time) (processor, error) {
	client, err := trustCommerceClient(c, log, now)
	if err != nil {
		return processor{}, err
	}
	section := c.Processor.TrustCommerce
	host := payment.Host{
		Name:      trustcommerce.Name,
		Authorize: client, Capture: client, Void: client, Refund: client, Reverse: client,
		Verify: client, Voice: client, RefundUnlinked: client,
		Settling: payment.Settling{
			First: trustcommerce.QueryFirst, Every: trustcommerce.QueryEvery, Window: trustcommerce.QueryWindow,
			AcceptedFor: acceptedFor,
		},
		// Nothing is sent twice, since the ticket only finds and prevents nothing. A preauth that nobody captures
		// ends by itself; a postauth may add a tip to what it held.
		Lost: payment.Lost{Lapses: true}, TipOver: true,
		Timeout: time.Duration(section.ConnectSeconds)*time.Second + answerLimit,
	}
	if section.QueryURL != "" {
		host.Query = client
	}
	undoing := register.Undoing{RefundBefore: section.SameDayCredit}
	if undoing.VoidUntil, err = section.Cutoff(); err != nil {
		return processor{}, pos.NewError(pos.CodeConfig, "processor.trustcommerce.void_cutoff", "no clock time")
	}
	if undoing.Zone, err = time.LoadLocation("America/Los_Angeles"); err != nil {
		return processor{}, pos.NewError(pos.CodeInternal).Because(err)
	}
	return processor{host, trustCommerceAccounts{client}, undoing}, nil
}

func trustCommerceClient(c config.Config, log *slog.Logger, now func() time.Time) (*trustcommerce.Client, error) {
	section := c.Processor.TrustCommerce
	password, err := c.Password()
	if err != nil {
		return nil, err
	}
	vault, err := c.VaultPassword()
	if err != nil {
		return nil, err
	}
	client, err := trustcommerce.New(trustcommerce.Config{
		Transport: section.Transport, PostURL: section.HTTPSURL,
		Hosts: section.Hosts, VerifyName: section.VerifyName, CAFile: section.CAFile,
		CustID: section.CustID, Password: password.Clear(), Demo: section.Demo,
		QueryURL: section.QueryURL, VaultPassword: vault.Clear(),
		Timeouts: trustcommerce.Timeouts{
			Connect: time.Duration(section.ConnectSeconds) * time.Second,
			Idle:    time.Duration(section.AnswerSeconds) * time.Second,
			Total:   answerLimit,
		},
		Version: versionText(), Now: now, Log: log,
	})
	if err != nil {
		return nil, inSection("processor.trustcommerce.", err)
	}
	return client, nil
}

// inSection completes the key of a processor's complaint about its configuration.
func inSection(section string, err error) error {
	known := pos.AsError(err)
	if known.Code != pos.CodeConfig || len(known.Args) == 0 {
		return err
	}
	complete := pos.NewError(known.Code, append([]string{section + known.Args[0]}, known.Args[1:]...)...)
	return complete.WithDetail("%s", known.Detail)
}
