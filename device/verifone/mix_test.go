package verifone_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// TestMixOfFaults asks for many PINs while a seed draws what goes wrong with half of them. Each ends in the PIN of the
// card that was asked for, under a key that none before it had, or in an error that the register knows.
func TestMixOfFaults(t *testing.T) {
	known := map[pos.Code]bool{
		pos.CodePINPadOffline: true, pos.CodePINPadProtocol: true, pos.CodePINPadNoKey: true, pos.CodePINPadUsedUp: true,
		pos.CodePINTimeout: true, pos.CodePINCancelled: true,
	}
	for _, dialect := range []verifone.Dialect{verifone.UIC, verifone.VeriFone} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel() // it mostly waits
			sim, err := pinpad.New(pinpad.Config{Dialect: string(dialect), Auto: true, FaultsSeed: 7, FaultsShare: 50})
			if err != nil {
				t.Fatal(err)
			}
			ready, err := counter.StartPINPad(group(t, true), sim, counter.Place{Socket: filepath.Join(socketDir(t), "p")})
			if err != nil {
				t.Fatal(err)
			}
			changed := make(chan struct{}, 1)
			pad, err := device.OpenPINPad(t.Context(), ready.URI, "", quick(verifone.Settings{Dialect: dialect}), device.Options{Changed: changed})
			if err != nil {
				t.Fatal(err)
			}
			defer pad.Close()
			var last card.KSN
			good, strange := 0, 0
			for i := range 60 {
				awaitOnline(t, pad, changed)
				entry, err := askBriefly(t, pad, i%2)
				switch {
				case err != nil && (known[pos.CodeOf(err)] || errors.Is(err, context.DeadlineExceeded)):
				case err != nil:
					t.Errorf("PIN %d gives %v", i, err)
				case last != "" && !entry.Block.KSN.After(last):
					t.Errorf("PIN %d has the key of transaction %d after %d", i, entry.Block.KSN.Counter(), last.Counter())
				case opens(entry, i%2):
					good++
				default:
					strange++ // under a wrong key, which the terminal cannot see
				}
				if err == nil {
					last = entry.Block.KSN
				}
				entry.Wipe()
			}
			wrong := 0
			for _, f := range sim.Faulted() {
				if f.Do == "wrong_key" {
					wrong += f.Fired
				}
			}
			if strange > wrong {
				t.Errorf("%d blocks do not open, and %d were made under a wrong key", strange, wrong)
			}
			if good < 20 || len(sim.Faulted()) < 20 {
				t.Errorf("%d of 60 PINs came well, %d faults were drawn", good, len(sim.Faulted()))
			}
		})
	}
}

func askBriefly(t *testing.T, pad *device.PINPad, which int) (pos.PINEntry, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // longer than any delay that is drawn
	defer cancel()
	pan := number(which)
	defer pan.Wipe()
	return pad.EnterPIN(ctx, pos.PINRequest{PAN: pan, Amount: money.New(1234, money.USD)})
}

func awaitOnline(t *testing.T, pad *device.PINPad, changed <-chan struct{}) {
	t.Helper()
	timer := time.NewTimer(2 * time.Minute)
	defer timer.Stop()
	for pad.Health().State != pos.DeviceOnline {
		select {
		case <-changed:
		case <-timer.C:
			t.Fatalf("the pad is %+v", pad.Health())
		}
	}
}
