package crash

import (
	"time"
)

// networkFault sets the fault proxy for one sale.
type networkFault struct {
	name string
	set  func(c *campaign, up, down int64) map[string]any
	hole bool // nothing ends by itself
}

type fields = map[string]any

var networkFaults = []networkFault{
	{name: "network: cut down", set: func(c *campaign, _, down int64) fields { return fields{"down": fields{"cut_at": c.position(down)}} }},
	{name: "network: black hole down", hole: true, set: func(c *campaign, _, down int64) fields { return fields{"down": fields{"hole_at": c.position(down)}} }},
	{name: "network: reset up", set: func(c *campaign, up, _ int64) fields { return fields{"up": fields{"reset_at": c.position(up)}} }},
	{name: "network: delay and jitter", set: func(c *campaign, _, _ int64) fields {
		way := fields{"delay_ms": c.random.IntN(50), "jitter_ms": 100}
		return fields{"up": way, "down": way}
	}},
	{name: "network: black hole up", hole: true, set: func(c *campaign, up, _ int64) fields { return fields{"up": fields{"hole_at": c.position(up)}} }},
	{name: "network: cut up", set: func(c *campaign, up, _ int64) fields { return fields{"up": fields{"cut_at": c.position(up)}} }},
	{name: "network: reset down", set: func(c *campaign, _, down int64) fields { return fields{"down": fields{"reset_at": c.position(down)}} }},
	{name: "network: slow", set: func(c *campaign, _, _ int64) fields {
		way := fields{"bytes_per_s": 5_000 + c.random.IntN(20_000)}
		return fields{"up": way, "down": way}
	}},
	{name: "network: refused", set: func(*campaign, int64, int64) fields { return fields{"refuse": true} }},
}

// position draws a byte of a connection that has total of them; half the time among the last ones, where the request
// and its answer are and not the greeting of TLS.
func (c *campaign) position(total int64) int64 {
	if c.random.IntN(2) == 0 {
		return c.random.Int64N(total + 1)
	}
	return total - c.random.Int64N(min(total, 800)+1)
}

// manyRuns is where a campaign has the time for queries that a bad network puts off.
const manyRuns = 100

// network is the fault proxy between terminal and host, a process of its own.
func (c *campaign) network(hwsim string) *process {
	c.t.Helper()
	p := start(c.t, hwsim, "proxy", "--to", c.host.text("listen"))
	queries := c.host.text("https")
	if *runs >= manyRuns {
		queries = p.text("listen")
	}
	c.configure(p.text("listen"), queries)
	return p
}

// measure makes a sale through a network without faults and gives the bytes that went each way.
func (c *campaign) measure(p *process) (up, down int64) {
	c.t.Helper()
	c.sellWell()
	deadline := time.Now().Add(patience)
	for {
		var state struct {
			Open int
			Up   int64 `json:"last_up"`
			Down int64 `json:"last_down"`
		}
		c.decode(c.call(p.text("control"), "GET", "/state", nil), &state)
		if state.Open == 0 && state.Up > 0 && state.Down > 0 {
			return state.Up, state.Down
		}
		if time.Now().After(deadline) {
			c.t.Fatal("the connection of a sale does not end")
		}
		<-time.After(20 * time.Millisecond)
	}
}

// failNetwork makes n sales over a network that fails. Of the black holes half end by themselves and half with
// the death of the terminal.
func (c *campaign) failNetwork(p *process, n int) {
	c.t.Helper()
	c.boot()
	up, down := c.measure(p)
	for i := range n {
		f := networkFaults[(i+int(*seed)-1)%len(networkFaults)]
		c.call(p.text("control"), "POST", "/fault", f.set(c, up, down))
		died := c.saleInto(f, p)
		c.call(p.text("control"), "DELETE", "/fault", nil)
		if died {
			c.boot()
		}
		c.faults[f.name]++
	}
	// What is unknown still would be asked about in its own time; a terminal that starts asks what it was cut off in.
	c.terminal.kill()
}

// saleInto makes one sale into a fault and says whether the terminal was killed in it.
func (c *campaign) saleInto(f networkFault, p *process) (died bool) {
	c.t.Helper()
	if !f.hole {
		s := c.sell(f.name[9:])
		c.durable(s)
		return false
	}
	turn := c.random.IntN(8)
	told := make(chan sold, 1)
	go func() { told <- c.sell(f.name[9:]) }()
	wait := 300*time.Millisecond + time.Duration(turn)*50*time.Millisecond
	select {
	case s := <-told: // the hole was behind the last byte
		c.durable(s)
		return false
	case <-time.After(wait):
	}
	if died = turn%2 == 0; died {
		c.terminal.kill()
	} else {
		c.call(p.text("control"), "DELETE", "/fault", nil)
	}
	c.durable(<-told)
	if died {
		c.afterDeath()
	}
	return died
}
