package printer

import (
	"net/http"

	"github.com/tillpos/till/hwsim"
)

// Control is the printer's control address.
func (p *Printer) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /paper", func(w http.ResponseWriter, _ *http.Request) {
		text, cuts := p.Paper()
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"text": text, "marked": p.Marked(), "cuts": cuts})
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		hwsim.WriteJSON(w, http.StatusOK, p.State())
	})
	mux.HandleFunc("POST /state", func(w http.ResponseWriter, req *http.Request) {
		s := p.State() // what the request does not name stays as it is
		if !hwsim.ReadJSON(w, req, &s) {
			return
		}
		if err := p.Set(s); err != nil {
			hwsim.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		hwsim.WriteJSON(w, http.StatusOK, p.State())
	})
	p.faults.Handle(mux)
	return mux
}
