package link

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Post sends one form to one web address: POST over HTTP/1.1 and TLS, a connection for each, no redirect,
// no proxy of the environment, nothing kept. Its errors never hold the address or a byte of form or answer.
type Post struct {
	URL     *url.URL
	TLS     *tls.Config // ServerName is what the certificate has to carry
	Dial    Dialer
	Agent   string        // for User-Agent
	Connect time.Duration // until the peer is verified, 40 s if zero
	Limits  ExchangeLimits
	Most    int // bytes of the answer's body
}

// WebAddress reads an https address without user, parameters and fragment.
func WebAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errors.New("link: not an https address without user and parameters")
	}
	return u, nil
}

// ErrHTTP means that what came back is no HTTP answer.
var ErrHTTP = errors.New("the answer is no HTTP")

// Do sends the form and gives the body of an answer with HTTP status 200. The error is a *Fault:
// CantConnect if no byte was handed to a verified connection, else LinkFailure, another HTTP status too.
func (p Post) Do(ctx context.Context, form []byte) (body []byte, err error) {
	won, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	request := p.request(form)
	defer clear(request)
	err = won.Talk(ctx, request, p.Limits, func(answer io.Reader) error {
		var counted bool
		body, counted, err = p.read(answer)
		if err == nil && !counted && won.raw.(*watched).ended {
			err = ErrClosed
		}
		return err
	})
	if err != nil {
		clear(body)
		return nil, err
	}
	return body, nil
}

// connect dials and verifies under ctx.
func (p Post) connect(ctx context.Context) (*Won, error) {
	limit := p.Connect
	if limit <= 0 {
		limit = 40 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	port := p.URL.Port()
	if port == "" {
		port = strconv.Itoa(DefaultPort)
	}
	raw, err := p.Dial(ctx, "tcp", net.JoinHostPort(p.URL.Hostname(), port))
	if err != nil {
		return nil, &Fault{CantConnect, "the host could not be reached", err}
	}
	raw = &watched{Conn: raw}
	conn := tls.Client(raw, p.TLS)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, &Fault{CantConnect, "the host could not be verified", err}
	}
	return &Won{Conn: conn, raw: raw}, nil
}

// request makes the bytes of the request. The caller clears them; the capacity is known, so that no
// smaller copy is left behind.
func (p Post) request(form []byte) []byte {
	head := "POST " + p.URL.RequestURI() + " HTTP/1.1\r\nHost: " + p.URL.Host + "\r\n"
	if p.Agent != "" {
		head += "User-Agent: " + p.Agent + "\r\n"
	}
	head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\nConnection: close\r\n\r\n"
	out := make([]byte, 0, len(head)+len(form))
	return append(append(out, head...), form...)
}

// mostInterim is how many answers with a status below 200 are passed over.
const mostInterim = 4

// watched notes that the other end closed the connection. An answer without a length ends with the farewell
// of TLS; crypto/tls says io.EOF without one too, so a cut answer would look whole.
type watched struct {
	net.Conn
	ended bool
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.ended = w.ended || err != nil
	return n, err
}

// read takes one answer; counted says that it tells its own length. net/http quotes what it cannot read,
// so its errors are not passed on.
func (p Post) read(answer io.Reader) (body []byte, counted bool, err error) {
	in := bufio.NewReader(io.LimitReader(answer, int64(p.Most)+64<<10))
	for range mostInterim {
		response, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		if err != nil {
			return nil, false, ErrHTTP
		}
		switch {
		case response.StatusCode < 200 && response.StatusCode != http.StatusSwitchingProtocols:
			continue
		case response.StatusCode != http.StatusOK:
			return nil, false, fmt.Errorf("the host answered with HTTP status %d", response.StatusCode)
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, int64(p.Most)+1))
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return body, false, ErrClosed
		case err != nil:
			return body, false, ErrHTTP
		case len(body) > p.Most:
			return body, false, errors.New("the answer is too long")
		}
		return body, response.ContentLength >= 0 || len(response.TransferEncoding) > 0, nil
	}
	return nil, false, ErrHTTP
}
