package verifone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// Pad is the driver. One goroutine at a time may call it.
//
// Every method errs with ctx's error or with a *pos.Error: pinpad.offline when the pad does not answer or
// is gone, pinpad.protocol when what it answers makes no sense. A call whose ctx ends tells the pad to
// stop before it returns, within Settings.ACK.
type Pad struct {
	link *link
	set  Settings
}

// New takes an open transport, which it does not own, and settings that Check gave.
func New(conn transport.ByteConn, s Settings) *Pad {
	return &Pad{link: &link{conn: conn, set: s, unclean: true}, set: s}
}

// Stale counts the answers of earlier sessions that were dropped.
func (p *Pad) Stale() int { return p.link.stale }

// Test asks whether the pad is there.
func (p *Pad) Test(ctx context.Context) error {
	if err := p.link.begin(ctx); err != nil {
		return p.failed(ctx, err)
	}
	return p.test(ctx)
}

func (p *Pad) test(ctx context.Context) error {
	if err := p.link.send(ctx, SI, []byte("11")); err != nil {
		return p.failed(ctx, err)
	}
	// Whether an EOT follows is not sure of every pad: a little silence does as well.
	_, err := p.link.receive(ctx, p.set.Quiet, func([]byte) bool { return false })
	if err != nil && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrSilent) {
		return p.failed(ctx, err)
	}
	p.link.finished()
	return nil
}

// Idle takes the pad back to its own prompt.
func (p *Pad) Idle(ctx context.Context) error { return p.tell(ctx, []byte("Z1")) }

