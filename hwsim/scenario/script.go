package scenario

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"
)

// Scenario is a parsed file.
type Scenario struct {
	Config, Profile []byte            // nil when missing
	Files           map[string][]byte // what else the configuration needs, for example a password file
	Steps           []Step
}

// Step is one line of the script.
type Step struct {
	Line int // in the script, from 1
	Verb string
	Args string // the rest of the line
}

// Parse reads a scenario. It errs with a sentence that names the line.
func Parse(file []byte) (Scenario, error) {
	s := Scenario{Files: map[string][]byte{}}
	script := false
	for _, f := range txtar.Parse(file).Files {
		switch f.Name {
		case "config.toml":
			s.Config = f.Data
		case "profile.toml":
			s.Profile = f.Data
		case "script":
			script = true
			if err := s.parseScript(string(f.Data)); err != nil {
				return Scenario{}, err
			}
		default:
			if f.Name != filepath.Base(f.Name) || strings.HasPrefix(f.Name, ".") || strings.HasSuffix(f.Name, ".sock") || f.Name == "host" {
				return Scenario{}, fmt.Errorf("the part %q has no plain file name", f.Name)
			}
			s.Files[f.Name] = f.Data
		}
	}
	if !script {
		return Scenario{}, fmt.Errorf("there is no part named script")
	}
	if s.Config == nil && s.needsTerminal() {
		return Scenario{}, fmt.Errorf("the script needs the terminal, but there is no config.toml")
	}
	return s, nil
}

func (s *Scenario) parseScript(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, args, _ := strings.Cut(line, " ")
		step := Step{i + 1, verb, strings.TrimSpace(args)}
		if _, known := verbOf(verb); !known {
			return fmt.Errorf("script line %d: unknown verb %q", step.Line, verb)
		}
		s.Steps = append(s.Steps, step)
	}
	return nil
}

func (s Scenario) needsTerminal() bool {
	for _, step := range s.Steps {
		if step.needsTerminal() {
			return true
		}
	}
	return false
}

func (s Step) needsTerminal() bool {
	return s.Verb == "key" || s.Verb == "wait" && s.Args == "ready" || s.Verb == "expect" && strings.HasPrefix(s.Args, "screen ")
}

// keys are the named keys as a terminal of type xterm sends them.
var keys = map[string]string{
	"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Backspace": "\x7f", "Space": " ",
	"Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D",
	"F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
	"F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "F11": "\x1b[23~", "F12": "\x1b[24~",
}

// typed gives the bytes of each key of a step's words.
func typed(args string) (out []string) {
	for _, word := range strings.Fields(args) {
		if named, ok := keys[word]; ok {
			out = append(out, named)
			continue
		}
		for _, r := range word {
			out = append(out, string(r))
		}
	}
	return out
}
