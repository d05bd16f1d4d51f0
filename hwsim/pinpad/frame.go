package pinpad

// The characters of the line.
const (
	stx = 0x02
	etx = 0x03
	eot = 0x04
	ack = 0x06
	so  = 0x0E
	si  = 0x0F
	nak = 0x15
	sub = 0x1A
	fs  = 0x1C
)

// mostBody is how many characters a frame may have for the pad to take it.
const mostBody = 600

// input is what the host says: a control character, or a frame whose LRC is right or not.
type input struct {
	control byte // ack, nak or eot; 0 for a frame
	start   byte // stx or si
	body    string
	good    bool
}

// intake collects what arrives. Unlike the terminal's, it takes any bytes between start and end: a pad
// checks the LRC and nothing else.
type intake struct {
	open  bool
	ended bool
	frame []byte // from the start on
}

func (i *intake) take(b byte) (in input, ok bool) {
	switch {
	case i.ended:
		return i.close(b), true
	case !i.open && (b == ack || b == nak || b == eot):
		return input{control: b}, true
	case !i.open && (b == stx || b == si):
		i.open, i.frame = true, append(i.frame[:0], b)
	case !i.open:
	case len(i.frame) > mostBody:
		i.open = false
		return input{start: i.frame[0]}, true
	default:
		i.frame = append(i.frame, b)
		i.ended = b == endOf(i.frame[0])
	}
	return input{}, false
}

func (i *intake) close(check byte) input {
	sum := byte(0)
	for _, b := range i.frame[1:] {
		sum ^= b
	}
	in := input{start: i.frame[0], body: string(i.frame[1 : len(i.frame)-1]), good: sum == check}
	clear(i.frame)
	i.open, i.ended = false, false
	return in
}

func endOf(start byte) byte {
	if start == si {
		return so
	}
	return etx
}

// framed puts the pad's side of a frame together.
func framed(start byte, body string) []byte {
	out := append([]byte{start}, body...)
	out = append(out, endOf(start))
	sum := byte(0)
	for _, b := range out[1:] {
		sum ^= b
	}
	return append(out, sum)
}
