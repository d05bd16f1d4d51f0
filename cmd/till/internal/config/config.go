package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// fileLimit bounds a configuration or password file, bytes.
const fileLimit = 256 << 10

// Config is all that a terminal is told. Paths are absolute or relative to the working directory once
// Load is done.
type Config struct {
	Terminal  Terminal  `toml:"terminal"`
	Shop      Shop      `toml:"shop"`
	Journal   Journal   `toml:"journal"`
	Processor Processor `toml:"processor"`
	Offline   Offline   `toml:"offline"`
	Surcharge Surcharge `toml:"surcharge"`
	Register  Register  `toml:"register"`
	Device    Device    `toml:"device"`

	path  string         // of the file, empty if none was read
	lines map[string]int // line of each key in the file, from 1
}

// Terminal says which till this is and what it sells in.
type Terminal struct {
	Lane     string         `toml:"lane"`
	Currency money.Currency `toml:"currency"`
	Industry string         `toml:"industry"`
	Mode     string         `toml:"mode"`
	Clerk    string         `toml:"clerk"`
	// DuplicateMinutes is how long the same card, amount and clerk asks before it is sent again.
	DuplicateMinutes int `toml:"duplicate_minutes"`
}

// Shop is the head of every receipt.
type Shop struct {
	Name    string   `toml:"name"`
	Address []string `toml:"address"`
	Phone   string   `toml:"phone"`
}

// Live says that real money moves.
func (t Terminal) Live() bool { return t.Mode == ModeLive }

// The two modes. A journal born in one refuses the other.
const (
	ModeDemo = "demo"
	ModeLive = "live"
)

// Journal says where payments are kept.
type Journal struct {
	Path    string `toml:"path"`
	KeyFile string `toml:"key_file"`
}

// Processor names the processor in use and holds the section of each.
type Processor struct {
	Use           string        `toml:"use"`
	TrustCommerce TrustCommerce `toml:"trustcommerce"`
}

// TrustCommerce is the section [processor.trustcommerce].
type TrustCommerce struct {
	Transport         string   `toml:"transport"`
	Hosts             []string `toml:"hosts"`
	HTTPSURL          string   `toml:"https_url"`
	QueryURL          string   `toml:"query_url"`
	CAFile            string   `toml:"ca_file"`
	VerifyName        string   `toml:"verify_name"`
	CustID            string   `toml:"custid"`
	PasswordFile      string   `toml:"password_file"`
	VaultPasswordFile string   `toml:"vault_password_file"`
	Demo              bool     `toml:"demo"`
	ConnectSeconds    int      `toml:"connect_seconds"`
	AnswerSeconds     int      `toml:"answer_seconds"`
	CertifiedBy       string   `toml:"certified_by"`
	VoidCutoff        string   `toml:"void_cutoff"`
	SameDayCredit     bool     `toml:"same_day_credit"`
}

// Device holds the section of each device.
type Device struct {
	Reader  Unit    `toml:"reader"`
	PINPad  PINPad  `toml:"pinpad"`
	Printer Printer `toml:"printer"`
	Display Unit    `toml:"display"`
	Scanner Unit    `toml:"scanner"`
}

// Printer is the section [device.printer]. An empty URI means that there is none, and no receipts.
type Printer struct {
	URI      string `toml:"uri"`
	Driver   string `toml:"driver"`
	Columns  int    `toml:"columns"`
	CodePage int    `toml:"code_page"`
	Drawer   string `toml:"drawer"`
}

// Register is the section [register]: what the cashier's work needs beside devices.
type Register struct {
	Prices      string `toml:"prices"`
	PriceInCode bool   `toml:"price_in_code"`
}

// PINPad is the section [device.pinpad]. An empty URI means that there is none, and no debit.
type PINPad struct {
	URI        string `toml:"uri"`
	Driver     string `toml:"driver"`
	Dialect    string `toml:"dialect"`
	Keys       string `toml:"keys"`
	Ask        string `toml:"ask"`
	Slot       int    `toml:"slot"`
	SessionKey string `toml:"session_key"`
	Prompt     string `toml:"prompt"`
	Processing string `toml:"processing"`
	Shortest   int    `toml:"shortest"`
	Longest    int    `toml:"longest"`
	Probe      bool   `toml:"probe"`
	Cashback   string `toml:"cashback_max"`
	Fee        string `toml:"debit_fee"`
}

// Settings are how its driver speaks to it; what was left out stays zero.
func (p PINPad) Settings() device.PINPadSettings {
	return device.PINPadSettings{Probe: p.Probe, Settings: verifone.Settings{
		Dialect: verifone.Dialect(p.Dialect), Keys: verifone.Scheme(p.Keys), Ask: p.Ask, Slot: p.Slot, SessionKey: p.SessionKey,
		Prompt: p.Prompt, Processing: p.Processing, Shortest: p.Shortest, Longest: p.Longest,
	}}
}

// Unit is one device: where it is and which driver speaks to it. An empty URI means there is none.
type Unit struct {
	URI    string `toml:"uri"`
	Driver string `toml:"driver"`
}

