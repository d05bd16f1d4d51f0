package trustcommerce

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/link"
)

// Config is what a client needs. Only Hosts, VerifyName, CustID and Password are always required.
type Config struct {
	// Hosts are names or addresses with an optional port (443). Names are resolved to IPv4 addresses for
	// each transaction; all are then sorted as the public clients do it.
	Hosts []string
	// Backup are addresses to use when no name of Hosts could be resolved.
	Backup     []string
	VerifyName string // the name that the gateway's certificate has to carry
	CAFile     string // PEM; empty: RootCAs, or the system's
	RootCAs    *x509.CertPool

	CustID   string
	Password string
	Demo     bool // send demo=y: no money moves although the account is live

	QueryURL      string // https://…/query/; empty: nothing can be found out about lost answers
	VaultPassword string // the vault's, which is another one and expires

	Timeouts Timeouts
	Version  string // of this program, for the version line
	Platform string // empty: Go-<os>-<arch>

	Dial    link.Dialer      // nil: net.Dialer
	Resolve link.Resolver    // nil: the system's
	Now     func() time.Time // nil: time.Now; for queries about a payment without a time of its own
	Random  io.Reader        // nil: crypto/rand; read by several goroutines
	Log     *slog.Logger     // packets, masked, at level debug; nil: none
}

// Timeouts of the client; zero values mean the defaults.
type Timeouts struct {
	Connect time.Duration // until a host is connected and verified, 40 s; 100 s at most
	Idle    time.Duration // of the answer, started anew by each byte, 40 s
	Total   time.Duration // from the first byte sent to the end of the answer, 180 s
	Query   time.Duration // for a whole query, 30 s
}

// How lost answers are found: a new transaction shows in the vault's reports after one to two minutes
// in practice.
const (
	QueryFirst  = 15 * time.Second
	QueryEvery  = 15 * time.Second
	QueryWindow = 4 * time.Minute
)

// Client authorizes, captures, voids, refunds and reverses over TCLink, and queries the vault. It may be
// used by several goroutines.
type Client struct {
	cfg    Config
	facts  Facts
	tls    *tls.Config
	query  *queryClient
	log    *link.PacketLog
	client string // the version line
}

const settingsText = "[settings of trustcommerce]"

// Format keeps the passwords out of prints.
func (Config) Format(s fmt.State, _ rune) { io.WriteString(s, settingsText) }

// MarshalText keeps the passwords out of JSON.
func (Config) MarshalText() ([]byte, error) { return []byte(settingsText), nil }

// LogValue keeps the passwords out of logs.
func (Config) LogValue() slog.Value { return slog.StringValue(settingsText) }

// Format keeps the passwords out of prints.
func (*Client) Format(s fmt.State, _ rune) { io.WriteString(s, "[trustcommerce client]") }

// New checks the configuration. Its errors are *pos.Error with code config.invalid; nothing is connected.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	if cfg.Resolve == nil {
		cfg.Resolve = link.SystemResolver
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	trust := link.Trust{Name: cfg.VerifyName, CAFile: cfg.CAFile, Roots: cfg.RootCAs}
	settings, err := trust.TLS()
	if err != nil {
		return nil, pos.NewError(pos.CodeConfig, "ca_file", "its certificates cannot be read").Because(err)
	}
	platform := cmp.Or(cfg.Platform, "Go-"+runtime.GOOS+"-"+runtime.GOARCH)
	c := &Client{
		cfg: cfg, facts: NewFacts(), tls: settings, log: &link.PacketLog{Logger: cfg.Log},
		client: plain(cmp.Or(cfg.Version, "0")+"-"+platform, 100),
	}
	if cfg.QueryURL != "" {
		address, err := url.Parse(cfg.QueryURL)
		if err != nil {
			return nil, pos.NewError(pos.CodeConfig, "query_url", "is no address")
		}
		c.query = newQueryClient(cfg, address, settings)
	}
	return c, nil
}

func (cfg Config) check() *pos.Error {
	invalid := func(key, what string) *pos.Error { return pos.NewError(pos.CodeConfig, key, what) }
	if len(cfg.Hosts) == 0 {
		return invalid("hosts", "no host is given")
	}
	for _, h := range cfg.Hosts {
		if _, _, err := link.SplitHost(h); err != nil {
			return invalid("hosts", "a host is a name or an address with an optional port")
		}
	}
	for _, b := range cfg.Backup {
		host, _, err := link.SplitHost(b)
		if err == nil {
			_, err = netip.ParseAddr(host)
		}
		if err != nil {
			return invalid("backup", "a backup is an address with an optional port")
		}
	}
	if cfg.VerifyName == "" {
		return invalid("verify_name", "the name in the gateway's certificate is not given")
	}
	facts := NewFacts()
	for _, p := range []struct{ key, field, value string }{{"custid", "custid", cfg.CustID}, {"password_file", "password", cfg.Password}} {
		if field, _ := facts.Field(p.field); field.judge([]byte(p.value)) != "" {
			return invalid(p.key, "does not look like one")
		}
	}
	if cfg.QueryURL == "" {
		return nil
	}
	if u, err := url.Parse(cfg.QueryURL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return invalid("query_url", "has to be an https address without user and parameters")
	}
	if cfg.VaultPassword == "" {
		return invalid("vault_password_file", "a query needs the vault's password")
	}
	return nil
}

