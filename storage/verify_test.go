package storage

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

// tamper runs statements on a closed journal, past its triggers, as somebody with a sqlite3 shell could.
func tamper(t *testing.T, o Options, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", fileURI(o.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

var dropTriggers = []string{`DROP TRIGGER event_keep`, `DROP TRIGGER event_stay`, `DROP TRIGGER payment_keep`, `DROP TRIGGER payment_stay`, `DROP TRIGGER head_stay`}

// TestTamperedColumns changes each column of an event and of a payment in turn; Verify names the row.
func TestTamperedColumns(t *testing.T) {
	changed := map[string]string{
		"TEXT":    `%[1]s = CASE WHEN %[1]s = '' THEN 'x' ELSE substr(%[1]s, 1, length(%[1]s) - 1) || 'x' END`,
		"INTEGER": `%[1]s = -%[1]s - 40`,
		"BLOB":    `%[1]s = CAST(substr(%[1]s, 1, 10) || x'01' || substr(%[1]s, 12) AS BLOB)`,
	}
	tables := map[string]struct{ where, want string }{
		"event":   {"n = 3", "event 3"},
		"payment": {"seq = 2", "payment " + samplePayment(2).ID},
	}
	for table, at := range tables {
		for _, column := range columnsOf(t, table) {
			t.Run(table+"/"+column.name, func(t *testing.T) {
				o := journalWith(t, 4)
				set := fmt.Sprintf(changed[column.kind], column.name)
				tamper(t, o, append(append([]string{`PRAGMA foreign_keys = 0`}, dropTriggers...), `UPDATE `+table+` SET `+set+` WHERE `+at.where)...)
				j := mustOpen(t, o)
				v, err := j.Verify(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				want := at.want
				if table == "payment" && column.name == "id" {
					want = "payment " + samplePayment(2).ID[:len(samplePayment(2).ID)-1] + "x"
				}
				if table == "event" && column.name == "n" {
					want = "event 1" // it is now the first of all
				}
				if v.OK || v.FirstBad != want {
					t.Errorf("ok %v, first bad %q, want %q", v.OK, v.FirstBad, want)
				}
			})
		}
	}
}

type column struct{ name, kind string }

func columnsOf(t *testing.T, table string) (out []column) {
	o := journalWith(t, 1)
	db, err := sql.Open("sqlite", readerURI(o.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name, type FROM pragma_table_info(?)`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	if len(out) < 8 {
		t.Fatalf("%s has %d columns", table, len(out))
	}
	return out
}

func TestTamperedRows(t *testing.T) {
	for _, test := range []struct{ name, statement, want string }{
		{"an event gone", `DELETE FROM event WHERE n = 5`, "event 5"},
		{"an event more", `INSERT INTO event SELECT n + 1, kind, payment, at, clerk, reason, detail, body, fingerprint, hash FROM event WHERE n = 8`, "open"},
		{"the last event gone", `DELETE FROM event WHERE n = 8`, "open"},
		{"a payment gone", `DELETE FROM payment WHERE seq = 3`, "payment " + samplePayment(3).ID},
		{"a payment more", `INSERT INTO payment SELECT seq + 9, id || 'x', ref || 'x', kind, state, open, sale, parent, fingerprint, created, due, batch, ksn || 'x', event, body FROM payment WHERE seq = 3`, "payment " + samplePayment(3).ID + "x"},
		{"head without the key", `UPDATE head SET seq = seq + 1`, "open"},
		{"a trigger gone", `SELECT 1`, "schema"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := journalWith(t, 4)
			tamper(t, o, append(append([]string{`PRAGMA foreign_keys = 0`}, dropTriggers...), test.statement)...)
			if test.want == "open" {
				refuses(t, o, pos.CodeJournalDamaged)
				return
			}
			v, err := mustOpen(t, o).Verify(context.Background())
			if err != nil || v.OK || v.FirstBad != test.want {
				t.Errorf("%+v, %v; want first bad %q", v, err, test.want)
			}
		})
	}
}

// TestVerifySeesAHeadChangedWhileOpen covers what Open refuses before Verify could look.
func TestVerifySeesAHeadChangedWhileOpen(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	mustAppend(t, j, intent(1))
	mustAppend(t, j, intent(2))
	tamper(t, o, append(append([]string{`PRAGMA foreign_keys = 0`}, dropTriggers...), `DELETE FROM event WHERE n = 2`, `DELETE FROM payment WHERE seq = 2`)...)
	if v, err := j.Verify(context.Background()); err != nil || v.OK || v.FirstBad != "head" {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestChainCutShortWithAMadeUpHead deletes the last rows and makes the head fit them, all but the MAC.
func TestChainCutShortWithAMadeUpHead(t *testing.T) {
	o := journalWith(t, 4)
	tamper(t, o, append(append([]string{`PRAGMA foreign_keys = 0`}, dropTriggers...),
		`DELETE FROM payment WHERE seq = 4`, `DELETE FROM event WHERE n > 6`,
		`UPDATE head SET seq = 3, events = 6, hash = (SELECT hash FROM event WHERE n = 6)`)...)
	refuses(t, o, pos.CodeJournalDamaged)
}

// TestOlderCopy shows the limit: an older copy of the whole file verifies, and only a head noted
// elsewhere tells it from the newer one.
func TestOlderCopy(t *testing.T) {
	o := journalWith(t, 2)
	old, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	j := mustOpen(t, o)
	mustAppend(t, j, intent(3))
	noted := verified(t, j)
	j.Close()
	if err := os.WriteFile(o.Path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, mustOpen(t, o)); v.Head == noted.Head || v.Rows >= noted.Rows {
		t.Error("the older copy has the newer head")
	}
}

func TestEventsAreAppendOnly(t *testing.T) {
	o := journalWith(t, 2)
	db, err := sql.Open("sqlite", fileURI(o.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`UPDATE event SET clerk = 'bob'`, `DELETE FROM event`, `DELETE FROM payment`, `UPDATE payment SET ref = ref || 'x'`, `DELETE FROM head`} {
		if _, err := db.Exec(s); err == nil || !strings.Contains(err.Error(), "stay") && !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", s, err)
		}
	}
}
