package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Secret is a password. It prints as stars whatever the verb.
type Secret struct{ text string }

// NewSecret hides a password.
func NewSecret(text string) Secret { return Secret{text} }

// Clear is the password itself, for the processor that logs in with it.
func (s Secret) Clear() string { return s.text }

// IsZero says that there is none.
func (s Secret) IsZero() bool { return s.text == "" }

func (s Secret) String() string               { return "******" }
func (s Secret) GoString() string             { return "******" }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, "******") }
func (s Secret) MarshalText() ([]byte, error) { return []byte("******"), nil }

// Check says everything that is wrong with the configuration, in the order of the file. It reads no
// secret and opens no device.
func (c Config) Check() []*pos.Error {
	var out []*pos.Error
	add := func(key, what string) { out = append(out, c.fault(key, what)) }

	t := c.Terminal
	if !laneOK(t.Lane) {
		add("terminal.lane", "1 to 4 letters and digits are needed")
	}
	if !t.Currency.Valid() {
		add("terminal.currency", fmt.Sprintf("%q is no currency this terminal knows", string(t.Currency)))
	}
	if !oneOf(t.Industry, "retail", "restaurant", "direct") {
		add("terminal.industry", "retail, restaurant or direct is needed")
	}
	if !oneOf(t.Mode, ModeDemo, ModeLive) {
		add("terminal.mode", "demo or live is needed")
	}
	if t.DuplicateMinutes < 0 || t.DuplicateMinutes > 24*60 {
		add("terminal.duplicate_minutes", "0 to 1440 minutes are allowed")
	}
	if !shortText(t.Clerk) {
		add("terminal.clerk", shortTextNeeded)
	}
	if !shortText(c.Shop.Name) {
		add("shop.name", shortTextNeeded)
	}
	if len(c.Shop.Address) > maxAddress {
		add("shop.address", fmt.Sprintf("at most %d lines are printed", maxAddress))
	}
	for _, line := range c.Shop.Address {
		if !shortText(line) {
			add("shop.address", shortTextNeeded)
			break
		}
	}
	if !shortText(c.Shop.Phone) {
		add("shop.phone", shortTextNeeded)
	}
	if c.Journal.Path == "" {
		add("journal.path", "a file name is needed")
	}
	if c.Journal.KeyFile == "" {
		add("journal.key_file", "a file name is needed")
	}
	out = append(out, c.checkProcessor()...)
	out = append(out, c.checkOffline()...)
	if _, err := c.PriceList(); err != nil {
		out = append(out, err)
	}
	out = append(out, c.checkSurcharge()...)
	return append(out, c.checkDevices()...)
}

func (c Config) checkProcessor() []*pos.Error {
	if c.Processor.Use != "trustcommerce" {
		return []*pos.Error{c.fault("processor.use", fmt.Sprintf("%q is no processor of this build; it has trustcommerce", c.Processor.Use))}
	}
	var out []*pos.Error
	tc := c.Processor.TrustCommerce
	add := func(key, what string) { out = append(out, c.fault("processor.trustcommerce."+key, what)) }

	switch {
	case !oneOf(tc.Transport, "tclink", "https"):
		add("transport", fmt.Sprintf("%q is no transport of this build; it has tclink and https", tc.Transport))
	case tc.Transport == "https" && tc.HTTPSURL == "":
		add("https_url", "the URL of the interface is needed for https; no real host is a default")
	case tc.Transport == "tclink" && len(tc.Hosts) == 0:
		add("hosts", "at least one host:port is needed for tclink; no real host is a default")
	case tc.Transport == "tclink" && tc.VerifyName == "":
		add("verify_name", "the name in the host's certificate is needed for tclink")
	}
	for _, h := range tc.Hosts {
		host, port, err := net.SplitHostPort(h)
		switch {
		case err != nil || host == "" || port == "":
			add("hosts", fmt.Sprintf("%q is not host:port", h))
		case !loopback(host) && tc.CertifiedBy == "":
			add("hosts", notCertified(h))
		}
	}
	for _, u := range []struct{ key, text string }{{"https_url", tc.HTTPSURL}, {"query_url", tc.QueryURL}} {
		if u.text == "" {
			continue
		}
		at, err := url.Parse(u.text)
		switch {
		case err != nil || at.Scheme != "https" || at.Hostname() == "" || at.User != nil:
			add(u.key, "an https:// URL without a user name is needed")
		case !loopback(at.Hostname()) && tc.CertifiedBy == "":
			add(u.key, notCertified(at.Host))
		}
	}
	if tc.CustID == "" {
		add("custid", "the customer id of the gateway is needed")
	}
	if tc.PasswordFile == "" {
		add("password_file", "a file that holds the password is needed")
	}
	if _, err := tc.Cutoff(); err != nil {
		add("void_cutoff", "a clock time such as 20:00 is needed")
	}
	for _, limit := range []struct {
		key     string
		seconds int
	}{{"connect_seconds", tc.ConnectSeconds}, {"answer_seconds", tc.AnswerSeconds}} {
		if limit.seconds < 1 || limit.seconds > 100 {
			add(limit.key, "1 to 100 seconds are allowed")
		}
	}
	if c.Terminal.Live() && tc.Demo {
		add("demo", "a live terminal cannot mark its transactions as tests")
	}
	return out
}

