package device

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tillpos/till/device/hidpos"
	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/device/transport"
)

// readerDriver is a driver of card readers. Either reports or stream is set, by what it takes.
type readerDriver struct {
	reports  func(transport.ReportConn) (swiper, error)
	stream   func(transport.ByteConn) swiper
	encrypts bool
	setup    setup
}

func (d readerDriver) kinds() []transport.Kind {
	if d.stream != nil {
		return []transport.Kind{transport.KindSim, transport.KindSerial, transport.KindTCP}
	}
	return []transport.Kind{transport.KindSim, transport.KindHID, transport.KindHidraw}
}

// readerDrivers are the drivers by the name in the configuration. Of readers that can be set either way,
// the name says how they are set; both names read what comes.
var readerDrivers = map[string]readerDriver{
	"magtek":               {reports: reports(magtek.New), setup: magtekSetup(magtek.Properties)},
	"magtek-serial":        {stream: func(c transport.ByteConn) swiper { return magtek.NewSerial(c) }},
	"magnesafe":            {reports: reports(magtek.NewSafe), encrypts: true, setup: magtekSetup(magtek.SafeProperties)},
	"magnesafe-clear":      {reports: reports(magtek.NewSafe), setup: magtekSetup(magtek.SafeProperties)},
	"magnesafe-serial":     {stream: func(c transport.ByteConn) swiper { return magtek.NewSerial(c) }, encrypts: true},
	"idtech":               {reports: reports(idtech.New)},
	"idtech-secure":        {reports: reports(idtech.New), encrypts: true},
	"idtech-serial":        {stream: func(c transport.ByteConn) swiper { return idtech.NewSerial(c) }, setup: idtechSetup},
	"idtech-serial-secure": {stream: func(c transport.ByteConn) swiper { return idtech.NewSerial(c) }, encrypts: true, setup: idtechSetup},
	"hidpos":               {reports: func(c transport.ReportConn) (swiper, error) { return hidpos.New(c) }},
}

// reports is for drivers that take any reader.
func reports[D swiper](make func(transport.ReportConn) D) func(transport.ReportConn) (swiper, error) {
	return func(c transport.ReportConn) (swiper, error) { return make(c), nil }
}

func magtekSetup(table []setting.Setting) setup {
	return setup{table: table, features: func(c transport.FeatureConn) setting.Device { return magtek.NewFeatures(c) }}
}

var idtechSetup = setup{table: idtech.Settings, commands: func(c transport.ByteConn) setting.Device { return idtech.NewSetup(c) }}

// ReaderDrivers are the names that a reader's driver may have.
func ReaderDrivers() []string {
	names := []string{"wedge"}
	for n := range readerDrivers {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Encrypts says whether a reader with this driver sends enciphered tracks, which are carried and never
// decrypted here. A processor that cannot take such a blob cannot use the reader.
func Encrypts(driver string) bool { return readerDrivers[driver].encrypts }

// ReaderDriver names the driver that fits a reader's URI: a wedge's, that of a USB reader's vendor and product, and
// that of the clear MagTek readers for all else.
func ReaderDriver(uri string) string {
	u, err := transport.ParseURI(uri)
	if err != nil {
		return defaultReader
	}
	return readerFor(u)
}

const defaultReader = "magtek"

func readerFor(u transport.URI) string {
	switch u.Kind {
	case transport.KindWedge:
		return "wedge"
	case transport.KindHID:
		return cmp.Or(fits(transport.HIDInfo{Vendor: u.Vendor, Product: u.Product}), defaultReader)
	}
	return defaultReader
}

// fits names the driver for a HID device on the bus, empty when none is known.
func fits(info transport.HIDInfo) string {
	switch fmt.Sprintf("%04x:%04x", info.Vendor, info.Product) {
	case "0801:0002":
		return "magtek"
	case "0801:0011", "0801:0013", "0801:0014":
		return "magnesafe"
	case "0acd:2010", "0acd:2020":
		return "idtech"
	}
	if info.UsagePage == hidpos.UsagePage {
		return "hidpos"
	}
	return ""
}
