package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/words"
)

// queueing is a host that takes everything and says later what it does not do. Its clock stands at noon or one
// o'clock Pacific time of tomorrow, so that its report never begins after what is looked for.
func queueing() string {
	noon := time.Now().UTC().AddDate(0, 0, 1).Truncate(24 * time.Hour).Add(20 * time.Hour)
	return `profile = "queue"
clock = "` + noon.Format(time.RFC3339) + `"
[[account]]
custid = "123456"
password = "abc123"
mode = "test"
`
}

// hostAlone starts the simulated host with a profile.
func hostAlone(t *testing.T, profile string) simulatedHost {
	t.Helper()
	needsBinaries(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "profile.toml")
	if err := os.WriteFile(path, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(binaries, "hwsim"), "host", "trustcommerce", "--control", "127.0.0.1:0", "--profile", path, "--state", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var h simulatedHost
	if err := json.Unmarshal(line, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// terminalOn opens a terminal on a host, which looks for what was only accepted at once.
func terminalOn(t *testing.T, h simulatedHost, transport string) *terminal {
	t.Helper()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "password"), []byte("abc123"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(fmt.Appendf(nil, `[processor.trustcommerce]
transport = %q
hosts = [%q]
https_url = "https://%s/trans/"
query_url = "https://%s/query/"
ca_file = %q
verify_name = "localhost"
custid = "123456"
password_file = "password"
`, transport, h.Listen, h.HTTPS, h.HTTPS, h.CAFile), filepath.Join(data, "till.toml"), data)
	if err != nil {
		t.Fatal(err)
	}
	if faults := cfg.Check(); len(faults) > 0 {
		t.Fatal(faults[0])
	}
	settling := &payment.Settling{First: time.Millisecond, Every: time.Millisecond, Window: time.Hour, Accepted: time.Nanosecond, AcceptedFor: time.Nanosecond}
	term, err := openTerminal(context.Background(), cfg, options{level: slog.LevelInfo, settling: settling}, words.New("en"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := term.Close(); err != nil {
			t.Error(err)
		}
	})
	return term
}

// TestAcceptedIsFollowedToItsEnd: what the gateway only queued is looked up until its report says that it
// was done or refused.
func TestAcceptedIsFollowedToItsEnd(t *testing.T) {
	for _, transport := range []string{"tclink", "https"} {
		t.Run(transport, func(t *testing.T) {
			h := hostAlone(t, queueing())
			clock := newControlClient(h.Control)
			defer clock.close()
			advance := func(by string) {
				t.Helper()
				if err := clock.call(t.Context(), "POST", "/clock", map[string]string{"advance": by}, nil); err != nil {
					t.Fatal(err)
				}
			}
			term := terminalOn(t, h, transport)
			do := func(r control.Request) pos.Payment {
				t.Helper()
				r.Token = newToken()
				a := term.Do(t.Context(), r, nil)
				if err := a.Failure.Err(); err != nil {
					t.Fatal(err)
				}
				return a.Payment
			}
			bank := do(control.Request{Do: control.Sale, Amount: money.New(2000, money.USD), Bank: true,
				Card: []byte(`{"routing":"789456124","account":"55544433221"}`)})
			card := do(control.Request{Do: control.Sale, Amount: money.New(3000, money.USD), Card: []byte(`{"pan":"4111111111111111","exp":"1229"}`)})
			if bank.State != pos.StateAccepted || card.State != pos.StateApproved {
				t.Fatalf("the bank account %s, the card %s", bank.State, card.State)
			}
			advance("9h") // past the cut-off: the gateway queues the void, and finds out
			void := do(control.Request{Do: control.Void, Payment: card.ID})
			if void.State != pos.StateAccepted {
				t.Fatalf("a void that is too late is %s", void.State)
			}
			advance("24h")
			if err := settleOnce(t.Context(), term); err != nil {
				t.Fatal(err)
			}
			for _, want := range []struct {
				of pos.Payment
				is pos.State
			}{{bank, pos.StateConfirmed}, {void, pos.StateRejectedLate}, {card, pos.StateConfirmed}} {
				now, err := term.journal.Find(t.Context(), want.of.ID)
				if err != nil || now.State != want.is {
					t.Errorf("the %s is %s, not %s (%v)", now.Kind, now.State, want.is, err)
				}
			}
		})
	}
}

// settleOnce has the terminal look once for all that is due.
func settleOnce(ctx context.Context, term *terminal) error {
	return term.Do(ctx, control.Request{Do: control.Settle, Token: newToken()}, nil).Failure.Err()
}
