package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestLRCVectors: the vectors are of published tracks and of a published reader frame.
func TestLRCVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/track_lrc.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Track, LRC string }
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for i, row := range rows {
		n := 2
		switch {
		case row.Track[0] == '%':
			n = 1
		case len(row.Track) > longestTrack2:
			n = 3
		}
		seen[n]++
		if got := string(LRC([]byte(row.Track), n)); got != row.LRC {
			t.Errorf("vector %d, track %d: got %q, want %q", i, n, got, row.LRC)
		}
	}
	if seen[1] == 0 || seen[2] == 0 || seen[3] == 0 {
		t.Errorf("not every track has a vector: %v", seen)
	}
}

// TestLRCFindsAChangedCharacter: one wrong character, or the LRC of another track, never fits.
func TestLRCFindsAChangedCharacter(t *testing.T) {
	for n, text := range map[int]string{1: visaTrack1, 2: visaTrack2, 3: visaTrack2} {
		whole := []byte(text)
		want := LRC(whole, n)
		for i := range whole {
			wrong := bytes.Clone(whole)
			wrong[i] ^= 1
			if LRC(wrong, n) == want {
				t.Errorf("track %d: a changed character %d is not found", n, i)
			}
		}
		// What a reader does: sentinel to LRC, all data bits come to zero.
		if got := LRC(append(whole, want), n); got != LRC(nil, n) {
			t.Errorf("track %d and its LRC do not cancel out", n)
		}
	}
}

type wanted struct {
	pan, name, yymm, service string
	err                      error
}

func checkTrack(t *testing.T, parse func(Track) (trackData, error), n int, text string, want wanted) {
	t.Helper()
	d, err := parse(NewTrack(n, []byte(text)))
	if !errors.Is(err, want.err) {
		t.Fatalf("got %v, want %v", err, want.err)
	}
	if err != nil {
		if d != (trackData{}) {
			t.Error("data stand beside the error")
		}
		return
	}
	d.pan.Lend(func(b []byte) {
		if string(b) != want.pan {
			t.Error("the number is another one")
		}
	})
	d.name.Lend(func(b []byte) {
		if string(b) != want.name {
			t.Error("the name is another one")
		}
	})
	if d.expiry.YYMM() != want.yymm || string(d.service) != want.service {
		t.Errorf("date read: %v, service code %q, want %q", !d.expiry.IsZero(), d.service, want.service)
	}
}

const visa = "4111111111111111"

