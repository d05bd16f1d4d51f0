package main

import (
	"context"
	"time"
)

const wholeSales = 250

// measureSale times whole sales, from the request on the terminal's socket to its answer, against what
// they cannot do without: a new TLS connection's round trip of the same bytes to the same host, and the
// same two commits.
func measureSale(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "sale")
	if err != nil {
		return nil, err
	}
	defer c.close()
	d, err := c.desk("data", c.host.text("listen"), "")
	if err != nil {
		return nil, err
	}
	terminal, err := d.boot(ctx)
	if err != nil {
		return nil, err
	}
	defer terminal.stop()
	e, err := newEcho(ctx, d)
	if err != nil {
		return nil, err
	}
	defer e.close()
	request, err := recordRequest(ctx, r.random)
	if err != nil {
		return nil, err
	}
	var ours, floors, trips, commits []float64
	for i := range wholeSales {
		took, err := e.sale(ctx, r, terminal, i)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := exchange(ctx, c.host.text("listen"), e.tls, request); err != nil {
			return nil, err
		}
		trip := time.Since(began)
		wrote, err := e.again(ctx)
		if err != nil {
			return nil, err
		}
		ours = append(ours, milliseconds(took))
		trips = append(trips, milliseconds(trip))
		commits = append(commits, milliseconds(wrote))
		floors = append(floors, milliseconds(trip+wrote))
	}
	return []row{
		{name: "whole sale, loopback host, p50", unit: "ms", value: percentile(ours, 50), floor: percentile(floors, 50), goal: ratioAtMost(1.5)},
		{name: "whole sale, loopback host, p99", unit: "ms", value: percentile(ours, 99), floor: percentile(floors, 99)},
		{name: "  of the floor: TLS round trip p50", unit: "ms", value: percentile(trips, 50), floor: none},
		{name: "  of the floor: two commits p50", unit: "ms", value: percentile(commits, 50), floor: none},
	}, nil
}
