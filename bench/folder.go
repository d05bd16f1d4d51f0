package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// workFolder makes a folder of its own in dir, which has to be on a disk.
func workFolder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	memory, err := inMemory(abs)
	if err != nil {
		return "", err
	}
	if memory {
		return "", fmt.Errorf("%s is in memory, where an fsync costs nothing; name a folder on a disk with -dir", dir)
	}
	return os.MkdirTemp(abs, "bench-") // short, since the paths of unix sockets are
}

// copyFolder copies the files of a folder, without sockets and locks, and makes them durable, so that
// what is measured afterwards does not pay for them.
func copyFolder(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// socketPath keeps to the 107 bytes that the path of a unix socket may have.
func socketPath(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	if len(path) > 107 {
		return "", fmt.Errorf("%s is too long for a socket; name a shorter folder with -dir", path)
	}
	return path, nil
}
