package control

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/tillpos/till/pos"
)

const dialTime = 2 * time.Second

// ErrNobody means that no terminal answers on the socket.
var ErrNobody = errors.New("control: no terminal is running on this journal")

// Dial opens a connection to the terminal that runs on the socket. It errs with ErrNobody when none does.
func Dial(ctx context.Context, path string) (*Client, error) {
	if len(path) > pathLimit {
		return nil, ErrNobody
	}
	d := net.Dialer{Timeout: dialTime}
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, ErrNobody
	}
	return &Client{conn}, nil
}

// Client is one connection, good for one request.
type Client struct{ conn net.Conn }

// Do sends the request and waits for the answer until ctx ends. A request whose answer does not come is
// reported with code payment.unknown if it moves money: the terminal may have done it.
func (c *Client) Do(ctx context.Context, r Request) Answer {
	defer c.conn.Close()
	line, err := r.encode()
	if err != nil {
		return Answer{Failure: Fail(err)}
	}
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err = c.conn.Write(line)
	clear(line)
	if err != nil {
		return Answer{Failure: Fail(pos.NewError(pos.CodeNotSent).WithDetail("the running terminal did not take the request"))}
	}
	reply, err := readLine(c.conn)
	if err != nil {
		return Answer{Failure: Fail(pos.NewError(pos.CodeUnknown).WithDetail("the running terminal gave no answer; see `till payment list`"))}
	}
	var a Answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return Answer{Failure: &Failure{Code: pos.CodeInternal, Detail: "the running terminal's answer cannot be read"}}
	}
	return a
}

// Close gives up a connection that was not used.
func (c *Client) Close() error { return c.conn.Close() }
