package main

import (
	"log/slog"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/processors/trustcommerce"
)

// processors are the hosts this terminal can be configured for, by the name in processor.use.
var processors = map[string]func(config.Config, *slog.Logger, func() time.Time) (payment.Host, error){
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

func newTrustCommerce(c config.Config, log *slog.Logger, now func() time.Time) (payment.Host, error) {
	section := c.Processor.TrustCommerce
	password, err := c.Password()
	if err != nil {
		return payment.Host{}, err
	}
	vault, err := c.VaultPassword()
	if err != nil {
		return payment.Host{}, err
	}
	client, err := trustcommerce.New(trustcommerce.Config{
		Hosts: section.Hosts, VerifyName: section.VerifyName, CAFile: section.CAFile,
		CustID: section.CustID, Password: password.Clear(), Demo: section.Demo,
		QueryURL: section.QueryURL, VaultPassword: vault.Clear(),
		Timeouts: trustcommerce.Timeouts{
			Connect: time.Duration(section.ConnectSeconds) * time.Second,
			Idle:    time.Duration(section.AnswerSeconds) * time.Second,
		},
		Version: versionText(), Now: now, Log: log,
	})
	if err != nil {
		return payment.Host{}, inSection("processor.trustcommerce.", err)
	}
	host := payment.Host{
		Name:      "trustcommerce",
		Authorize: client, Capture: client, Void: client, Refund: client, Reverse: client,
		Settling: payment.Settling{First: trustcommerce.QueryFirst, Every: trustcommerce.QueryEvery, Window: trustcommerce.QueryWindow},
		// A preauth that nobody captures ends by itself; a postauth may add a tip to what it held.
		Lost: payment.Lost{Lapses: true}, TipOver: true,
	}
	if section.QueryURL != "" {
		host.Query = client
	}
	return host, nil
}

// inSection completes the key of a processor's complaint about its configuration.
func inSection(section string, err error) error {
	known := asPosError(err)
	if known.Code != pos.CodeConfig || len(known.Args) == 0 {
		return err
	}
	complete := pos.NewError(known.Code, append([]string{section + known.Args[0]}, known.Args[1:]...)...)
	return complete.WithDetail("%s", known.Detail)
}
