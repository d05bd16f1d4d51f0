package storage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"

	"github.com/tillpos/till/pos"
)

// The kinds of a Finding: the shape in which a card number was found.
const (
	KindPlain   = "plain"   // ASCII digits
	KindGrouped = "grouped" // ASCII digits in groups, with spaces, dashes or points between them
	KindTrack1  = "track1"  // %B…^
	KindTrack2  = "track2"  // ;…=
	KindHex     = "hex"     // hexadecimal text of ASCII digits
	KindBase64  = "base64"  // of text that holds the digits, standard or URL alphabet, at any alignment
	KindUTF16LE = "utf16le"
	KindUTF16BE = "utf16be"
	KindBCD     = "bcd" // packed decimal, an odd number with a leading 0 or a trailing F
)

// Finding is a place where a card number stands. It never says which.
type Finding struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // bytes from the start of the file
	Kind   string `json:"kind"`
}

// ScanReport is the outcome of a scan; OK means that nothing was found.
type ScanReport struct {
	OK       bool      `json:"ok"`
	Files    int       `json:"files"`
	Findings []Finding `json:"findings"`
}

const (
	windowBytes = 256 << 10
	// overlapBytes is how much of a window the next one sees again: more than any number in any encoding.
	overlapBytes = 4 << 10
)

// Scan looks for card numbers (brand range, length and check digit, or the shape of a track) in every
// regular file at or below the paths: databases, logs, receipts, anything. It reads only. A file that
// goes away meanwhile counts as clean.
//
// In SQLite files packed decimal is looked for in the values of the rows and where it
// stands alone in unused space, not in the page structure or what moved rows left, where pointers and sizes now and then read as a number (see sqliteSpans). In text,
// words like "Fighters" are packed decimal too, so there a number is one only if it is not made of
// printable characters, or no word looks like it. In other files of random bytes, compressed ones for
// example, a false alarm comes about once in 13 KB: no program can tell it from a number.
func Scan(ctx context.Context, paths ...string) (ScanReport, error) {
	report := ScanReport{Findings: []Finding{}}
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, fs.ErrNotExist) && path != root:
				return nil
			case err != nil:
				return err
			case !d.Type().IsRegular():
				return nil
			}
			found, err := scanFile(ctx, path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			report.Files++
			report.Findings = append(report.Findings, found...)
			return err
		})
		if err != nil {
			return ScanReport{}, pos.NewError(pos.CodeInternal).WithDetail("scan").Because(err)
		}
	}
	report.OK = len(report.Findings) == 0
	return report, nil
}

// fileScan collects the findings of one file, each once.
type fileScan struct {
	path string
	seen map[Finding]bool
}

func (s *fileScan) add(base int64, hits []hit) {
	for _, h := range hits {
		s.seen[Finding{s.path, base + int64(h.at), h.kind}] = true
	}
}

func scanFile(ctx context.Context, path string) ([]Finding, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &fileScan{path, map[Finding]bool{}}
	l, err := layoutOf(f, path)
	if err != nil {
		return nil, err
	}
	whole := packedNowhere
	if l.packed == packedAnywhere || l.packed == packedAlone {
		whole = l.packed
	}
	if err := s.windows(ctx, f, 0, math.MaxInt64, whole); err != nil {
		return nil, err
	}
	if l.packed == packedInPages {
		if err := s.pages(ctx, f, l); err != nil {
			return nil, err
		}
	}
	if whole == packedNowhere {
		// What somebody appended behind the last whole page; not what a running terminal has written since, which is
		// pages and no loose bytes.
		where := packedAnywhere
		if l.torn(f) {
			where = packedAlone
		}
		if err := s.windows(ctx, f, l.end, l.size, where); err != nil {
			return nil, err
		}
	}
	out := make([]Finding, 0, len(s.seen))
	for finding := range s.seen {
		out = append(out, finding)
	}
	sort.Slice(out, func(a, b int) bool {
		if out[a].Offset != out[b].Offset {
			return out[a].Offset < out[b].Offset
		}
		return out[a].Kind < out[b].Kind
	})
	return out, nil
}

// windows reads the file from one offset to another in overlapping windows and searches each.
func (s *fileScan) windows(ctx context.Context, f io.ReaderAt, from, to int64, packed packedWhere) error {
	buf := make([]byte, windowBytes)
	defer clear(buf)
	for at := from; ; at += windowBytes - overlapBytes {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.ReadAt(buf[:max(0, min(windowBytes, to-at))], at)
		if err == nil && at+int64(n) >= to {
			err = io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		p := piece{b: buf[:n], cutFront: at > from, cutBack: err == nil}
		s.add(at, p.texts())
		if packed != packedNowhere {
			s.add(at, p.packedAs(packed))
		}
		if err != nil {
			return nil
		}
	}
}

// lostBytes stand where a power cut took a sector, or its end, out of a value. In a text, one of them says as much.
var lostBytes = make([]byte, quietBytes)

// pages searches the values of a SQLite file one page after the other.
func (s *fileScan) pages(ctx context.Context, f *os.File, l layout) error {
	buf := make([]byte, l.pageSize)
	defer clear(buf)
	for at := l.first; at+l.stride <= l.end; at += l.stride {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := at + l.stride - l.behind - l.pageSize
		if _, err := f.ReadAt(buf, start); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		number, err := l.pageNumber(f, at)
		if err != nil {
			return err
		}
		for _, span := range sqliteSpans(buf, number == 1, l.usable) {
			p := piece{b: buf[span.from:span.to], within: span.kind >= spanLoose}
			s.add(start+int64(span.from), p.texts())
			if span.kind == spanKeys || span.kind == spanText && isText(p.b) {
				continue
			}
			where := packedAnywhere
			if span.kind == spanRows || span.kind == spanText && bytes.IndexByte(p.b, 0) >= 0 || bytes.Contains(p.b, lostBytes) {
				where = packedAlone
			}
			s.add(start+int64(span.from), p.packedAs(where))
		}
	}
	return nil
}
