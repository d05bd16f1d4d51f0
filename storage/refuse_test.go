package storage

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

// journalWith makes a journal with a few payments and closes it, log moved into the database.
func journalWith(t *testing.T, n int64) Options {
	t.Helper()
	o := options(t)
	j := mustOpen(t, o)
	for i := int64(1); i <= n; i++ {
		mustAppend(t, j, intent(i))
		mustAppend(t, j, outcome(i, pos.StateApproved))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOpenRefuses(t *testing.T) {
	overwrite := func(b []byte, at int, with ...byte) []byte {
		copy(b[at:], with)
		return b
	}
	for _, test := range []struct {
		name string
		code pos.Code
		make func(b []byte) []byte // of the file of a good journal
	}{
		{"a text file", pos.CodeJournalForeign, func([]byte) []byte { return []byte("shopping list\n") }},
		{"random bytes", pos.CodeJournalForeign, func([]byte) []byte { return bytes.Repeat([]byte{0xde, 0xad, 0xbe, 0xef}, 3000) }},
		{"another program's database", pos.CodeJournalForeign, func(b []byte) []byte { return overwrite(b, offApplication, 0, 0, 0, 1) }},
		{"of a later version", pos.CodeJournalNewer, func(b []byte) []byte { return overwrite(b, offUserVersion, 0, 0, 0, 9) }},
		{"no version", pos.CodeJournalDamaged, func(b []byte) []byte { return overwrite(b, offUserVersion, 0, 0, 0, 0) }},
		{"empty", pos.CodeJournalDamaged, func([]byte) []byte { return nil }},
		{"cut in the header", pos.CodeJournalDamaged, func(b []byte) []byte { return b[:50] }},
		{"cut in half", pos.CodeJournalDamaged, func(b []byte) []byte { return b[:len(b)/2] }},
		{"last byte missing", pos.CodeJournalDamaged, func(b []byte) []byte { return b[:len(b)-1] }},
		{"first page overwritten", pos.CodeJournalDamaged, func(b []byte) []byte { return overwrite(b, 100, bytes.Repeat([]byte{0x55}, 900)...) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := journalWith(t, 2)
			good, err := os.ReadFile(o.Path)
			if err != nil {
				t.Fatal(err)
			}
			bad := test.make(good)
			if err := os.WriteFile(o.Path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			refuses(t, o, test.code)
			o.ReadOnly = true
			refuses(t, o, test.code)
			if after, err := os.ReadFile(o.Path); err != nil || !bytes.Equal(after, bad) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestForeignLogIsLeftAlone opens the database of another program that is not in WAL mode; SQLite would
// have changed it.
func TestForeignDatabaseIsLeftAlone(t *testing.T) {
	o := options(t)
	db, err := sql.Open("sqlite", fileURI(o.Path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE a (b)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, _ := os.ReadFile(o.Path)
	refuses(t, o, pos.CodeJournalForeign)
	if after, _ := os.ReadFile(o.Path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

// TestFlippedBytes flips one byte at many places of the file: either Open or Verify says so, or no row
// has changed (the byte lies in unused space, or in a counter of SQLite's).
func TestFlippedBytes(t *testing.T) {
	o := journalWith(t, 3)
	good, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := dump(t, o)
	told := 0
	for at := 16; at < len(good); at += 211 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x5a
		for _, end := range []string{"-wal", "-shm"} {
			os.Remove(o.Path + end)
		}
		if err := os.WriteFile(o.Path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if caught(t, o) {
			told++
			continue
		}
		if got := dump(t, o); got != want {
			t.Errorf("byte %d flipped: rows changed and nobody told", at)
		}
	}
	if told < 20 {
		t.Errorf("only %d flips were told", told)
	}
}

func caught(t *testing.T, o Options) bool {
	t.Helper()
	j, err := Open(context.Background(), o)
	if err != nil {
		var known bool
		for _, c := range []pos.Code{pos.CodeJournalDamaged, pos.CodeJournalForeign, pos.CodeJournalNewer, pos.CodeJournalMode, pos.CodeJournalKey, pos.CodeJournalSettings} {
			known = known || pos.CodeOf(err) == c
		}
		if !known {
			t.Errorf("unclear error %v", err)
		}
		return true
	}
	defer j.Close()
	v, err := j.Verify(context.Background())
	return err != nil || !v.OK
}

// dump is the text of all rows, read without the journal's own code.
func dump(t *testing.T, o Options) string {
	t.Helper()
	db, err := sql.Open("sqlite", readerURI(o.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out string
	for _, q := range []string{`SELECT group_concat(n || kind || payment || at || clerk || reason || detail || body || hex(hash)) FROM event`,
		`SELECT group_concat(id || ref || seq || state || open || sale || created || due || batch || event || body) FROM payment`,
		`SELECT group_concat(tag || mode || lane || born || seq || batch || events || hex(hash) || hex(mac)) FROM head`} {
		var part sql.NullString
		if err := db.QueryRow(q).Scan(&part); err != nil {
			return "unreadable"
		}
		out += part.String + "\n"
	}
	return out
}

func TestOneTerminalAtATime(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, intent(1))
	refuses(t, o, pos.CodeJournalBusy)
	reading := o
	reading.ReadOnly = true
	r := mustOpen(t, reading)
	if all, err := r.List(context.Background(), pos.Filter{}); err != nil || len(all) != 1 {
		t.Errorf("a reader beside the terminal sees %d payments, %v", len(all), err)
	}
	verified(t, r)
	if err := r.Append(context.Background(), intent(2)); pos.CodeOf(err) != pos.CodeJournalReadOnly {
		t.Errorf("append by a reader: %v", err)
	}
	j.Close()
	mustOpen(t, o)
}

func TestModes(t *testing.T) {
	for _, live := range []bool{false, true} {
		o := options(t)
		o.Live = live
		j := mustOpen(t, o)
		if j.Position().Live != live {
			t.Error("born in the other mode")
		}
		j.Close()
		o.Live = !live
		refuses(t, o, pos.CodeJournalMode)
	}
}

func TestKeys(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, o Options)
	}{
		{"open to others", func(t *testing.T, o Options) { os.Chmod(o.KeyFile, 0o644) }},
		{"open to the group", func(t *testing.T, o Options) { os.Chmod(o.KeyFile, 0o620) }},
		{"missing", func(t *testing.T, o Options) { os.Remove(o.KeyFile) }},
		{"not a key", func(t *testing.T, o Options) { os.WriteFile(o.KeyFile, []byte("hello\n"), 0o600) }},
		{"another terminal's", func(t *testing.T, o Options) {
			other := journalWith(t, 1)
			b, err := os.ReadFile(other.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(o.KeyFile, b, 0o600)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := journalWith(t, 1)
			test.spoil(t, o)
			refuses(t, o, pos.CodeJournalKey)
		})
	}
}

func TestCloseLeavesNoLog(t *testing.T) {
	o := journalWith(t, 1)
	for _, end := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(o.Path + end); err == nil {
			t.Errorf("%s is still there", end)
		}
	}
}

func TestBornPrivate(t *testing.T) {
	o := journalWith(t, 1)
	for _, p := range []string{o.Path, o.KeyFile, o.Path + ".lock"} {
		info, err := os.Stat(p)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(p), info.Mode(), err)
		}
	}
}

func TestLogWithoutDatabase(t *testing.T) {
	o := options(t)
	if err := os.WriteFile(o.Path+"-wal", []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, o, pos.CodeJournalDamaged)
}

// TestSettingsAreReadBack opens the journal with a misspelt setting, which the driver ignores.
func TestSettingsAreReadBack(t *testing.T) {
	o := journalWith(t, 1)
	for _, uri := range []string{
		fileURI(o.Path) + "?_pragma=journal_mod(WAL)",
		fileURI(o.Path) + "?_journal_mode=WAL&_synchronous=NORMAL",
		fileURI(o.Path) + "?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=0",
	} {
		db, err := sql.Open("sqlite", uri)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		c, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := checkSettings(context.Background(), c, writerSettings); pos.CodeOf(err) != pos.CodeJournalSettings {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestFolderIsMadeDurable counts the folders that birth flushes: each in which a name was made.
func TestFolderIsMadeDurable(t *testing.T) {
	needStrace(t)
	dir, log := t.TempDir(), t.TempDir()+"/trace"
	inner := filepath.Join(dir, "till", "data")
	if out, err := childCommand(t, inner, 1, "strace", "-f", "-y", "-qq", "-e", "trace=fsync", "-o", log).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{dir, filepath.Dir(inner), inner} {
		if !strings.Contains(string(b), "<"+folder+">)") {
			t.Errorf("%s got a new name and was not flushed", folder)
		}
	}
}
