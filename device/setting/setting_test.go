package setting

import (
	"errors"
	"testing"
)

func TestShowAndRead(t *testing.T) {
	text := Setting{Name: "serial", Most: 3}
	number := Setting{Name: "packet", Kind: Number, Least: 1, Most: 64}
	choice := Setting{Name: "parity", Kind: Choose, Choices: []Choice{{"none", '0'}, {"even", '1'}}}
	for _, c := range []struct {
		name    string
		setting Setting
		text    string
		value   string // empty when it is refused
	}{
		{"text", text, "AB1", "AB1"}, {"too long", text, "ABCD", ""}, {"a control character", text, "A\x01", ""},
		{"number", number, "64", "\x40"}, {"beyond it", number, "65", ""}, {"no number", number, "x", ""},
		{"choice", choice, "even", "1"}, {"no choice", choice, "odd", ""},
		{"read only", Setting{Name: "software", Most: 9, ReadOnly: true}, "X", ""},
		{"not published", Setting{Name: "mask", Kind: Hex}, "01", ""},
	} {
		got, err := c.setting.Read(c.text)
		if (err == nil) != (c.value != "") || string(got) != c.value || err != nil && !errors.Is(err, ErrValue) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if err == nil && c.setting.Show(got) != c.text {
			t.Errorf("%s is shown as %q", c.name, c.setting.Show(got))
		}
	}
	for _, c := range []struct {
		setting Setting
		value   string
		want    string
	}{
		{choice, "7", "37"}, {number, "ab", "6162"}, {Setting{Kind: Hex}, "\x01", "01"}, {text, "a\x00b", "ab"},
	} {
		if got := c.setting.Show([]byte(c.value)); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.value, got, c.want)
		}
	}
}
