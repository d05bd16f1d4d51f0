package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos/money"
)

// setting is one row of the table: its key, what `config init` says of it, and where it stands.
type setting struct {
	key   string
	about string
	at    func(*Config) any // a *string, *money.Currency, *bool, *int or *[]string
	path  bool              // a file name, relative to the configuration's folder
}

var settings = []setting{
	{key: "terminal.lane", about: "name of this lane, 1 to 4 letters and digits; part of every reference the host sees",
		at: func(c *Config) any { return &c.Terminal.Lane }},
	{key: "terminal.currency", about: "ISO 4217 code of the money it sells in",
		at: func(c *Config) any { return &c.Terminal.Currency }},
	{key: "terminal.industry", about: "retail, restaurant or direct",
		at: func(c *Config) any { return &c.Terminal.Industry }},
	{key: "terminal.mode", about: "demo or live; a journal born in one refuses the other",
		at: func(c *Config) any { return &c.Terminal.Mode }},
	{key: "terminal.clerk", about: "who works at this till; on receipts and in the journal; empty: nobody is named",
		at: func(c *Config) any { return &c.Terminal.Clerk }},
	{key: "terminal.duplicate_minutes", about: "how long the same card, amount and clerk asks before it is sent again, 0 to 1440; 0: never",
		at: func(c *Config) any { return &c.Terminal.DuplicateMinutes }},

	{key: "shop.name", about: "the shop as the head of every receipt shows it",
		at: func(c *Config) any { return &c.Shop.Name }},
	{key: "shop.address", about: "lines under the name, at most 4",
		at: func(c *Config) any { return &c.Shop.Address }},
	{key: "shop.phone", about: "telephone number under the address",
		at: func(c *Config) any { return &c.Shop.Phone }},

	{key: "journal.path", about: "the journal file", path: true,
		at: func(c *Config) any { return &c.Journal.Path }},
	{key: "journal.key_file", about: "the terminal's master key, made at the first start with mode 0600; keep it off the journal's backups", path: true,
		at: func(c *Config) any { return &c.Journal.KeyFile }},

	{key: "processor.use", about: "which processor takes the payments: trustcommerce",
		at: func(c *Config) any { return &c.Processor.Use }},

	{key: "processor.trustcommerce.transport", about: "tclink or https",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.Transport }},
	{key: "processor.trustcommerce.hosts", about: "host:port of each gateway host, for tclink; there is no default",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.Hosts }},
	{key: "processor.trustcommerce.https_url", about: "URL of the HTTPS interface, for https: https://HOST/trans/",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.HTTPSURL }},
	{key: "processor.trustcommerce.query_url", about: "URL of the vault query interface; without it a lost answer always needs a person",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.QueryURL }},
	{key: "processor.trustcommerce.ca_file", about: "PEM file of the authorities to trust; empty: those of the system", path: true,
		at: func(c *Config) any { return &c.Processor.TrustCommerce.CAFile }},
	{key: "processor.trustcommerce.verify_name", about: "name that the host's certificate must carry, for tclink; https goes by the name in its URL",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.VerifyName }},
	{key: "processor.trustcommerce.custid", about: "the merchant's customer id at the gateway",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.CustID }},
	{key: "processor.trustcommerce.password_file", about: "file with the password of that transport, readable by its owner only", path: true,
		at: func(c *Config) any { return &c.Processor.TrustCommerce.PasswordFile }},
	{key: "processor.trustcommerce.vault_password_file", about: "file with the vault password, for queries; empty: the same password", path: true,
		at: func(c *Config) any { return &c.Processor.TrustCommerce.VaultPasswordFile }},
	{key: "processor.trustcommerce.demo", about: "mark every transaction as a test at the gateway",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.Demo }},
	{key: "processor.trustcommerce.connect_seconds", about: "how long to try to reach a host, 1 to 100; after it nothing was sent",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.ConnectSeconds }},
	{key: "processor.trustcommerce.answer_seconds", about: "how long the host may be silent once it has the request, 1 to 100; after it the outcome is unknown",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.AnswerSeconds }},
	{key: "processor.trustcommerce.certified_by", about: "who certified this installation; without it only loopback hosts are allowed",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.CertifiedBy }},
	{key: "processor.trustcommerce.void_cutoff", about: "US Pacific time until which the screen offers to void what was sent that day; empty: at any time, and the host decides",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.VoidCutoff }},
	{key: "processor.trustcommerce.same_day_credit", about: "the account may credit what was sent the same day; false: the screen offers a refund only after the cut-off",
		at: func(c *Config) any { return &c.Processor.TrustCommerce.SameDayCredit }},

	{key: "offline.enabled", about: "approve sales while the host is away and send them later; what the bank then refuses is the merchant's loss",
		at: func(c *Config) any { return &c.Offline.Enabled }},
	{key: "offline.per_sale", about: "the greatest offline sale, such as 50.00",
		at: func(c *Config) any { return &c.Offline.PerSale }},
	{key: "offline.total", about: "the greatest sum of all that waits to be sent",
		at: func(c *Config) any { return &c.Offline.Total }},
	{key: "offline.count", about: "how many sales may wait",
		at: func(c *Config) any { return &c.Offline.Count }},
	{key: "offline.age_hours", about: "no further offline sale once the oldest has waited for so many hours",
		at: func(c *Config) any { return &c.Offline.AgeHours }},
	{key: "offline.brands", about: "the cards it is for: visa, mastercard, amex, discover, diners, jcb, unionpay, maestro",
		at: func(c *Config) any { return &c.Offline.Brands }},

	{key: "surcharge.enabled", about: "ask customers who pay with a credit card for a surcharge, where law and acquirer allow it; never of debit and prepaid cards",
		at: func(c *Config) any { return &c.Surcharge.Enabled }},
	{key: "surcharge.percent", about: "of what is paid, such as 2.5",
		at: func(c *Config) any { return &c.Surcharge.Percent }},
	{key: "surcharge.fixed", about: "an amount on top of the percentage, such as 0.10; empty: none",
		at: func(c *Config) any { return &c.Surcharge.Fixed }},
	{key: "surcharge.cap_percent", about: "percent of what is paid that the surcharge never exceeds, at most 4",
		at: func(c *Config) any { return &c.Surcharge.CapPercent }},
	{key: "surcharge.region", about: "the state or region in which this shop stands, such as TX",
		at: func(c *Config) any { return &c.Surcharge.Region }},
	{key: "surcharge.off_in", about: "states and regions where none is taken; ask your acquirer, the list is not legal advice",
		at: func(c *Config) any { return &c.Surcharge.OffIn }},
	{key: "surcharge.exempt_bins", about: "first 4 to 8 digits of cards known to be debit or prepaid, which are never asked for one",
		at: func(c *Config) any { return &c.Surcharge.ExemptBINs }},

	{key: "register.prices", about: "the price list for the scanner, a CSV file that begins with code,name,price; empty: none", path: true,
		at: func(c *Config) any { return &c.Register.Prices }},
	{key: "register.price_in_code", about: "codes of 13 digits that begin with 2 hold the price of weighed goods: 7 digits of article, 5 of price, 1 to check",
		at: func(c *Config) any { return &c.Register.PriceInCode }},

	{key: "device.reader.uri", about: "card reader: hid:0801:0002, hidraw:/dev/hidraw0, serial:/dev/ttyS0, wedge:, sim:///path (simulator); empty: none",
		at: func(c *Config) any { return &c.Device.Reader.URI }},
	{key: "device.reader.driver", about: "magtek, magtek-serial, magnesafe, magnesafe-clear, magnesafe-serial, idtech, idtech-secure, idtech-serial, idtech-serial-secure, hidpos or wedge; empty: the one that fits a wedge or the USB reader of the URI, else magtek",
		at: func(c *Config) any { return &c.Device.Reader.Driver }},
	{key: "device.pinpad.uri", about: "PIN pad for debit: serial:/dev/ttyS1?baud=1200&mode=7E1, tcp:127.0.0.1:9200, sim:///path (simulator); empty: none, and no debit",
		at: func(c *Config) any { return &c.Device.PINPad.URI }},
	{key: "device.pinpad.driver", about: "verifone",
		at: func(c *Config) any { return &c.Device.PINPad.Driver }},
	{key: "device.pinpad.dialect", about: "uic or verifone: whose answers the pad speaks; empty: uic",
		at: func(c *Config) any { return &c.Device.PINPad.Dialect }},
	{key: "device.pinpad.keys", about: "dukpt, or session for master and session keys; empty: dukpt",
		at: func(c *Config) any { return &c.Device.PINPad.Keys }},
	{key: "device.pinpad.ask", about: "the message that asks for a PIN: 70, Z60, Z62 or Z63; empty: 70 for uic, Z60 for verifone",
		at: func(c *Config) any { return &c.Device.PINPad.Ask }},
	{key: "device.pinpad.slot", about: "number of the master key, 0 to 9, with keys = \"session\"",
		at: func(c *Config) any { return &c.Device.PINPad.Slot }},
	{key: "device.pinpad.session_key", about: "the session key as the master key enciphers it, 16 or 32 hexadecimal digits, with keys = \"session\"",
		at: func(c *Config) any { return &c.Device.PINPad.SessionKey }},
	{key: "device.pinpad.prompt", about: "shown while the PIN is typed, by pads that are told; empty: ENTER PIN",
		at: func(c *Config) any { return &c.Device.PINPad.Prompt }},
	{key: "device.pinpad.processing", about: "shown after it; empty: PROCESSING",
		at: func(c *Config) any { return &c.Device.PINPad.Processing }},
	{key: "device.pinpad.shortest", about: "digits of the shortest PIN; 0: 4",
		at: func(c *Config) any { return &c.Device.PINPad.Shortest }},
	{key: "device.pinpad.longest", about: "digits of the longest PIN; 0: 12",
		at: func(c *Config) any { return &c.Device.PINPad.Longest }},
	{key: "device.pinpad.probe", about: "try every speed of the family when the pad on a serial line does not answer",
		at: func(c *Config) any { return &c.Device.PINPad.Probe }},
	{key: "device.pinpad.cashback_max", about: "the most that a debit pays out in cash, such as 50.00; empty: no cash back",
		at: func(c *Config) any { return &c.Device.PINPad.Cashback }},
	{key: "device.pinpad.debit_fee", about: "what a debit with PIN pays to the terminal, such as 0.50, where law and acquirer allow it; empty: none",
		at: func(c *Config) any { return &c.Device.PINPad.Fee }},
	{key: "device.printer.uri", about: "receipt printer: serial:/dev/ttyS0?baud=9600, tcp:127.0.0.1:9100, file:/dev/usb/lp0, sim:///path; empty: none",
		at: func(c *Config) any { return &c.Device.Printer.URI }},
	{key: "device.printer.driver", about: "escpos",
		at: func(c *Config) any { return &c.Device.Printer.Driver }},
	{key: "device.printer.columns", about: "characters of a line, 24 to 80: 42 or 48 on 80 mm paper, 32 on 58 mm; 0: 42",
		at: func(c *Config) any { return &c.Device.Printer.Columns }},
	{key: "device.printer.code_page", about: "437, 850, 852, 858, 860, 863, 865, 866 or 1252; 0: 858",
		at: func(c *Config) any { return &c.Device.Printer.CodePage }},
	{key: "device.printer.drawer", about: "how the cash drawer says that it is open: high or low, by the level of pin 3; empty: it is not watched",
		at: func(c *Config) any { return &c.Device.Printer.Drawer }},
	{key: "device.display.uri", about: "customer display of 2x20 characters: serial:/dev/ttyS2?baud=9600, tcp:, file:, sim:///path; empty: none",
		at: func(c *Config) any { return &c.Device.Display.URI }},
	{key: "device.display.driver", about: "epson-display or logic-controls",
		at: func(c *Config) any { return &c.Device.Display.Driver }},
	{key: "device.scanner.uri", about: "barcode scanner: serial:/dev/ttyACM0?baud=9600, tcp:, file:, sim:///path, wedge: (types on the keyboard, set to send AIM ids); empty: none",
		at: func(c *Config) any { return &c.Device.Scanner.URI }},
	{key: "device.scanner.driver", about: "scanner",
		at: func(c *Config) any { return &c.Device.Scanner.Driver }},
}

