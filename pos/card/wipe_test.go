package card

import (
	"bytes"
	"errors"
	"sync"
	"testing"
)

// Test data of this package's tests: a Visa test number with its tracks, and a Mastercard one.
const (
	visaTrack1  = "%B4111111111111111^DOE/JANE^30121011234567890?"
	visaTrack2  = ";4111111111111111=30121011234567890?"
	otherTrack2 = ";5555555555554444=30121011234567890?"
)

// alias gives the very bytes that a secret holds, which no program may do.
func alias(t *testing.T, s interface{ Lend(func([]byte)) }) []byte {
	t.Helper()
	var b []byte
	s.Lend(func(clear []byte) { b = clear })
	if len(b) == 0 {
		t.Fatal("the secret is empty")
	}
	return b
}

func made[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWipeOverwrites(t *testing.T) {
	for name, s := range map[string]interface {
		Lend(func([]byte))
		Wipe()
		Present() bool
		String() string
	}{
		"PAN":           made(NewPAN([]byte("4111111111111111"))),
		"Track":         NewTrack(2, []byte(visaTrack2)),
		"CVV":           made(NewCVV([]byte("123"))),
		"AccountNumber": made(NewAccountNumber([]byte("12345678"))),
		"PINBlock":      made(NewPINBlock(bytes.Repeat([]byte{7}, 8), "")),
		"Name":          Name{hide([]byte("DOE/JANE"), "[name]")},
	} {
		t.Run(name, func(t *testing.T) {
			memory := alias(t, s)
			mask := s.String()
			copied := s
			s.Wipe()
			if !bytes.Equal(memory, make([]byte, len(memory))) {
				t.Error("the bytes are still there")
			}
			if s.Present() || copied.Present() {
				t.Error("a wiped secret, or its copy, says that it holds something")
			}
			copied.Lend(func(b []byte) {
				if b != nil {
					t.Error("a wiped secret lends something")
				}
			})
			s.Wipe()
			if s.String() != mask || mask == "" {
				t.Error("the mask changed")
			}
		})
	}
}

func TestZeroSecretsAreHarmless(t *testing.T) {
	var p PAN
	p.Wipe()
	Card{}.Wipe()
	Swipe{}.Wipe()
	if p.Present() || p.LuhnOK() || p.Equal(PAN{}) || p.Masked() != "" || p.Last4() != "" || !p.Fingerprint([]byte("k")).IsZero() {
		t.Error("the zero PAN holds something")
	}
	if _, err := (Swipe{}).Card(); !errors.Is(err, ErrNoTrack) {
		t.Errorf("got %v", err)
	}
}

// TestSecretsCopy: what a caller hands over stays the caller's to wipe, and to wipe it changes nothing.
func TestSecretsCopy(t *testing.T) {
	for name, take := range map[string]func(b []byte) interface{ Lend(func([]byte)) }{
		"PAN":           func(b []byte) interface{ Lend(func([]byte)) } { return made(NewPAN(b)) },
		"Track":         func(b []byte) interface{ Lend(func([]byte)) } { return NewTrack(1, b) },
		"AccountNumber": func(b []byte) interface{ Lend(func([]byte)) } { return made(NewAccountNumber(b)) },
		"PINBlock":      func(b []byte) interface{ Lend(func([]byte)) } { return made(NewPINBlock(b, "")) },
	} {
		t.Run(name, func(t *testing.T) {
			original := []byte("4111111111111111")
			s := take(original)
			held := alias(t, s)
			if &held[0] == &original[0] {
				t.Fatal("the secret shares the caller's memory")
			}
			clear(original)
			if !bytes.Equal(held, []byte("4111111111111111")) {
				t.Error("wiping the original changed the secret")
			}
		})
	}
}

func TestCardWipesAll(t *testing.T) {
	s := Swipe{Status: [3]TrackStatus{Decoded, Decoded, Decoded}, Tracks: [3]Track{
		NewTrack(1, []byte(visaTrack1)), NewTrack(2, []byte(visaTrack2)), NewTrack(3, []byte(";1?"))}}
	c, err := s.Card()
	if err != nil {
		t.Fatal(err)
	}
	c.CVV = made(NewCVV([]byte("123")))
	memories := [][]byte{alias(t, c.PAN), alias(t, c.Track1), alias(t, c.Track2), alias(t, c.Name), alias(t, c.CVV)}
	third := alias(t, s.Tracks[2])
	other := c
	other.Wipe()
	for i, m := range memories {
		if !bytes.Equal(m, make([]byte, len(m))) {
			t.Errorf("secret %d of the card was not overwritten", i)
		}
	}
	if c.PAN.Present() || s.Tracks[0].Present() || s.Tracks[1].Present() {
		t.Error("the card or its swipe still hold something")
	}
	if c.PAN.Masked() != "411111******1111" || c.PAN.Brand() != Visa || c.PAN.Len() != 16 {
		t.Error("mask, brand or length went with the digits")
	}
	s.Wipe()
	if !bytes.Equal(third, make([]byte, len(third))) {
		t.Error("track 3 of the swipe was not overwritten")
	}
}

// TestFailedParsesWipe: a swipe that becomes no card leaves nothing behind of what was parsed from it.
func TestFailedParsesWipe(t *testing.T) {
	for name, row := range map[string]struct {
		tracks [2]string
		err    error
		parsed int
	}{
		"second track bad": {[2]string{visaTrack1, ";4111111111111111=3012?"}, ErrTrack, 1},
		"second month bad": {[2]string{visaTrack1, ";4111111111111111=30131011?"}, ErrExpiry, 1},
		"tracks disagree":  {[2]string{visaTrack1, otherTrack2}, ErrDisagree, 2},
		"bad check digit": {[2]string{"%B4111111111111112^DOE/JANE^30121011234567890?",
			";4111111111111112=30121011234567890?"}, ErrLuhn, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var memories [][]byte
			spy := func(parse func(Track) (trackData, error)) func(Track) (trackData, error) {
				return func(tr Track) (trackData, error) {
					d, err := parse(tr)
					if err == nil {
						memories = append(memories, alias(t, d.pan))
					}
					if err == nil && d.name.Present() {
						memories = append(memories, alias(t, d.name))
					}
					return d, err
				}
			}
			s := Swipe{Status: [3]TrackStatus{Decoded, Decoded}, Tracks: [3]Track{
				NewTrack(1, []byte(row.tracks[0])), NewTrack(2, []byte(row.tracks[1]))}}
			c, err := s.card([2]func(Track) (trackData, error){spy(parseTrack1), spy(parseTrack2)})
			if !errors.Is(err, row.err) {
				t.Fatalf("got %v, want %v", err, row.err)
			}
			if len(memories) != row.parsed+1 { // the name of track 1 too
				t.Fatalf("%d secrets were parsed, want %d", len(memories), row.parsed+1)
			}
			for i, m := range memories {
				if !bytes.Equal(m, make([]byte, len(m))) {
					t.Errorf("secret %d of the failed parse is still there", i)
				}
			}
			if c.PAN.Present() || c.Track1.Present() {
				t.Error("a card stands beside the error")
			}
		})
	}
}

