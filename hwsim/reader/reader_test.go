package reader

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/pos/card"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func simulated(t *testing.T) *Reader {
	t.Helper()
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCards reads every test card as the terminal will.
func TestCards(t *testing.T) {
	odd := map[string]error{"visa-badluhn": card.ErrLuhn, "visa-disagree": card.ErrDisagree, "visa-badtrack": card.ErrTrack, "gift": card.ErrTrack}
	brands := map[card.Brand]bool{}
	for _, c := range Cards() {
		s := card.Swipe{Tracks: [3]card.Track{card.NewTrack(1, []byte(c.Track1)), card.NewTrack(2, []byte(c.Track2))}}
		for i := range 2 {
			if s.Tracks[i].Present() {
				s.Status[i] = card.Decoded
			}
		}
		got, err := s.Card()
		if (err == nil) != (odd[c.Name] == nil) {
			t.Errorf("%s gives %v, want %v", c.Name, err, odd[c.Name])
			continue
		}
		if err != nil {
			continue
		}
		brands[got.PAN.Brand()] = true
		if prefix, _, _ := strings.Cut(c.Name, "-"); string(got.PAN.Brand()) != prefix {
			t.Errorf("%s is of brand %s", c.Name, got.PAN.Brand())
		}
		if got.ServiceCode.Chip() != strings.HasSuffix(c.Name, "-chip") {
			t.Errorf("%s has service code %s", c.Name, got.ServiceCode)
		}
	}
	if len(brands) != 8 {
		t.Errorf("%d brands, want 8", len(brands))
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, s := range []Swipe{
		{}, {Card: "nobody"}, {Card: "visa", Track1: "%B?"}, {Card: "visa", Fault: "fire"},
		{Card: "visa", Fault: "lrc:4"}, {Card: "visa", Fault: "lrc:x"}, {Card: "visa", Fault: "unplug"},
		{Track2: strings.Repeat("1", 111)},
	} {
		if _, err := simulated(t).plan(s); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

func TestControl(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"cards", "GET", "/cards", "", 200},
		{"unknown card", "POST", "/swipe", `{"card":"nobody"}`, 400},
		{"unknown key", "POST", "/swipe", `{"cart":"visa"}`, 400},
		{"no hexadecimal", "POST", "/raw", `{"packets":["zz"]}`, 400},
		{"nobody connected", "POST", "/swipe", `{"card":"visa"}`, 409},
	} {
		if c.status == http.StatusConflict {
			cancel()
		}
		w := httptest.NewRecorder()
		r.Control().ServeHTTP(w, httptest.NewRequestWithContext(ctx, c.method, c.path, strings.NewReader(c.body)))
		body, _ := io.ReadAll(w.Body)
		if w.Code != c.status || !json.Valid(body) {
			t.Errorf("%s: status %d, %s", c.name, w.Code, body)
		}
	}
	cancel()
}

func TestPacketSize(t *testing.T) {
	for _, n := range []int{-1, 65} {
		if _, err := New(Config{Packet: n}); err == nil {
			t.Errorf("packets of %d bytes are taken", n)
		}
	}
}
