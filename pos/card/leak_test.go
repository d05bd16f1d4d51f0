package card_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// The canaries: what may never come out. They are told from everything else that a value prints.
const (
	canaryPAN     = "4929876543218765" // the mask shows 492987 and 8765
	canaryName    = "ZWINGLI/QUIRIN"
	canaryCVV     = "6804"
	canaryAccount = "70695949392919897"
	canaryPIN     = "\xa7\xb6\xc5\xd4\xe3\xf2\x91\x82"
	canaryYYMM    = "2907"
	canaryTrack1  = "%B" + canaryPAN + "^" + canaryName + "^" + canaryYYMM + "201918273645?"
	canaryTrack2  = ";" + canaryPAN + "=" + canaryYYMM + "201918273645?"
)

// TestMain lets the test binary be its own child that dies of a secret: see TestPanicShowsMasks.
func TestMain(m *testing.M) {
	if name := os.Getenv("TILL_TEST_PANIC"); name != "" {
		dieOf(name)
	}
	os.Exit(m.Run())
}

// canary is a piece of clear data in every spelling in which a printer may show bytes.
type canary struct {
	name      string
	spellings []string
	// short ones are looked for after numbers as long as memory addresses are taken out, which may
	// hold them by chance. The others are as long as an address, or are no digits.
	short bool
}

var canaries = []canary{
	{"card number", spell(canaryPAN[2:14]), false},
	{"middle of the card number", spell(canaryPAN[6:13]), true},
	{"name", spell(canaryName[4:11]), false},
	{"discretionary data", spell("201918273645"), false},
	{"account number", spell(canaryAccount[2:14]), false},
	{"PIN block", spell(canaryPIN[1:7]), false},
	{"security code", spell(canaryCVV), true},
	{"expiry date", append(spell(canaryYYMM), "0729", "07/29", "29 7", "29 07", "7 29", "29, month:7", "29, 7", "0x1d"), true},
}

// spell writes bytes as fmt's verbs, JSON, base64 and Go syntax do, without what stands around them.
func spell(clear string) []string {
	var out []string
	for _, f := range []string{"%s", "%x", "%X", "% x", "% X", "%d", "%o", "%b", "%U", "%c", "%#v", "%q"} {
		text := fmt.Sprintf(f, []byte(clear))
		text = strings.TrimPrefix(text, "[]byte")
		out = append(out, strings.Trim(text, `[]{}"`))
	}
	list, _ := json.Marshal([]int{int(clear[0]), int(clear[1]), int(clear[2])})
	coded, _ := json.Marshal([]byte(clear))
	return append(out, strings.Trim(string(list), "[]"), strings.Trim(string(coded), `"=`))
}

var address = regexp.MustCompile(`(0x)?[0-9a-fA-F]{9,}`)

