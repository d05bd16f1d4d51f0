package host

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// Options say what to start. Addresses are host:port; port 0 takes a free one.
type Options struct {
	Name       string // trustcommerce
	Listen     string // empty: 127.0.0.1:0
	HTTPS      string // empty: shared with Listen
	Control    string // empty: no control address
	Profile    string // file; empty: the host's own standard
	StateDir   string // empty: nothing outlives the host
	Seed       uint64 // 0: the profile's seed, or 1
	AnyAddress bool   // lets it listen on more than loopback
	Now        func() time.Time
}

// Ready is the line that tells a parent where everything is.
type Ready struct {
	Ready     bool   `json:"ready"`
	Name      string `json:"name"`
	Listen    string `json:"listen"`
	HTTPS     string `json:"https"`
	Secondary string `json:"secondary"`
	Control   string `json:"control"`
	CAFile    string `json:"ca_file"`
	PID       int    `json:"pid"`
}

// Running is a started host.
type Running struct {
	Ready  Ready
	Sim    Simulator
	Clock  *Clock
	Faults *Faults

	folder folder
	lock   *os.File
	store  *store // nil without a state folder
	cancel context.CancelFunc
	done   []chan error
}

// Errors of Start that a person can mend.
var (
	ErrUsage  = errors.New("usage")         // an unknown host, an address that is none or not loopback
	ErrConfig = errors.New("configuration") // a profile or a state folder that cannot be used
)

// as marks an error as one of the above without changing its text.
func as(kind, err error) error {
	if err == nil {
		return nil
	}
	return marked{err, kind}
}

type marked struct {
	error
	kind error
}

func (m marked) Is(target error) bool { return target == m.kind }
func (m marked) Unwrap() error        { return m.error }

// Start brings a host up. It errs with ErrUsage or ErrConfig, or when an address is taken. The host ends when ctx does or by Close, which must be called either way.
func Start(ctx context.Context, o Options) (*Running, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Name != "trustcommerce" {
		return nil, as(ErrUsage, fmt.Errorf("no host is called %q; there is trustcommerce", o.Name))
	}
	if err := o.checkAddresses(); err != nil {
		return nil, as(ErrUsage, err)
	}
	dir, err := openFolder(o.StateDir)
	if err != nil {
		return nil, as(ErrConfig, err)
	}
	r := &Running{folder: dir, Faults: NewFaults(), cancel: func() {}}
	if err := r.start(ctx, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Running) start(ctx context.Context, o Options) error {
	lock, err := r.folder.lock()
	if err != nil {
		return as(ErrConfig, err)
	}
	r.lock = lock
	good, err := r.folder.authority(o.Now())
	if err != nil {
		return as(ErrConfig, err)
	}
	bad, err := badCertificates(good, o.Now())
	if err != nil {
		return err
	}
	if err := r.simulator(o); err != nil {
		return as(ErrConfig, err)
	}
	ctx, r.cancel = context.WithCancel(ctx)
	secure := func(l net.Listener) listener {
		return listener{l, r.Faults, good.ServerTLS(), bad}
	}
	r.Ready = Ready{Ready: true, Name: o.Name, CAFile: r.folder.file(caFile), PID: os.Getpid()}
	if r.Ready.Listen, err = r.open(o.Listen, func(l net.Listener) error { return r.Sim.Serve(ctx, secure(l)) }); err != nil {
		return err
	}
	r.Ready.HTTPS = r.Ready.Listen
	if o.HTTPS != "" && (o.HTTPS != o.Listen || strings.HasSuffix(o.HTTPS, ":0")) {
		if r.Ready.HTTPS, err = r.open(o.HTTPS, func(l net.Listener) error { return r.Sim.Serve(ctx, secure(l)) }); err != nil {
			return err
		}
	}
	if o.Control == "" {
		return nil
	}
	c := &control{o.Name, r.Sim, r.Clock, r.Faults, r.keepClock}
	r.Ready.Control, err = r.open(o.Control, func(l net.Listener) error { return serveControl(ctx, l, c) })
	return err
}

// badCertificates are what the certificate faults show.
func badCertificates(good *tctest.Authority, now time.Time) (map[Verb]*tls.Config, error) {
	stranger, err := tctest.NewStranger(now)
	if err != nil {
		return nil, err
	}
	expired, err := good.Expired(now)
	if err != nil {
		return nil, err
	}
	other, err := good.ForOtherName(now)
	if err != nil {
		return nil, err
	}
	return map[Verb]*tls.Config{BadCert: stranger.ServerTLS(), ExpiredCert: expired, OtherName: other}, nil
}

// open listens and serves in a goroutine that Close waits for.
func (r *Running) open(address string, serve func(net.Listener) error) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	done := make(chan error, 1)
	r.done = append(r.done, done)
	go func() { done <- serve(l) }()
	return l.Addr().String(), nil
}

