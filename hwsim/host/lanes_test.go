package host

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestHundredLanes: a hundred lanes at once, several sales each, over TLS against one host that keeps its
// book: no error, and the book has each once.
func TestHundredLanes(t *testing.T) {
	lanes, sales := 100, 3
	if testing.Short() || raced {
		lanes = 24
	}
	l := startLane(t, Options{})
	var wg sync.WaitGroup
	failed := make(chan string, lanes*sales)
	for lane := range lanes {
		wg.Go(func() {
			for n := range sales {
				got, handshake, reading := l.send(l.Ready.Listen, saleBlock(fmt.Sprintf("L%d-%d", lane, n)))
				if handshake != nil || reading != nil || !strings.Contains(got, "status=approved") {
					failed <- fmt.Sprint(handshake, reading, got)
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	for f := range failed {
		t.Error(f)
	}
	book := l.ledger("")
	refs, ids := map[string]bool{}, map[string]bool{}
	for _, tx := range book.Transactions {
		refs[tx.Ref], ids[tx.HostID] = true, true
		if !tx.Answered {
			t.Error("a row is not answered")
		}
	}
	if want := lanes * sales; len(refs) != want || len(ids) != want || book.NetCents != int64(want)*1234 {
		t.Errorf("%d refs, %d identifiers, net %d", len(refs), len(ids), book.NetCents)
	}
	log, err := l.folder.read(changesFile)
	if err != nil || bytes.Count(log, []byte("\n")) < lanes*sales {
		t.Errorf("%v: the log is shorter than the book", err)
	}
}
