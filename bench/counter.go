package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// counter is a simulated host and the settings of a terminal that talks to it.
type counter struct {
	run  *run
	dir  string
	host *process
}

// newCounter starts the host below a folder of its own.
func newCounter(ctx context.Context, r *run, name string) (*counter, error) {
	c := &counter{run: r, dir: filepath.Join(r.dir, name)}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	for _, file := range []string{"password", "vault"} {
		if err := os.WriteFile(filepath.Join(c.dir, file), []byte("password\n"), 0o600); err != nil {
			return nil, err
		}
	}
	var err error
	c.host, err = start(ctx, r.hwsim, "host", "trustcommerce", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	return c, err
}

func (c *counter) close() error { return c.host.stop() }

// desk is a terminal's data folder and the address at which it finds the host.
type desk struct {
	*counter
	data   string
	config string
}

// desk writes the configuration of a terminal. reader is the URI of one, or empty.
func (c *counter) desk(name, host, reader string) (*desk, error) {
	d := &desk{counter: c, data: filepath.Join(c.dir, name), config: filepath.Join(c.dir, name+".toml")}
	text := fmt.Sprintf(`[terminal]
lane = "1"
[journal]
path = %q
key_file = %q
[processor.trustcommerce]
hosts = [%q]
query_url = "https://%s/query/"
ca_file = %q
verify_name = "localhost"
custid = "TestMerchant"
password_file = %q
vault_password_file = %q
demo = true
[device.reader]
uri = %q
`, journalIn(d.data), filepath.Join(d.data, "terminal.key"), host, c.host.text("https"), c.host.text("ca_file"),
		filepath.Join(c.dir, "password"), filepath.Join(c.dir, "vault"), reader)
	return d, os.WriteFile(d.config, []byte(text), 0o600)
}

// args are the arguments of a terminal at this desk.
func (d *desk) args(more ...string) []string {
	return append([]string{"run", "--config", d.config, "--data-dir", d.data}, more...)
}

// boot starts the terminal without a screen.
func (d *desk) boot(ctx context.Context) (*process, error) {
	return start(ctx, d.run.till, d.args("--headless", "--json")...)
}
