package device

import (
	"context"
	"slices"
	"sync/atomic"
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

// TestNotThere: a device that was unplugged for a long time, or never there, is found within a second of its coming,
// whatever it did before.
func TestNotThere(t *testing.T) {
	for _, c := range []struct {
		name  string
		lasts []time.Duration // before it was unplugged
	}{
		{"never there", nil},
		{"unplugged", []time.Duration{time.Hour}},
		{"unplugged after it went at once many times", make([]time.Duration, 12)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var plugged atomic.Bool
				plugged.Store(len(c.lasts) > 0)
				var tries atomic.Int64
				s, err := newSupervisor(t.Context(), Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				s.start(func(context.Context) (session, error) {
					if tries.Add(1); !plugged.Load() {
						return session{}, transport.ErrOffline
					}
					return session{nothing{}, func(ctx context.Context) error {
						s.up(pos.Health{State: pos.DeviceOnline})
						if len(c.lasts) == 0 {
							<-ctx.Done()
							return ctx.Err()
						}
						time.Sleep(c.lasts[0])
						if c.lasts = c.lasts[1:]; len(c.lasts) == 0 {
							plugged.Store(false)
						}
						return transport.ErrOffline
					}}, nil
				})
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				before := tries.Load()
				time.Sleep(time.Minute)
				synctest.Wait()
				if n := tries.Load() - before; n > 60 {
					t.Errorf("while it is not there it is tried %d times in a minute", n)
				}
				plugged.Store(true)
				time.Sleep(time.Second)
				synctest.Wait()
				if h := s.Health(); h.State != pos.DeviceOnline {
					t.Errorf("a second after it was plugged in it is %+v", h)
				}
			})
		})
	}
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
