package verifone

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
)

// Dialect is whose answers and error codes a pad speaks.
type Dialect string

const (
	VeriFone Dialect = "verifone"
	UIC      Dialect = "uic" // and most compatible pads
)

// Scheme is how a pad enciphers PINs.
type Scheme string

const (
	DUKPT   Scheme = "dukpt"
	Session Scheme = "session" // master and session keys
)

// Settings are how a pad is spoken to. A zero field takes its reference value, that of the comment.
type Settings struct {
	Dialect Dialect // uic
	Keys    Scheme  // dukpt
	// Ask is the message that asks for a PIN: 70, Z60, Z62 or Z63. Zero is 70 for uic and Z60 for
	// verifone, in whose manual there is no 70.
	Ask string
	// Slot is the number of the master key, and SessionKey the key under it in hexadecimal digits: only
	// with Session.
	Slot       int
	SessionKey string

	Prompt     string // shown while the PIN is typed, by the messages that carry it; "ENTER PIN"
	Processing string // shown after it; "PROCESSING"
	Shortest   int    // digits of a PIN, for the messages that carry it; 4
	Longest    int    // 12

	InterByte time.Duration // between two bytes of a frame: 500 ms
	ACK       time.Duration // for ACK or NAK: 3 s
	Reply     time.Duration // for the answer of a maintenance message: 5 s
	Grace     time.Duration // beyond the pad's own time for a PIN: 5 s
	Quiet     time.Duration // of silence that makes a line clean: 100 ms
	Tries     int           // how often a frame is sent, and how often a broken one is taken: 3
	PIN       time.Duration // for a PIN, where the request says nothing: 60 s
}

// Check fills in the reference values. It errs with config.invalid.
func (s Settings) Check() (Settings, error) {
	s.fill()
	wrong := func(key, what string) (Settings, error) {
		return s, pos.NewError(pos.CodeConfig, "device.pinpad."+key, what)
	}
	switch {
	case s.Dialect != UIC && s.Dialect != VeriFone:
		return wrong("dialect", "uic or verifone")
	case s.Keys != DUKPT && s.Keys != Session:
		return wrong("keys", "dukpt or session")
	case s.Ask != "70" && s.Ask != "Z60" && s.Ask != "Z62" && s.Ask != "Z63":
		return wrong("ask", "70, Z60, Z62 or Z63")
	case s.Slot < 0 || s.Slot > 9:
		return wrong("slot", "0 to 9")
	case s.Keys == Session && !isKey(s.SessionKey):
		return wrong("session_key", "16 or 32 hexadecimal digits: the key under the pad's master key")
	case s.Keys == DUKPT && s.SessionKey != "":
		return wrong("session_key", "only with keys = \"session\"")
	case s.Shortest < 4 || s.Longest > 12 || s.Shortest > s.Longest:
		return wrong("shortest", "a PIN has 4 to 12 digits")
	case !isPrompt(s.Prompt):
		return wrong("prompt", "1 to 64 printable ASCII characters")
	case !isPrompt(s.Processing):
		return wrong("processing", "1 to 64 printable ASCII characters")
	case s.Tries < 1 || s.Tries > 9:
		return wrong("tries", "1 to 9")
	}
	for key, d := range map[string]time.Duration{"inter_byte": s.InterByte, "ack": s.ACK, "reply": s.Reply, "grace": s.Grace, "quiet": s.Quiet, "pin": s.PIN} {
		if d <= 0 || d > 10*time.Minute {
			return wrong(key, "more than nothing, at most 10 minutes")
		}
	}
	return s, nil
}

func (s *Settings) fill() {
	s.Dialect, s.Keys = cmp.Or(s.Dialect, UIC), cmp.Or(s.Keys, DUKPT)
	s.Ask = cmp.Or(s.Ask, map[Dialect]string{UIC: "70", VeriFone: "Z60"}[s.Dialect])
	s.Prompt, s.Processing = cmp.Or(s.Prompt, "ENTER PIN"), cmp.Or(s.Processing, "PROCESSING")
	s.Shortest, s.Longest, s.Tries = cmp.Or(s.Shortest, 4), cmp.Or(s.Longest, 12), cmp.Or(s.Tries, 3)
	s.InterByte, s.ACK = cmp.Or(s.InterByte, 500*time.Millisecond), cmp.Or(s.ACK, 3*time.Second)
	s.Reply, s.Grace = cmp.Or(s.Reply, 5*time.Second), cmp.Or(s.Grace, 5*time.Second)
	s.Quiet, s.PIN = cmp.Or(s.Quiet, 100*time.Millisecond), cmp.Or(s.PIN, time.Minute)
}

func isKey(text string) bool { return (len(text) == 16 || len(text) == 32) && all(text, Hex) }

func isPrompt(text string) bool {
	return len(text) >= 1 && len(text) <= 64 && all(text, Plain)
}

func all(text string, c Chars) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 0x7F || !c.has(byte(r)) }) < 0
}

// String leaves the session key out: it is enciphered, and still nobody's business.
func (s Settings) String() string {
	return fmt.Sprintf("%s %s %s", s.Dialect, s.Keys, s.Ask)
}