// Default is the configuration of a terminal that was told nothing: demo mode, no devices, no host.
func Default(dataDir string) Config {
	return Config{
		Terminal: Terminal{Lane: "L1", Currency: money.USD, Industry: "retail", Mode: ModeDemo, DuplicateMinutes: 5},
		Journal:  Journal{Path: filepath.Join(dataDir, "journal.db"), KeyFile: filepath.Join(dataDir, "terminal.key")},
		Processor: Processor{Use: "trustcommerce", TrustCommerce: TrustCommerce{
			Transport: "tclink", ConnectSeconds: 40, AnswerSeconds: 40, VoidCutoff: "20:00", SameDayCredit: true}},
		Surcharge: Surcharge{CapPercent: "3", OffIn: surchargeOffIn()},
		Device: Device{PINPad: PINPad{Driver: "verifone"}, Printer: Printer{Driver: "escpos"},
			Display: Unit{Driver: "epson-display"}, Scanner: Unit{Driver: "scanner"}},
	}
}

// Load reads the file, if path is not empty, over the defaults and the environment (as os.Environ gives
// it) over both. It errs with code config.invalid, naming the key and, for the file, the line.
func Load(path, dataDir string, environ []string) (Config, error) {
	c := Default(dataDir)
	if path != "" {
		text, err := readLimited(path)
		if errors.Is(err, fs.ErrNotExist) {
			return Config{}, invalid("file", "there is no "+path+"; `till config init` writes one")
		}
		if err != nil {
			return Config{}, invalid("file", "cannot be read").Because(err)
		}
		if c, err = Parse(text, path, dataDir); err != nil {
			return Config{}, err
		}
	}
	err := c.override(environ)
	if c.Device.Reader.Driver == "" {
		c.Device.Reader.Driver = device.ReaderDriver(c.Device.Reader.URI)
	}
	return c, err
}

// Parse reads the text of a configuration file over the defaults. Relative paths count from the file's
// folder. It errs with code config.invalid and the line.
func Parse(text []byte, path, dataDir string) (Config, error) {
	c := Default(dataDir)
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, explain(err, path)
	}
	c.path, c.lines = path, keyLines(text)
	for _, s := range settings {
		if p, ok := s.at(&c).(*string); ok && s.path && *p != "" && c.lines[s.key] > 0 && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return c, nil
}

// explain turns an error of the TOML library into one that names key and line. The library's own
// picture of the place is left out: it would repeat what stands in the file.
func explain(err error, path string) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		line, _ := first.Position()
		key := strings.Join(first.Key(), ".")
		what := "no such setting"
		if strings.Contains(key, "password") || strings.Contains(key, "secret") {
			what = "no such setting: a secret stands in a file of its own, named by password_file"
		}
		return invalid(key, what).WithDetail("%s line %d", path, line)
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, column := wrong.Position()
		key := strings.Join(wrong.Key(), ".")
		if key == "" {
			return invalid("file", "not TOML: "+strings.TrimPrefix(wrong.Error(), "toml: ")).WithDetail("%s line %d, column %d", path, line, column)
		}
		return invalid(key, "a value of another type is needed").WithDetail("%s line %d", path, line)
	}
	return invalid("file", "not TOML").WithDetail("%s", path)
}

// keyLines finds the line of each key. It reads only the plain shape of the file; a key it cannot see
// (in an inline table, say) is reported without a line.
func keyLines(text []byte) map[string]int {
	lines := map[string]int{}
	section := ""
	for i, l := range strings.Split(string(text), "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "[") {
			name, _, ok := strings.Cut(strings.Trim(l, "["), "]")
			if ok {
				section = strings.TrimSpace(name) + "."
				lines[strings.TrimSuffix(section, ".")] = i + 1
			}
			continue
		}
		if key, _, ok := strings.Cut(l, "="); ok && !strings.HasPrefix(l, "#") {
			lines[section+strings.TrimSpace(key)] = i + 1
		}
	}
	return lines
}

// override puts environment variables over the settings. A TILL_ variable of a section that names no
// setting is refused, so that a slip of the pen is not silently ignored.
func (c *Config) override(environ []string) error {
	byName := map[string]setting{}
	for _, s := range settings {
		byName[s.Env()] = s
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		s, known := byName[name]
		if !known {
			if sectionVariable(name) {
				return invalid(name, "this environment variable names no setting (a secret is never taken from the environment)")
			}
			continue
		}
		if err := s.set(c, value); err != nil {
			return invalid(name, err.Error())
		}
	}
	return nil
}

func sectionVariable(name string) bool {
	for _, section := range []string{"TILL_TERMINAL_", "TILL_SHOP_", "TILL_JOURNAL_", "TILL_PROCESSOR_", "TILL_OFFLINE_", "TILL_REGISTER_", "TILL_SURCHARGE_", "TILL_DEVICE_"} {
		if strings.HasPrefix(name, section) {
			return true
		}
	}
	return false
}

// Path is the file that was read, empty if none was.
func (c Config) Path() string { return c.path }

func invalid(key, what string) *pos.Error { return pos.NewError(pos.CodeConfig, key, what) }

// fault is invalid with the line of the key, where the file has it.
func (c Config) fault(key, what string) *pos.Error {
	e := invalid(key, what)
	if line := c.lines[key]; line > 0 {
		return e.WithDetail("%s line %d", c.path, line)
	}
	return e
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > fileLimit {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, fileLimit)
	}
	return os.ReadFile(path)
}
