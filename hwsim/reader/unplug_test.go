package reader

import (
	"io"
	"net"
	"testing"
)

// TestSwipeAfterUnplug swipes again as soon as the plug was pulled, and each time a host comes back: nothing may go
// into the dead connection.
func TestSwipeAfterUnplug(t *testing.T) {
	for _, model := range []string{"magtek", "magtek-serial"} {
		t.Run(model, func(t *testing.T) {
			r, err := New(Config{Model: model})
			if err != nil {
				t.Fatal(err)
			}
			swiped := make(chan error)
			go func() {
				defer close(swiped)
				for range 500 {
					for _, s := range []Swipe{{Card: "visa", Fault: "unplug:5"}, {Card: "visa"}} {
						if err := r.Swipe(t.Context(), s); err != nil {
							swiped <- err
							return
						}
					}
				}
			}()
			for {
				near, far := net.Pipe()
				served := make(chan struct{})
				go func() { defer close(served); r.Speak(far) }()
				go io.Copy(io.Discard, near)
				select {
				case <-served:
				case err := <-swiped:
					near.Close()
					<-served
					if err != nil {
						t.Errorf("a swipe after an unplug: %v", err)
					}
					return
				}
			}
		})
	}
}