// Env is the name of the environment variable that overrides the setting.
func (s setting) Env() string { return "TILL_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_")) }

// set reads a value from the environment; a list is comma separated.
func (s setting) set(c *Config, value string) error {
	switch p := s.at(c).(type) {
	case *string:
		*p = value
	case *money.Currency:
		*p = money.Currency(value)
	case *bool:
		switch value {
		case "true", "1":
			*p = true
		case "false", "0":
			*p = false
		default:
			return errors.New("true or false is needed")
		}
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil {
			return errors.New("a whole number is needed")
		}
		*p = n
	case *[]string:
		*p = nil
		for _, part := range strings.Split(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*p = append(*p, part)
			}
		}
	}
	return nil
}

// toml is the setting's value as it stands in a file.
func (s setting) toml(c *Config) string {
	switch p := s.at(c).(type) {
	case *string:
		return quote(*p)
	case *money.Currency:
		return quote(string(*p))
	case *bool:
		return strconv.FormatBool(*p)
	case *int:
		return strconv.Itoa(*p)
	case *[]string:
		parts := make([]string, len(*p))
		for i, v := range *p {
			parts[i] = quote(v)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return `""`
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Text writes the configuration as a file, each setting with what it means if comments are wanted.
func (c Config) Text(comments bool) string {
	var b strings.Builder
	section := ""
	for _, s := range settings {
		dot := strings.LastIndexByte(s.key, '.')
		if s.key[:dot] != section {
			if section != "" {
				b.WriteByte('\n')
			}
			section = s.key[:dot]
			fmt.Fprintf(&b, "[%s]\n", section)
		}
		if comments {
			fmt.Fprintf(&b, "# %s\n", s.about)
		}
		fmt.Fprintf(&b, "%s = %s\n", s.key[dot+1:], s.toml(&c))
	}
	return b.String()
}

// Value is one setting as `config show` prints it.
type Value struct {
	Key  string `json:"key"`
	Text string `json:"value"`
	Env  string `json:"env"`
}

// Values lists every setting. None is a secret: passwords stand in files and only the files are named.
func (c Config) Values() []Value {
	out := make([]Value, 0, len(settings))
	for _, s := range settings {
		out = append(out, Value{Key: s.key, Text: s.toml(&c), Env: s.Env()})
	}
	return out
}
