package main

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/storage"
)

// debitHost takes every message down; the first answer is lost.
type debitHost struct {
	asked  []pos.Request
	blocks []string
}

func (h *debitHost) Authorize(_ context.Context, r pos.Request) pos.Answer {
	r.Credentials.PINBlock.Lend(func(b []byte) { h.blocks = append(h.blocks, hex.EncodeToString(b)) })
	h.asked = append(h.asked, r)
	if len(h.asked) == 1 {
		return pos.Answer{State: pos.StateUnknown}
	}
	return pos.Answer{State: pos.StateApproved, Approved: r.Payment.Requested, HostID: "1"}
}

// TestT7OneMessageForEachKey: engine and journal as the terminal has them. A retry is the same message with the same
// block; a new payment under a used key is refused before anything is sent, after a restart too; a new PIN pays.
func TestT7OneMessageForEachKey(t *testing.T) {
	dir, host := t.TempDir(), &debitHost{}
	open := func() (*payment.Engine, func()) {
		j, err := storage.Open(t.Context(), storage.Options{Path: filepath.Join(dir, "journal.db"), KeyFile: filepath.Join(dir, "key"), Lane: "L1", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		e, err := payment.New(payment.Config{
			Journal: j, Vault: j, Position: j.Position(), Lane: "L1", Currency: money.USD, Now: time.Now, FingerprintKey: j.FingerprintKey(),
			Host: payment.Host{Name: "host", Authorize: host, Lost: payment.Lost{Resends: 1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return e, func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	pay := func(e *payment.Engine, amount int64, ksn card.KSN) (pos.Payment, error) {
		c, err := parseCard([]byte(`{"track2":";4111111111111111=29121010000000000?"}`), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if c.PINBlock, err = card.NewPINBlock([]byte{0x1B, 0x9C, 0x18, 0x45, 0xEB, 0x99, 0x3A, 0x7A}, ksn); err != nil {
			t.Fatal(err)
		}
		return e.Authorize(t.Context(), payment.Order{Kind: pos.KindSale, Sale: "s", Amount: money.New(amount, money.USD), Credentials: c})
	}

	e, end := open()
	first, err := pay(e, 1000, "FFFF9876543210E00001")
	if err != nil || first.State != pos.StateApproved || len(host.asked) != 2 {
		t.Fatalf("%s after %d messages, %v", first.State, len(host.asked), err)
	}
	again := host.asked[1]
	if again.Attempt != 1 || again.Payment.KSN != host.asked[0].Payment.KSN || again.Payment.Ref != host.asked[0].Payment.Ref || host.blocks[0] != host.blocks[1] {
		t.Error("the retry is another message")
	}
	for _, when := range []string{"at once", "after a restart"} {
		if _, err := pay(e, 2000, "FFFF9876543210E00001"); pos.CodeOf(err) != pos.CodePINPadProtocol || len(host.asked) != 2 {
			t.Errorf("%s a used key gives %v after %d messages", when, err, len(host.asked))
		}
		end()
		e, end = open()
	}
	second, err := pay(e, 2000, "FFFF9876543210E00002")
	if err != nil || second.State != pos.StateApproved || second.KSN != "FFFF9876543210E00002" {
		t.Errorf("a new PIN gives %s, %v", second.State, err)
	}
	end()
}
