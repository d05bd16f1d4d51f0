package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Where packed decimal is looked for in a file.
type packedWhere int

const (
	packedAnywhere packedWhere = iota
	packedInPages              // a SQLite database, its log or its rollback journal
	packedNowhere              // the log's index: page numbers only
	packedAlone                // such a file whose beginning a power cut took: where a number stands alone
)

// layout says how a file is cut into SQLite pages.
type layout struct {
	packed   packedWhere
	first    int64  // offset of the first page, or of the header of the first frame
	stride   int64  // from one page to the next, a frame's header included
	behind   int64  // bytes of a frame behind its page
	salt     []byte // of the log: each of its frames repeats it
	pageSize int64
	usable   int   // bytes of a page less the reserved ones
	end      int64 // of the last whole page; what follows is no page
	size     int64 // of the file when it was looked at
}

const (
	walHeaderSize   = 32
	walFrameHeader  = 24
	shmBlock        = 32 << 10
	shmVersion      = 3007000
	walMagic        = 0x377f0682 // or one more, for big-endian checksums
	offWALSalt      = 16
	offFrameSalt    = 8
	saltSize        = 8
	rollbackMagic   = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	offSectorSize   = 20 // of a rollback journal's header, which fills one sector
	offJournalPage  = 24
	rollbackFrame   = 8 // page number in front, checksum behind
	smallestPage    = 512
	largestPage     = 64 << 10
	offWALPageSize  = 8
	shmHeaderNeeded = 4
)

// layoutOf recognises SQLite's files by what is in them. Anything else is searched as it is.
func layoutOf(f *os.File, path string) (layout, error) {
	info, err := f.Stat()
	if err != nil {
		return layout{}, err
	}
	header := make([]byte, sqliteHeaderSize)
	n, err := f.ReadAt(header, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return layout{}, err
	}
	size, header := info.Size(), header[:n]
	switch {
	case n == sqliteHeaderSize && bytes.HasPrefix(header, []byte(sqliteMagic)):
		page := pageSize(header)
		return paged(layout{stride: page, pageSize: page, usable: int(page) - int(header[offReserved])}, size), nil
	case n >= walHeaderSize && binary.BigEndian.Uint32(header)&^1 == walMagic:
		page := int64(binary.BigEndian.Uint32(header[offWALPageSize:]))
		return paged(layout{first: walHeaderSize, stride: walFrameHeader + page, pageSize: page, usable: int(page),
			salt: header[offWALSalt : offWALSalt+saltSize]}, size), nil
	case n >= walHeaderSize && bytes.HasPrefix(header, []byte(rollbackMagic)):
		sector, page := int64(binary.BigEndian.Uint32(header[offSectorSize:])), int64(binary.BigEndian.Uint32(header[offJournalPage:]))
		return paged(layout{first: sector, stride: rollbackFrame + page, behind: rollbackFrame / 2, pageSize: page, usable: int(page)}, size), nil
	case strings.HasSuffix(path, "-shm") && n >= shmHeaderNeeded &&
		(binary.LittleEndian.Uint32(header) == shmVersion || binary.BigEndian.Uint32(header) == shmVersion || beginningLost(header)):
		return layout{packed: packedNowhere, end: size - size%shmBlock, size: size}, nil
	case strings.Contains(filepath.Base(path), ".db") && beginningLost(header):
		return layout{packed: packedAlone, size: size}, nil
	}
	return layout{}, nil
}

// beginningLost says that a file begins with zeros where SQLite has a mark.
func beginningLost(header []byte) bool {
	return len(header) > 0 && len(bytes.Trim(header[:min(len(header), len(sqliteMagic))], "\x00")) == 0
}

func paged(l layout, size int64) layout {
	if l.pageSize < smallestPage || l.pageSize > largestPage || l.pageSize&(l.pageSize-1) != 0 || l.usable < smallestPage-32 {
		return layout{}
	}
	l.packed, l.size = packedInPages, size
	l.end = l.first + max(0, size-l.first)/l.stride*l.stride
	return l
}