// leaks names the canary that stands in a text, empty if none does. It never gives the text.
func leaks(text string) string {
	for _, c := range canaries {
		for i, s := range c.spellings {
			if !strings.Contains(text, s) {
				continue
			}
			if c.short && !strings.Contains(address.ReplaceAllString(text, "@"), s) {
				continue
			}
			return fmt.Sprintf("%s (spelling %d)", c.name, i)
		}
	}
	return ""
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// secrets are all types of the house that hold card data, each with canaries inside.
func secrets() map[string]any {
	expiry := must(card.ParseYYMM(canaryYYMM))
	swipe := card.Swipe{
		Status: [3]card.TrackStatus{card.Decoded, card.Decoded},
		Tracks: [3]card.Track{card.NewTrack(1, []byte(canaryTrack1)), card.NewTrack(2, []byte(canaryTrack2)), card.NewTrack(3, []byte(canaryTrack2))},
		Masked: [3]card.MaskedTrack{card.NewMaskedTrack([]byte(canaryTrack1))},
		Entry:  card.EntrySwipe,
	}
	c := must(swipe.Card())
	c.CVV = must(card.NewCVV([]byte(canaryCVV)))
	account := must(card.NewAccountNumber([]byte(canaryAccount)))
	pin := must(card.NewPINBlock([]byte(canaryPIN), must(card.ParseKSN("9876543210E00001"))))
	credentials := pos.Credentials{Card: c, Bank: pos.BankAccount{Routing: "123456789", Number: account}, PINBlock: pin}
	return map[string]any{
		"PAN": c.PAN, "Track": c.Track1, "CVV": c.CVV, "Name": c.Name, "Expiry": expiry, "AccountNumber": account, "PINBlock": pin,
		"MaskedTrack": swipe.Masked[0], "Card": c, "Swipe": swipe, "Credentials": credentials,
		"Request": pos.Request{Credentials: credentials},
	}
}

// wrap uses %w on what is no error, which the compiler's checks would refuse: fmt then prints the value without
// asking its methods.
func wrap(v any) error {
	format := "it broke: %w"
	return fmt.Errorf(format, v)
}

type (
	exported      struct{ V any }
	unexported    struct{ v any }
	pair          struct{ a, b any }
	hiddenPAN     struct{ p card.PAN }
	hiddenExpiry  struct{ e card.Expiry }
	hiddenTrack   struct{ t *card.Track }
	hiddenCard    struct{ c card.Card }
	hiddenRequest struct{ r *pos.Request }
	embedded      struct {
		card.PAN
		card.CVV
		card.Expiry
	}
)

// wrapped puts a value where a careless program may have it.
func wrapped(v any) map[string]any {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	slice := reflect.MakeSlice(reflect.SliceOf(p.Type().Elem()), 0, 1)
	byName := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(""), p.Type().Elem()))
	byName.SetMapIndex(reflect.ValueOf("k"), p.Elem())
	out := map[string]any{
		"value": v, "pointer": p.Interface(), "slice": reflect.Append(slice, p.Elem()).Interface(), "map": byName.Interface(),
		"any slice": []any{v, p.Interface()}, "field": exported{v}, "hidden field": unexported{v},
		"hidden pointer": unexported{p.Interface()}, "pointer to hidden": &pair{v, []any{p.Interface()}},
	}
	if p.Type().Elem().Comparable() {
		keys := reflect.MakeMap(reflect.MapOf(p.Type().Elem(), reflect.TypeOf(0)))
		keys.SetMapIndex(p.Elem(), reflect.ValueOf(1))
		out["map key"] = keys.Interface()
	}
	switch v := v.(type) {
	case card.PAN:
		out["typed hidden field"] = hiddenPAN{v}
		out["embedded"] = embedded{PAN: v}
	case card.Expiry:
		out["typed hidden field"] = hiddenExpiry{v}
	case card.Track:
		out["typed hidden field"] = hiddenTrack{&v}
	case card.Card:
		out["typed hidden field"] = hiddenCard{v}
		out["embedded"] = embedded{v.PAN, v.CVV, v.Expiry}
	case pos.Request:
		out["typed hidden field"] = hiddenRequest{&v}
	}
	return out
}

// everywhere calls f with every secret in every wrapping.
func everywhere(t *testing.T, f func(t *testing.T, v any)) {
	t.Helper()
	for name, secret := range secrets() {
		for where, v := range wrapped(secret) {
			t.Run(name+"/"+where, func(t *testing.T) { f(t, v) })
		}
	}
}

// TestScannerFindsLeaks: the search itself must find clear data in whatever shape they come.
func TestScannerFindsLeaks(t *testing.T) {
	type leaky struct{ B []byte }
	for _, clear := range []string{canaryPAN, canaryTrack1, canaryName, canaryAccount, canaryPIN, canaryCVV, canaryYYMM} {
		b := []byte(clear)
		for _, f := range []string{"%v", "%+v", "%#v", "%x", "%X", "% x", "%d", "%o", "%b", "%U", "%q", "%s"} {
			if leaks(fmt.Sprintf(f, b)) == "" || leaks(fmt.Sprintf(f, leaky{b})) == "" {
				t.Errorf("a leak of %d bytes by %s is not found", len(b), f)
			}
		}
		text, _ := json.Marshal(string(b))
		if leaks(string(text)) == "" && clear != canaryPIN { // not text, JSON writes other characters
			t.Errorf("a leak of %d bytes as text is not found", len(b))
		}
	}
	if leaks(walk(struct{ year, month int }{29, 7})) == "" || leaks(walk(leaky{[]byte(canaryPAN)})) == "" {
		t.Error("a leak by reflection is not found")
	}
	if where := leaks("411111******1111 visa 0xc000290768 [cvv]"); where != "" {
		t.Errorf("a mask counts as %s", where)
	}
}

