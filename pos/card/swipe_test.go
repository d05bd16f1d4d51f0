package card

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func swipeOf(t1, t2 string, status ...TrackStatus) Swipe {
	s := Swipe{Entry: EntrySwipe, Tracks: [3]Track{NewTrack(1, []byte(t1)), NewTrack(2, []byte(t2))}}
	copy(s.Status[:], status)
	return s
}

func TestSwipeCard(t *testing.T) {
	encrypted := swipeOf(visaTrack1, visaTrack2, Decoded, Decoded)
	encrypted.Encrypted = &Encrypted{Algorithm: "tdes"}
	third := Swipe{Status: [3]TrackStatus{Blank, Blank, Decoded}, Tracks: [3]Track{{}, {}, NewTrack(3, []byte(visaTrack2))}}
	both := []TrackStatus{Decoded, Decoded}
	for name, row := range map[string]struct {
		swipe    Swipe
		err      error
		yymm     string
		service  ServiceCode
		t1, t2   bool
		withName bool
	}{
		"both tracks":                   {swipeOf(visaTrack1, visaTrack2, both...), nil, "3012", "101", true, true, true},
		"track 1 alone":                 {swipeOf(visaTrack1, "", Decoded, Blank), nil, "3012", "101", true, false, true},
		"track 2 alone":                 {swipeOf("", visaTrack2, Blank, Decoded), nil, "3012", "101", false, true, false},
		"track 1 unreadable":            {swipeOf("", visaTrack2, Bad, Decoded), nil, "3012", "101", false, true, false},
		"track 2 unreadable":            {swipeOf(visaTrack1, "", Decoded, Bad), nil, "3012", "101", true, false, true},
		"unreadable text is not parsed": {swipeOf("%garbage", visaTrack2, Bad, Decoded), nil, "3012", "101", false, true, false},
		"date on track 2 only":          {swipeOf("%B"+visa+"^DOE/JANE^^101?", visaTrack2, both...), nil, "3012", "101", true, true, true},
		"date on track 1 only":          {swipeOf(visaTrack1, ";"+visa+"==101?", both...), nil, "3012", "101", true, true, true},
		"service code on track 1 only":  {swipeOf(visaTrack1, ";"+visa+"=3012=?", both...), nil, "3012", "101", true, true, true},
		"service code on track 2 only":  {swipeOf("%B"+visa+"^DOE/JANE^3012^?", visaTrack2, both...), nil, "3012", "101", true, true, true},
		"no date anywhere":              {swipeOf("", ";"+visa+"==101?", Blank, Decoded), nil, "", "101", false, true, false},
		"chip card":                     {swipeOf("", ";"+visa+"=3012201?", Blank, Decoded), nil, "3012", "201", false, true, false},

		"nothing":                 {swipeOf("", "", Blank, Blank), ErrNoTrack, "", "", false, false, false},
		"both unreadable":         {swipeOf("", "", Bad, Bad), ErrNoTrack, "", "", false, false, false},
		"track 3 alone":           {third, ErrNoTrack, "", "", false, false, false},
		"numbers differ":          {swipeOf(visaTrack1, otherTrack2, both...), ErrDisagree, "", "", false, false, false},
		"dates differ":            {swipeOf(visaTrack1, ";"+visa+"=3011101?", both...), ErrDisagree, "", "", false, false, false},
		"service codes differ":    {swipeOf(visaTrack1, ";"+visa+"=3012201?", both...), ErrDisagree, "", "", false, false, false},
		"bad track 1, good 2":     {swipeOf("%B"+visa+"?", visaTrack2, both...), ErrTrack, "", "", false, false, false},
		"track 1 of format A":     {swipeOf("%A123?", visaTrack2, both...), ErrFormat, "", "", false, false, false},
		"good track 1, bad 2":     {swipeOf(visaTrack1, ";E?", both...), ErrTrack, "", "", false, false, false},
		"decoded but empty":       {swipeOf("", "", Decoded, Blank), ErrTrack, "", "", false, false, false},
		"tracks in wrong places":  {swipeOf(visaTrack2, visaTrack1, both...), ErrTrack, "", "", false, false, false},
		"check digit":             {swipeOf("", ";4111111111111112=3012101?", Blank, Decoded), ErrLuhn, "", "", false, false, false},
		"number too short":        {swipeOf("", ";4111111=3012101?", Blank, Decoded), ErrPANLength, "", "", false, false, false},
		"month thirteen":          {swipeOf("", ";"+visa+"=3013101?", Blank, Decoded), ErrExpiry, "", "", false, false, false},
		"encrypting reader":       {encrypted, ErrEncrypted, "", "", false, false, false},
		"encrypted, nothing else": {Swipe{Encrypted: &Encrypted{}}, ErrEncrypted, "", "", false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := row.swipe.Card()
			if !errors.Is(err, row.err) {
				t.Fatalf("got %v, want %v", err, row.err)
			}
			if err != nil {
				if c != (Card{}) {
					t.Error("a card stands beside the error")
				}
				return
			}
			want := made(NewPAN([]byte(visa)))
			if !c.PAN.Equal(want) || c.Expiry.YYMM() != row.yymm || c.ServiceCode != row.service || c.Entry != EntrySwipe {
				t.Error("number, date, service code or entry are wrong")
			}
			if c.Track1.Present() != row.t1 || c.Track2.Present() != row.t2 || c.Name.Present() != row.withName {
				t.Errorf("track 1: %v, track 2: %v, name: %v", c.Track1.Present(), c.Track2.Present(), c.Name.Present())
			}
			if c.CVV.Present() {
				t.Error("a stripe gave a security code")
			}
		})
	}
}

