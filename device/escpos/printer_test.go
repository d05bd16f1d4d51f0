package escpos_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/pos"
)

// bench is a driver with a simulated printer at the other end of a pipe.
func bench(t *testing.T) (*escpos.Printer, *printer.Printer) {
	t.Helper()
	near, far := net.Pipe()
	sim := printer.New()
	go sim.Speak(far)
	p := escpos.New(transport.NewStream(near), escpos.DefaultPaper, 0)
	t.Cleanup(func() { p.Close() })
	return p, sim
}

// change sets the printer's state.
func change(t *testing.T, sim *printer.Printer, f func(*printer.State)) {
	t.Helper()
	s := sim.State()
	f(&s)
	if err := sim.Set(s); err != nil {
		t.Fatal(err)
	}
}

var slip = pos.Slip{Drawer: true, Lines: []pos.SlipLine{
	{Text: "SHOP", Align: pos.AlignCenter, Wide: 2, High: 2},
	{Left: "TOTAL", Right: "12.34", Bold: true},
	{Text: "Crème brûlée 5 €"},
	{Rule: true},
}}

func TestPrint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		if err := p.Print(t.Context(), slip); err != nil {
			t.Fatal(err)
		}
		text, cuts := sim.Paper()
		for _, want := range []string{"        SHOP\n", "TOTAL                                12.34\n", "Crème brûlée 5 €\n", strings.Repeat("-", 42) + "\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("the paper lacks %q:\n%s", want, text)
			}
		}
		if s := sim.State(); cuts != 1 || s.Kicks != 1 || s.Drawer != "open" || s.Unknown != 0 {
			t.Errorf("%d cuts, state %+v", cuts, s)
		}
	})
}

func TestPrinterCannot(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*printer.State)
		code   pos.Code
		detail string
	}{
		{"no paper", func(s *printer.State) { s.Paper = "out" }, pos.CodePrinterPaper, "nothing was printed"},
		{"cover open", func(s *printer.State) { s.Cover = "open" }, pos.CodePrinterOffline, "cover is open: so the printer says; nothing was printed"},
		{"off-line", func(s *printer.State) { s.Online = false }, pos.CodePrinterOffline, "off-line: so the printer says; nothing was printed"},
		{"paper ends inside", func(s *printer.State) { s.LinesLeft = 2 }, pos.CodePrinterPaper, "part of the slip may be on paper"},
		{"stalls", func(s *printer.State) { s.Stall = true }, pos.CodePrinterOffline, "nothing was printed; the drawer was opened"},
		{"cutter stuck", func(s *printer.State) { s.Cutter = "stuck" }, pos.CodePrinterOffline, "the cutter is stuck: so the printer says; nothing"},
		{"head hot", func(s *printer.State) { s.Head = "hot" }, pos.CodePrinterOffline, "cooled: so the printer says; nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, sim := bench(t)
				change(t, sim, c.change)
				start := time.Now()
				err := p.Print(t.Context(), slip)
				var e *pos.Error
				if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Detail, c.detail) {
					t.Fatalf("print gives %v", err)
				}
				if d := time.Since(start); d > escpos.PrintLimit+time.Second {
					t.Errorf("it took %v", d)
				}
				// Mended, it prints the next slip whole, and nothing of the failed one behind it.
				change(t, sim, func(s *printer.State) { *s = printer.New().State() })
				before, _ := sim.Paper()
				if err := p.Print(t.Context(), pos.Slip{Lines: []pos.SlipLine{{Text: "NEXT"}}}); err != nil {
					t.Fatal(err)
				}
				after, _ := sim.Paper()
				if added := strings.TrimPrefix(after, before); !strings.HasPrefix(added, "NEXT\n") {
					t.Errorf("after it was mended it printed %q", added)
				}
			})
		})
	}
}

func TestPaperNearIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		change(t, sim, func(s *printer.State) { s.Paper = "near" })
		if err := p.Print(t.Context(), slip); err != nil {
			t.Error(err)
		}
		s, err := p.Status(t.Context())
		if err != nil || s.Health("").State != pos.DeviceAttention {
			t.Errorf("health is %+v, %v", s.Health(""), err)
		}
	})
}

func TestSilentPrinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		p := escpos.New(transport.NewStream(near), escpos.DefaultPaper, 0)
		defer p.Close()
		err := p.Print(t.Context(), slip)
		if pos.CodeOf(err) != pos.CodePrinterOffline || !errors.Is(err, escpos.ErrSilent) {
			t.Errorf("print gives %v", err)
		}
	})
}

func TestPrintIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		change(t, sim, func(s *printer.State) { s.Stall = true })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Print(ctx, slip); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("print gives %v", err)
		}
	})
}

// TestMendedInTime finishes a slip whose printer was stalled for a while.
func TestMendedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		change(t, sim, func(s *printer.State) { s.Stall = true })
		time.AfterFunc(3*time.Second, func() { change(t, sim, func(s *printer.State) { s.Stall = false }) })
		if err := p.Print(t.Context(), slip); err != nil {
			t.Error(err)
		}
		if _, cuts := sim.Paper(); cuts != 1 {
			t.Errorf("%d cuts", cuts)
		}
	})
}

