package hwsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	// Opening is the bytes with which a host begins an exchange, for Hear: right behind them a mix draws, and Begun,
	// if there is one, is called.
	Opening []byte
	Begun   func()

	mu    sync.Mutex
	armed []Fault
	mix   *Mix
}

// longestDelay bounds Fault.MS.
const longestDelay = 60_000

// Arm adds a fault. It errs with a sentence when there is no such verb or a number makes no sense.
func (s *Faults) Arm(f Fault) error {
	if !slices.Contains(s.Verbs, f.Do) {
		return fmt.Errorf("no such fault; known are %s", strings.Join(s.Verbs, ", "))
	}
	if f.Count < 0 || f.Bytes < 0 || f.MS < 0 || f.MS > longestDelay {
		return fmt.Errorf("no number of a fault is below 0, and ms is at most %d", longestDelay)
	}
	f.Count, f.Fired = max(f.Count, 1), 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = append(s.armed, f)
	return nil
}

// Mix lets a mix draw from now on; nil draws nothing.
func (s *Faults) Mix(m *Mix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mix = m
}

// Draw arms what the mix has go wrong with an exchange that begins.
func (s *Faults) Draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, wrong := s.mix.Fault(); wrong {
		s.armed = append(s.armed, f)
	}
}

// Disarm forgets all faults, and those that a mix would still draw.
func (s *Faults) Disarm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed, s.mix = nil, nil
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
	var counting []*Fault
	first := -1
	for i := range s.armed {
		if f := &s.armed[i]; f.Do == do && f.Fired < f.Count {
			counting = append(counting, f)
			if first < 0 || f.Bytes < counting[first].Bytes {
				first = len(counting) - 1
			}
		}
	}
	cut := -1
	if first >= 0 && counting[first].Bytes < next {
		cut, next = counting[first].Bytes, counting[first].Bytes
		counting[first].Fired++
		counting[first].Bytes = 0 // so that it does not matter in which pieces they came
	}
	for i, f := range counting {
		if i != first || cut < 0 {
			f.Bytes -= next
		}
	}
	return cut
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
