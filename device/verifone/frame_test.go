package verifone

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type vector struct{ Hex, Name string }

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../testdata/devices/hardware_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Frames []vector `json:"pinpad_frames"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Frames) < 19 {
		t.Fatalf("only %d frames", len(v.Frames))
	}
	return v.Frames
}

// cutAll feeds bytes and gives the signals and the bodies of whole frames.
func cutAll(p *parser, b []byte) (signals []signal, bodies [][]byte) {
	for _, c := range b {
		got := p.feed(c)
		if got == signalNone {
			continue
		}
		signals = append(signals, got)
		if got == signalFrame {
			bodies = append(bodies, bytes.Clone(p.frame()))
		}
	}
	return signals, bodies
}

// TestVectorFrames cuts each frame of the vectors and makes it again.
func TestVectorFrames(t *testing.T) {
	for _, v := range vectors(t) {
		frame := must(hex.DecodeString(v.Hex))
		var p parser
		signals, bodies := cutAll(&p, frame)
		if len(signals) != 1 || signals[0] != signalFrame {
			t.Errorf("%s: %v", v.Name, signals)
			continue
		}
		if again := AppendFrame(nil, Envelope(frame[0]), bodies[0]); !bytes.Equal(again, frame) {
			t.Errorf("%s is made another way", v.Name)
		}
		m, _ := find(Envelope(frame[0]), bodies[0], false)
		if m == nil {
			m, _ = find(Envelope(frame[0]), bodies[0], true)
		}
		if m == nil {
			t.Errorf("%s is in no row of the table", v.Name)
		}
	}
}

func TestCuts(t *testing.T) {
	cancel := "\x02" + "72\x03\x06"
	for name, c := range map[string]struct {
		in     string
		want   []signal
		bodies string
	}{
		"LRC like an ACK":             {cancel, []signal{signalFrame}, "72"},
		"ACK behind it":               {cancel + "\x06", []signal{signalFrame, signalACK}, "72"},
		"controls between frames":     {"\x06" + cancel + "\x15\x04", []signal{signalACK, signalFrame, signalNAK, signalEOT}, "72"},
		"noise between frames":        {"xy\xff\x00" + cancel + "z" + cancel, []signal{signalFrame, signalFrame}, "72 72"},
		"wrong LRC":                   {"\x0272\x03\x07" + cancel, []signal{signalBroken, signalFrame}, "72"},
		"begins anew":                 {"\x027" + cancel, []signal{signalBroken, signalFrame}, "72"},
		"EOT in the middle":           {"\x0271\x04" + cancel, []signal{signalEOT, signalFrame}, "72"},
		"ACK in the middle":           {"\x0271\x06" + cancel, []signal{signalBroken, signalFrame}, "72"},
		"end of the other kind":       {"\x0272\x0e" + cancel, []signal{signalBroken, signalFrame}, "72"},
		"high bit":                    {"\x0272\xb3" + cancel, []signal{signalBroken, signalFrame}, "72"},
		"too long":                    {"\x02" + strings.Repeat("1", longestBody+1) + cancel, []signal{signalBroken, signalFrame}, "72"},
		"maintenance, LRC like an SO": {"\x0f11\x0e\x0e", []signal{signalFrame}, "11"},
		"empty":                       {"\x02\x03\x03", []signal{signalFrame}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var p parser
			signals, bodies := cutAll(&p, []byte(c.in))
			if len(signals) != len(c.want) || string(bytes.Join(bodies, []byte(" "))) != c.bodies {
				t.Fatalf("got %v and %d bodies, want %v", signals, len(bodies), c.want)
			}
			for i := range signals {
				if signals[i] != c.want[i] {
					t.Errorf("got %v, want %v", signals, c.want)
				}
			}
		})
	}
}

// TestOneByteWrong: no frame with one byte changed passes as another one.
func TestOneByteWrong(t *testing.T) {
	for _, v := range vectors(t) {
		frame := must(hex.DecodeString(v.Hex))
		for at := range frame {
			changed := bytes.Clone(frame)
			changed[at] ^= 0x10
			var p parser
			if _, bodies := cutAll(&p, changed); len(bodies) > 0 {
				t.Errorf("%s passes with byte %d changed", v.Name, at)
			}
		}
	}
}

// TestFramesSurviveNoise: a frame that stands whole between noise without control characters comes out.
func TestFramesSurviveNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(rapid.StringMatching(`[0-9A-Z\x1c\x1a. ]{1,40}`).Draw(t, "body"))
		e := rapid.SampledFrom([]Envelope{STX, SI}).Draw(t, "kind")
		noise := rapid.StringMatching(`[ -~]{0,20}`)
		in := noise.Draw(t, "before") + string(AppendFrame(nil, e, body)) + noise.Draw(t, "after")
		var p parser
		signals, bodies := cutAll(&p, []byte(in))
		if len(signals) != 1 || len(bodies) != 1 || !bytes.Equal(bodies[0], body) || p.envelope != e {
			t.Fatalf("signals %v", signals)
		}
	})
}

// TestParserForgets: neither a new frame nor a reset leaves anything of the last one.
func TestParserForgets(t *testing.T) {
	var p parser
	cutAll(&p, AppendFrame(nil, STX, []byte("719876543210E00001")))
	p.feed(charSTX)
	if !bytes.Equal(p.body[:], make([]byte, longestBody)) {
		t.Error("the last frame still stands in the buffer")
	}
}

// TestMillionFrames cuts and reads a million random frames, good and broken ones.
func TestMillionFrames(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
	}
	if whole := throw(n); whole < n/2 || whole > n {
		t.Errorf("%d of %d frames came out whole", whole, n)
	}
}

// throw has n random frames cut and read, the same ones each time, and says how many came out whole.
func throw(n int) (whole int) {
	random := rand.New(rand.NewPCG(1, 2))
	var p parser
	var buf []byte
	for range n {
		buf = randomFrame(random, buf[:0])
		for _, c := range buf {
			if p.feed(c) != signalFrame {
				continue
			}
			whole++
			find(p.envelope, p.frame(), true)
		}
	}
	return whole
}

// BenchmarkRandomFrame is one random frame, made and read.
func BenchmarkRandomFrame(b *testing.B) {
	b.Run("PIN-pad", func(b *testing.B) {
		b.ReportAllocs()
		throw(b.N)
	})
}

// randomFrame makes a frame that begins like one of the table and goes on at random; one in four is broken.
func randomFrame(random *rand.Rand, dst []byte) []byte {
	m := &Messages[random.IntN(len(Messages))]
	var body [64]byte
	b := append(body[:0], m.ID...)
	for range random.IntN(40) {
		b = append(b, "0123456789ABCDEF.\x1c\x1aDN"[random.IntN(21)])
	}
	start := len(dst)
	dst = AppendFrame(dst, m.Envelope, b)
	if random.IntN(4) == 0 {
		dst[start+random.IntN(len(dst)-start)] = byte(random.IntN(256))
	}
	return dst
}

func FuzzFrames(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(must(hex.DecodeString(v.Hex)))
	}
	f.Add([]byte("\x06\x15\x04\x02\x03\x03\x0f"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var p parser
		for _, c := range in {
			if p.feed(c) != signalFrame {
				continue
			}
			frame := AppendFrame(nil, p.envelope, p.frame())
			if !bytes.Contains(in, frame) {
				t.Fatal("a frame comes out that did not go in")
			}
			for _, fromPad := range []bool{true, false} {
				m, values := find(p.envelope, p.frame(), fromPad)
				if m == nil {
					continue
				}
				if again, err := m.build(values...); err != nil || !bytes.Equal(again, p.frame()) {
					t.Fatalf("%s is built another way: %v", m.Name, err)
				}
			}
		}
		frames, bad := Explain(in)
		if bad != nil && (bad.Offset < 0 || bad.Offset > len(in)) {
			t.Fatalf("an error at byte %d of %d", bad.Offset, len(in))
		}
		for _, fr := range frames {
			if fr.Length < 1 || fr.Offset+fr.Length > len(in) {
				t.Fatal("a frame outside the input")
			}
		}
	})
}

func BenchmarkCutAndRead(b *testing.B) {
	frame := AppendFrame(nil, STX, []byte("7109876543210E000011B9C1845EB993A7A"))
	var p parser
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range frame {
			p.feed(c)
		}
		if m, _ := find(STX, p.frame(), true); m == nil {
			b.Fatal("not found")
		}
	}
}
