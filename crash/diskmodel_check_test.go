package crash

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDiskKeepsWhatWasFlushed writes, flushes and names files through the kernel, cuts the power, and looks what is there.
func TestDiskKeepsWhatWasFlushed(t *testing.T) {
	if why := badDiskMissing(); why != "" {
		t.Skip(why)
	}
	b, err := newBadDisk(t, t.TempDir())
	if err != nil {
		t.Skipf("no file system of our own here: %v", err)
	}
	at := func(name string) string { return filepath.Join(b.mount, name) }
	sync := func(name string) {
		f, err := os.Open(name)
		if err == nil {
			err = f.Sync()
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("safe.db", "flushed")
	put("torn.db", "not flushed")
	sync(at("safe.db"))
	sync(b.mount)
	put("nameless.db", "flushed, but its folder is not")
	sync(at("nameless.db"))
	if err := os.Rename(at("torn.db"), at("moved.db")); err != nil {
		t.Fatal(err)
	}
	b.order(diskOrder{Do: "cut", Chance: 0})
	var got []string
	entries, err := os.ReadDir(b.mount)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(at(e.Name()))
		got = append(got, fmt.Sprintf("%s %q %v", e.Name(), text, err))
	}
	if want := `safe.db "flushed" <nil>;torn.db "" <nil>`; strings.Join(got, ";") != want {
		t.Errorf("after the power cut there is %v, want %s", got, want)
	}
}

// TestDiskFailsAtTheCallItIsToldTo counts calls through the kernel.
func TestDiskFailsAtTheCallItIsToldTo(t *testing.T) {
	if why := badDiskMissing(); why != "" {
		t.Skip(why)
	}
	b, err := newBadDisk(t, t.TempDir())
	if err != nil {
		t.Skipf("no file system of our own here: %v", err)
	}
	f, err := os.Create(filepath.Join(b.mount, "some.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		f    diskFailure
		want [3]string
	}{
		{diskFailure{Calls: aWrite, Nth: 2, Does: doesENOSPC}, [3]string{"", "no space left on device", ""}},
		{diskFailure{Calls: aWrite, Nth: 2, Does: doesEIO, Onward: true}, [3]string{"", "input/output error", "input/output error"}},
		{diskFailure{Calls: aSync, Nth: 1, Does: doesEIO}, [3]string{"", "", ""}},
		{diskFailure{Calls: aWrite, Nth: 1, Does: doesSlow, DelayMS: 1}, [3]string{"", "", ""}},
	} {
		b.fail(c.f)
		for i, want := range c.want {
			_, err := f.WriteAt([]byte("piece"), int64(i))
			if got := fmt.Sprint(err); (err != nil) != (want != "") || !strings.Contains(got, want) && want != "" {
				t.Errorf("%+v: write %d: %v, want %q", c.f, i+1, err, want)
			}
		}
		if synced := f.Sync(); (synced != nil) != (c.f.Calls == aSync) {
			t.Errorf("%+v: fsync: %v", c.f, synced)
		}
		if fired := b.state().Fired; (fired > 0) != true {
			t.Errorf("%+v has not come", c.f)
		}
		b.heal()
	}
}

// TestGuardEndsWhatIsLeft plays a test that ends without cleaning up.
func TestGuardEndsWhatIsLeft(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "left")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	sleeper := exec.Command("sleep", "600")
	sleeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	pid := sleeper.Process.Pid
	_, in, _, err := role("guard", nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(in, "+ group 1\n- group 1\n+ group %d\n+ folder %s\n", pid, folder)
	in.Close()
	ended := make(chan error, 1)
	go func() { ended <- sleeper.Wait() }()
	select {
	case <-ended:
	case <-time.After(patience):
		sleeper.Process.Kill()
		t.Error("a process outlived its test")
	}
	deadline := time.Now().Add(patience)
	for _, err := os.Stat(folder); err == nil && time.Now().Before(deadline); _, err = os.Stat(folder) {
		<-time.After(time.Millisecond)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a folder outlived its test")
	}
}
