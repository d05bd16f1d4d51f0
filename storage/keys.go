package storage

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

const keyBytes = 32 // AES-256, HMAC-SHA256

// The first line of a key file says what it is; the key follows as base32 text.
const (
	masterTitle = "till master key 1"
	batchTitle  = "till batch key 1"
)

// master holds what is derived from the terminal's master key; the key itself is not kept.
type master struct{ head, check, fingerprint, wrap []byte }

func derive(key []byte) (master, error) {
	var m master
	for _, d := range []struct {
		to    *[]byte
		label string
	}{{&m.head, "till journal head 1"}, {&m.check, "till key check 1"}, {&m.fingerprint, "till card fingerprint 1"}, {&m.wrap, "till batch wrap 1"}} {
		out, err := hkdf.Key(sha256.New, key, nil, d.label, keyBytes)
		if err != nil {
			return master{}, err
		}
		*d.to = out
	}
	return m, nil
}

// openMaster reads the master key file. It makes one, with bytes of random, only if born is true: a
// journal whose key file is missing must not get another key. Errors have code journal.key.
func openMaster(path string, born bool, random io.Reader) (master, error) {
	key, err := readKey(path, masterTitle, keyBytes)
	if errors.Is(err, fs.ErrNotExist) && born {
		key = make([]byte, keyBytes)
		if _, err = io.ReadFull(random, key); err == nil {
			err = writeKey(path, masterTitle, key)
		}
	}
	defer clear(key)
	if err != nil {
		return master{}, keyFailure(err, path)
	}
	return derive(key)
}

func keyFailure(err error, path string) error {
	return pos.NewError(pos.CodeJournalKey, path).Because(err)
}

// readKey refuses a file that anybody but its owner may touch.
func readKey(path, title string, size int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("mode %04o, 0600 is needed", info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	key, err := unwords(string(bytes.TrimSpace(rest)))
	if string(first) != title || err != nil || len(key) != size {
		return nil, fmt.Errorf("not a file of the kind %q", title)
	}
	return key, nil
}

// writeKey makes a key file durable before its key is used. It never replaces one.
func writeKey(path, title string, key []byte) error {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	half := path + ".new"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, title+"\n"+words(key)+"\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = moveNew(half, path)
	}
	if err != nil {
		os.Remove(half)
	}
	return err
}

// moveNew gives a finished file its name, durably, if nothing has that name yet.
func moveNew(half, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s: %w", path, fs.ErrExist))
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// destroyKey overwrites a key file before it removes it. A file system that keeps old blocks (flash, a
// snapshot) may still hold the wrapped key; without the master key it opens nothing.
func destroyKey(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// makeFolder makes a folder, and those above it that are missing, durably: a name is safe once the folder that
// it stands in was flushed. A parent that this user may not read was made by somebody else, who saw to it.
func makeFolder(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncFolder(parent); !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keyring is the folder of batch keys. A batch key file holds nonce and ciphertext of the key, wrapped
// with AES-256-GCM under the master key; the batch number and the journal's tag are associated data.
type keyring struct {
	folder string
	tag    string
	wrap   []byte
	random io.Reader
}

func (k keyring) path(batch int64) string {
	return filepath.Join(k.folder, fmt.Sprintf("batch-%d.key", batch))
}

// load gives the cipher of a batch; fs.ErrNotExist if its key is gone or was never made.
func (k keyring) load(batch int64) (cipher.AEAD, error) {
	wrapper, err := newAEAD(k.wrap)
	if err != nil {
		return nil, err
	}
	wrapped, err := readKey(k.path(batch), batchTitle, wrapper.NonceSize()+keyBytes+wrapper.Overhead())
	if err != nil {
		return nil, err
	}
	key, err := open(wrapper, wrapped, k.label(batch))
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return newAEAD(key)
}

// obtain loads a batch key or makes it.
func (k keyring) obtain(batch int64) (cipher.AEAD, error) {
	aead, err := k.load(batch)
	if !errors.Is(err, fs.ErrNotExist) {
		return aead, err
	}
	key := make([]byte, keyBytes)
	defer clear(key)
	if _, err := io.ReadFull(k.random, key); err != nil {
		return nil, err
	}
	wrapper, err := newAEAD(k.wrap)
	if err != nil {
		return nil, err
	}
	wrapped, err := seal(wrapper, k.random, key, k.label(batch))
	if err != nil {
		return nil, err
	}
	if err := writeKey(k.path(batch), batchTitle, wrapped); err != nil {
		return nil, err
	}
	return newAEAD(key)
}

// batches lists the batches that have a key file.
func (k keyring) batches() ([]int64, error) {
	found, err := filepath.Glob(filepath.Join(k.folder, "batch-*.key"))
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, p := range found {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "batch-"), ".key")
		if n, err := strconv.ParseInt(name, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out, nil
}

func (k keyring) label(batch int64) []byte {
	return canonical("batch key", k.tag, strconv.FormatInt(batch, 10))
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal gives nonce and ciphertext in one.
func seal(a cipher.AEAD, random io.Reader, clear, label []byte) ([]byte, error) {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(clear)+a.Overhead())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, err
	}
	return a.Seal(nonce, nonce, clear, label), nil
}

func open(a cipher.AEAD, sealed, label []byte) ([]byte, error) {
	if len(sealed) < a.NonceSize() {
		return nil, errors.New("sealed data cut short")
	}
	return a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], label)
}
