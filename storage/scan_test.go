package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// testNumbers are the published test numbers of the brands.
var testNumbers = []struct{ brand, digits string }{
	{"visa", "4111111111111111"},
	{"visa 13", "4222222222222"},
	{"visa with zeros", "4000000000000002"},
	{"mastercard", "5555555555554444"},
	{"mastercard 2-series", "2223003122003222"},
	{"mastercard tclink", "5411111111111115"},
	{"amex", "378282246310005"},
	{"amex 2", "341111111111111"},
	{"discover", "6011111111111117"},
	{"discover 65", "6510000000000018"},
	{"diners", "30569309025904"},
	{"diners 36", "36438999960016"},
	{"jcb", "3530111333300000"},
	{"unionpay", "6200000000000005"},
	{"unionpay 19", "6205500000000000004"},
	{"maestro", "6759649826438453"},
	{"maestro 12", "501800000009"},
}

// packDigits is packed decimal with a leading zero or a trailing F for an odd number.
func packDigits(s string, trailing bool) []byte {
	if len(s)%2 == 1 {
		if trailing {
			s += "f"
		} else {
			s = "0" + s
		}
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("test number with other characters than digits")
	}
	return b
}

func groups(s, separator string, sizes ...int) string {
	var parts []string
	for i := 0; len(s) > 0; i++ {
		n := min(len(s), sizes[min(i, len(sizes)-1)])
		parts, s = append(parts, s[:n]), s[n:]
	}
	return strings.Join(parts, separator)
}

func utf16(s string, order binary.ByteOrder) []byte {
	var out []byte
	for _, c := range []byte(s) {
		unit := make([]byte, 2)
		order.PutUint16(unit, uint16(c))
		out = append(out, unit...)
	}
	return out
}

var encodings = []struct {
	name   string
	kinds  []string
	encode func(string) []byte
}{
	{"plain", []string{KindPlain}, func(s string) []byte { return []byte(s) }},
	{"spaced", []string{KindGrouped}, func(s string) []byte { return []byte(groups(s, " ", 4)) }},
	{"dashed", []string{KindGrouped}, func(s string) []byte { return []byte(groups(s, "-", 4)) }},
	{"points", []string{KindGrouped}, func(s string) []byte { return []byte(groups(s, ".", 4)) }},
	{"digit by digit", []string{KindGrouped}, func(s string) []byte { return []byte(groups(s, " ", 1)) }},
	{"pairs", []string{KindGrouped}, func(s string) []byte { return []byte(groups(s, " ", 2)) }},
	{"hex", []string{KindHex}, func(s string) []byte { return []byte(hex.EncodeToString([]byte("pan=" + s + ";"))) }},
	{"hex alone", []string{KindHex}, func(s string) []byte { return []byte(hex.EncodeToString([]byte(s))) }},
	{"hex dump", []string{KindHex}, func(s string) []byte { return fmt.Appendf(nil, "% X", []byte(s)) }},
	{"base64 at 0", []string{KindBase64}, func(s string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{"base64 at 1", []string{KindBase64}, func(s string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte("=" + s + ";"))) }},
	{"base64 at 2", []string{KindBase64}, func(s string) []byte { return []byte(base64.URLEncoding.EncodeToString([]byte("?>" + s + "?"))) }},
	{"base64 of groups", []string{KindBase64}, func(s string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(groups(s, " ", 4)))) }},
	{"bcd", []string{KindBCD}, func(s string) []byte { return packDigits(s, false) }},
	{"bcd with F", []string{KindBCD}, func(s string) []byte { return packDigits(s, true) }},
	{"utf-16le", []string{KindUTF16LE}, func(s string) []byte { return utf16(s, binary.LittleEndian) }},
	{"utf-16be", []string{KindUTF16BE}, func(s string) []byte { return utf16(s, binary.BigEndian) }},
	{"track 1", []string{KindTrack1}, func(s string) []byte { return []byte("%B" + s + "^TEST/CARD^2912101?") }},
	{"track 2", []string{KindTrack2}, func(s string) []byte { return []byte(";" + s + "=2912101?") }},
}