// leaksDigits says whether five or more digits of a text that may hold card data stand in an error.
func leaksDigits(err error, text []byte) bool {
	said := fmt.Sprintf("%v %+v %#v", err, err, err)
	run := 0
	for i, c := range text {
		if run++; c < '0' || c > '9' {
			run = 0
		}
		if run >= 5 && bytes.Contains([]byte(said), text[i-4:i+1]) {
			return true
		}
	}
	return false
}

var trackErrors = []error{ErrTrack, ErrExpiry, ErrPANDigits, ErrPANLength}

// fuzzTrack holds for every text: an error of the list that says nothing of the text, or data that make the same track.
func fuzzTrack(t *testing.T, n int, text []byte, parse func(Track) (trackData, error)) {
	tr := NewTrack(n, text)
	d, err := parse(tr)
	if err != nil {
		if leaksDigits(err, text) {
			t.Fatal("an error holds digits of the track")
		}
		for _, known := range trackErrors {
			if errors.Is(err, known) {
				return
			}
		}
		t.Fatal("an unknown error")
	}
	if !d.pan.Present() || d.pan.Len() < 8 || d.pan.Len() > 19 || d.service != "" && (len(d.service) != 3 || !digitsOnly([]byte(d.service))) {
		t.Fatal("a track of no card was accepted")
	}
	again, err := parse(NewTrack(n, rebuilt(n, d)))
	if err != nil || !again.pan.Equal(d.pan) || again.expiry != d.expiry || again.service != d.service {
		t.Fatal("what was parsed does not make the same track")
	}
	var name, nameAgain []byte
	d.name.Lend(func(b []byte) { name = bytes.Clone(b) })
	again.name.Lend(func(b []byte) { nameAgain = bytes.Clone(b) })
	if !bytes.Equal(name, nameAgain) {
		t.Fatal("the name changed")
	}
}

// rebuilt lays out what was parsed, without discretionary data.
func rebuilt(n int, d trackData) []byte {
	var pan, name []byte
	d.pan.Lend(func(b []byte) { pan = bytes.Clone(b) })
	d.name.Lend(func(b []byte) { name = bytes.Clone(b) })
	for len(name) < 2 {
		name = append(name, ' ')
	}
	separator, start := "=", ";"+string(pan)+"="
	if n == 1 {
		separator, start = "^", "%B"+string(pan)+"^"+string(name)+"^"
	}
	yymm, service := d.expiry.YYMM(), string(d.service)
	if yymm == "" {
		yymm = separator
	}
	if service == "" {
		service = separator
	}
	return []byte(start + yymm + service + "?")
}

func FuzzTrack1(f *testing.F) {
	for _, s := range []string{"", visaTrack1, "%B3782 822463 10005^DOE/J^3012101?", "%B" + visa + "^DOE/JANE^^^?", "%A1?", "%E?", visaTrack2} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { fuzzTrack(t, 1, text, parseTrack1) })
}

func FuzzTrack2(f *testing.F) {
	for _, s := range []string{"", visaTrack2, ";" + visa + "===?", ";" + visa + "=3012=1?", ";E?", ";" + visa + "D3012101?", visaTrack1} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { fuzzTrack(t, 2, text, parseTrack2) })
}

func FuzzSwipe(f *testing.F) {
	f.Add([]byte(visaTrack1), []byte(visaTrack2), byte(5), false)
	f.Add([]byte(visaTrack1), []byte(otherTrack2), byte(5), false)
	f.Add([]byte("%E?"), []byte(visaTrack2), byte(6), false)
	f.Add([]byte(""), []byte(";"+visa+"==101?"), byte(4), true)
	f.Fuzz(func(t *testing.T, t1, t2 []byte, status byte, encrypted bool) {
		s := Swipe{Entry: EntryWedge, Tracks: [3]Track{NewTrack(1, t1), NewTrack(2, t2)},
			Status: [3]TrackStatus{TrackStatus(status & 3), TrackStatus(status >> 2 & 3)}}
		if encrypted {
			s.Encrypted = &Encrypted{}
		}
		c, err := s.Card()
		if err != nil {
			if leaksDigits(err, t1) || leaksDigits(err, t2) {
				t.Fatal("an error holds digits of a track")
			}
			if c != (Card{}) {
				t.Fatal("a card stands beside the error")
			}
			return
		}
		if encrypted {
			t.Fatal("an encrypting reader gave a card")
		}
		again, err := s.Card()
		if err != nil || !again.PAN.Equal(c.PAN) || again.Expiry != c.Expiry || again.ServiceCode != c.ServiceCode {
			t.Fatal("one swipe gives two cards")
		}
		if !c.PAN.LuhnOK() || !c.Track1.Present() && !c.Track2.Present() {
			t.Fatal("a card without a good number or without a track")
		}
		c.Wipe()
		s.Wipe()
		if c.PAN.Present() || s.Tracks[0].Present() || s.Tracks[1].Present() {
			t.Fatal("something is left after the wipe")
		}
	})
}
