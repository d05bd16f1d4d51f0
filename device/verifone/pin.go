package verifone

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// unit is what pads of UIC's dialect count their time for a PIN in; they take 1 to 9.
const unit = 30 * time.Second

// EnterPIN asks for a PIN and waits for its block. Besides what every method errs with, it errs with
// pin.cancelled, pin.timeout, pinpad.no_key, pinpad.keys_used_up, pinpad.refused, and with
// amount.too_large for an amount that the pad cannot show. The caller wipes the entry.
func (p *Pad) EnterPIN(ctx context.Context, r pos.PINRequest) (pos.PINEntry, error) {
	if r.Timeout <= 0 {
		r.Timeout = p.set.PIN
	}
	body, err := p.request(r)
	if err != nil {
		return pos.PINEntry{}, err
	}
	defer clear(body)
	if err := p.prepare(ctx); err != nil {
		return pos.PINEntry{}, err
	}
	answer, err := p.question(ctx, body, p.padTime(r.Timeout), "71", "73")
	if err != nil {
		return pos.PINEntry{}, err
	}
	defer p.link.drop()
	// The session is not finished: the next one sends 72 first. After a 70 a pad takes nothing else; any pad whose ACK
	// was lost sends this block again, and under master and session keys nothing would tell it from the next one's.
	return p.entry(answer, r.NoPIN)
}

// prepare brings the pad to where it can ask for a PIN.
func (p *Pad) prepare(ctx context.Context) error {
	if err := p.link.begin(ctx); err != nil {
		return p.failed(ctx, err)
	}
	if p.set.Keys == Session {
		if err := p.selectKey(ctx); err != nil {
			return err
		}
		p.link.settle(ctx)
	}
	if p.set.Ask != "Z60" || p.set.Dialect != UIC {
		return nil
	}
	// UIC's pads refuse a Z60 that no prompt went before.
	body, err := screen([]string{p.set.Prompt})
	if err == nil {
		err = p.link.send(ctx, STX, body)
	}
	if err != nil {
		return p.failed(ctx, err)
	}
	return nil
}

