package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// saleTime is how long one sale may take.
const saleTime = 15 * time.Second

// saleRequest is a line to a running terminal's socket: one JSON object of request, one of answer.
type saleRequest struct {
	Do     string          `json:"do"`
	Token  string          `json:"token"`
	Amount money.Amount    `json:"amount"`
	Card   json.RawMessage `json:"card,omitempty"` // absent: it is swiped
}

// line makes the request of a sale; its card, if any, is one that nobody else pays with.
func (q saleRequest) line(n int) ([]byte, error) {
	q.Do, q.Token = "sale", fmt.Sprintf("s-bench-%d", n)
	b, err := json.Marshal(q)
	return append(b, '\n'), err
}

// sell has a terminal make a sale and errs unless it is approved. The line is sent as it is.
func sell(ctx context.Context, socket string, line []byte) error {
	d := net.Dialer{}
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(saleTime))
	if _, err := conn.Write(line); err != nil {
		return err
	}
	reply, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no answer from the terminal: %w", err)
	}
	var a struct {
		Payment struct{ State pos.State }
		Failure *struct{ Code, Detail string }
	}
	if err := json.Unmarshal(reply, &a); err != nil {
		return errors.New("the terminal's answer cannot be read")
	}
	if a.Failure != nil {
		return fmt.Errorf("the sale failed: %s %s", a.Failure.Code, a.Failure.Detail)
	}
	if a.Payment.State != pos.StateApproved {
		return fmt.Errorf("the sale became %q", a.Payment.State)
	}
	return nil
}
