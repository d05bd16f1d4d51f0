package wedge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

const (
	track1 = "%B4111111111111111^TEST/VISA^29121010000000000000000?"
	track2 = ";4111111111111111=29121010000000000?"
)

// keyboard types with a gap between keys and gives what passed.
func keyboard(r *Reader, gap time.Duration, text string) (passed string) {
	for _, key := range text {
		time.Sleep(gap)
		if r.Rune(key, time.Now()) {
			passed += string(key)
		}
	}
	return passed
}

// armed starts Read and waits until it waits.
func armed(t *testing.T, r *Reader) <-chan card.Swipe {
	t.Helper()
	out := make(chan card.Swipe, 1)
	go func() {
		s, err := r.Read(t.Context())
		if err != nil {
			t.Errorf("read: %v", err)
		}
		out <- s
	}()
	synctest.Wait()
	return out
}

func statuses(s card.Swipe) string {
	names := map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}
	return names[s.Status[0]] + " " + names[s.Status[1]] + " " + names[s.Status[2]]
}

// german types what a US reader's keys give under the German layout.
var german = strings.NewReplacer(";", "ö", "=", "´", "?", "_", "^", "&", "/", "-", "-", "ß", "+", "`", "Y", "Z", "Z", "Y")

func TestBurst(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		last4            string // of the card; empty when there is none
	}{
		{"both tracks", track1 + track2 + "\r", "decoded decoded blank", "1111"},
		{"track 2 alone", track2 + "\r", "blank decoded blank", "1111"},
		{"line feed for Enter", track2 + "\n", "blank decoded blank", "1111"},
		{"three tracks", track1 + track2 + "+123?\r", "decoded decoded decoded", "1111"},
		{"second semicolon is track 3", track1 + track2 + ";123?\r", "decoded decoded decoded", "1111"},
		{"bad track 1", "%E?" + track2 + "\r", "bad decoded blank", "1111"},
		{"bad track 2", track1 + ";E?\r", "decoded bad blank", "1111"},
		{"caps lock", strings.ToLower(track1) + track2 + "\r", "decoded decoded blank", "1111"},
		{"another layout", strings.NewReplacer(";", "ö", "=", "´").Replace(track2) + "\r", "blank decoded blank", "1111"},
		{"German layout", german.Replace(track1+track2+"+123?") + "\r", "decoded decoded decoded", "1111"},
		{"German layout, a bad track", german.Replace("%E?"+track2) + "\r", "bad decoded blank", "1111"},
		{"Spanish layout", strings.NewReplacer(";", "ñ", "=", "¡", "?", "_", "^", "&", "/", "-", "+", "¿").Replace(track1+track2+"+123?") + "\r", "decoded decoded decoded", "1111"},
		{"Italian layout", strings.NewReplacer(";", "ò", "=", "ì", "?", "_", "^", "&", "/", "-", "+", "^").Replace(track1+track2+"+123?") + "\r", "decoded decoded decoded", "1111"},
		{"Swiss layout", strings.NewReplacer(";", "é", "=", "^", "?", "_", "^", "&", "/", "-").Replace(track1+track2) + "\r", "decoded decoded blank", "1111"},
		{"an underscore among question marks", "%B4111111111111111^A_B/C^2912101?;1_\r", "bad bad blank", ""},
		{"no end sentinel", ";4111111111111111=2912\r", "bad bad blank", ""},
		{"a key that no stripe holds", ";4111\u20ac?\r", "bad bad blank", ""},
		{"endless", ";" + strings.Repeat("1", 500) + "?\r", "bad bad blank", ""},
		{"track too long", ";" + strings.Repeat("1", 60) + "?\r", "blank bad blank", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := New(time.Now)
				result := armed(t, r)
				if p := keyboard(r, 5*time.Millisecond, c.text); p != "" {
					t.Errorf("%d keys of the burst passed", len(p))
				}
				s := <-result
				if statuses(s) != c.want || s.Entry != card.EntryWedge {
					t.Errorf("tracks are %s by %s, want %s", statuses(s), s.Entry, c.want)
				}
				got, err := s.Card()
				if (err == nil) != (c.last4 != "") || err == nil && got.PAN.Last4() != c.last4 {
					t.Errorf("card is %s, %v", got.PAN, err)
				}
				if strings.Trim(string(r.held[:cap(r.held)]), "\x00") != "" {
					t.Error("keys of the burst are still in memory")
				}
				if p := keyboard(r, 5*time.Millisecond, "12.50\r"); p != "12.50\r" {
					t.Errorf("of the keys after it only %q passed", p)
				}
			})
		})
	}
}

func TestPersonTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(time.Now)
		if p := keyboard(r, 200*time.Millisecond, "12.50\rabc?=^"); p != "12.50\rabc?=^" {
			t.Errorf("only %q passed", p)
		}
		if p := keyboard(r, 200*time.Millisecond, "1%2;3"); p != "123" {
			t.Errorf("around single sentinels %q passed", p)
		}
		if r.Ignored() != 0 {
			t.Errorf("%d bursts were counted", r.Ignored())
		}
	})
}

// TestHalfSwipe ends a Read whose burst fell silent, without another key.
func TestHalfSwipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(time.Now)
		result := armed(t, r)
		keyboard(r, 5*time.Millisecond, track2[:15])
		start := time.Now()
		s := <-result
		if statuses(s) != "bad bad blank" {
			t.Errorf("tracks are %s", statuses(s))
		}
		if d := time.Since(start); d < Silence || d > Silence+3*Gap {
			t.Errorf("it took %v", d)
		}
	})
}

// TestBusyMachine takes the keys up late, here and there: none of the stripe passes, and the swipe counts.
func TestBusyMachine(t *testing.T) {
	for stalled := 1; stalled < len(track2); stalled++ {
		synctest.Test(t, func(t *testing.T) {
			r := New(time.Now)
			result := armed(t, r)
			passed := keyboard(r, time.Millisecond, track2[:stalled])
			stall := Silence - 10*time.Millisecond
			if stalled < sure {
				stall = Gap - 10*time.Millisecond
			}
			time.Sleep(stall)
			if passed += keyboard(r, time.Millisecond, track2[stalled:]+"\r"); passed != "" {
				t.Errorf("stalled after %d keys, %d keys passed", stalled, len(passed))
			}
			if s := <-result; statuses(s) != "blank decoded blank" {
				t.Errorf("stalled after %d keys, tracks are %s", stalled, statuses(s))
			}
		})
	}
}

func TestArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(time.Now)
		keyboard(r, time.Millisecond, track2+"\r")
		if r.Ignored() != 1 {
			t.Errorf("an unarmed swipe counts %d times", r.Ignored())
		}

		keyboard(r, time.Millisecond, track2[:10])
		time.Sleep(time.Millisecond)
		result := armed(t, r)
		keyboard(r, time.Millisecond, track2[10:]+"\r")
		synctest.Wait()
		select {
		case <-result:
			t.Error("a swipe that began before arming counts")
		default:
		}

		if _, err := r.Read(t.Context()); pos.CodeOf(err) != pos.CodeBusy {
			t.Errorf("a second Read gives %v", err)
		}
		keyboard(r, time.Millisecond, track2+"\r"+track1+"\r")
		if s := <-result; statuses(s) != "blank decoded blank" {
			t.Errorf("of two swipes the one with tracks %s counts", statuses(s))
		}
		if r.Ignored() != 3 {
			t.Errorf("%d swipes were ignored, want 3", r.Ignored())
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read gives %v", err)
		}
		keyboard(r, time.Millisecond, track2+"\r")
		if r.Ignored() != 1 {
			t.Error("a swipe after the deadline was not ignored")
		}
	})
}

func FuzzBurst(f *testing.F) {
	f.Add(track1 + track2 + "\r")
	f.Add("%E?;E?+E?\r")
	f.Add("???\r%%;;")
	f.Fuzz(func(t *testing.T, text string) {
		r := New(time.Now)
		at := time.Unix(0, 0)
		for _, key := range text {
			at = at.Add(time.Millisecond)
			if r.Rune(key, at) && (key == '%' || key == ';') {
				t.Fatal("a sentinel passed")
			}
		}
		s := Parse([]byte(text))
		if c, err := s.Card(); err == nil {
			c.Wipe()
		}
	})
}

// TestEncryptingKeyboard: a MagneSafe reader that types makes no card, and none of what it types passes, whether all its
// fields come or the short ones only.
func TestEncryptingKeyboard(t *testing.T) {
	r, err := recording.Read("../../testdata/devices/magnesafe-text-visa.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.Bytes())
	fields := strings.Split(text, "|")
	short := fields[0][strings.IndexByte(fields[0], ';'):] + "|" + fields[1] + "|||||||||||0000\r"
	if len(short) >= longestBurst {
		t.Fatal("the short text is not short")
	}
	for name, text := range map[string]string{"whole": text, "short": short} {
		synctest.Test(t, func(t *testing.T) {
			r := New(time.Now)
			read := armed(t, r)
			if passed := keyboard(r, time.Millisecond, text); passed != "" {
				t.Errorf("%s: %d keys pass", name, len(passed))
			}
			s := <-read
			if _, err := s.Card(); !errors.Is(err, card.ErrNoTrack) {
				t.Errorf("%s: it gives a card, or %v", name, err)
			}
		})
	}
}