func TestFmtShowsMasks(t *testing.T) {
	flags := []string{"", "+", "#", " ", "-", "30", ".2", "[1]"}
	const verbs = "vTtbcdoOqxXUeEfFgGspwzZ" // those of fmt, and two that are none
	everywhere(t, func(t *testing.T, v any) {
		seen := map[string]bool{}
		look := func(how, text string) {
			if seen[text] {
				return
			}
			seen[text] = true
			if where := leaks(text); where != "" {
				t.Errorf("%s shows the %s", how, where)
			}
		}
		for _, f := range flags {
			for _, verb := range verbs {
				format := "%" + f + string(verb)
				look(format, fmt.Sprintf(format, v))
				look(format+" of a reflect.Value", fmt.Sprintf(format, reflect.ValueOf(v)))
			}
		}
		look("Sprint", fmt.Sprint(v, v))
		look("Errorf", wrap(v).Error())
		look("Join", errors.Join(wrap(v), fmt.Errorf("%+v", v)).Error())
		tooFew := strings.Repeat("%d ", 2)
		look("bad arguments", fmt.Sprintf(tooFew, v, v, v, v))
	})
}

// TestFmtOfParts: fmt treats the fields that a program digs out by reflection as values of their own.
func TestFmtOfParts(t *testing.T) {
	for name, secret := range secrets() {
		var dig func(v reflect.Value, depth int)
		dig = func(v reflect.Value, depth int) {
			for _, f := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
				if where := leaks(fmt.Sprintf(f, v)); where != "" {
					t.Errorf("%s: %s of a part shows the %s", name, f, where)
				}
			}
			if v.Kind() == reflect.Pointer && !v.IsNil() && depth < 6 {
				dig(v.Elem(), depth+1)
			}
			if v.Kind() == reflect.Struct {
				for i := range v.NumField() {
					dig(v.Field(i), depth+1)
				}
			}
		}
		dig(reflect.ValueOf(secret), 0)
	}
}

func TestEncodersShowMasks(t *testing.T) {
	encoders := map[string]func(v any) string{
		"json": func(v any) string { b, err := json.Marshal(v); return report(b, err) },
		"xml":  func(v any) string { b, err := xml.Marshal(v); return report(b, err) },
		"toml": func(v any) string { b, err := toml.Marshal(v); return report(b, err) },
		"gob": func(v any) string {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return report(b.Bytes(), err)
		},
		"reflect": walk,
		"cmp": func(v any) string {
			return cmp.Diff(v, any(nil)) + cmp.Diff([]any{v}, []any{1}, cmp.Exporter(func(reflect.Type) bool { return true }))
		},
		"log": func(v any) string {
			var b bytes.Buffer
			log.New(&b, "", 0).Printf("%v %+v %#v", v, v, v)
			log.New(&b, "", 0).Println(v)
			return b.String()
		},
		"slog": func(v any) string {
			var b bytes.Buffer
			timeless := &slog.HandlerOptions{ReplaceAttr: withoutTime}
			for _, h := range []slog.Handler{slog.NewTextHandler(&b, timeless), slog.NewJSONHandler(&b, timeless)} {
				l := slog.New(h)
				l.Info("m", "v", v)
				l.With("w", v).WithGroup("g").Info("m", slog.Any("x", v), slog.Group("y", "z", []any{v}))
				l.Error("m", "err", wrap(v))
			}
			return b.String()
		},
		"template": func(v any) string {
			const text = `{{.}} {{print .}} {{printf "%v %+v %#v %s %q %x %d" . . . . . . .}} {{. | html}} {{. | js}} {{. | urlquery}}`
			var b bytes.Buffer
			err := template.Must(template.New("").Parse(text)).Execute(&b, v)
			return report(b.Bytes(), err)
		},
		"html template": func(v any) string {
			const text = `<p title="{{.}}">{{.}}</p><script>var x = {{.}};</script><a href="?{{.}}">x</a>`
			var b bytes.Buffer
			err := htmltemplate.Must(htmltemplate.New("").Parse(text)).Execute(&b, v)
			return report(b.Bytes(), err)
		},
	}
	for name, encode := range encoders {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, v any) {
				if where := leaks(encode(v)); where != "" {
					t.Errorf("shows the %s", where)
				}
			})
		})
	}
}