// selectKey chooses the master key. The pad acknowledges, says how it went (UIC) and ends with EOT.
func (p *Pad) selectKey(ctx context.Context) error {
	body, err := row("select master key").build([]byte{'0' + byte(p.set.Slot)})
	if err != nil {
		return pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	if err := p.link.send(ctx, SI, body); err != nil {
		return p.failed(ctx, err)
	}
	result := byte('0')
	_, err = p.link.receive(ctx, p.set.Reply, func(b []byte) bool {
		if m, values := find(SI, b, true); m != nil && m.ID == "08" {
			result = values[0][0]
		}
		return false // the EOT is waited for
	})
	if !errors.Is(err, ErrEnded) {
		return p.failed(ctx, err)
	}
	if result != '0' {
		return pos.NewError(pos.CodePINPadNoKey).WithDetail("the pad's code %c: master key %d cannot be used", result, p.set.Slot)
	}
	return nil
}

// padTime is how long the pad itself waits for a PIN, as far as it can be told.
func (p *Pad) padTime(limit time.Duration) time.Duration {
	if p.set.Dialect == UIC && p.set.Ask != "Z63" {
		return time.Duration(units(limit)) * unit
	}
	return limit
}

func units(limit time.Duration) int { return int(min(max((limit+unit-1)/unit, 1), 9)) }

// request makes the message that asks for a PIN; the caller wipes it.
func (p *Pad) request(r pos.PINRequest) (body []byte, err error) {
	amount, err := p.amount(r)
	if err != nil {
		return nil, err
	}
	r.PAN.Lend(func(pan []byte) {
		if len(pan) == 0 {
			err = errors.New("the card number was wiped")
			return
		}
		body, err = p.form(r, pan, amount)
	})
	if err != nil {
		return nil, pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	return body, nil
}

// amount is with its decimal point, at most eight characters; only a 70 carries it.
func (p *Pad) amount(r pos.PINRequest) ([]byte, error) {
	if p.set.Ask != "70" {
		return nil, nil
	}
	text := []byte(r.Amount.String())
	if len(text) > 8 || len(text) < 4 || r.Amount.IsNegative() {
		return nil, pos.NewError(pos.CodeAmountTooLarge, "99999.99").WithDetail("the PIN pad shows amounts of two decimals up to it")
	}
	return text, nil
}

// form fills the row of the table that the settings call for.
func (p *Pad) form(r pos.PINRequest, pan, amount []byte) ([]byte, error) {
	key := []byte(p.set.SessionKey)
	var time []byte
	if p.set.Dialect == UIC {
		time = fmt.Appendf(nil, "%d", units(r.Timeout))
	}
	side, null := []byte("D"), []byte("N")
	if r.Credit {
		side = []byte("C")
	}
	if r.NoPIN {
		null = []byte("Y")
	}
	least, most := fmt.Appendf(nil, "%02d", p.set.Shortest), fmt.Appendf(nil, "%02d", p.set.Longest)
	prompt, wait := []byte(p.set.Prompt), []byte(p.set.Processing)
	dukpt, none := []byte("DUKPT ENCRYPTION"), []byte{} // no second prompt
	switch {
	case p.set.Ask == "70" && p.set.Keys == Session:
		return row(fmt.Sprintf("70 session %d", len(key))).build(pan, key, amount, time)
	case p.set.Ask == "70":
		return row("70 dukpt").build(pan, side, amount, time)
	case p.set.Ask == "Z60" && p.set.Keys == Session:
		return row("Z60 session").build(pan, key, time)
	case p.set.Ask == "Z60" && p.set.Dialect == UIC:
		return row("Z60 dukpt timed").build(pan, time)
	case p.set.Ask == "Z60":
		return row("Z60 dukpt").build(pan, dukpt)
	case p.set.Ask == "Z62" && p.set.Keys == Session:
		return row(fmt.Sprintf("Z62 session %d", len(key))).build(pan, key, least, most, null, prompt, none, wait, time)
	case p.set.Ask == "Z62":
		return row("Z62 dukpt").build(pan, least, most, null, prompt, none, wait, time)
	case p.set.Keys == Session:
		return row(fmt.Sprintf("Z63 session %d", len(key))).build(pan, key, least, most, null, []byte("*"))
	}
	return row("Z63 dukpt").build(pan, dukpt, least, most, null, []byte("*"))
}

// entry reads a 71 or 73.
func (p *Pad) entry(body []byte, noPIN bool) (pos.PINEntry, error) {
	m, values := find(STX, body, true)
	if m == nil {
		return pos.PINEntry{}, garbage("the answer to a PIN request")
	}
	switch m.Name {
	case "71 code":
		if code := values[0][0]; code != '0' || !noPIN {
			return pos.PINEntry{}, p.set.faultOf(code)
		}
		return pos.PINEntry{Slot: p.set.Slot}, nil
	case "73 without pin":
		return p.without(noPIN)
	case "71 session":
		return p.sessionEntry(values, noPIN)
	case "71 dukpt", "73 dukpt":
		return p.dukptEntry(values)
	}
	return pos.PINEntry{}, garbage("the answer to a PIN request")
}

func (p *Pad) without(allowed bool) (pos.PINEntry, error) {
	if !allowed {
		return pos.PINEntry{}, pos.NewError(pos.CodePINPadProtocol).WithDetail("no PIN was entered, which was not allowed")
	}
	return pos.PINEntry{Slot: p.set.Slot}, nil
}

func (p *Pad) sessionEntry(values [][]byte, noPIN bool) (pos.PINEntry, error) {
	if p.set.Keys != Session {
		return pos.PINEntry{}, pos.NewError(pos.CodePINPadNoKey).WithDetail("the pad works with master and session keys, it is configured for DUKPT")
	}
	length := int(values[1][0]-'0')*10 + int(values[1][1]-'0')
	block := values[3]
	switch {
	case length == 0 && len(block) == 0:
		return p.without(noPIN)
	case length < 4 || length > 12 || len(block) == 0:
		return pos.PINEntry{}, garbage("the 71 of a PIN")
	}
	return p.block(block, "")
}

func (p *Pad) dukptEntry(values [][]byte) (pos.PINEntry, error) {
	if p.set.Keys != DUKPT {
		return pos.PINEntry{}, pos.NewError(pos.CodePINPadNoKey).WithDetail("the pad works with DUKPT, it is configured for master and session keys")
	}
	ksn, err := card.ParseKSN(string(values[1]))
	if err == nil {
		err = ksn.Check()
	}
	if err != nil {
		return pos.PINEntry{}, pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	return p.block(values[2], ksn)
}

func (p *Pad) block(text []byte, ksn card.KSN) (pos.PINEntry, error) {
	var b [8]byte
	defer clear(b[:])
	if _, err := hex.Decode(b[:], text); err != nil {
		return pos.PINEntry{}, garbage("a PIN block")
	}
	block, err := card.NewPINBlock(b[:], ksn)
	return pos.PINEntry{Block: block, Slot: p.set.Slot}, err
}
