package faultproxy

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// maxBody is more than any fault needs.
const maxBody = 1 << 16

// Control is the HTTP face: GET /state, POST /fault, DELETE /fault.
func (p *Proxy) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, p.State()) })
	mux.HandleFunc("POST /fault", func(w http.ResponseWriter, r *http.Request) {
		f, err := parse(io.LimitReader(r.Body, maxBody))
		if err == nil {
			err = p.Set(f)
		}
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, f)
	})
	mux.HandleFunc("DELETE /fault", func(w http.ResponseWriter, _ *http.Request) {
		p.Heal()
		answer(w, http.StatusOK, Fault{})
	})
	return mux
}

// parse reads one fault; an unknown key is an error.
func parse(r io.Reader) (Fault, error) {
	var f Fault
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Fault{}, err
	}
	if d.More() {
		return Fault{}, errors.New("more than one fault")
	}
	return f, f.check()
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who asked has gone
}
