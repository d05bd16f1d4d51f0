package reader

import (
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/tillpos/till/hwsim"
)

// Control is the reader's control address.
func (r *Reader) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /swipe", func(w http.ResponseWriter, req *http.Request) {
		var s Swipe
		if hwsim.ReadJSON(w, req, &s) {
			delivered(w, r.Swipe(req.Context(), s))
		}
	})
	mux.HandleFunc("POST /raw", func(w http.ResponseWriter, req *http.Request) {
		var body struct {
			Packets []string `json:"packets"`
		}
		if !hwsim.ReadJSON(w, req, &body) {
			return
		}
		packets, err := unhex(body.Packets)
		if err != nil {
			delivered(w, &BadRequest{err})
			return
		}
		delivered(w, r.Raw(req.Context(), packets))
	})
	mux.HandleFunc("GET /cards", func(w http.ResponseWriter, _ *http.Request) {
		names := []string{}
		for _, c := range Cards() {
			names = append(names, c.Name)
		}
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"cards": names})
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"faults": names(r.faults()), "fired": r.Fired()})
	})
	return mux
}

func unhex(list []string) ([][]byte, error) {
	var out [][]byte
	for _, text := range list {
		b, err := hex.DecodeString(text)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func delivered(w http.ResponseWriter, err error) {
	var bad *BadRequest
	switch {
	case err == nil:
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"delivered": true})
	case errors.As(err, &bad):
		hwsim.WriteJSON(w, http.StatusBadRequest, map[string]any{"delivered": false, "error": err.Error()})
	default:
		hwsim.WriteJSON(w, http.StatusConflict, map[string]any{"delivered": false, "error": err.Error()})
	}
}
