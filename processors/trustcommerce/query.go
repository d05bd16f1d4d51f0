package trustcommerce

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/link"
)

// maxReport is the most that is read of a report, in bytes. One ticket has a handful of rows.
const maxReport = 1 << 20

// queryClient asks the vault for reports: POST only, HTTP/1.1, no proxy, no redirect, one connection
// for each question.
type queryClient struct {
	url   *url.URL
	dial  link.Dialer
	tls   *tls.Config
	limit time.Duration
}

// newQueryClient verifies the name of the URL, which is not the gateway's.
func newQueryClient(cfg Config, address *url.URL, settings *tls.Config) *queryClient {
	settings = settings.Clone()
	settings.ServerName = address.Hostname()
	return &queryClient{url: address, dial: cfg.Dial, tls: settings, limit: cmp.Or(cfg.Timeouts.Query, 30*time.Second)}
}

// connect dials and verifies under ctx; http.Transport would leave its own dialling behind when ctx ends.
func (q *queryClient) connect(ctx context.Context) (*tls.Conn, error) {
	raw, err := q.dial(ctx, "tcp", net.JoinHostPort(q.url.Hostname(), cmp.Or(q.url.Port(), "443")))
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, q.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// transport speaks HTTP/1.1 over one connection that is already there.
func transport(conn net.Conn) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialTLSContext:    func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		Protocols:         protocols,
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
	}
}

// Query looks a payment up in the vault's transaction report: by the host's identifier if one is known,
// else by ticket, from a day before the payment was made. It moves no money.
//
// An empty report is absent, which in the first minutes may only mean that the report lags. Anything
// that is not such a report (no connection, another HTTP status, a page, an error text, a cut body) is
// unavailable, never absent.
func (c *Client) Query(ctx context.Context, p pos.Payment) pos.Finding {
	if c.query == nil {
		return unavailable(errNoQuery)
	}
	action, ok := actionOf[p.Kind]
	if !ok {
		return unavailable(fmt.Errorf("a payment of kind %s is not in the reports", p.Kind))
	}
	made := p.Created
	if made.IsZero() {
		made = c.cfg.Now()
	}
	form := url.Values{
		"custid": {c.cfg.CustID}, "password": {c.cfg.VaultPassword}, "querytype": {"transaction"}, "format": {"text"},
		"media": {"cc"}, "begindate": {reportTime(made.Add(-24 * time.Hour))},
	}
	key := reportKey{ticket: p.Ref, transID: transID(p.HostID), action: action}
	if key.transID != "" {
		form.Set("transid", key.transID)
	} else {
		form.Set("ticket", p.Ref)
	}
	rows, err := c.query.ask(ctx, form)
	if err != nil {
		c.log.Fault(ctx, "query", p.Ref, &link.Fault{Kind: link.CantConnect, Reason: err.Error()})
		return unavailable(err)
	}
	return key.find(rows, p)
}

// actionOf is the action_name under which a payment stands in a report.
var actionOf = map[pos.Kind]string{
	pos.KindSale: "sale", pos.KindAuth: "preauth", pos.KindCapture: "postauth",
	pos.KindRefund: "credit", pos.KindVoid: "void", pos.KindReversal: "reversal",
}

// reportTime writes a time as the vault has it, in Pacific standard time. In summer that is an hour
// off, which the day that was taken off covers.
func reportTime(t time.Time) string {
	return t.In(time.FixedZone("PST", -8*60*60)).Format("01-02-2006 15:04:05")
}

func unavailable(err error) pos.Finding {
	return pos.Finding{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeUnknown).WithDetail("query").Because(err)}
}

// ask posts a form and reads the report. Its errors hold no URL and nothing of the body.
func (q *queryClient) ask(ctx context.Context, form url.Values) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, q.limit)
	defer cancel()
	conn, err := q.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("query_url makes no request")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := transport(conn).RoundTrip(request) // a bare round trip follows no redirect
	if err != nil {
		return nil, withoutURL(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the vault answered with HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReport+1))
	if err != nil {
		return nil, withoutURL(err)
	}
	if len(body) > maxReport {
		return nil, errors.New("the report is too long")
	}
	return parseReport(bytes.NewReader(body))
}

// withoutURL drops the address that net/http puts in front of an error.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errNoQuery is behind a query on a client that is not configured for it.
var errNoQuery = errors.New("query_url is not configured")