// addresses finds where to connect. noDNS says that backups had to be used.
func (c *Client) addresses(ctx context.Context) (list []netip.AddrPort, noDNS bool, err error) {
	var failed error
	for _, text := range c.cfg.Hosts {
		found, err := c.lookUp(ctx, text)
		if err != nil {
			failed = err
		}
		list = append(list, found...)
	}
	if len(list) == 0 {
		noDNS = true
		for _, text := range c.cfg.Backup {
			found, _ := c.lookUp(ctx, text)
			list = append(list, found...)
		}
	}
	if len(list) == 0 {
		return nil, false, &link.Fault{Kind: link.CantConnect, Reason: "no host name could be resolved: " + resolution(failed)}
	}
	link.Sort(list)
	return list, noDNS, nil
}

func (c *Client) lookUp(ctx context.Context, text string) ([]netip.AddrPort, error) {
	host, port, err := link.SplitHost(text)
	if err != nil {
		return nil, err
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a, port)}, nil
	}
	found, err := c.cfg.Resolve(ctx, host)
	var out []netip.AddrPort
	for _, a := range found {
		out = append(out, netip.AddrPortFrom(a.Unmap(), port))
	}
	return out, err
}

func resolution(err error) string {
	if err == nil {
		return "no address"
	}
	return err.Error()
}

// do sends a draft, once, and maps what comes back. It wipes the draft.
func (c *Client) do(ctx context.Context, d *draft, ref string) pos.Answer {
	defer d.wipe()
	if t := c.facts.check(d.form, d.pairs); t != nil {
		return pos.Answer{State: pos.StateRefused, Failure: t.failure()}
	}
	if !d.fitsLimits(c.client) {
		t := &trouble{"badlength", []string{"request"}}
		return pos.Answer{State: pos.StateRefused, Failure: t.failure()}
	}
	answer, host, err := c.exchange(ctx, d, ref)
	if err == nil {
		return answer
	}
	c.log.Fault(ctx, host, ref, err)
	if link.KindOf(err) == link.CantConnect {
		return pos.Answer{State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent).Because(err)}
	}
	return pos.Answer{State: pos.StateUnknown, Failure: pos.NewError(pos.CodeUnknown).Because(err)}
}

func (c *Client) exchange(ctx context.Context, d *draft, ref string) (pos.Answer, string, error) {
	began := time.Now()
	limit := min(cmp.Or(c.cfg.Timeouts.Connect, 40*time.Second), link.MaxOverall)
	resolving, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	list, noDNS, err := c.addresses(resolving)
	if err != nil {
		return pos.Answer{}, "", err
	}
	won, err := link.Race{
		Addresses: list, Start: link.Start(c.cfg.CustID, len(list)), TLS: c.tls, Dial: c.cfg.Dial, Random: c.cfg.Random,
		Limits: link.RaceLimits{Overall: max(limit-time.Since(began), time.Millisecond)},
	}.Run(ctx)
	if err != nil {
		return pos.Answer{}, "", err
	}
	host := won.Address.String()
	out := d.encode(setting{version: c.client, pass: won.Pass, seconds: int(time.Since(began) / time.Second), noDNS: noDNS})
	defer clear(out)
	if c.log.Enabled(ctx) {
		c.log.Packet(ctx, link.Sent, host, ref, c.facts.masked(d.pairs, false, 0))
	}

	in := newResponse()
	defer in.wipe()
	err = won.Exchange(ctx, out, link.ExchangeLimits{Idle: c.cfg.Timeouts.Idle, Total: c.cfg.Timeouts.Total}, func(chunk []byte) (bool, error) {
		if _, bad := in.feed(chunk); bad != nil {
			return false, bad
		}
		return in.done, nil
	})
	if err != nil {
		return pos.Answer{}, host, err
	}
	if c.log.Enabled(ctx) {
		c.log.Packet(ctx, link.Received, host, ref, c.facts.masked(in.pairs, true, 0))
	}
	return c.facts.answer(in.reply()), host, nil
}
