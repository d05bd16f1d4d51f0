package frametest

import (
	"slices"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
)

// BenchmarkSwipe is one passage of a card, from the frame to a wiped swipe, for every recorded form of a reader.
func BenchmarkSwipe(b *testing.B) {
	list, err := recording.Readers(recordings)
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range Readers() {
		for _, r := range list {
			if slices.Contains(p.Devices, r.Values["device"]) && form(r) {
				b.Run(r.Name, func(b *testing.B) { parse(b, p, r.Bytes()) })
			}
		}
	}
}

// form leaves out what is recorded of a form a second time: the card of the manuals, and stripes that cannot be read.
func form(r recording.Recording) bool {
	return !strings.HasSuffix(r.Name, "-published-card") && !strings.Contains(r.Values["tracks"], "bad") && strings.Contains(r.Values["tracks"], "decoded")
}

func parse(b *testing.B, p Parser, frame []byte) {
	b.ReportAllocs()
	for b.Loop() {
		if !p.Parse(frame) {
			b.Fatal("not taken")
		}
	}
}

// enough frames that some are taken and some are not, whatever the number of a first, short run.
const enough = 1000

// BenchmarkRandomFrame is one random frame, made and parsed. With -benchtime 1000000x it throws a million at each parser.
func BenchmarkRandomFrame(b *testing.B) {
	name := strings.NewReplacer(", ", "-", " ", "-")
	for _, p := range slices.Concat(Readers(), Explainers()) {
		b.Run(name.Replace(p.Name), func(b *testing.B) {
			b.ReportAllocs()
			if err := p.Throw(recordings, max(b.N, enough)); err != nil {
				b.Fatal(err)
			}
		})
	}
}
