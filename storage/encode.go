package storage

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// object writes one JSON object member by member, as package encoding/json would write it. The journal does this
// twice for each payment, between one fsync and the next, where reflection shows.
type object struct {
	out    []byte
	inside bool // a member has been written
}

func startObject(out []byte) object { return object{out: append(out, '{')} }

func (o *object) end() []byte { return append(o.out, '}') }

func (o *object) name(name string) {
	if o.inside {
		o.out = append(o.out, ',')
	}
	o.inside = true
	o.out = append(o.out, '"')
	o.out = append(o.out, name...)
	o.out = append(o.out, '"', ':')
}

func (o *object) text(name, value string) {
	o.name(name)
	o.out = appendText(o.out, value)
}

// some writes a text that is not empty.
func (o *object) some(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) number(name string, value int64) {
	o.name(name)
	o.out = strconv.AppendInt(o.out, value, 10)
}

// count writes a number that is not zero.
func (o *object) count(name string, value int64) {
	if value != 0 {
		o.number(name, value)
	}
}

// amount writes a number that is there; zero is one.
func (o *object) amount(name string, value *int64) {
	if value != nil {
		o.number(name, *value)
	}
}

// flag writes what is true.
func (o *object) flag(name string, value bool) {
	if value {
		o.name(name)
		o.out = append(o.out, "true"...)
	}
}

// plain are the bytes that stand in a JSON string as they are.
var plain = func() (table [256]bool) {
	for c := ' '; c <= '~'; c++ {
		table[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return table
}()

// appendText writes a JSON string. What needs an escape is rare and left to encoding/json.
func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if !plain[s[i]] {
			escaped, _ := json.Marshal(s) // a string has no error
			return append(out, escaped...)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}

// appendTo writes the body as JSON.
func (b *body) appendTo(out []byte) []byte {
	o := startObject(out)
	o.text("id", b.ID)
	o.text("ref", b.Ref)
	o.number("seq", b.Seq)
	o.text("kind", string(b.Kind))
	o.text("state", string(b.State))
	o.some("sale", b.Sale)
	o.some("parent", b.Parent)
	o.some("currency", string(b.Currency))
	o.amount("requested", b.Requested)
	o.amount("approved", b.Approved)
	o.amount("refunded", b.Refunded)
	o.amount("tip", b.Tip)
	o.amount("cashback", b.Cashback)
	o.amount("surcharge", b.Surcharge)
	o.amount("fee", b.Fee)
	o.amount("replaces", b.Replaces)
	o.amount("sale_total", b.SaleTotal)
	o.amount("balance", b.Balance)
	if len(b.Items) > 0 {
		o.name("items")
		o.out = append(o.out, b.Items...)
	}
	o.some("instrument", string(b.Instrument))
	o.some("masked", b.Masked)
	o.some("brand", string(b.Brand))
	o.some("entry", string(b.Entry))
	o.flag("fallback", b.Fallback)
	o.flag("pin", b.PIN)
	o.some("ksn", b.KSN)
	o.some("processor", b.Processor)
	o.some("host_id", b.HostID)
	o.some("auth_code", b.AuthCode)
	o.some("avs", b.AVS)
	o.some("cvv", b.CVV)
	o.count("host_seq", b.HostSeq)
	o.count("batch", b.Batch)
	o.some("clerk", b.Clerk)
	o.some("manager", b.Manager)
	if b.Failure != nil {
		o.name("failure")
		o.out = b.Failure.appendTo(o.out)
	}
	o.some("created", b.Created)
	o.some("updated", b.Updated)
	o.some("due", b.Due)
	o.count("attempts", int64(b.Attempts))
	o.flag("partial_ok", b.PartialOK)
	o.flag("released", b.Released)
	o.flag("offline", b.Offline)
	o.some("forwarded", b.Forwarded)
	o.some("not_found", b.NotFound)
	return o.end()
}

func (f *failureBody) appendTo(out []byte) []byte {
	o := startObject(out)
	o.text("code", string(f.Code))
	if len(f.Args) > 0 {
		o.name("args")
		for i, arg := range f.Args {
			if i == 0 {
				o.out = append(o.out, '[')
			} else {
				o.out = append(o.out, ',')
			}
			o.out = appendText(o.out, arg)
		}
		o.out = append(o.out, ']')
	}
	o.some("detail", f.Detail)
	return o.end()
}

// appendDetail writes an event's detail, sorted by name; nothing if there is none.
func appendDetail(out []byte, detail map[string]string) []byte {
	if len(detail) == 0 {
		return out
	}
	names := slices.AppendSeq(make([]string, 0, len(detail)), maps.Keys(detail))
	slices.Sort(names)
	out = append(out, '{')
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, name)
		out = append(out, ':')
		out = appendText(out, detail[name])
	}
	return append(out, '}')
}

// clock writes times as timeText does and remembers the last one: those of a change are mostly the same.
type clock struct {
	at   time.Time
	text string
}

func (c *clock) write(t time.Time) string {
	if t != c.at {
		c.at, c.text = t, timeText(t)
	}
	return c.text
}
