package device

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// lives supervises a device that is found at every try and goes after each of these times; the last one stays. pauses
// are those between a loss and the next try.
func lives(t *testing.T, o Options, lasts ...time.Duration) (s *supervisor, pauses func() []time.Duration) {
	t.Helper()
	s, err := newSupervisor(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var all []time.Duration
	var gone time.Time
	s.start(func(context.Context) (session, error) {
		if !gone.IsZero() {
			all = append(all, time.Since(gone))
		}
		return session{nothing{}, func(ctx context.Context) error {
			s.up(pos.Health{State: pos.DeviceOnline})
			if len(lasts) == 0 {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(lasts[0])
			lasts, gone = lasts[1:], time.Now()
			return transport.ErrOffline
		}}, nil
	})
	return s, func() []time.Duration { synctest.Wait(); return all }
}

// TestGoesAtOnce: a device that is found and goes at once, as behind an address that takes connections and drops them,
// is tried less and less often. When one that stayed for a while goes, it is looked for at once.
func TestGoesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pauses := lives(t, Options{}, 0, 0, 0, time.Millisecond, 0, 0, 0, 0, 0, 0, steady, 0)
		defer s.Close()
		time.Sleep(time.Minute)
		const ms = time.Millisecond
		want := []time.Duration{25 * ms, 50 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms, 5000 * ms, 25 * ms, 50 * ms}
		if got := pauses(); !slices.Equal(got, want) {
			t.Errorf("it waits %v, not %v", got, want)
		}
		if h := s.Health(); h.State != pos.DeviceOnline {
			t.Errorf("it is %+v", h)
		}
	})
}

// TestOwnWaits: the waits can be set.
func TestOwnWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pauses := lives(t, Options{Waits: Waits{Shortest: time.Second, Longest: 3 * time.Second}}, 0, 0, 0)
		defer s.Close()
		time.Sleep(time.Minute)
		if got, want := pauses(), []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("it waits %v, not %v", got, want)
		}
	})
}

// TestCloseEndsTheWait: Close does not wait for the next try.
func TestCloseEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pauses := lives(t, Options{}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		time.Sleep(20 * time.Second) // in a wait of five seconds
		began, tries := time.Now(), len(pauses())
		s.Close()
		if waited := time.Since(began); waited != 0 || len(pauses()) != tries || s.Health().State != pos.DeviceClosed {
			t.Errorf("close takes %v and leaves it %+v", waited, s.Health())
		}
	})
}
