package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// control is the HTTP face of a running host.
type control struct {
	name   string
	sim    Simulator
	clock  *Clock
	faults *Faults
	moved  func() error // keeps the clock after it was set
}

func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ledger", c.getLedger)
	mux.HandleFunc("GET /faults", c.getFaults)
	mux.HandleFunc("POST /faults", c.postFaults)
	mux.HandleFunc("DELETE /faults", c.deleteFaults)
	mux.HandleFunc("POST /clock", c.postClock)
	mux.HandleFunc("POST /reset", c.postReset)
	return mux
}

func (c *control) getLedger(w http.ResponseWriter, r *http.Request) {
	c.sim.RunDue()
	answer(w, http.StatusOK, newLedger(c.name, c.clock.Now(), c.sim.Book(), r.URL.Query().Get("ref")))
}

func (c *control) getFaults(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"rules": c.faults.List()})
}

func (c *control) postFaults(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Rules []Rule `json:"rules"`
	}
	err := read(r, &in)
	if err == nil && len(in.Rules) == 0 {
		err = errors.New("no rules")
	}
	if err == nil {
		err = c.faults.Arm(in.Rules)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"armed": len(in.Rules)})
}

func (c *control) deleteFaults(w http.ResponseWriter, _ *http.Request) {
	c.faults.Clear()
	answer(w, http.StatusOK, map[string]any{"armed": 0})
}

// postClock sets the clock. Time never goes back over what is booked: 409.
func (c *control) postClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Now     *time.Time `json:"now"`
		Advance *string    `json:"advance"`
		Run     *bool      `json:"run"`
	}
	if err := read(r, &in); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	given := 0
	for _, present := range []bool{in.Now != nil, in.Advance != nil, in.Run != nil && *in.Run} {
		if present {
			given++
		}
	}
	if given != 1 {
		refuse(w, http.StatusBadRequest, errors.New(`one of "now", "advance" and "run":true`))
		return
	}
	if in.Advance != nil {
		d, err := time.ParseDuration(*in.Advance)
		if err != nil {
			refuse(w, http.StatusBadRequest, errors.New("advance is a duration such as 26h or 15m"))
			return
		}
		if d < 0 && c.booked() {
			refuse(w, http.StatusConflict, errBackwards)
			return
		}
		c.clock.Advance(d)
	}
	if in.Now != nil {
		if in.Now.Before(c.clock.Now()) && c.booked() {
			refuse(w, http.StatusConflict, errBackwards)
			return
		}
		c.clock.Freeze(*in.Now)
	}
	if in.Run != nil && *in.Run {
		c.clock.Run()
	}
	jobs := c.sim.RunDue()
	if err := errors.Join(c.moved(), c.sim.Flush()); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"now": c.clock.Now(), "frozen": c.clock.Frozen(), "jobs": append([]Job{}, jobs...)})
}

var errBackwards = errors.New("the clock does not go back while the ledger holds transactions")

func (c *control) booked() bool { return len(c.sim.Book().Transactions) > 0 }

func (c *control) postReset(w http.ResponseWriter, r *http.Request) {
	if err := read(r, &struct{}{}); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	c.faults.Clear()
	if err := c.sim.Reset(); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"ok": true})
}

// read takes one JSON object and nothing unknown in it. An empty body is an empty object.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, err error) {
	answer(w, status, map[string]any{"error": err.Error()})
}
