package verifone_test

import (
	"testing"
	"testing/synctest"

	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

// TestAnsweredTwice: a pad that was slow to answer the connection test is asked again, and answers both times. What it
// says to the second one comes during the next request, and is no answer of that.
func TestAnsweredTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, pad := script(t, verifone.Settings{Dialect: verifone.UIC})
		tested := make(chan error, 1)
		go func() { tested <- p.Test(t.Context()) }()
		pad.hears(t, stop)
		pad.says(ack)
		pad.hears(t, si("11"))
		pad.hears(t, si("11"))
		pad.says(ack + eot)
		if err := <-tested; err != nil {
			t.Fatal(err)
		}

		asked := enter(t.Context(), p, pos.PINRequest{})
		defer asked.entry.Wipe()
		late := ack + eot
		if pad.next() == stop {
			pad.says(late + ack)
			late = ""
			pad.next()
		}
		go pad.says(late + ack + stx(good)) // nobody takes what comes behind an end
		<-asked.done
		if asked.err != nil {
			t.Errorf("the request gives %v", asked.err)
		}
	})
}

// TestKeySelectedTwice: the same with the message that chooses the master key, behind which the request goes at once.
func TestKeySelectedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, pad := script(t, verifone.Settings{Dialect: verifone.VeriFone, Keys: verifone.Session, SessionKey: wrappedKey(), Ask: "Z63"})
		asked := enter(t.Context(), p, pos.PINRequest{})
		defer asked.entry.Wipe()
		pad.hears(t, stop)
		pad.says(ack)
		pad.hears(t, si("080"))
		pad.hears(t, si("080"))
		pad.says(ack + eot)
		synctest.Wait()
		pad.says(ack + eot)
		pad.next()
		go pad.says(ack + stx("71.004011B9C1845EB993A7A"))
		<-asked.done
		if asked.err != nil {
			t.Errorf("the request gives %v", asked.err)
		}
	})
}

// next is the host's next frame in an STX envelope.
func (p *scripted) next() (frame string) {
	for c := range p.in {
		if frame += string(rune(c)); c == 0x03 {
			return frame + string(rune(<-p.in))
		}
	}
	return frame
}
