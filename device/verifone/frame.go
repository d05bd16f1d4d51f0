package verifone

// The control characters of the line.
const (
	charSTX = 0x02
	charETX = 0x03
	charEOT = 0x04
	charACK = 0x06
	charSO  = 0x0E
	charSI  = 0x0F
	charNAK = 0x15
	charSUB = 0x1A
	charFS  = 0x1C
	charGS  = 0x1D
	charRS  = 0x1E
	charUS  = 0x1F
)

// longestBody is the most characters between a frame's start and its end; the longest message carries
// 224 characters of data.
const longestBody = 512

// Envelope tells the two kinds of frames apart.
type Envelope byte

const (
	STX Envelope = charSTX // transactions
	SI  Envelope = charSI  // keys and maintenance
)

// end is the character that ends a frame's body.
func (e Envelope) end() byte {
	if e == SI {
		return charSO
	}
	return charETX
}

// AppendFrame puts start, body, end and LRC behind what dst holds.
func AppendFrame(dst []byte, e Envelope, body []byte) []byte {
	dst = append(dst, byte(e))
	dst = append(dst, body...)
	return append(dst, e.end(), lrc(body)^e.end())
}

func lrc(body []byte) (sum byte) {
	for _, b := range body {
		sum ^= b
	}
	return sum
}

// signal is what a pad says next.
type signal byte

const (
	signalNone signal = iota
	signalACK
	signalNAK
	signalEOT
	signalFrame  // whole, its LRC right
	signalBroken // a frame that makes no sense
)

// parser cuts a stream into signals. The zero value is ready.
type parser struct {
	state    parserState
	envelope Envelope
	sum      byte
	n        int
	body     [longestBody]byte
}

type parserState byte

const (
	between  parserState = iota // no frame has begun
	inBody                      // start was seen
	awaitLRC                    // end was seen: whatever comes next is the LRC
)

// inside says that a frame has begun and not ended.
func (p *parser) inside() bool { return p.state != between }

// reset forgets a frame that has begun, and wipes the last one.
func (p *parser) reset() {
	clear(p.body[:p.n])
	p.state, p.n, p.sum = between, 0, 0
}

// frame is the body of the frame that was last signalled, until the next byte.
func (p *parser) frame() []byte { return p.body[:p.n] }

// feed takes one byte and gives what it completes. Bytes between frames that mean nothing are noise and
// passed over.
func (p *parser) feed(b byte) signal {
	switch p.state {
	case inBody:
		return p.feedBody(b)
	case awaitLRC:
		p.state = between
		if b == p.sum {
			return signalFrame
		}
		p.reset()
		return signalBroken
	}
	p.reset()
	switch b {
	case charSTX, charSI:
		p.state, p.envelope = inBody, Envelope(b)
	case charACK:
		return signalACK
	case charNAK:
		return signalNAK
	case charEOT:
		return signalEOT
	}
	return signalNone
}

func (p *parser) feedBody(b byte) signal {
	switch {
	case b == p.envelope.end():
		p.sum ^= b
		p.state = awaitLRC
		return signalNone
	case isText(b) && p.n < longestBody:
		p.body[p.n] = b
		p.n++
		p.sum ^= b
		return signalNone
	}
	p.reset()
	switch b {
	case charEOT:
		return signalEOT // the pad gave the frame up
	case charSTX, charSI:
		p.state, p.envelope = inBody, Envelope(b) // it began anew
	}
	return signalBroken
}

// isText says whether a character may stand in a frame's body.
func isText(b byte) bool {
	switch b {
	case charSUB, charFS, charGS, charRS, charUS:
		return true
	}
	return b >= 0x20 && b < 0x7F
}
