package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/device"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// step is one thing that a person does with a device, or looks at.
type step struct {
	name string
	tell string // what to do, or what happens
	do   func(ctx context.Context) (found string, err error)
	asks string // a question about what is to be seen; empty: the device itself says whether it is right
}

// notRight is what a step found that is no error of the device.
type notRight string

func (e notRight) Error() string { return string(e) }

// stepJSON is what came of a step.
type stepJSON struct {
	Step  string `json:"step"`
	OK    bool   `json:"ok"`
	Found string `json:"found"` // what the device said, or why it is not right
}

// walk opens a device and goes through its steps; each may take as long as limit.
func (s *shell) walk(ctx context.Context, u *unitJSON, cfg config.Config, limit time.Duration) error {
	if u.URI == "" {
		return usage("no %s is configured", u.Name)
	}
	if u.URI == "wedge:" {
		return usage("a %s that types is tried on the screen: till run", u.Name)
	}
	steps, closeDevice, err := s.steps(ctx, u, cfg)
	if err == nil {
		err = s.goThrough(ctx, u, steps, limit)
		closeDevice()
	} else {
		u.State, u.Reason = string(pos.DeviceOffline), s.words().Sentence(pos.AsError(err)).Title
	}
	return errors.Join(err, s.printUnits([]unitJSON{*u}, []string{"DEVICE", "STATE", "URI", ""}, func(u unitJSON) []string {
		return []string{u.Name, u.State, u.URI, u.Reason}
	}))
}

func (s *shell) goThrough(ctx context.Context, u *unitJSON, steps []step, limit time.Duration) error {
	answers := s.lines(ctx)
	wrong := 0
	for i, st := range steps {
		fmt.Fprintf(s.err, "%d/%d %s: %s\n", i+1, len(steps), st.name, st.tell)
		got := stepJSON{Step: st.name}
		limited, cancel := context.WithTimeout(ctx, limit)
		found, err := st.do(limited)
		cancel()
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, context.DeadlineExceeded):
			got.Found = "nothing happened within " + limit.String()
		case errors.As(err, new(notRight)):
			got.Found = err.Error()
		case err != nil:
			got.Found = s.words().Sentence(pos.AsError(err)).Title
		default:
			got.Found, got.OK = found, true
		}
		if got.OK && st.asks != "" {
			got.OK, got.Found = s.yes(ctx, answers, st.asks)
		}
		if ctx.Err() != nil {
			u.Reason = "cancelled"
			return pos.NewError(pos.CodeCancelled)
		}
		if u.Steps = append(u.Steps, got); !got.OK {
			wrong++
		}
		fmt.Fprintf(s.err, "    %s: %s\n", map[bool]string{true: "ok", false: "NOT RIGHT"}[got.OK], got.Found)
	}
	if u.Reason = fmt.Sprintf("all %d steps are right", len(steps)); wrong > 0 {
		u.Reason = fmt.Sprintf("%d of %d steps are not right", wrong, len(steps))
		s.reported = true // the steps say what
		return &exitError{exitDevice, "the " + u.Name + ": " + u.Reason}
	}
	return nil
}

