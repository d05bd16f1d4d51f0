package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// logLimit is how large the log grows, bytes, before it is set aside as till.log.1 in place of the last one.
const logLimit = 4 << 20

// logFile is a file that keeps itself and its predecessor small. It is opened at the first line.
type logFile struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
}

// newLog writes JSON lines of at least the level to the path. Card data cannot get there: they are types
// that print masked, and packets are masked by the table of their wire.
func newLog(path string, level slog.Level) (*slog.Logger, io.Closer) {
	f := &logFile{path: path}
	return slog.New(slog.NewJSONHandler(f, &slog.HandlerOptions{Level: level})), f
}

func (f *logFile) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(int64(len(line))); err != nil {
		return 0, err
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return n, err
}

func (f *logFile) ready(more int64) error {
	if f.file != nil && f.size+more > logLimit {
		f.file.Close()
		f.file = nil
		if err := os.Rename(f.path, f.path+".1"); err != nil {
			return fmt.Errorf("setting the log aside: %w", err)
		}
	}
	if f.file != nil {
		return nil
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	f.file, f.size = file, info.Size()
	return nil
}

func (f *logFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
