package counter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tillpos/till/hwsim/reader"
)

// requestLimit is how long a control request may take; a paced swipe takes half a second.
const requestLimit = 10 * time.Second

// Swipe tells the reader at a control address to send a swipe.
func Swipe(ctx context.Context, control string, s reader.Swipe) error {
	var answer struct {
		Delivered bool   `json:"delivered"`
		Error     string `json:"error"`
	}
	if err := Call(ctx, control, "POST", "/swipe", s, &answer); err != nil {
		return err
	}
	if !answer.Delivered {
		return errors.New(answer.Error)
	}
	return nil
}

// ControlOf is the control address beside a device's socket.
func ControlOf(uri string) (string, error) {
	path, ok := strings.CutPrefix(uri, "sim://")
	if !ok {
		return "", fmt.Errorf("%s: only sim:// devices have a control socket beside them", uri)
	}
	return "unix:" + path + controlSuffix, nil
}

// Call asks a control address, as it stands in Ready.Control: host:port, or unix: and a path. The answer
// is read into out whatever its status, since errors are JSON objects too.
func Call(ctx context.Context, control, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if in == nil {
		body = nil
	}
	transport := &http.Transport{DisableKeepAlives: true}
	host := control
	if socket, ok := strings.CutPrefix(control, "unix:"); ok {
		host = "device"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	var dialled *net.OpError
	if errors.As(err, &dialled) && dialled.Op == "dial" {
		return fmt.Errorf("no simulated device listens there: %w", dialled)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed {
		return fmt.Errorf("%s: this device has no %s; is it one of another kind?", control, path)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