// lines are what a person types, until ctx or the input ends.
func (s *shell) lines(ctx context.Context) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for in := bufio.NewScanner(s.in); in.Scan(); {
			select {
			case out <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// yes asks a question; Enter, y and yes are yes.
func (s *shell) yes(ctx context.Context, answers <-chan string, question string) (bool, string) {
	fmt.Fprintf(s.err, "    %s [Y/n] ", question)
	select {
	case answer, more := <-answers:
		switch answer = strings.ToLower(strings.TrimSpace(answer)); {
		case !more:
			return false, "nobody answered: " + question
		case answer == "" || answer == "y" || answer == "yes":
			return true, "seen"
		}
		return false, "not so: " + question
	case <-ctx.Done():
		return false, "cancelled"
	}
}

// steps opens a device and gives what a person goes through with it.
func (s *shell) steps(ctx context.Context, u *unitJSON, cfg config.Config) (steps []step, end func() error, err error) {
	switch u.Name {
	case "reader":
		r, err := s.openReader(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		return readerSteps(r), r.Close, nil
	case "printer":
		p, err := openPrinter(ctx, u, cfg.Device.Printer)
		if err != nil {
			return nil, nil, err
		}
		return printerSteps(p, cfg.Device.Printer), p.Close, nil
	case "display":
		d, err := openDisplay(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		return displaySteps(d, s.words().Word("display.welcome")), d.Close, nil
	case "scanner":
		c, err := openScanner(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		return scannerSteps(c), c.Close, nil
	}
	return []step{{name: "pad", tell: "the pad asks for a key and for digits", do: func(ctx context.Context) (string, error) {
		err := s.testPINPad(ctx, u, cfg, true, false)
		return u.Reason, err
	}, asks: "Did the pad show what to press?"}}, func() error { return nil }, nil
}

func readerSteps(r *device.Reader) []step {
	var first device.ReaderCheck
	swipe := func(ctx context.Context) (device.ReaderCheck, string, error) {
		got, err := device.TestReader(ctx, r)
		switch {
		case err != nil:
			return got, "", err
		case got.Fault != "":
			return got, "", pos.NewError(pos.CodeCardUnreadable).WithDetail("%s", got.Fault)
		}
		return got, got.Card + " " + got.Brand + ", tracks " + strings.Join(got.Tracks[:], ", "), nil
	}
	return []step{
		{name: "swipe", tell: "swipe a card", do: func(ctx context.Context) (found string, err error) {
			first, found, err = swipe(ctx)
			return found, err
		}},
		{name: "again", tell: "swipe the same card once more, the other way if the reader takes that", do: func(ctx context.Context) (string, error) {
			second, found, err := swipe(ctx)
			if err == nil && second.Card != first.Card {
				err = notRight("another card was read: " + second.Card)
			}
			return found, err
		}},
	}
}

func printerSteps(p *device.Printer, cfg config.Printer) []step {
	becomes := func(ctx context.Context, reason string) (string, error) {
		return reason, waitFor(ctx, func() bool { return p.Health().Reason == reason })
	}
	slip := func(drawer bool) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			if drawer {
				return "", p.Print(ctx, pos.Slip{Drawer: true, Lines: []pos.SlipLine{{Text: "DRAWER", Feed: 2}}})
			}
			return "", device.TestPrinter(ctx, p, false, time.Now())
		}
	}
	out := []step{
		{name: "slip", tell: "a slip with every kind of line is printed and cut", do: slip(false), asks: "Does each line look as it says, is every code readable, was it cut?"},
		{name: "drawer", tell: "the drawer is opened", do: slip(true), asks: "Did the drawer open?"},
	}
	if cfg.Drawer != "" {
		out = append(out,
			step{name: "drawer switch", tell: "leave the drawer open", do: func(ctx context.Context) (string, error) { return becomes(ctx, "drawer open") }},
			step{name: "drawer closed", tell: "close the drawer", do: func(ctx context.Context) (string, error) { return becomes(ctx, "") }})
	}
	return append(out,
		step{name: "cover", tell: "open the cover", do: func(ctx context.Context) (string, error) { return becomes(ctx, "cover open") }},
		step{name: "cover closed", tell: "close the cover", do: func(ctx context.Context) (string, error) { return becomes(ctx, "") }})
}

// waitEvery is the time between two looks at a device that a person changes.
const waitEvery = 20 * time.Millisecond

func waitFor(ctx context.Context, so func() bool) error {
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func displaySteps(d *device.Display, welcome string) []step {
	show := func(top, bottom string) step {
		return step{tell: "two lines are shown", do: func(context.Context) (string, error) {
			d.Show(top, bottom)
			return "", nil
		}, asks: fmt.Sprintf("Does it say %q over %q?", top, bottom)}
	}
	cells, letters := show("12345678901234567890", "ABCDEFGHIJKLMNOPQRST"), show("Crème ¡Ñandú!  12.34", welcome)
	cells.name, letters.name = "cells", "letters"
	letters.asks += " A display without such letters spells them plainly."
	return []step{cells, letters}
}

func scannerSteps(c *device.Scanner) []step {
	scan := func(name, tell string) step {
		return step{name: name, tell: tell, do: func(ctx context.Context) (string, error) {
			got, err := c.Next(ctx)
			if err != nil {
				return "", err
			}
			found := register.ShownCode(got.Text)
			if got.Symbology != "" {
				found += ", " + string(got.Symbology)
			}
			return found, nil
		}}
	}
	return []step{scan("scan", "scan a barcode"), scan("again", "scan another one")}
}