// surroundings put the planted number into a file, at the offset they return.
var surroundings = []struct {
	name  string
	plant func(t *testing.T, dir string, b []byte) (path string, at int)
}{
	{"alone", func(t *testing.T, dir string, b []byte) (string, int) { return write(t, dir, "receipt.txt", b), 0 }},
	{"log line", func(t *testing.T, dir string, b []byte) (string, int) {
		front := "time=2026-11-22T12:00:00Z level=INFO msg=sold card:\n"
		return write(t, dir, "till.log", slices.Concat([]byte(front), b, []byte("\nnext line\n"))), len(front)
	}},
	{"across a window", func(t *testing.T, dir string, b []byte) (string, int) {
		front := bytes.Repeat([]byte{0xfe}, windowBytes-7)
		return write(t, dir, "big.bin", slices.Concat(front, b, bytes.Repeat([]byte{0xfe}, 9000))), len(front)
	}},
	{"behind a database", func(t *testing.T, dir string, b []byte) (string, int) { return appendTo(t, dir, "journal.db", b) }},
	{"behind a log", func(t *testing.T, dir string, b []byte) (string, int) { return appendTo(t, dir, "journal.db-wal", b) }},
	{"behind the index", func(t *testing.T, dir string, b []byte) (string, int) { return appendTo(t, dir, "journal.db-shm", b) }},
}

func write(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// appendTo plants behind a fresh copy of one file of the folder sold.
func appendTo(t *testing.T, sold, name string, b []byte) (string, int) {
	t.Helper()
	old, err := os.ReadFile(filepath.Join(sold, name))
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), name, slices.Concat(old, b)), len(old)
}