func TestTrack1(t *testing.T) {
	full := func(pan, name, rest string) string { return "%B" + pan + "^" + name + "^" + rest + "?" }
	long := strings.Repeat("0", 79-1-len(full(visa, "DOE/JANE", "3012101")))
	for name, row := range map[string]struct {
		text string
		want wanted
	}{
		"usual":                      {visaTrack1, wanted{visa, "DOE/JANE", "3012", "101", nil}},
		"no discretionary data":      {full(visa, "DOE/JANE", "3012101"), wanted{visa, "DOE/JANE", "3012", "101", nil}},
		"letters discretionary":      {full(visa, "DOE/JANE", "3012101AB ^/C"), wanted{visa, "DOE/JANE", "3012", "101", nil}},
		"spaces in the number":       {full("3782 822463 10005", "DOE/JANE", "3012101"), wanted{"378282246310005", "DOE/JANE", "3012", "101", nil}},
		"name padded":                {full(visa, "DOE/JANE MRS              ", "3012101"), wanted{visa, "DOE/JANE MRS", "3012", "101", nil}},
		"name blank":                 {full(visa, "  ", "3012101"), wanted{visa, "", "3012", "101", nil}},
		"name of 2":                  {full(visa, " /", "3012101"), wanted{visa, " /", "3012", "101", nil}},
		"name of 26":                 {full(visa, "ABCDEFGHIJKLMNOPQRSTUVWX/Y", "3012101"), wanted{visa, "ABCDEFGHIJKLMNOPQRSTUVWX/Y", "3012", "101", nil}},
		"no expiry date":             {full(visa, "DOE/JANE", "^101123"), wanted{visa, "DOE/JANE", "", "101", nil}},
		"no service code":            {full(visa, "DOE/JANE", "3012^123"), wanted{visa, "DOE/JANE", "3012", "", nil}},
		"neither":                    {full(visa, "DOE/JANE", "^^123"), wanted{visa, "DOE/JANE", "", "", nil}},
		"neither and nothing more":   {full(visa, "DOE/JANE", "^^"), wanted{visa, "DOE/JANE", "", "", nil}},
		"number of 19":               {full("6212345678900000003", "DOE/JANE", "3012101"), wanted{"6212345678900000003", "DOE/JANE", "3012", "101", nil}},
		"longest":                    {full(visa, "DOE/JANE", "3012101"+long), wanted{visa, "DOE/JANE", "3012", "101", nil}},
		"one too long":               {full(visa, "DOE/JANE", "3012101"+long+"0"), wanted{err: ErrTrack}},
		"format A":                   {"%A" + visa + "^DOE/JANE^3012101?", wanted{err: ErrFormat}},
		"format A is a bad track":    {"%A" + visa + "^DOE/JANE^3012101?", wanted{err: ErrTrack}},
		"format C":                   {"%C" + visa + "^DOE/JANE^3012101?", wanted{err: ErrFormat}},
		"driver licence":             {"%CASPRINGFIELD^DOE$JANE^12 HIGH ST^?", wanted{err: ErrFormat}},
		"reader's E":                 {"%E?", wanted{err: ErrTrack}},
		"only sentinels":             {"%?", wanted{err: ErrTrack}},
		"empty":                      {"", wanted{err: ErrTrack}},
		"one character":              {"%", wanted{err: ErrTrack}},
		"no start sentinel":          {visaTrack1[1:], wanted{err: ErrTrack}},
		"no end sentinel":            {visaTrack1[:len(visaTrack1)-1], wanted{err: ErrTrack}},
		"LRC still there":            {visaTrack1 + "!", wanted{err: ErrTrack}},
		"end sentinel twice":         {visaTrack1 + "?", wanted{err: ErrTrack}},
		"start sentinel inside":      {full(visa, "DOE%JANE", "3012101"), wanted{err: ErrTrack}},
		"end sentinel inside":        {full(visa, "DOE/JANE", "3012101?0"), wanted{err: ErrTrack}},
		"small letter":               {full(visa, "DOE/jANE", "3012101"), wanted{err: ErrTrack}},
		"control character":          {full(visa, "DOE\nJANE", "3012101"), wanted{err: ErrTrack}},
		"byte over 127":              {full(visa, "DOE/J\xc4NE", "3012101"), wanted{err: ErrTrack}},
		"name of 1":                  {full(visa, "D", "3012101"), wanted{err: ErrTrack}},
		"name of 27":                 {full(visa, "ABCDEFGHIJKLMNOPQRSTUVWXY/Z", "3012101"), wanted{err: ErrTrack}},
		"no name":                    {"%B" + visa + "^3012101?", wanted{err: ErrTrack}},
		"track 2 under 1's sentinel": {"%" + visa + "=3012101?", wanted{err: ErrFormat}},
		"month 13":                   {full(visa, "DOE/JANE", "3013101"), wanted{err: ErrExpiry}},
		"month 00":                   {full(visa, "DOE/JANE", "3000101"), wanted{err: ErrExpiry}},
		"date with letters":          {full(visa, "DOE/JANE", "30A2101"), wanted{err: ErrExpiry}},
		"date cut":                   {full(visa, "DOE/JANE", "301"), wanted{err: ErrTrack}},
		"service code cut":           {full(visa, "DOE/JANE", "301210"), wanted{err: ErrTrack}},
		"service code with letters":  {full(visa, "DOE/JANE", "30121A1"), wanted{err: ErrTrack}},
		"nothing after the name":     {full(visa, "DOE/JANE", ""), wanted{err: ErrTrack}},
		"number of 7":                {full("4111111", "DOE/JANE", "3012101"), wanted{err: ErrPANLength}},
		"number of 20":               {full("41111111111111111111", "DOE/JANE", "3012101"), wanted{err: ErrPANLength}},
		"no number":                  {full("", "DOE/JANE", "3012101"), wanted{err: ErrPANLength}},
		"letters in the number":      {full("41111111111A1111", "DOE/JANE", "3012101"), wanted{err: ErrPANDigits}},
		"dashes in the number":       {full("4111-1111-1111-1111", "DOE/JANE", "3012101"), wanted{err: ErrPANDigits}},
		"stars in the number":        {full("4111********1111", "DOE/JANE", "3012101"), wanted{err: ErrPANDigits}},
	} {
		t.Run(name, func(t *testing.T) { checkTrack(t, parseTrack1, 1, row.text, row.want) })
	}
}

