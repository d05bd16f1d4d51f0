package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// Names of the files in a state folder.
const (
	caFile        = "ca.pem"        // certificate of the authority, for clients
	authorityFile = "authority.pem" // with the leaf and its key
	clockFile     = "clock.json"
)

// folder keeps a host's state. Without a state folder it is a temporary one that goes with the host.
type folder struct {
	path string
	temp bool
}

func openFolder(path string) (folder, error) {
	if path == "" {
		p, err := os.MkdirTemp("", "hwsim-host-")
		return folder{p, true}, err
	}
	p, err := filepath.Abs(path)
	if err != nil {
		return folder{}, err
	}
	return folder{p, false}, os.MkdirAll(p, 0o700)
}

func (f folder) close() error {
	if f.temp {
		return os.RemoveAll(f.path)
	}
	return nil
}

func (f folder) file(name string) string { return filepath.Join(f.path, name) }

// read gives nil for a file that is not there.
func (f folder) read(name string) ([]byte, error) {
	b, err := os.ReadFile(f.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// write replaces a file whole: after a kill the old one or the new one is there. It does not guard
// against a power cut, which a simulator need not survive.
func (f folder) write(name string, b []byte) error {
	next := f.file(name + ".new")
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, f.file(name))
}

// authority loads the folder's authority or makes one.
func (f folder) authority(now time.Time) (*tctest.Authority, error) {
	b, err := f.read(authorityFile)
	if err != nil {
		return nil, err
	}
	var a *tctest.Authority
	if b != nil {
		a, err = tctest.LoadAuthority(b)
	} else {
		a, err = tctest.NewAuthority(now)
	}
	if err != nil {
		return nil, err
	}
	if b == nil {
		err = f.write(authorityFile, a.PEM())
	}
	return a, errors.Join(err, f.write(caFile, a.CA))
}
