package charset

import "testing"

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name string
		page Page
		text string
		want string
	}{
		{"ASCII", Page{}, "A~", "A~"},
		{"accents in ASCII", Page{}, "¡Niño añejo, crème!", "!Nino anejo, creme!"},
		{"accents in 437", Page437, "¡Niño", "\xADNi\xA4o"},
		{"not in 437", Page437, "Łódź €", "L\xA2dz EUR"},
		{"euro in 858", Page858, "€", "\xD5"},
		{"Cyrillic", Pages[866], "Да", "\x84\xA0"},
		{"no letter for it", Page{}, "日本", "??"},
		{"a mark of its own", Page{}, "e\u0301", "e"},
		{"control characters", Page437, "a\x1b\x00\x7f\u009bb", "ab"},
	} {
		if got := string(c.page.Encode(c.text)); got != c.want {
			t.Errorf("%s: % x, want % x", c.name, got, c.want)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("é\u0301\x1b@日€", 437)
	f.Fuzz(func(t *testing.T, text string, number int) {
		for _, b := range Pages[number].Encode(text) {
			if b < ' ' || b == 0x7f {
				t.Fatalf("a control character %02x", b)
			}
		}
	})
}