func notCertified(host string) string {
	return fmt.Sprintf("%q is not on this machine: only loopback hosts are allowed until certified_by says who certified this installation", host)
}

// wrongURI says what is wrong with a device's URI, so that the till does not find out at its first start.
func wrongURI(uri string) string {
	_, err := transport.ParseURI(uri)
	var fault *pos.Error
	if !errors.As(err, &fault) {
		return ""
	}
	return fmt.Sprintf("%q is no device URI: %s", uri, fault.Detail)
}

func (c Config) checkDevices() []*pos.Error {
	var out []*pos.Error
	reader := c.Device.Reader
	reader.Driver = cmp.Or(reader.Driver, device.ReaderDriver(reader.URI))
	for _, d := range []struct {
		name    string
		unit    Unit
		drivers []string
	}{
		{"reader", reader, device.ReaderDrivers()},
		{"pinpad", Unit{c.Device.PINPad.URI, c.Device.PINPad.Driver}, []string{"verifone"}},
		{"printer", Unit{c.Device.Printer.URI, c.Device.Printer.Driver}, []string{"escpos"}},
		{"display", c.Device.Display, linedisplay.Drivers()},
		{"scanner", c.Device.Scanner, []string{"scanner"}},
	} {
		if d.unit.URI == "" {
			continue
		}
		key := "device." + d.name
		if !oneOf(d.unit.Driver, d.drivers...) {
			out = append(out, c.fault(key+".driver", "one of these is needed: "+strings.Join(d.drivers, ", ")))
		}
		scheme, _, ok := strings.Cut(d.unit.URI, ":")
		switch {
		case !ok || !oneOf(scheme, "sim", "serial", "hid", "hidraw", "file", "tcp", "wedge"):
			out = append(out, c.fault(key+".uri", fmt.Sprintf("%q is no device URI; it begins with sim: serial: hid: hidraw: file: tcp: or wedge:", d.unit.URI)))
		case scheme == "sim" && c.Terminal.Live():
			out = append(out, c.fault(key+".uri", "a live terminal takes no simulated device"))
		default:
			if fault := wrongURI(d.unit.URI); fault != "" {
				out = append(out, c.fault(key+".uri", fault))
			}
		}
	}
	if p := c.Device.Printer; p.URI != "" {
		out = append(out, c.checkPrinter(p)...)
	}
	if p := c.Device.PINPad; p.URI != "" {
		out = append(out, c.checkPINPad(p)...)
	}
	if reader.URI != "" && device.Encrypts(reader.Driver) {
		// TrustCommerce, TSYS and Paymentech take no reader's enciphered tracks over the wires of this build.
		out = append(out, c.fault("device.reader.driver", fmt.Sprintf("%s enciphers the tracks, and the processor %s takes none that are: set the reader to clear, or use another one", reader.Driver, c.Processor.Use)))
	}
	return out
}

