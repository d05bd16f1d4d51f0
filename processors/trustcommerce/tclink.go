package trustcommerce

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"github.com/tillpos/till/processors/link"
)

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

// sendBlock sends a draft as a TCLink block and gives the whole answer. Its errors are faults.
func (c *Client) sendBlock(ctx context.Context, d *draft, ref string) (*block, error) {
	began := time.Now()
	limit := min(cmp.Or(c.cfg.Timeouts.Connect, 40*time.Second), link.MaxOverall)
	resolving, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	list, noDNS, err := c.addresses(resolving)
	if err != nil {
		c.log.Fault(ctx, "", ref, err)
		return nil, err
	}
	won, err := link.Race{
		Addresses: list, Start: link.Start(c.cfg.CustID, len(list)), TLS: c.tls, Dial: c.cfg.Dial, Random: c.cfg.Random,
		Limits: link.RaceLimits{Overall: max(limit-time.Since(began), time.Millisecond)},
	}.Run(ctx)
	if err != nil {
		c.log.Fault(ctx, "", ref, err)
		return nil, err
	}
	host := won.Address.String()
	out := d.encode(setting{version: c.client, pass: won.Pass, seconds: int(time.Since(began) / time.Second), noDNS: noDNS})
	defer clear(out)
	c.logSent(ctx, host, ref, d)

	in := c.desk.response()
	limits := link.ExchangeLimits{Idle: c.cfg.Timeouts.Idle, Total: c.cfg.Timeouts.Total}
	err = won.Exchange(ctx, out, limits, func(chunk []byte) (bool, error) {
		if _, bad := in.feed(chunk); bad != nil {
			return false, bad
		}
		return in.done, nil
	})
	if err != nil {
		c.desk.read(in)
		c.log.Fault(ctx, host, ref, err)
		return nil, err
	}
	c.logReceived(ctx, host, ref, in)
	return in, nil
}
