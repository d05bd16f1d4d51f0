package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos"
)

// whole is a configuration with nothing wrong in it.
const whole = `[terminal]
lane = "L7"
currency = "EUR"
[journal]
path = "books/journal.db"
[processor.trustcommerce]
hosts = ["127.0.0.1:8443", "[::1]:8443"]
query_url = "https://localhost:8443/query/"
verify_name = "localhost"
custid = "TestMerchant"
password_file = "password"
[device.reader]
uri = "sim:///run/reader"
`

func mustParse(t *testing.T, text string) Config {
	t.Helper()
	c, err := Parse([]byte(text), "/etc/till/till.toml", "/var/till")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParse(t *testing.T) {
	c := mustParse(t, whole)
	if faults := c.Check(); len(faults) != 0 {
		t.Fatalf("faults: %v", faults)
	}
	for _, row := range []struct{ name, got, want string }{
		{"a value of the file", c.Terminal.Lane, "L7"},
		{"a default", c.Terminal.Industry, "retail"},
		{"a relative path counts from the file", c.Journal.Path, "/etc/till/books/journal.db"},
		{"a default path counts from the data folder", c.Journal.KeyFile, "/var/till/terminal.key"},
		{"a password file", c.Processor.TrustCommerce.PasswordFile, "/etc/till/password"},
		{"an empty path stays empty", c.Processor.TrustCommerce.CAFile, ""},
	} {
		if row.got != row.want {
			t.Errorf("%s: %q, not %q", row.name, row.got, row.want)
		}
	}
}

func TestTextIsReadBack(t *testing.T) {
	c := mustParse(t, whole)
	for _, comments := range []bool{false, true} {
		back := mustParse(t, c.Text(comments))
		if diff := cmp.Diff(c.Values(), back.Values()); diff != "" {
			t.Errorf("comments %v: %s", comments, diff)
		}
	}
}

// TestEveryKeyIsInTheTable finds a field of the sections that no row of the table reads: the text of the
// table, with every value changed, must change every field.
func TestEveryKeyIsInTheTable(t *testing.T) {
	c := Default("/var/till")
	for _, s := range settings {
		value := map[bool]string{true: "7", false: "x"}[isNumber(s, &c)]
		if _, isBool := s.at(&c).(*bool); isBool {
			value = "true"
		}
		if err := s.set(&c, value); err != nil {
			t.Errorf("%s: %v", s.key, err)
		}
	}
	left := map[string]string{}
	for _, v := range c.Values() {
		if v.Text != `"x"` && v.Text != `["x"]` && v.Text != "7" && v.Text != "true" {
			left[v.Key] = v.Text
		}
	}
	if len(left) > 0 {
		t.Errorf("not set through the table: %v", left)
	}
	back := mustParse(t, c.Text(false))
	for i, v := range back.Values() {
		if v.Text != c.Values()[i].Text && !settings[i].path {
			t.Errorf("%s does not come back", v.Key)
		}
	}
}

func isNumber(s setting, c *Config) bool {
	_, ok := s.at(c).(*int)
	return ok
}

func TestRefused(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(whole, from, to, 1) }
	for _, row := range []struct{ name, text, key, where string }{
		{"unknown key", change("lane", "lain"), "terminal.lain", "line 2"},
		{"unknown section", whole + "[processor.tsys]\nroute = \"x\"\n", "processor.tsys", "line 14"},
		{"password in the file", change(`custid`, "password = \"x\"\ncustid"), "processor.trustcommerce.password", "line 10"},
		{"wrong type", change(`"L7"`, "7"), "terminal.lane", "line 2"},
		{"not TOML", change(`"L7"`, `"L7`), "file", "line 2"},
		{"a line break in the shop's name", whole + "[shop]\nname = \"Corner\\nShop\"\n", "shop.name", "line 15"},
		{"an address too long", whole + "[shop]\naddress = [\"1\", \"2\", \"3\", \"4\", \"5\"]\n", "shop.address", "line 15"},
		{"a line of the address too long", whole + "[shop]\naddress = [\"" + strings.Repeat("x", 81) + "\"]\n", "shop.address", "line 15"},
		{"a control character in the phone", whole + "[shop]\nphone = \"\\u001b@\"\n", "shop.phone", "line 15"},
		{"a clerk with a line break", change("[journal]", "clerk = \"an\\nna\"\n[journal]"), "terminal.clerk", "line 4"},
		{"lane too long", change("L7", "LANE7"), "terminal.lane", "line 2"},
		{"currency", change("EUR", "QQQ"), "terminal.currency", "line 3"},
		{"host without a port", change("127.0.0.1:8443", "127.0.0.1"), "processor.trustcommerce.hosts", "line 7"},
		{"a real host", change("127.0.0.1:8443", "192.0.2.1:443"), "processor.trustcommerce.hosts", "line 7"},
		{"a name that only begins like loopback", change("127.0.0.1:8443", "localhost.example.com:443"), "processor.trustcommerce.hosts", "line 7"},
		{"a real query host", change("localhost:8443/query", "example.com/query"), "processor.trustcommerce.query_url", "line 8"},
		{"query in clear", change("https://localhost", "http://localhost"), "processor.trustcommerce.query_url", "line 8"},
		{"a user in the URL", change("https://localhost", "https://me@localhost"), "processor.trustcommerce.query_url", "line 8"},
		{"live with a simulated reader", change(`currency`, "mode = \"live\"\ncurrency"), "device.reader.uri", "line 14"},
		{"unknown pad", whole + "[device.pinpad]\nuri = \"sim:///p\"\ndriver = \"acme\"\n", "device.pinpad.driver", "line 16"},
		{"a pad's dialect", whole + "[device.pinpad]\nuri = \"sim:///p\"\ndialect = \"x\"\n", "device.pinpad.dialect", "line 16"},
		{"a pad without its session key", whole + "[device.pinpad]\nuri = \"sim:///p\"\nkeys = \"session\"\n", "device.pinpad.session_key", ""},
		{"a pad with master keys", whole + "[device.pinpad]\nuri = \"sim:///p\"\nkeys = \"session\"\nsession_key = \"0123456789ABCDEF\"\n", "device.pinpad.keys", "line 16"},
		{"paper too narrow", whole + "[device.printer]\nuri = \"sim:///p\"\ncolumns = 20\n", "device.printer.columns", "line 16"},
		{"a code page of its own", whole + "[device.printer]\nuri = \"sim:///p\"\ncode_page = 1\n", "device.printer.code_page", "line 16"},
		{"a drawer's level", whole + "[device.printer]\nuri = \"sim:///p\"\ndrawer = \"open\"\n", "device.printer.drawer", "line 16"},
		{"unknown display", whole + "[device.display]\nuri = \"sim:///d\"\ndriver = \"acme\"\n", "device.display.driver", "line 16"},
		{"a scanner that is no URI", whole + "[device.scanner]\nuri = \"scanner\"\n", "device.scanner.uri", "line 15"},
		{"no price list", whole + "[register]\nprices = \"/nowhere/prices.csv\"\n", "register.prices", "line 15"},
		{"unknown driver", whole + "driver = \"morse\"\n", "device.reader.driver", "line 14"},
		{"unknown transport", change("[processor.trustcommerce]", "[processor.trustcommerce]\ntransport = \"pigeon\""), "processor.trustcommerce.transport", "line 7"},
		{"another processor", change("[processor.trustcommerce]", "[processor]\nuse = \"tsys\"\n[processor.trustcommerce]"), "processor.use", "line 7"},
		{"no time at all", change("[processor.trustcommerce]", "[processor.trustcommerce]\nanswer_seconds = 0"), "processor.trustcommerce.answer_seconds", "line 7"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := Parse([]byte(row.text), "till.toml", "/var/till")
			if err == nil {
				for _, f := range c.Check() {
					err = f
					break
				}
			}
			var fault *pos.Error
			if !errors.As(err, &fault) || fault.Code != pos.CodeConfig {
				t.Fatalf("error %v", err)
			}
			if fault.Args[0] != row.key || !strings.Contains(fault.Detail, row.where) {
				t.Errorf("%q at %q, not %q at %q", fault.Args[0], fault.Detail, row.key, row.where)
			}
		})
	}
}

