package pinpad

import (
	"errors"
	"net/http"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/reader"
)

// Control is the pad's control address.
func (p *Pad) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pin", func(w http.ResponseWriter, req *http.Request) {
		var in struct {
			Card  string `json:"card"`
			Wrong bool   `json:"wrong"`
		}
		if hwsim.ReadJSON(w, req, &in) {
			typed(w, p.TypePIN(req.Context(), in.Card, in.Wrong))
		}
	})
	mux.HandleFunc("POST /key", func(w http.ResponseWriter, req *http.Request) {
		var in struct {
			Key string `json:"key"`
		}
		if hwsim.ReadJSON(w, req, &in) {
			typed(w, p.Press(req.Context(), in.Key))
		}
	})
	mux.HandleFunc("POST /text", func(w http.ResponseWriter, req *http.Request) {
		var in struct {
			Text string `json:"text"`
		}
		if hwsim.ReadJSON(w, req, &in) {
			typed(w, p.TypeText(req.Context(), in.Text))
		}
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { hwsim.WriteJSON(w, http.StatusOK, p.State()) })
	mux.HandleFunc("GET /cards", func(w http.ResponseWriter, _ *http.Request) {
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"cards": cardList()})
	})
	p.faults.Handle(mux)
	return mux
}

// listed is a test card as /cards shows it.
type listed struct {
	Name string `json:"name"`
	PIN  bool   `json:"pin"` // it has one
}

func cardList() []listed {
	var out []listed
	for _, c := range reader.Cards() {
		pin, ok := pinOf(c.Name)
		pin.Wipe()
		out = append(out, listed{c.Name, ok})
	}
	return out
}

func typed(w http.ResponseWriter, err error) {
	var bad *BadRequest
	switch {
	case err == nil:
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"typed": true})
	case errors.As(err, &bad):
		hwsim.WriteJSON(w, http.StatusBadRequest, map[string]any{"typed": false, "error": err.Error()})
	default:
		hwsim.WriteJSON(w, http.StatusConflict, map[string]any{"typed": false, "error": err.Error()})
	}
}