func scanned(t *testing.T, paths ...string) ScanReport {
	t.Helper()
	r, err := Scan(context.Background(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sellSome makes a data folder and gives a copy of it as it is while the journal is open, log included.
func sellSome(t *testing.T, n int64) string {
	o := options(t)
	j := mustOpen(t, o)
	for i := int64(1); i <= n; i++ {
		mustAppend(t, j, intent(i))
		mustAppend(t, j, outcome(i, pos.StateApproved))
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(o.Path))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestScanFindsEveryEncoding(t *testing.T) {
	sold := sellSome(t, 1)
	if r := scanned(t, sold); !r.OK || r.Files < 5 {
		t.Fatalf("clean folder: %+v", r)
	}
	for _, place := range surroundings {
		for _, enc := range encodings {
			t.Run(place.name+"/"+enc.name, func(t *testing.T) {
				for _, number := range testNumbers {
					// In large files one number of even length and one of odd length show what there is to show.
					large := place.name != "alone" && place.name != "log line"
					if !applies(enc.name, number.digits) || large && number.brand != "visa" && number.brand != "amex" {
						continue
					}
					planted := enc.encode(number.digits)
					path, at := place.plant(t, sold, planted)
					r := scanned(t, path)
					os.Remove(path)
					found := slices.ContainsFunc(r.Findings, func(f Finding) bool {
						return f.Offset >= int64(at) && f.Offset < int64(at+len(planted)) && slices.Contains(enc.kinds, f.Kind)
					})
					if !found || r.OK {
						t.Errorf("%s: not found as %v; found: %v", number.brand, enc.kinds, kindsOf(r))
					}
				}
			})
		}
	}
}

// applies leaves out twelve digits in groups, which are too often something else.
func applies(encoding, digits string) bool {
	switch encoding {
	case "spaced", "dashed", "points", "digit by digit", "pairs", "base64 of groups":
		return len(digits) > shortestPAN
	}
	return true
}

// TestScanFindsInRows plants every number in every encoding as a value between others of one row, where
// nothing but SQLite's record header parts them.
func TestScanFindsInRows(t *testing.T) {
	path := t.TempDir() + "/journal.db"
	db, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE plant (a TEXT, b BLOB, c TEXT)`); err != nil {
		t.Fatal(err)
	}
	type row struct {
		name    string
		planted []byte
		kinds   []string
	}
	var rows []row
	for _, enc := range encodings {
		for _, number := range testNumbers {
			if applies(enc.name, number.digits) {
				r := row{number.brand + " " + enc.name, enc.encode(number.digits), enc.kinds}
				rows = append(rows, r)
				if _, err := db.Exec(`INSERT INTO plant VALUES ('12', ?, '34')`, r.planted); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	db.Close()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := scanned(t, path).Findings
	for _, r := range rows {
		if !foundAnywhere(file, found, r.planted, r.kinds) {
			t.Errorf("%s: not found", r.name)
		}
	}
}

// foundAnywhere looks at each place where the planted row stands; a page that was split leaves old copies.
func foundAnywhere(file []byte, found []Finding, planted []byte, kinds []string) bool {
	row := slices.Concat([]byte("12"), planted, []byte("34"))
	for base := 0; ; base++ {
		i := bytes.Index(file[base:], row)
		if i < 0 {
			return false
		}
		base += i
		at := int64(base + 2)
		if slices.ContainsFunc(found, func(f Finding) bool {
			return f.Offset >= at && f.Offset < at+int64(len(planted)) && slices.Contains(kinds, f.Kind)
		}) {
			return true
		}
	}
}

// TestScanFindsPackedInUnusedSpace plants between the cell pointers and the rows of a page.
func TestScanFindsPackedInUnusedSpace(t *testing.T) {
	path := t.TempDir() + "/other.db"
	db, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE plant (a TEXT)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[2000:], packDigits("4111111111111111", false))
	if r := scanned(t, write(t, t.TempDir(), "other.db", b)); len(r.Findings) != 1 || r.Findings[0].Offset != 2000 {
		t.Errorf("%v", kindsOf(r))
	}
}

// TestScanFindsWhatWasDeleted looks into space that a deleted row left, where its values stand side by
// side. The journal itself overwrites what it deletes; another program's database may not.
func TestScanFindsWhatWasDeleted(t *testing.T) {
	path := t.TempDir() + "/other.db"
	db, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{`CREATE TABLE plant (a TEXT, b TEXT, c TEXT)`, `INSERT INTO plant VALUES ('12', '4111111111111111', '34')`,
		`INSERT INTO plant VALUES ('a', 'b', 'c')`, `PRAGMA secure_delete = 0`, `DELETE FROM plant WHERE a = '12'`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	if r := scanned(t, path); r.OK {
		t.Error("not found")
	}
}

func kindsOf(r ScanReport) (out []string) {
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s@%d", f.Kind, f.Offset))
	}
	return out
}

func TestScanLeavesOtherNumbersAlone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"masks":     "411111******1111 378282*****0005 ************4444",
		"times":     "2026-11-22T12:00:00.123456789Z 1763812800123456789 1763812800123 20261122120000",
		"bad check": "4111111111111112 5555555555554445 378282246310006",
		"longer":    "94111111111111111111 4111111111111111000000",
		"host ids":  "010-0000123456 033-0123456789 LANE1-261122-AB2C-000123",
		"money":     "4111.11 1,111,111.11 12.34 99.99 4 x 1.11",
		"words":     "The customer was refused; a receipt was written. Fighters ate pastry. 'quiet' (reads) PARTLY APPROVED",
		"json":      `{"id":"pay-abc","requested":1234567,"created":"2026-11-22T12:00:00.123456789Z","avs":"Y"}`,
	} {
		write(t, dir, name, []byte(strings.Repeat(text+"\n", 20)))
	}
	if r := scanned(t, dir); !r.OK {
		t.Errorf("%+v", r.Findings)
	}
}

// TestCombedHashesNeverAlarm puts 100 000 hashes in the form of the journal into a file, and the same
// hashes as they are into another, which shows that the comb is what keeps the scan quiet.
func TestCombedHashesNeverAlarm(t *testing.T) {
	dir := t.TempDir()
	var raw, combed []byte
	for i := range 100_000 {
		h := sha256.Sum256(fmt.Appendf(nil, "hash %d", i))
		raw, combed = append(raw, h[:]...), append(combed, comb(h[:])...)
	}
	if r := scanned(t, write(t, dir, "combed", combed)); !r.OK {
		t.Errorf("%d false alarms", len(r.Findings))
	}
	if r := scanned(t, write(t, dir, "raw", raw)); r.OK {
		t.Error("raw hashes give no alarm: the test shows nothing")
	} else {
		t.Logf("%d false alarms in %d raw bytes", len(r.Findings), len(raw))
	}
}

func TestCombRoundTrip(t *testing.T) {
	for n := range 70 {
		raw := bytes.Repeat([]byte{0x41}, n)
		got, err := uncomb(comb(raw))
		if err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := uncomb([]byte{1, 2, 3, 4, 5}); err == nil {
		t.Error("a missing tooth passed")
	}
}

// TestJournalNeverAlarms sells with random fingerprints, times, ids and sealed data, changes and erases
// until the pages have split and moved many times, then scans database and log.
func TestJournalNeverAlarms(t *testing.T) {
	o := options(t)
	j := mustOpen(t, o)
	source := rand.NewChaCha8([32]byte{3})
	random := rand.New(source)
	now := noon
	payments := []pos.Change{}
	for i := int64(1); i <= 300; i++ {
		now = now.Add(time.Duration(random.Int64N(int64(3 * time.Minute))))
		c := intent(i)
		p := &c.Payment
		source.Read(p.Instrument.Fingerprint[:])
		p.ID, p.Sale = fmt.Sprintf("p%x-%d", random.Uint64(), i), fmt.Sprintf("s-%d", random.IntN(1e6))
		p.HostID, p.AuthCode = fmt.Sprintf("%03d-%010d", random.IntN(90), random.Int64N(1e10)), fmt.Sprintf("%06d", random.IntN(1e6))
		p.Created, c.Event.At = now, now
		payments = append(payments, c)
		c.Seal = make([]byte, 40+random.IntN(6000))
		source.Read(c.Seal)
		mustAppend(t, j, c, changed(random, payments, now), changed(random, payments, now))
		if i%100 == 0 {
			if _, err := j.NextBatch(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r := scanned(t, filepath.Dir(o.Path)); !r.OK {
		t.Errorf("%v", kindsOf(r))
	}
	if r := scanned(t, openPayments(t, 10_000).Path); !r.OK {
		t.Errorf("10 000 open payments: %v", kindsOf(r))
	}
}

// changed takes one of the payments a step further.
func changed(random *rand.Rand, payments []pos.Change, now time.Time) pos.Change {
	c := &payments[random.IntN(len(payments))]
	c.Erase = false
	switch p := &c.Payment; p.State {
	case pos.StateSending:
		p.State, p.Due = pos.StateUnknown, now.Add(time.Minute)
	case pos.StateUnknown:
		p.State, p.Due = pos.StateConfirmed, time.Time{}
		c.Erase = true
	default:
		p.Attempts++
	}
	c.Payment.Updated, c.Event.At = now, now
	return *c
}

func TestScanReportsNoNumber(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", []byte("4111111111111111"))
	r := scanned(t, dir)
	if len(r.Findings) != 1 || strings.Contains(fmt.Sprint(r), "4111111111") {
		t.Error("a finding says where, not what")
	}
	if _, err := Scan(context.Background(), dir+"/absent"); err == nil {
		t.Error("an absent folder passed as clean")
	}
}

func FuzzScan(f *testing.F) {
	for _, enc := range encodings {
		f.Add(enc.encode("4111111111111111"))
	}
	f.Add([]byte("\x0d\x00\x00\x00\x01\x00\x10\x00\x00\x10\x05\x01\x03\x21\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := piece{b: b}
		for _, h := range append(p.texts(), p.packed()...) {
			if h.at < 0 || h.at >= len(b) {
				t.Fatalf("a %s at %d of %d bytes", h.kind, h.at, len(b))
			}
		}
		page := make([]byte, 512)
		copy(page, b)
		for _, first := range []bool{false, true} {
			for _, s := range sqliteSpans(page, first, len(page)) {
				if s.from < 0 || s.to > len(page) || s.from > s.to {
					t.Fatalf("span %d to %d", s.from, s.to)
				}
			}
		}
	})
}

// A terminal that sells while its journal is scanned appends pages; read as loose bytes, they raise false alarms.
func TestScanLeavesWhatIsAppendedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db-wal")
	wal := make([]byte, walHeaderSize+2*(walFrameHeader+4096))
	binary.BigEndian.PutUint32(wal, walMagic)
	binary.BigEndian.PutUint32(wal[offWALPageSize:], 4096)
	packed := []byte{0x41, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11}
	for _, c := range []struct {
		name      string
		before    bool
		wantFound bool
	}{{"appended before", true, true}, {"appended meanwhile", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			content := wal
			if c.before {
				content = append(slices.Clone(wal), packed...)
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			l, err := layoutOf(f, path)
			if err != nil {
				t.Fatal(err)
			}
			if !c.before {
				if _, err := f.WriteAt(packed, int64(len(wal))); err != nil {
					t.Fatal(err)
				}
			}
			s := &fileScan{path, map[Finding]bool{}}
			if err := s.windows(t.Context(), f, l.end, l.size, packedAnywhere); err != nil {
				t.Fatal(err)
			}
			if found := len(s.seen) > 0; found != c.wantFound {
				t.Errorf("found: %v, want %v", found, c.wantFound)
			}
		})
	}
}
