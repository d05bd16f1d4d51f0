package hwsim

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// Fault is something that goes wrong with a device, so many times.
type Fault struct {
	Do    string `json:"do"`
	Count int    `json:"count"` // 0 is once
	Bytes int    `json:"bytes"` // until an unplug
	MS    int    `json:"ms"`    // of what comes late
	Fired int    `json:"fired"`
}

// Faults are those that wait to happen to one device. The zero value knows no verb.
type Faults struct {
	Verbs []string

	mu    sync.Mutex
	armed []Fault
}

// longestDelay bounds Fault.MS.
const longestDelay = 60_000

// Arm adds a fault. It errs with a sentence when there is no such verb or a number makes no sense.
func (s *Faults) Arm(f Fault) error {
	if !slices.Contains(s.Verbs, f.Do) || f.Count < 0 || f.Bytes < 0 || f.MS < 0 || f.MS > longestDelay {
		return fmt.Errorf("no such fault; known are %v", s.Verbs)
	}
	f.Count, f.Fired = max(f.Count, 1), 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = append(s.armed, f)
	return nil
}

// Disarm forgets all faults.
func (s *Faults) Disarm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = nil
}

// Armed are the faults with how often each fired.
func (s *Faults) Armed() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Fault{}, s.armed...)
}

// Fires says whether a fault is due, and counts it.
func (s *Faults) Fires(do string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.armed {
		if f := &s.armed[i]; f.Do == do && f.Fired < f.Count {
			f.Fired++
			return *f, true
		}
	}
	return Fault{}, false
}

// Cut says after how many of the next bytes the plug is pulled, -1 when it is not. Bytes count from when
// the fault was armed.
func (s *Faults) Cut(do string, next int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.armed {
		f := &s.armed[i]
		if f.Do != do || f.Fired >= f.Count {
			continue
		}
		if f.Bytes < next {
			f.Fired++
			return f.Bytes
		}
		f.Bytes -= next
	}
	return -1
}

// Handle answers GET, POST and DELETE of /faults at a control address.
func (s *Faults) Handle(mux *http.ServeMux) {
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, http.StatusOK, map[string]any{"faults": s.Armed()})
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.Disarm()
		WriteJSON(w, http.StatusOK, map[string]any{"armed": 0})
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, req *http.Request) {
		var f Fault
		if !ReadJSON(w, req, &f) {
			return
		}
		if err := s.Arm(f); err != nil {
			WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		WriteJSON(w, http.StatusOK, map[string]any{"armed": 1})
	})
}
