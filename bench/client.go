package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

const (
	clientCalls  = 200
	lanes        = 100
	salesOfALane = 5
)

// measureClient times the client of TrustCommerce alone, with no engine and no journal, against a new TLS
// connection's round trip of the same bytes to the same process; then many lanes at once.
func measureClient(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "client")
	if err != nil {
		return nil, err
	}
	defer c.close()
	if rows, err = c.calls(ctx); err != nil {
		return nil, err
	}
	crowd, err := c.crowd(ctx)
	return append(rows, crowd...), err
}

// client is one of the simulated host, as the terminal makes it.
func (c *counter) client(transport string) (*trustcommerce.Client, error) {
	return trustcommerce.New(trustcommerce.Config{
		Transport: transport, Hosts: []string{c.host.text("listen")}, VerifyName: "localhost", PostURL: "https://" + c.host.text("https") + "/trans/",
		CAFile: c.host.text("ca_file"), CustID: "TestMerchant", Password: "password", Demo: true,
	})
}

// charge sells on a card of its own and says how long the call took.
func charge(ctx context.Context, client *trustcommerce.Client, request pos.Request) (time.Duration, error) {
	began := time.Now()
	a := client.Authorize(ctx, request)
	took := time.Since(began)
	if a.State != pos.StateApproved {
		return 0, fmt.Errorf("a call of the client became %s", a.State)
	}
	return took, nil
}

func (c *counter) calls(ctx context.Context) ([]row, error) {
	var bare, block, form []float64
	settings, err := c.clientTLS()
	if err != nil {
		return nil, err
	}
	recorded, err := recordRequest(ctx, c.run.random)
	if err != nil {
		return nil, err
	}
	steps := []func() error{func() error {
		began := time.Now()
		err := exchange(ctx, c.host.text("listen"), settings, recorded)
		bare = append(bare, milliseconds(time.Since(began)))
		return err
	}}
	for _, t := range []struct {
		transport string
		into      *[]float64
	}{{trustcommerce.TCLink, &block}, {trustcommerce.HTTPS, &form}} {
		client, err := c.client(t.transport)
		if err != nil {
			return nil, err
		}
		steps = append(steps, func() error {
			request, err := typedSale(c.run.random)
			if err != nil {
				return err
			}
			took, err := charge(ctx, client, request)
			*t.into = append(*t.into, milliseconds(took))
			return err
		})
	}
	for range clientCalls {
		c.run.random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		for _, step := range steps {
			if err := step(); err != nil {
				return nil, err
			}
		}
	}
	return []row{
		{name: "client call, TCLink, p50", unit: "ms", value: percentile(block, 50), floor: percentile(bare, 50), goal: ratioAtMost(1.2)},
		{name: "client call, TCLink, p99", unit: "ms", value: percentile(block, 99), floor: percentile(bare, 99)},
		{name: "client call, HTTPS, p50", unit: "ms", value: percentile(form, 50), floor: percentile(bare, 50)},
		{name: "client call, HTTPS, p99", unit: "ms", value: percentile(form, 99), floor: percentile(bare, 99)},
	}, nil
}

// crowd has many lanes, each with a client of its own, sell at once.
func (c *counter) crowd(ctx context.Context) ([]row, error) {
	clients := make([]*trustcommerce.Client, lanes)
	requests := make([][]pos.Request, lanes)
	for i := range lanes {
		var err error
		if clients[i], err = c.client(trustcommerce.TCLink); err != nil {
			return nil, err
		}
		for range salesOfALane {
			request, err := typedSale(c.run.random)
			if err != nil {
				return nil, err
			}
			requests[i] = append(requests[i], request)
		}
	}
	var mu sync.Mutex
	var took []float64
	failed := 0
	gate := make(chan struct{})
	var selling sync.WaitGroup
	for i := range lanes {
		selling.Go(func() {
			<-gate
			for _, request := range requests[i] {
				t, err := charge(ctx, clients[i], request)
				mu.Lock()
				if err != nil {
					failed++
				} else {
					took = append(took, milliseconds(t))
				}
				mu.Unlock()
			}
		})
	}
	close(gate)
	selling.Wait()
	return []row{
		{name: "100 lanes at once, of 500 sales failed", value: float64(failed), floor: none, goal: atMost(0)},
		{name: "100 lanes at once, a sale, p50", unit: "ms", value: percentile(took, 50), floor: none},
		{name: "100 lanes at once, a sale, p99", unit: "ms", value: percentile(took, 99), floor: none},
	}, nil
}