// withoutTime leaves the time out of a log line: its nanoseconds hold any four digits now and then.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func report(b []byte, err error) string { return fmt.Sprintf("%s %v", b, err) }

// TestEncodersWriteMasks: masked is not absent; an encoder writes the mask.
func TestEncodersWriteMasks(t *testing.T) {
	c := secrets()["Card"].(card.Card)
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, mask := range []string{`"PAN":"492987******8765"`, `"Expiry":"**/**"`, `"CVV":"[cvv]"`, `"Track1":"[track 1]"`, `"Name":"[name]"`} {
		if !strings.Contains(string(b), mask) {
			t.Errorf("JSON lacks %s", mask)
		}
	}
	if got := fmt.Sprintf("%s %x %d", c.PAN, c.PAN, c.PAN); got != "492987******8765 492987******8765 492987******8765" {
		t.Errorf("fmt does not give the mask")
	}
}

// TestDecodersCannotFill: what was written masked cannot be read back as a secret.
func TestDecodersCannotFill(t *testing.T) {
	for name, into := range map[string]any{"PAN": new(card.PAN), "Track": new(card.Track), "Expiry": new(card.Expiry), "CVV": new(card.CVV)} {
		if err := json.Unmarshal([]byte(`"4929876543218765"`), into); err == nil {
			t.Errorf("%s was read from JSON", name)
		}
	}
}

// walk writes all that reflection can reach from a value, as dumpers do.
func walk(v any) string {
	var out strings.Builder
	seen := map[uintptr]bool{}
	var step func(v reflect.Value)
	step = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Invalid:
		case reflect.Pointer:
			if v.IsNil() || seen[v.Pointer()] {
				return
			}
			seen[v.Pointer()] = true
			step(v.Elem())
		case reflect.Interface:
			step(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				step(v.Field(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				step(k)
				step(v.MapIndex(k))
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				step(v.Index(i))
			}
			if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
				out.Write(v.Bytes())
			}
		case reflect.String:
			out.WriteString(v.String())
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			fmt.Fprintf(&out, "%d", v.Int())
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			fmt.Fprintf(&out, "%d", v.Uint())
		}
		out.WriteByte(' ')
	}
	step(reflect.ValueOf(v))
	return out.String()
}

// dieOf panics in the child process, in the way that a case names.
func dieOf(name string) {
	kind, how, _ := strings.Cut(name, "/")
	v := secrets()[kind]
	switch how {
	case "pointer":
		panic(&v)
	case "struct":
		panic(hiddenCard{secrets()["Card"].(card.Card)})
	case "error":
		panic(wrap(v))
	case "lent":
		secrets()["PAN"].(card.PAN).Lend(func(b []byte) { _ = b[len(b)+1] })
	case "again":
		defer panic(v)
	}
	panic(v)
}

// TestPanicShowsMasks runs this test binary as a child that panics with a secret, and reads what it says.
func TestPanicShowsMasks(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cases := []string{"PAN/lent", "Card/struct", "PAN/error", "PAN/again", "Card/pointer", "PAN/pointer"}
	for name := range secrets() {
		cases = append(cases, name)
	}
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), "TILL_TEST_PANIC="+name, "GOTRACEBACK=system")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			cmd.Stdout = &stderr
			if err := cmd.Run(); err == nil {
				t.Fatal("the child did not die")
			}
			if !strings.Contains(stderr.String(), "panic: ") || !strings.Contains(stderr.String(), "dieOf") {
				t.Fatal("the child died of something else")
			}
			if where := leaks(dying(stderr.String())); where != "" {
				t.Errorf("the panic shows the %s", where)
			}
		})
	}
}

// codeAddress is where in the program a frame of a stack stands.
var codeAddress = regexp.MustCompile(`(pc=|\+)0x[0-9a-f]+`)

// dying is what a panic says, and the stack of the goroutine that died. Those of the runtime's own goroutines, and the addresses
// of code, hold whatever digits this build gave them.
func dying(stderr string) string {
	said, stacks, _ := strings.Cut(stderr, "\ngoroutine ")
	stack, _, _ := strings.Cut(stacks, "\n\ngoroutine ")
	return codeAddress.ReplaceAllString(said+"\n"+stack, "@")
}