func TestCertifiedMayLeaveTheMachine(t *testing.T) {
	c := mustParse(t, strings.Replace(whole, "127.0.0.1:8443", "192.0.2.1:443", 1))
	c.Processor.TrustCommerce.CertifiedBy = "the acquirer"
	if faults := c.Check(); len(faults) != 0 {
		t.Errorf("faults: %v", faults)
	}
}

func TestEnvironment(t *testing.T) {
	load := func(environ ...string) (Config, error) {
		path := filepath.Join(t.TempDir(), "till.toml")
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		return Load(path, "/var/till", environ)
	}
	c, err := load("TILL_TERMINAL_LANE=E1", "TILL_PROCESSOR_TRUSTCOMMERCE_HOSTS=127.0.0.1:1, 127.0.0.1:2",
		"TILL_PROCESSOR_TRUSTCOMMERCE_DEMO=true", "TILL_PROCESSOR_TRUSTCOMMERCE_ANSWER_SECONDS=9", "TILL_SOMETHING=else", "HOME=/root")
	if err != nil {
		t.Fatal(err)
	}
	tc := c.Processor.TrustCommerce
	if c.Terminal.Lane != "E1" || !tc.Demo || tc.AnswerSeconds != 9 || cmp.Diff(tc.Hosts, []string{"127.0.0.1:1", "127.0.0.1:2"}) != "" {
		t.Errorf("not overridden: %v", c.Values())
	}
	for _, bad := range []string{
		"TILL_TERMINAL_LAIN=x", "TILL_PROCESSOR_TRUSTCOMMERCE_PASSWORD=x", "TILL_PROCESSOR_TRUSTCOMMERCE_DEMO=perhaps",
		"TILL_PROCESSOR_TRUSTCOMMERCE_ANSWER_SECONDS=soon",
	} {
		if _, err := load(bad); pos.CodeOf(err) != pos.CodeConfig {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	c := mustParse(t, whole)
	c.Processor.TrustCommerce.PasswordFile = path
	write := func(text string, mode os.FileMode) {
		t.Helper()
		os.Remove(path)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	write("open sesame\r\n", 0o600)
	secret, err := c.VaultPassword()
	if err != nil || secret.Clear() != "open sesame" {
		t.Errorf("the password is not read: %v", err)
	}
	for _, row := range []struct {
		name, text string
		mode       os.FileMode
	}{{"group may read", "x", 0o640}, {"all may read", "x", 0o604}, {"empty", "\n", 0o600}} {
		write(row.text, row.mode)
		if _, err := c.Password(); pos.CodeOf(err) != pos.CodeConfig {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	os.Remove(path)
	if _, err := c.Password(); pos.CodeOf(err) != pos.CodeConfig {
		t.Errorf("no file: %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(whole)
	f.Add(Default("/var/till").Text(true))
	f.Add("[terminal]\nlane = 5\n[processor]\n")
	f.Add("terminal = { lane = \"L1\" }\n\"\\u0000\" = 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), "/etc/till/till.toml", "/var/till")
		if err != nil {
			var known *pos.Error
			if !errors.As(err, &known) || known.Code != pos.CodeConfig || len(known.Args) != 2 {
				t.Fatalf("an error without key and reason: %v", err)
			}
			return
		}
		c.Check()
		back, err := Parse([]byte(c.Text(true)), "/etc/till/till.toml", "/var/till")
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(c.Values(), back.Values()); diff != "" {
			t.Fatalf("written and read again: %s", diff)
		}
	})
}

func TestSecretPrintsAsStars(t *testing.T) {
	s := NewSecret("open sesame")
	text, err := json.Marshal(map[string]any{"a": s})
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s) + string(text)
	if strings.Contains(printed, "sesame") || strings.Contains(printed, "736573616d65") {
		t.Error("a password is printed")
	}
}

// TestReaderWithoutADriver: the one that fits the URI is taken, and refused like one that was named.
func TestReaderWithoutADriver(t *testing.T) {
	for uri, want := range map[string]string{
		"wedge:": "wedge", "hid:0801:0002": "magtek", "hid:0801:0011": "magnesafe", "hid:0acd:2010": "idtech", "sim:///r": "magtek",
	} {
		c, err := Load("", t.TempDir(), []string{"TILL_DEVICE_READER_URI=" + uri})
		if err != nil || c.Device.Reader.Driver != want {
			t.Errorf("%s gives %s, %v", uri, c.Device.Reader.Driver, err)
		}
	}
	c, err := Load("", t.TempDir(), []string{"TILL_DEVICE_READER_URI=wedge:", "TILL_DEVICE_READER_DRIVER=magtek"})
	if err != nil || c.Device.Reader.Driver != "magtek" {
		t.Errorf("a driver that was named is %s, %v", c.Device.Reader.Driver, err)
	}
	c = Default(t.TempDir())
	c.Device.Reader.URI = "hid:0801:0011"
	for _, f := range c.checkDevices() {
		if strings.Contains(fmt.Sprint(f.Args, f.Detail), "enciphers") {
			return
		}
	}
	t.Error("a reader that enciphers is taken because nobody named its driver")
}

// TestEncryptingReaders: no processor of this build takes enciphered tracks, so such a reader is refused
// before the first card.
func TestEncryptingReaders(t *testing.T) {
	for driver, refused := range map[string]bool{
		"magtek": false, "magtek-serial": false, "magnesafe-clear": false, "idtech": false, "idtech-serial": false, "hidpos": false, "wedge": false,
		"magnesafe": true, "magnesafe-serial": true, "idtech-secure": true, "idtech-serial-secure": true,
	} {
		faults := mustParse(t, whole+fmt.Sprintf("driver = %q\n", driver)).Check()
		if refused != (len(faults) == 1) || len(faults) > 1 {
			t.Errorf("%s: faults %v", driver, faults)
			continue
		}
		if refused && !strings.Contains(fmt.Sprint(faults[0].Args, faults[0].Detail), "enciphers") {
			t.Errorf("%s: the fault is %+v", driver, faults[0])
		}
	}
}