// TestDrawerOnce: a slip that failed is printed again without its drawer once that was open, however it failed.
func TestDrawerOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*printer.State)
	}{
		{"no paper", func(s *printer.State) { s.Paper = "out" }},
		{"cover open", func(s *printer.State) { s.Cover = "open" }},
		{"paper ends inside", func(s *printer.State) { s.LinesLeft = 2 }},
		{"stalls", func(s *printer.State) { s.Stall = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, sim := bench(t)
				change(t, sim, c.change)
				again := slip
				err := p.Print(t.Context(), slip)
				if !errors.Is(err, pos.ErrDrawerOpened) {
					t.Fatalf("printing gives %v", err)
				}
				again.Drawer = false
				synctest.Wait() // the pulse has arrived
				if n := sim.State().Kicks; n != 1 {
					t.Errorf("the drawer was opened %d times", n)
				}
				change(t, sim, func(s *printer.State) { *s = printer.New().State() })
				if err := p.Print(t.Context(), again); err != nil {
					t.Fatal(err)
				}
				if n := sim.State().Kicks; n != 1 {
					t.Errorf("with the reprint the drawer was opened %d times", n)
				}
			})
		})
	}
}

// TestDrawerNotKnown: of a printer that went nobody knows; the reprint opens the drawer.
func TestDrawerNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		change(t, sim, func(s *printer.State) { s.Stall = true })
		if err := sim.Arm(hwsim.Fault{Do: "drop", Count: 1000}); err != nil {
			t.Fatal(err)
		}
		if err := p.Print(t.Context(), slip); err == nil || errors.Is(err, pos.ErrDrawerOpened) {
			t.Errorf("printing gives %v", err)
		}
	})
}

// TestTells: what changes is known at once, and nothing was asked.
func TestTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		if _, err := p.Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		<-p.News()
		p.Told() // how it was when it began to tell
		for _, c := range []struct {
			change func(*printer.State)
			want   pos.Health
		}{
			{func(s *printer.State) { s.Cover = "open" }, pos.Health{State: pos.DeviceOffline, Reason: "cover open"}},
			{func(s *printer.State) { s.Cover, s.Paper = "closed", "near" }, pos.Health{State: pos.DeviceAttention, Reason: "paper near its end"}},
			{func(s *printer.State) { s.Paper = "out" }, pos.Health{State: pos.DeviceOffline, Reason: "no paper"}},
			{func(s *printer.State) { s.Paper, s.Cutter = "ok", "stuck" }, pos.Health{State: pos.DeviceOffline, Reason: "cutter stuck"}},
			{func(s *printer.State) { s.Cutter, s.Drawer = "ok", "open" }, pos.Health{State: pos.DeviceAttention, Reason: "drawer open"}},
			{func(s *printer.State) { s.Drawer = "closed" }, pos.Health{State: pos.DeviceOnline}},
		} {
			start := time.Now()
			change(t, sim, c.change)
			<-p.News()
			s, told := p.Told()
			if got := s.Health(escpos.DrawerHigh); !told || got != c.want {
				t.Errorf("it tells %+v, want %+v", got, c.want)
			}
			if d := time.Since(start); d != 0 {
				t.Errorf("it took %v", d)
			}
		}
	})
}

// TestDrawerWithoutPaper: cash waits for no paper.
func TestDrawerWithoutPaper(t *testing.T) {
	for _, c := range []struct {
		name   string
		drawer bool
		kicks  int
	}{{"a slip that opens the drawer", true, 1}, {"one that does not", false, 0}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, sim := bench(t)
				change(t, sim, func(s *printer.State) { s.Paper = "out" })
				err := p.Print(t.Context(), pos.Slip{Drawer: c.drawer, Lines: slip.Lines})
				if pos.CodeOf(err) != pos.CodePrinterPaper {
					t.Errorf("printing gives %v", err)
				}
				if _, err := p.Status(t.Context()); err != nil { // behind the pulse
					t.Fatal(err)
				}
				text, _ := sim.Paper()
				if got := sim.State().Kicks; got != c.kicks || text != "" {
					t.Errorf("the drawer was opened %d times, paper %q", got, text)
				}
			})
		})
	}
}

// TestDrawerWithoutWord: the drawer opened, and the printer's word for it is lost. It is not opened again.
func TestDrawerWithoutWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sim := bench(t)
		change(t, sim, func(s *printer.State) { s.Stall = true })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- p.Print(ctx, pos.Slip{Drawer: true, Lines: slip.Lines}) }()
		synctest.Wait()                                                    // the pulse is in the buffer
		if err := sim.Arm(hwsim.Fault{Do: "drop", Count: 3}); err != nil { // two automatic statuses, the answer in turn
			t.Fatal(err)
		}
		change(t, sim, func(s *printer.State) { s.Stall = false })
		err := <-ended
		if !errors.Is(err, context.DeadlineExceeded) && pos.CodeOf(err) != pos.CodePrinterOffline || !errors.Is(err, pos.ErrDrawerOpened) {
			t.Errorf("printing gives %v", err)
		}
		if _, err := p.Status(t.Context()); err != nil { // behind all pulses
			t.Fatal(err)
		}
		if text, _ := sim.Paper(); sim.State().Kicks != 1 || text != "" {
			t.Errorf("the drawer was opened %d times, paper %q", sim.State().Kicks, text)
		}
	})
}

// TestPages prints what each page has, as the simulated printer's own table reads it.
func TestPages(t *testing.T) {
	for number, text := range map[int]string{
		437: "é", 850: "Ø", 852: "Łódź", 858: "€", 860: "ã", 863: "Ê", 865: "ø", 866: "Спасибо", 1252: "€ ß",
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			sim := printer.New()
			go sim.Speak(far)
			p := escpos.New(transport.NewStream(near), escpos.Paper{Columns: 42, Page: charset.Pages[number]}, 0)
			defer p.Close()
			if err := p.Print(t.Context(), pos.Slip{Lines: []pos.SlipLine{{Text: text}}}); err != nil {
				t.Fatal(err)
			}
			if got, _ := sim.Paper(); !strings.HasPrefix(got, text+"\n") {
				t.Errorf("page %d prints %q", number, got)
			}
		})
	}
	if len(charset.Pages) != 9 {
		t.Errorf("%d pages", len(charset.Pages))
	}
}