// torn says that what stands behind the last whole page is the beginning of one more, and not what somebody appended.
func (l layout) torn(f *os.File) bool {
	switch {
	case l.packed == packedNowhere:
		return l.size-l.end >= smallestPage // an index that a power cut left in the middle of a block
	case l.salt == nil:
		return l.behind > 0 // nobody's but SQLite's for the moment of a commit
	}
	head := make([]byte, walFrameHeader)
	n, err := f.ReadAt(head, l.end)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	lost := len(bytes.Trim(head[:n], "\x00")) == 0
	return n >= offFrameSalt+saltSize && (lost || bytes.Equal(head[offFrameSalt:offFrameSalt+saltSize], l.salt))
}

// pageNumber of the page or frame at offset at.
func (l layout) pageNumber(f *os.File, at int64) (int64, error) {
	if l.stride == l.pageSize {
		return at/l.stride + 1, nil
	}
	var b [4]byte
	_, err := f.ReadAt(b[:], at)
	return int64(binary.BigEndian.Uint32(b[:])), err
}

// span is a part of a page that may hold somebody's data.
type span struct {
	from, to int
	kind     spanKind
}

type spanKind int

const (
	spanText  spanKind = iota // a TEXT value of a row
	spanBlob                  // a BLOB value
	spanLoose                 // overflowing values, or not a page of SQLite's
	spanRows                  // unused space that held rows: text, and packed numbers that stand alone
	spanKeys                  // unused space that held keys: only text
)

// Types of b-tree pages (https://www.sqlite.org/fileformat2.html, section 1.6).
const (
	indexInterior = 0x02
	tableInterior = 0x05
	indexLeaf     = 0x0a
	tableLeaf     = 0x0d
)

// sqliteSpans gives the values of the rows on a page and its unused space. The rest (page header, cell
// pointers, record headers, page numbers) is SQLite's own and, being dense small numbers, reads as a
// packed card number about once in a few thousand pages; the same goes for what old rows and keys leave
// behind (see alone). A page that does not parse was torn by a power cut: all of it is what rows left behind.
func sqliteSpans(page []byte, first bool, usable int) []span {
	if usable > len(page) {
		return []span{{0, len(page), spanLoose}}
	}
	start := 0
	if first {
		start = sqliteHeaderSize
	}
	kind := page[start]
	head := 8
	switch kind {
	case tableLeaf, indexLeaf:
	case tableInterior, indexInterior:
		head = 12
	default:
		return otherPage(page, start)
	}
	cells := int(binary.BigEndian.Uint16(page[start+3:]))
	array := start + head
	if array+2*cells > usable {
		return []span{{start, len(page), spanRows}}
	}
	used := make([]bool, len(page))
	mark(used, 0, array+2*cells)
	markFree(used, page, start, usable)
	var out []span
	for i := range cells {
		at := int(binary.BigEndian.Uint16(page[array+2*i:]))
		end, values, ok := cellValues(page, at, kind, usable)
		if !ok {
			return []span{{start, len(page), spanRows}}
		}
		mark(used, at, end)
		out = append(out, values...)
	}
	left := spanRows
	if kind != tableLeaf {
		left = spanKeys
	}
	return append(out, unused(used, left)...)
}

// quietBytes of zeros on both sides set a number in unused space apart from what old rows left there.
const quietBytes = 8

// alone says that nothing stands around from..to. SQLite leaves copies of moved rows behind, and the sizes
// in their headers now and then read as a number; they never stand alone.
func alone(b []byte, from, to int) bool {
	if from < quietBytes || to+quietBytes > len(b) {
		return false // beside the page's own pointers, or a row in use
	}
	before, after := b[from-quietBytes:from], b[to:to+quietBytes]
	return len(bytes.Trim(before, "\x00")) == 0 && len(bytes.Trim(after, "\x00")) == 0
}

func mark(used []bool, from, to int) {
	for i := from; i < to && i < len(used); i++ {
		used[i] = true
	}
}

// markFree passes over the link and size in front of each free block.
func markFree(used []bool, page []byte, start, usable int) {
	at := int(binary.BigEndian.Uint16(page[start+1:]))
	for hops := 0; at > 0 && at+4 <= usable && hops < usable/4; hops++ {
		mark(used, at, at+4)
		at = int(binary.BigEndian.Uint16(page[at:]))
	}
}

