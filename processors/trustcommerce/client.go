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
	"runtime"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/link"
)

// Transports carry the same requests.
const (
	TCLink = "tclink" // with failover between hosts; the default
	HTTPS  = "https"  // a form posted to one address
)

// Config is what a client needs. Only CustID and Password are always required; TCLink needs Hosts and
// VerifyName too, HTTPS needs PostURL.
type Config struct {
	Transport string // TCLink or HTTPS; empty: TCLink
	// Hosts are names or addresses with an optional port (443). Names are resolved to IPv4 addresses for
	// each transaction; all are then sorted as the public clients do it.
	Hosts []string
	// Backup are addresses to use when no name of Hosts could be resolved.
	Backup     []string
	VerifyName string // the name that the gateway's certificate has to carry
	PostURL    string // https://…/trans/, for HTTPS
	Proxy      string // host:port of an HTTP proxy for HTTPS and queries; empty: none. The environment names none
	CAFile     string // PEM; empty: RootCAs, or the system's
	RootCAs    *x509.CertPool

	CustID string
	// Password is the account's for the transport in use. Over HTTPS the gateway is said to want the vault's,
	// which has to be changed every 90 days.
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

// Client authorizes, captures, voids, refunds and reverses over TCLink or HTTPS, keeps the vault's stored accounts, and
// queries the vault. It may be used by several goroutines.
type Client struct {
	cfg    Config
	rules  *rules
	desk   desk
	send   func(ctx context.Context, d *draft, ref string) (*block, error)
	fits   func(d *draft) bool // keeps to the limits of the transport
	tls    *tls.Config
	post   link.Post // for HTTPS
	query  *link.Post
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
	platform := cmp.Or(cfg.Platform, "Go-"+runtime.GOOS+"-"+runtime.GOARCH)
	c := &Client{
		cfg: cfg, rules: newRules(NewFacts()), log: &link.PacketLog{Logger: cfg.Log},
		client: plain(cmp.Or(cfg.Version, "0")+"-"+platform, 100),
	}
	var err error
	if cfg.Transport == HTTPS {
		c.send, c.fits = c.sendForm, (*draft).fitsForm
		c.post, err = c.poster(cfg.PostURL, MaxResponse)
		c.post.Connect, c.post.Limits = cfg.Timeouts.Connect, link.ExchangeLimits{Idle: cfg.Timeouts.Idle, Total: cfg.Timeouts.Total}
	} else {
		c.send, c.fits = c.sendBlock, func(d *draft) bool { return d.fitsLimits(c.client) }
		c.tls, err = c.trust(cfg.VerifyName)
	}
	if err == nil && cfg.QueryURL != "" {
		var query link.Post
		query, err = c.poster(cfg.QueryURL, maxReport)
		limit := cmp.Or(cfg.Timeouts.Query, 30*time.Second)
		query.Connect, query.Limits = limit, link.ExchangeLimits{Idle: limit, Total: limit}
		c.query = &query
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Client) trust(name string) (*tls.Config, error) {
	settings, err := link.Trust{Name: name, CAFile: c.cfg.CAFile, Roots: c.cfg.RootCAs}.TLS()
	if err != nil {
		return nil, pos.NewError(pos.CodeConfig, "ca_file", "its certificates cannot be read").Because(err)
	}
	return settings, nil
}

// poster verifies the name of its address, which is not the gateway's.
func (c *Client) poster(address string, most int) (link.Post, error) {
	u, err := link.WebAddress(address)
	if err != nil {
		return link.Post{}, pos.NewError(pos.CodeConfig, "https_url", "is no address")
	}
	settings, err := c.trust(u.Hostname())
	dial := c.cfg.Dial
	if c.cfg.Proxy != "" {
		dial = link.Through(c.cfg.Proxy, dial)
	}
	return link.Post{URL: u, TLS: settings, Dial: dial, Agent: c.client, Most: most}, err
}

func (cfg Config) check() *pos.Error {
	switch cfg.Transport {
	case "", TCLink:
		if err := cfg.checkHosts(); err != nil {
			return err
		}
	case HTTPS:
		if _, err := link.WebAddress(cfg.PostURL); err != nil {
			return invalid("https_url", "has to be an https address without user and parameters")
		}
	default:
		return invalid("transport", "is neither tclink nor https")
	}
	if cfg.Proxy != "" && !hostAndPort(cfg.Proxy) {
		return invalid("proxy", "has to be a host and a port")
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
	if _, err := link.WebAddress(cfg.QueryURL); err != nil {
		return invalid("query_url", "has to be an https address without user and parameters")
	}
	if cfg.VaultPassword == "" {
		return invalid("vault_password_file", "a query needs the vault's password")
	}
	return nil
}

func hostAndPort(text string) bool {
	_, _, split := net.SplitHostPort(text)
	_, _, err := link.SplitHost(text)
	return split == nil && err == nil
}

func (cfg Config) checkHosts() *pos.Error {
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
	return nil
}

func invalid(key, what string) *pos.Error { return pos.NewError(pos.CodeConfig, key, what) }
