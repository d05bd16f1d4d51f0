package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/tillpos/till/pos"
)

// secret is what tests seal; no card data are needed to show where it ends up.
const secret = "the-secret-of-the-track-31415926"

func sealed(n int64) pos.Change {
	c := intent(n)
	c.Seal = []byte(secret)
	c.Extra = pos.Extra{Processor: "tsys", Data: []byte(`{"note":"` + secret + `"}`)}
	return c
}

// leaks looks for the secret in all files of the folder, as it is and in hexadecimal.
func leaks(t *testing.T, dir string) (where []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, form := range []string{secret, secret[4:16], hex.EncodeToString([]byte(secret))} {
			if bytes.Contains(b, []byte(form)) {
				where = append(where, path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

func unsealed(t *testing.T, j *Journal, n int64, want bool) {
	t.Helper()
	b, extra, err := j.Unseal(context.Background(), samplePayment(n).ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b) == secret && extra.Processor == "tsys" && bytes.Contains(extra.Data, []byte(secret)); got != want {
		t.Errorf("payment %d: sealed data there: %v, want %v", n, got, want)
	}
	if !want && (b != nil || extra.Processor != "" || extra.Data != nil) {
		t.Errorf("payment %d: something is left", n)
	}
}

func TestSealUnsealErase(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	c := sealed(1)
	mustAppend(t, j, c)
	if !bytes.Equal(c.Seal, make([]byte, len(secret))) {
		t.Error("the slice was not wiped")
	}
	unsealed(t, j, 1, true)
	mustAppend(t, j, outcome(1, pos.StateApproved)) // leaves it alone
	unsealed(t, j, 1, true)
	if where := leaks(t, filepath.Dir(o.Path)); where != nil {
		t.Errorf("clear in %v", where)
	}
	row := storedCiphertext(t, o)
	if len(row) < 30 || !inFiles(t, o, row) {
		t.Fatal("the ciphertext cannot be found in the files: the test below would show nothing")
	}
	done := outcome(1, pos.StateApproved)
	done.Erase = true
	mustAppend(t, j, done)
	unsealed(t, j, 1, false)
	if inFiles(t, o, row) {
		t.Error("the ciphertext is still in the database or its log")
	}
	if r := scanned(t, filepath.Dir(o.Path)); !r.OK {
		t.Errorf("%+v", r.Findings)
	}
	verified(t, j)
}

func storedCiphertext(t *testing.T, o Options) (out []byte) {
	t.Helper()
	o.ReadOnly = true
	r := mustOpen(t, o)
	if err := r.readers.QueryRow(`SELECT sealed FROM vault WHERE part = 'seal'`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func inFiles(t *testing.T, o Options, b []byte) bool {
	t.Helper()
	for _, end := range []string{"", "-wal"} {
		file, err := os.ReadFile(o.Path + end)
		if err == nil && bytes.Contains(file, b[:30]) {
			return true
		}
	}
	return false
}

func TestFailedAppendWipesToo(t *testing.T) {
	j := mustOpen(t, options(t))
	c := sealed(1)
	c.Payment.State = pos.StateSettled
	if err := j.Append(context.Background(), c); err == nil {
		t.Fatal("passed")
	}
	if bytes.Contains(c.Seal, []byte("secret")) {
		t.Error("the slice was not wiped")
	}
}

func TestSealedDataBelongToTheirPayment(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, sealed(1), intent(2))
	j.Close()
	tamper(t, o, `UPDATE vault SET payment = (SELECT id FROM payment WHERE seq = 2)`)
	j = mustOpen(t, o)
	if _, _, err := j.Unseal(context.Background(), samplePayment(2).ID); pos.CodeOf(err) != pos.CodeJournalKey {
		t.Errorf("got %v", err)
	}
}

func TestNextBatch(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, sealed(1), sealed(2))
	mustAppend(t, j, outcome(2, pos.StateDeclined))
	batch, err := j.NextBatch(context.Background())
	if err != nil || batch != 2 || j.Position().Batch != 2 {
		t.Fatalf("batch %d, %v", batch, err)
	}
	unsealed(t, j, 1, true)
	unsealed(t, j, 2, false)
	if have, err := j.keys.batches(); err != nil || len(have) != 1 || have[0] != 2 {
		t.Errorf("key files of batches %v, %v", have, err)
	}
	mustAppend(t, j, sealed(3))
	unsealed(t, j, 3, true)
	verified(t, j)
	j.Close()
	j = mustOpen(t, o)
	unsealed(t, j, 1, true)
}

// TestNextBatchResumes stops the change of keys at each of its two steps, as a crash would.
func TestNextBatchResumes(t *testing.T) {
	ctx := context.Background()
	t.Run("before the commit", func(t *testing.T) {
		o := options(t)
		j := mustOpen(t, o)
		mustAppend(t, j, sealed(1))
		if _, err := j.keys.obtain(2); err != nil { // all that a crash leaves
			t.Fatal(err)
		}
		j.Close()
		j = mustOpen(t, o)
		unsealed(t, j, 1, true)
		if b, err := j.NextBatch(ctx); err != nil || b != 2 {
			t.Fatal(b, err)
		}
		unsealed(t, j, 1, true)
	})
	t.Run("after the commit", func(t *testing.T) {
		o := options(t)
		j := mustOpen(t, o)
		mustAppend(t, j, sealed(1))
		old, err := os.ReadFile(j.keys.path(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.NextBatch(ctx); err != nil {
			t.Fatal(err)
		}
		j.Close()
		if err := os.WriteFile(j.keys.path(1), old, 0o600); err != nil { // the crash came before it was destroyed
			t.Fatal(err)
		}
		j = mustOpen(t, o)
		if _, err := os.Stat(j.keys.path(1)); err == nil {
			t.Error("the old key is still there")
		}
		unsealed(t, j, 1, true)
	})
}

// TestBackupWithoutKeys copies the database alone, as a backup does: it verifies and opens nothing.
func TestBackupWithoutKeys(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, sealed(1))
	j.Close()
	if err := os.RemoveAll(filepath.Dir(o.Path) + "/keys"); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, o)
	verified(t, j)
	if b, _, err := j.Unseal(context.Background(), samplePayment(1).ID); pos.CodeOf(err) != pos.CodeJournalKey || b != nil {
		t.Errorf("got %v", err)
	}
}

// TestLogOfADeadTerminalIsEmptied takes the files as a kill between erasing and emptying the log leaves them.
func TestLogOfADeadTerminalIsEmptied(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, sealed(1))
	ciphertext := storedCiphertext(t, o)
	reader := o
	reader.ReadOnly = true
	watching := mustOpen(t, reader)
	tx, err := watching.readers.BeginTx(context.Background(), nil) // while a report reads, the log stays
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(`SELECT tag FROM head`).Scan(new(string)); err != nil {
		t.Fatal(err)
	}
	gone := outcome(1, pos.StateDeclined)
	gone.Erase = true
	mustAppend(t, j, gone)
	dead := options(t)
	copyFolder(t, filepath.Dir(dead.Path), filepath.Dir(o.Path))
	if !inFiles(t, dead, ciphertext) {
		t.Fatal("the log holds nothing that could be left behind")
	}
	after := mustOpen(t, dead)
	if inFiles(t, dead, ciphertext) {
		t.Error("what was erased still lies in the log of the dead terminal")
	}
	verified(t, after)
}

// copyFolder copies files with the mode that they need.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