// narrowestPaper is what a receipt needs, in characters.
const narrowestPaper = 24

func (c Config) checkPrinter(p Printer) (out []*pos.Error) {
	if p.Columns != 0 && (p.Columns < narrowestPaper || p.Columns > 80) {
		out = append(out, c.fault("device.printer.columns", "24 to 80 are needed, or 0"))
	}
	if _, known := charset.Pages[p.CodePage]; p.CodePage != 0 && !known {
		out = append(out, c.fault("device.printer.code_page", "437, 850, 852, 858, 860, 863, 865, 866 or 1252 is needed, or 0"))
	}
	if !oneOf(p.Drawer, string(escpos.DrawerNone), string(escpos.DrawerHigh), string(escpos.DrawerLow)) {
		out = append(out, c.fault("device.printer.drawer", "high or low is needed, or nothing"))
	}
	return out
}

// checkPINPad asks the driver what it says of the settings. No wire of this build takes a PIN block without a
// key serial number.
func (c Config) checkPINPad(p PINPad) []*pos.Error {
	var e *pos.Error
	if _, err := p.Settings().Check(); errors.As(err, &e) {
		return []*pos.Error{c.fault(e.Args[0], e.Args[1])}
	}
	if _, err := c.CashbackMax(); err != nil {
		return []*pos.Error{c.fault("device.pinpad.cashback_max", "an amount such as 50.00 is needed")}
	}
	if _, err := c.DebitFee(); err != nil {
		return []*pos.Error{c.fault("device.pinpad.debit_fee", "an amount such as 0.50 is needed")}
	}
	if p.Keys == string(verifone.Session) {
		return []*pos.Error{c.fault("device.pinpad.keys", fmt.Sprintf("the processor %s takes PINs under DUKPT only", c.Processor.Use))}
	}
	return nil
}

// CashbackMax is the most that a debit pays out in cash, zero for none.
func (c Config) CashbackMax() (money.Amount, error) {
	if c.Device.PINPad.Cashback == "" {
		return money.New(0, c.Terminal.Currency), nil
	}
	most, err := money.Parse(c.Device.PINPad.Cashback, c.Terminal.Currency)
	if err == nil && most.IsNegative() {
		err = errors.New("config: cash back below zero")
	}
	return most, err
}

// Password reads the password of the processor's transactions, VaultPassword that of its queries (the
// same one if no file of its own is named). They refuse a file that others may read.
func (c Config) Password() (Secret, error) {
	return c.secret("processor.trustcommerce.password_file", c.Processor.TrustCommerce.PasswordFile)
}

// VaultPassword is described at Password.
func (c Config) VaultPassword() (Secret, error) {
	if c.Processor.TrustCommerce.VaultPasswordFile == "" {
		return c.Password()
	}
	return c.secret("processor.trustcommerce.vault_password_file", c.Processor.TrustCommerce.VaultPasswordFile)
}

func (c Config) secret(key, path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, c.fault(key, "the file cannot be read").Because(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Secret{}, c.fault(key, fmt.Sprintf("%s may be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path))
	}
	text, err := readLimited(path)
	if err != nil {
		return Secret{}, c.fault(key, "the file cannot be read").Because(err)
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 {
		return Secret{}, c.fault(key, path+" is empty")
	}
	return NewSecret(string(text)), nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// What of the configuration is printed on every receipt.
const (
	maxAddress      = 4  // lines
	maxShortText    = 80 // characters
	shortTextNeeded = "at most 80 characters are needed, no control characters among them"
)

func shortText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxShortText && !strings.ContainsFunc(s, unicode.IsControl)
}

func laneOK(lane string) bool {
	if lane == "" || len(lane) > 4 {
		return false
	}
	for _, r := range lane {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

func oneOf(s string, list ...string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}