// TestOneOfTwoNumbersIsKept: of two tracks that agree, one number goes into the card and the other is wiped.
func TestOneOfTwoNumbersIsKept(t *testing.T) {
	var numbers []PAN
	spy := func(parse func(Track) (trackData, error)) func(Track) (trackData, error) {
		return func(tr Track) (trackData, error) {
			d, err := parse(tr)
			numbers = append(numbers, d.pan)
			return d, err
		}
	}
	s := Swipe{Status: [3]TrackStatus{Decoded, Decoded}, Tracks: [3]Track{NewTrack(1, []byte(visaTrack1)), NewTrack(2, []byte(visaTrack2))}}
	c, err := s.card([2]func(Track) (trackData, error){spy(parseTrack1), spy(parseTrack2)})
	if err != nil {
		t.Fatal(err)
	}
	if !c.PAN.Present() || numbers[0].Present() == numbers[1].Present() {
		t.Error("not exactly one of the two numbers is kept")
	}
}

func TestWipeRaces(t *testing.T) {
	p := made(NewPAN([]byte("4111111111111111")))
	q := made(NewPAN([]byte("4111111111111111")))
	start := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		for _, f := range []func(){p.Wipe, func() { p.LuhnOK() }, func() { p.Equal(q) }, func() { q.Equal(p) }, func() { _ = p.String() }, func() { p.Fingerprint(nil) }} {
			all.Go(func() {
				<-start
				f()
			})
		}
	}
	close(start)
	all.Wait()
	if p.Present() || !q.Present() {
		t.Error("the wrong number was wiped")
	}
}