func unused(used []bool, kind spanKind) (out []span) {
	for from := 0; from < len(used); from++ {
		to := from
		for to < len(used) && !used[to] {
			to++
		}
		if to-from >= shortestPAN/2 {
			out = append(out, span{from, to, kind})
		}
		from = max(from, to)
	}
	return out
}

// otherPage is an overflow page (a page number in front), a page of the free list (counts and page
// numbers in front), or none of SQLite's.
func otherPage(page []byte, start int) []span {
	if len(bytes.Trim(page[start:start+8], "\x00")) == 0 {
		return []span{{start, len(page), spanRows}} // its beginning was lost, or there is nothing on it
	}
	skip := 4
	count := int(binary.BigEndian.Uint32(page[4:]))
	if count > 0 && count <= len(page)/4-2 {
		trunk := true
		for i := range count {
			n := binary.BigEndian.Uint32(page[8+4*i:])
			trunk = trunk && n > 0 && n < 1<<24
		}
		if trunk {
			skip = 8 + 4*count
		}
	}
	return []span{{start + min(skip, len(page)-start), len(page), spanLoose}}
}

// varint reads SQLite's big-endian base-128 number of one to nine bytes; n is 0 if it does not end.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | uint64(b[8]), 9
	}
	return 0, 0
}

// cellValues finds the TEXT and BLOB values of one cell, as far as they stand on this page.
func cellValues(page []byte, at int, kind byte, usable int) (end int, out []span, ok bool) {
	if at+4 > usable {
		return 0, nil, false
	}
	if kind == tableInterior || kind == indexInterior {
		at += 4 // left child
	}
	size, n := varint(page[at:usable])
	if at += n; n == 0 {
		return 0, nil, false
	}
	if kind == tableInterior {
		return at, nil, true // the varint was the row's key
	}
	if kind == tableLeaf {
		_, n := varint(page[at:usable])
		if at += n; n == 0 {
			return 0, nil, false
		}
	}
	local := localSize(size, kind, usable)
	if at+local > usable {
		return 0, nil, false
	}
	end = at + local
	out, ok = recordValues(page[:end], at, size)
	if uint64(local) < size {
		end = min(end+4, usable) // first overflow page
	}
	return end, out, ok
}

// localSize is how much of a payload stands on the page itself (file format, section 1.6).
func localSize(size uint64, kind byte, usable int) int {
	largest := uint64(usable - 35)
	if kind != tableLeaf {
		largest = uint64((usable-12)*64/255 - 23)
	}
	if size <= largest {
		return int(size)
	}
	smallest := uint64((usable-12)*32/255 - 23)
	k := smallest + (size-smallest)%uint64(usable-4)
	if k <= largest {
		return int(k)
	}
	return int(smallest)
}

// recordValues walks a record's header of serial types; b ends where the record's local part ends. Values that do not
// add up to the whole size are of a record that was torn.
func recordValues(b []byte, at int, whole uint64) (out []span, ok bool) {
	headerSize, n := varint(b[at:])
	if n == 0 || headerSize == 0 || headerSize > uint64(len(b)-at) {
		return nil, false
	}
	sum := headerSize
	types, value := at+n, at+int(headerSize)
	for stop := value; types < stop; {
		t, n := varint(b[types:stop])
		if n == 0 {
			return nil, false
		}
		types += n
		size := serialSize(t)
		sum += size
		from, to := min(value, len(b)), len(b)
		if size < uint64(len(b)-from) {
			to = from + int(size)
		}
		if t >= 12 && to-from >= shortestPAN/2 {
			kind := spanBlob
			if t%2 == 1 {
				kind = spanText
			}
			out = append(out, span{from, to, kind})
		}
		value = to
	}
	return out, sum == whole
}

// serialSize is the length of a value by its serial type (file format, section 2.1).
func serialSize(t uint64) uint64 {
	switch {
	case t >= 12:
		return (t - 12) / 2
	case t >= 8:
		return 0
	case t == 6 || t == 7:
		return 8
	case t == 5:
		return 6
	}
	return t
}
