package device

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Options are what a supervised device needs from outside.
type Options struct {
	// Now is the clock that stamps the keys given to a wedge; nil is time.Now. Other devices compare
	// arrival times with the system's own clock.
	Now func() time.Time
	// Changed gets a non-blocking send whenever Health became another one, when a reader was armed, and
	// at each swipe that was ignored. Nil is fine.
	Changed chan<- struct{}
	// Columns is the width of a printer's paper in characters; 0 takes the driver's.
	Columns int
	// CodePage is one of charset.Pages; 0 takes the driver's.
	CodePage int
	// Drawer says how a printer's drawer tells that it is open.
	Drawer escpos.DrawerSwitch
	// Waits are those before a device that went is tried again; what is 0 takes the default.
	Waits Waits
}

// Waits grow from the shortest, doubled each time, to the longest; for a device that is not there to a second at most.
type Waits struct{ Shortest, Longest time.Duration }

func (w Waits) orDefault() Waits {
	return Waits{cmp.Or(w.Shortest, 25*time.Millisecond), cmp.Or(w.Longest, 5*time.Second)}
}

func (o Options) clock() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

func (o Options) changed() {
	select {
	case o.Changed <- struct{}{}:
	default:
	}
}

// openLimit is how long one attempt to open a device may take.
const openLimit = 3 * time.Second

// swiper is a reader's driver: it gives every passage of a card, asked for or not.
type swiper interface {
	Next(ctx context.Context) (s card.Swipe, began time.Time, err error)
}

// streamKinds are the transports that a device on a stream may have.
var streamKinds = []transport.Kind{transport.KindSim, transport.KindSerial, transport.KindTCP, transport.KindFile}

// openable parses a device's URI and looks whether one of the drivers can use it; an empty driver becomes
// the first one. It errs with device.uri, device.not_in_this_build or config.invalid.
func openable(section, uri string, driver *string, drivers []string, kinds ...transport.Kind) (transport.URI, error) {
	u, err := transport.ParseURI(uri)
	if err != nil {
		return u, err
	}
	if *driver == "" {
		*driver = drivers[0]
	}
	if !slices.Contains(drivers, *driver) {
		return u, unknownDriver(section, *driver)
	}
	return u, checkKind(u, *driver, kinds...)
}

// openReports opens the transports that speak in reports.
func openReports(ctx context.Context, u transport.URI) (transport.ReportConn, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	switch u.Kind {
	case transport.KindSim:
		return transport.DialSim(ctx, u.Path)
	case transport.KindHidraw:
		return transport.OpenHidraw(ctx, u.Path)
	}
	return transport.OpenHID(ctx, u.Vendor, u.Product, u.Serial)
}

// openBytes opens the transports that are streams.
func openBytes(ctx context.Context, u transport.URI) (transport.ByteConn, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	switch u.Kind {
	case transport.KindSim:
		return transport.DialUnix(ctx, u.Path)
	case transport.KindTCP:
		return transport.DialTCP(ctx, u.Address)
	case transport.KindFile:
		return transport.OpenFile(ctx, u.Path)
	}
	return transport.OpenSerial(ctx, u.Path, u.Line)
}

// checkKind errs with device.uri when the driver cannot use that kind of device, and with
// device.not_in_this_build when this program cannot.
func checkKind(u transport.URI, driver string, kinds ...transport.Kind) error {
	for _, k := range kinds {
		if u.Kind != k {
			continue
		}
		if k == transport.KindHID && !transport.HIDInBuild {
			return pos.NewError(pos.CodeDeviceKind, string(k)).
				WithDetail("%s: needs a program built with cgo and without the tag nousb", u)
		}
		return nil
	}
	return pos.NewError(pos.CodeDeviceURI, u.String()).WithDetail("the driver %s does not work over %s:", driver, u.Kind)
}

func unknownDriver(section, driver string) error {
	return pos.NewError(pos.CodeConfig, section+".driver", "unknown driver "+driver)
}