func TestTrack2(t *testing.T) {
	long := strings.Repeat("0", 40-1-len(";"+visa+"=3012101?"))
	for name, row := range map[string]struct {
		text string
		want wanted
	}{
		"usual":                    {visaTrack2, wanted{visa, "", "3012", "101", nil}},
		"no discretionary data":    {";" + visa + "=3012101?", wanted{visa, "", "3012", "101", nil}},
		"no expiry date":           {";" + visa + "==101123?", wanted{visa, "", "", "101", nil}},
		"no service code":          {";" + visa + "=3012=123?", wanted{visa, "", "3012", "", nil}},
		"neither":                  {";" + visa + "===123?", wanted{visa, "", "", "", nil}},
		"separator discretionary":  {";" + visa + "=3012101123=4?", wanted{visa, "", "3012", "101", nil}},
		"hardware characters":      {";" + visa + "=3012101:<>?", wanted{visa, "", "3012", "101", nil}},
		"number of 19":             {";6212345678900000003=3012101?", wanted{"6212345678900000003", "", "3012", "101", nil}},
		"longest":                  {";" + visa + "=3012101" + long + "?", wanted{visa, "", "3012", "101", nil}},
		"one too long":             {";" + visa + "=3012101" + long + "0?", wanted{err: ErrTrack}},
		"chip's separator":         {";" + visa + "D3012101?", wanted{err: ErrTrack}},
		"chip's separator, small":  {";" + visa + "d3012101?", wanted{err: ErrTrack}},
		"masked with stars":        {";4111********1111=3012101?", wanted{err: ErrTrack}},
		"space in the number":      {";4111 111111111111=3012101?", wanted{err: ErrTrack}},
		"colon in the number":      {";4111:11111111111=3012101?", wanted{err: ErrPANDigits}},
		"reader's E":               {";E?", wanted{err: ErrTrack}},
		"only sentinels":           {";?", wanted{err: ErrTrack}},
		"empty":                    {"", wanted{err: ErrTrack}},
		"no separator":             {";" + visa + "?", wanted{err: ErrTrack}},
		"no start sentinel":        {visaTrack2[1:], wanted{err: ErrTrack}},
		"no end sentinel":          {visaTrack2[:len(visaTrack2)-1], wanted{err: ErrTrack}},
		"LRC still there":          {visaTrack2 + "0", wanted{err: ErrTrack}},
		"track 3's start":          {"+" + visa + "=3012101?", wanted{err: ErrTrack}},
		"start sentinel inside":    {";" + visa + "=3012101;?", wanted{err: ErrTrack}},
		"end sentinel inside":      {";" + visa + "=3012101?1?", wanted{err: ErrTrack}},
		"month 13":                 {";" + visa + "=3013101?", wanted{err: ErrExpiry}},
		"card's order of the date": {";" + visa + "=1230101?", wanted{err: ErrExpiry}},
		"date cut":                 {";" + visa + "=30?", wanted{err: ErrTrack}},
		"date cut by a separator":  {";" + visa + "=30=?", wanted{err: ErrTrack}},
		"service code cut":         {";" + visa + "=301210?", wanted{err: ErrTrack}},
		"nothing after":            {";" + visa + "=?", wanted{err: ErrTrack}},
		"number of 7":              {";4111111=3012101?", wanted{err: ErrPANLength}},
		"number of 20":             {";41111111111111111111=3012101?", wanted{err: ErrPANLength}},
		"no number":                {";=3012101?", wanted{err: ErrPANLength}},
	} {
		t.Run(name, func(t *testing.T) { checkTrack(t, parseTrack2, 2, row.text, row.want) })
	}
}

// TestMaskedTrackHasNoWayToANumber: by its type a masked track converts to nothing that parses, and none
// of its methods gives more than the last four.
func TestMaskedTrackHasNoWayToANumber(t *testing.T) {
	masked := reflect.TypeOf(MaskedTrack{})
	for _, to := range []any{"", []byte(nil), []rune(nil), PAN{}, Track{}, Card{}, hidden{}, trackData{}} {
		if masked.ConvertibleTo(reflect.TypeOf(to)) {
			t.Errorf("a masked track converts to %T", to)
		}
	}
	if masked.NumMethod() != 1 || masked.Method(0).Name != "Last4" {
		t.Errorf("a masked track has methods beside Last4")
	}
	// A reader that masks with zeros and mends the check digit shows what looks like another card's track.
	for text, want := range map[string]string{
		";4111000000001111=3012101?":     "1111",
		"%B4111********1111^DOE/J^3012?": "1111",
		";****************=3012101?":     "",
		";123=?":                         "",
		"%E?":                            "",
		"":                               "",
		"4111000000001111":               "",
	} {
		m := NewMaskedTrack([]byte(text))
		if m.Last4() != want {
			t.Error("the last four of a masked track are wrong")
		}
		for _, encrypted := range []*Encrypted{nil, {Algorithm: "tdes"}} {
			s := Swipe{Status: [3]TrackStatus{Blank, Blank, Blank}, Encrypted: encrypted, Masked: [3]MaskedTrack{m, m, m}}
			if c, err := s.Card(); err == nil || c.PAN.Present() {
				t.Error("a masked track became a card")
			}
		}
	}
}
