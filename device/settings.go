package device

import (
	"context"
	"errors"
	"strings"

	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// SettingValue is what a reader is set to.
type SettingValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Takes string `json:"takes"`           // what may be written; empty for what can be read only
	Fault string `json:"fault,omitempty"` // why it could not be read
}

// setup is how a driver's readers are set: by feature reports or by commands on a line.
type setup struct {
	table    []setting.Setting
	features func(transport.FeatureConn) setting.Device
	commands func(transport.ByteConn) setting.Device
}

// resetter is a device whose settings count after a reset only.
type resetter interface{ Reset(context.Context) error }

// ReadSettings reads everything that a reader lets be read. One that does not know a setting says so in its row. It
// errs with device.uri, device.not_in_this_build, config.invalid, device.settings for a reader or a connection that
// lets nothing be set, and reader.offline.
func ReadSettings(ctx context.Context, uri, driver string) (out []SettingValue, err error) {
	err = withSetup(ctx, uri, driver, func(table []setting.Setting, d setting.Device) error {
		for _, s := range table {
			row := SettingValue{Name: s.Name}
			if !s.ReadOnly && s.Kind != setting.Hex {
				row.Takes = s.Takes()
			}
			value, err := d.Get(ctx, s.Code)
			switch silent := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil; {
			case silent && len(out) > 0: // it answered before: this one it does not know
				row.Fault = "no answer"
			case gone(ctx, err):
				return err
			case err != nil:
				row.Fault = err.Error()
			default:
				row.Value = s.Show(value)
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// WriteSetting sets one thing, and resets the reader where that is needed. It errs as ReadSettings, with
// setting.ErrValue when the reader has no such setting or value, and with device.setting_refused.
func WriteSetting(ctx context.Context, uri, driver, name, value string) error {
	return withSetup(ctx, uri, driver, func(table []setting.Setting, d setting.Device) error {
		s, err := findSetting(table, name)
		if err != nil {
			return err
		}
		b, err := s.Read(value)
		if err != nil {
			return err
		}
		err = d.Set(ctx, s.Code, b)
		if r, resets := d.(resetter); resets && err == nil {
			err = r.Reset(ctx)
		}
		if err != nil && !gone(ctx, err) {
			return pos.NewError(pos.CodeDeviceRefused, name).Because(err)
		}
		return err
	})
}

func findSetting(table []setting.Setting, name string) (setting.Setting, error) {
	var names []string
	for _, s := range table {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return setting.Setting{}, errors.Join(setting.ErrValue, errors.New("this reader has "+strings.Join(names, ", ")))
}

// gone says whether an error is that of a device that does not answer, rather than an answer.
func gone(ctx context.Context, err error) bool {
	return errors.Is(err, transport.ErrOffline) || errors.Is(err, transport.ErrClosed) || errors.Is(err, context.DeadlineExceeded) ||
		err != nil && ctx.Err() != nil
}

// withSetup opens a reader for its settings.
func withSetup(ctx context.Context, uri, driver string, use func([]setting.Setting, setting.Device) error) error {
	u, build, err := findReader(uri, driver)
	switch {
	case err != nil:
		return err
	case len(build.setup.table) == 0:
		return pos.NewError(pos.CodeDeviceSettings, uri).WithDetail("the driver %s knows no settings", driver)
	}
	d, closer, err := build.setup.open(ctx, u)
	if err == nil {
		defer closer()
		err = use(build.setup.table, d)
	}
	if gone(ctx, err) {
		return pos.NewError(pos.CodeReaderOffline).Because(err)
	}
	return err
}

func (s setup) open(ctx context.Context, u transport.URI) (setting.Device, func(), error) {
	limited, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if s.commands != nil {
		conn, err := openBytes(limited, u)
		if err != nil {
			return nil, nil, err
		}
		return s.commands(conn), func() { conn.Close() }, nil
	}
	if u.Kind == transport.KindHID {
		u = hidrawOf(u)
	}
	if u.Kind == transport.KindHID {
		return nil, nil, pos.NewError(pos.CodeDeviceSettings, u.String()).
			WithDetail("settings travel in feature reports, which the USB library does not carry, and the kernel shows no hidraw device for it; after the library had it, plug it in again")
	}
	conn, err := openReports(limited, u)
	if err != nil {
		return nil, nil, err
	}
	features, ok := conn.(transport.FeatureConn)
	if !ok {
		conn.Close()
		return nil, nil, pos.NewError(pos.CodeDeviceSettings, u.String()).WithDetail("%s carries no feature reports", u.Kind)
	}
	return s.features(features), func() { conn.Close() }, nil
}

// hidrawOf names the same device through the kernel, where that shows it.
func hidrawOf(u transport.URI) transport.URI {
	list, err := transport.ListHidraw()
	if err != nil {
		return u
	}
	for _, h := range list {
		if h.Vendor == u.Vendor && h.Product == u.Product && (u.Serial == "" || strings.EqualFold(h.Serial, u.Serial)) {
			return transport.URI{Kind: transport.KindHidraw, Path: h.Path}
		}
	}
	return u
}