func serveControl(ctx context.Context, l net.Listener, c *control) error {
	s := &http.Server{Handler: c.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// simulator makes the host proper with its clock and takes up what the folder kept.
func (r *Running) simulator(o Options) error {
	profile := tctest.DefaultProfile()
	if o.Profile != "" {
		b, err := os.ReadFile(o.Profile)
		if err != nil {
			return err
		}
		if profile, err = tctest.ParseProfile(b); err != nil {
			return fmt.Errorf("%s: %w", o.Profile, err)
		}
	}
	frozen, err := profile.Frozen()
	if err != nil {
		return err
	}
	r.Clock = NewClock(o.Now, frozen)
	if b, err := r.folder.read(clockFile); err != nil || b != nil && json.Unmarshal(b, r.Clock) != nil {
		return errors.Join(err, errors.New(clockFile+" in the state folder cannot be read"))
	}
	if o.Seed == 0 {
		o.Seed = uint64(max(profile.Seed, 1))
	}
	cfg := tctest.Config{Profile: profile, Now: r.Clock.Now, Random: &seeded{o.Seed}}
	if r.folder.temp {
		h, err := tctest.New(cfg)
		if err == nil {
			r.Sim = newTrustCommerce(h, r.Faults)
		}
		return err
	}
	store, snapshot, changes, err := openStore(r.folder)
	if err != nil {
		return err
	}
	r.store = store
	cfg.Keep = store.keep
	h, err := tctest.New(cfg)
	if err != nil {
		return err
	}
	if snapshot != nil || len(changes) > 0 {
		if err := h.Restore(snapshot, changes); err != nil {
			return fmt.Errorf("%s: %w", r.folder.path, err)
		}
	}
	r.Sim = newTrustCommerce(h, r.Faults)
	return r.keepWhole()
}

// keepWhole replaces the log of changes by a snapshot.
func (r *Running) keepWhole() error {
	b, err := r.Sim.Snapshot()
	if err != nil {
		return err
	}
	return r.store.snapshot(b)
}

func (r *Running) keepClock() error {
	b, err := json.Marshal(r.Clock)
	if err != nil {
		return err
	}
	return r.folder.write(clockFile, b)
}

// Close ends the host, waits for all its goroutines and keeps its state.
func (r *Running) Close() error {
	r.cancel()
	var errs []error
	for _, d := range r.done {
		errs = append(errs, <-d)
	}
	r.done = nil
	if r.store != nil {
		if r.Sim != nil {
			errs = append(errs, r.keepWhole())
		}
		errs = append(errs, r.store.close())
		r.store = nil
	}
	errs = append(errs, r.folder.close())
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}

// checkAddresses keeps a simulator, which takes anybody's password, off the network.
func (o Options) checkAddresses() error {
	for _, a := range []string{o.Listen, o.HTTPS, o.Control} {
		if a == "" || o.AnyAddress {
			continue
		}
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			return err
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%s is not a loopback address; --any-address allows it", a)
		}
	}
	return nil
}

// seeded repeats the eight bytes of a seed.
type seeded struct{ seed uint64 }

func (s *seeded) Read(b []byte) (int, error) {
	var eight [8]byte
	binary.BigEndian.PutUint64(eight[:], s.seed)
	n := copy(b, eight[:])
	return n, nil
}

var _ io.Reader = (*seeded)(nil)