// Show puts one to seven lines of printable ASCII on the pad's screen.
func (p *Pad) Show(ctx context.Context, lines ...string) error {
	body, err := screen(lines)
	if err != nil {
		return pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	return p.tell(ctx, body)
}

func screen(lines []string) ([]byte, error) {
	switch {
	case len(lines) == 0 || len(lines) > 7:
		return nil, fmt.Errorf("%w: a screen has 1 to 7 lines", errField)
	case len(lines) == 1:
		return row("show").build(append([]byte{charSUB}, lines[0]...))
	}
	text := []byte{charSUB}
	for i, line := range lines {
		if !all(line, Plain) {
			return nil, fmt.Errorf("%w: line %d", errField, i+1)
		}
		if i > 0 {
			text = append(text, charFS)
		}
		text = append(text, line...)
	}
	return row("show lines").build([]byte{'0' + byte(len(lines))}, text)
}

// LeadingFs tells a pad of UIC's dialect whether its key serial numbers keep their leading F's. The
// terminal takes both.
func (p *Pad) LeadingFs(ctx context.Context, keep bool) error {
	body := []byte("7A0")
	if keep {
		body = []byte("7A1")
	}
	return p.tell(ctx, body)
}

// tell sends what is only acknowledged.
func (p *Pad) tell(ctx context.Context, body []byte) error {
	if err := p.link.begin(ctx); err != nil {
		return p.failed(ctx, err)
	}
	if err := p.link.send(ctx, STX, body); err != nil {
		return p.failed(ctx, err)
	}
	p.link.finished()
	return nil
}

// Keys that Key gives besides the digits.
const (
	KeyF1     = 'A'
	KeyF2     = 'B'
	KeyF3     = 'C'
	KeyCancel = '*'
	KeyEnter  = '#'
	KeyClear  = '/'
)

// Key waits for one key: a digit or one of the constants. It also errs with pin.timeout.
func (p *Pad) Key(ctx context.Context, limit time.Duration) (byte, error) {
	seconds := wholeSeconds(limit)
	body, err := row("ask key").build(fmt.Appendf(nil, "%d", seconds))
	if err != nil {
		return 0, pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	answer, err := p.ask(ctx, body, time.Duration(seconds)*time.Second, "Z43")
	if err != nil {
		return 0, err
	}
	defer p.link.drop()
	m, values := find(STX, answer, true)
	if m == nil {
		return 0, garbage("the answer to Z42")
	}
	if key := values[0][0]; key != '?' {
		return key, nil
	}
	return 0, pos.NewError(pos.CodePINTimeout).WithDetail("no key was pressed")
}

// Echo says what the pad shows of a string while it is typed.
type Echo byte

const (
	EchoStars  Echo = '0'
	EchoPlain  Echo = '1'
	EchoHidden Echo = '2'
)

// Text waits for a string of at most so many characters, closed by enter. The caller wipes it. It also errs
// with pin.cancelled and pin.timeout.
func (p *Pad) Text(ctx context.Context, echo Echo, most int, limit time.Duration) ([]byte, error) {
	seconds := wholeSeconds(limit)
	body, err := row("ask string").build([]byte{byte(echo)}, fmt.Appendf(nil, "%03d", seconds), fmt.Appendf(nil, "%d", most))
	if err != nil {
		return nil, pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	answer, err := p.ask(ctx, body, time.Duration(seconds)*time.Second, "Z51")
	if err != nil {
		return nil, err
	}
	defer p.link.drop()
	m, values := find(STX, answer, true)
	if m == nil || len(values[0]) > most {
		return nil, garbage("the answer to Z50")
	}
	return append([]byte(nil), values[0]...), nil
}

// wholeSeconds is a limit as Z42 and Z50 take it: 1 to 255.
func wholeSeconds(limit time.Duration) int {
	return int(min(max((limit+time.Second-1)/time.Second, 1), 255))
}

// ask sends a question and waits for the answer with one of the ids; the caller drops it.
func (p *Pad) ask(ctx context.Context, body []byte, limit time.Duration, ids ...string) ([]byte, error) {
	if err := p.link.begin(ctx); err != nil {
		return nil, p.failed(ctx, err)
	}
	answer, err := p.question(ctx, body, limit, ids...)
	if err == nil {
		p.link.finished()
	}
	return answer, err
}

func (p *Pad) question(ctx context.Context, body []byte, limit time.Duration, ids ...string) ([]byte, error) {
	if err := p.link.send(ctx, STX, body); err != nil {
		return nil, p.failed(ctx, err)
	}
	began := time.Now()
	answer, err := p.link.receive(ctx, limit+p.set.Grace, func(b []byte) bool { return hasID(b, ids) })
	switch {
	case errors.Is(err, ErrSilent):
		p.stop(ctx)
		return nil, pos.NewError(pos.CodePINTimeout).WithDetail("the pad was told to stop")
	case errors.Is(err, ErrEnded) && time.Since(began) >= limit-min(time.Second, limit/10):
		return nil, pos.NewError(pos.CodePINTimeout).WithDetail("the pad's own time ran out")
	case errors.Is(err, ErrEnded):
		return nil, pos.NewError(pos.CodePINCancelled)
	case err != nil:
		return nil, p.failed(ctx, err)
	}
	return answer, nil
}

func hasID(body []byte, ids []string) bool {
	for _, id := range ids {
		if len(body) >= len(id) && string(body[:len(id)]) == id {
			return true
		}
	}
	return false
}

// failed ends a session that went wrong and names the error for a person.
func (p *Pad) failed(ctx context.Context, err error) error {
	if gaveUp := transport.Over(ctx); gaveUp != nil {
		p.stop(ctx)
		return gaveUp
	}
	if errors.Is(err, ErrGarbled) {
		return pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	return pos.NewError(pos.CodePINPadOffline).Because(err)
}

// stop tells the pad to leave its session, also after ctx ended, and waits for it a while. The next
// session makes sure.
func (p *Pad) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.set.ACK)
	defer cancel()
	_ = p.link.quit(ctx) // the line stays unclean whatever comes of it
	p.link.unclean = true
}

func garbage(what string) error {
	return pos.NewError(pos.CodePINPadProtocol).WithDetail("%s has no form that is known", what)
}
