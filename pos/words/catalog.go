package words

import (
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

// Sentence is what a person is told of one code. Money is empty where no money is concerned.
type Sentence struct {
	Title string // what happened
	Money string // what it means for the money
	Next  string // what to do
}

// Catalog is the words of one language. It is never changed after New and safe for concurrent use.
type Catalog struct {
	sentences map[pos.Code]Sentence
	words     map[string]string
	phrases   map[string]string // by the English one; nil: English
}

// English is the language of a terminal that was not told another one.
const English = "en"

// New gives the words of a language, named as in BCP 47 or as in LANG: "es", "es-MX", "es_MX.UTF-8". A
// language that the house does not speak gives English.
func New(language string) *Catalog {
	base := strings.ToLower(language)
	if end := strings.IndexAny(base, "-_."); end >= 0 {
		base = base[:end]
	}
	if base == "es" {
		return &Catalog{spanishSentences, spanishWords, spanishPhrases}
	}
	return &Catalog{englishSentences, englishWords, nil}
}

// Languages are those that New knows.
func Languages() []string { return []string{English, "es"} }

// Sentence gives the three parts for an error, its arguments filled in. An error without a sentence is
// told as an internal one. A nil error is the empty sentence.
func (c *Catalog) Sentence(err *pos.Error) Sentence {
	if err == nil {
		return Sentence{}
	}
	s, ok := c.sentences[err.Code]
	if !ok {
		s = c.sentences[pos.CodeInternal]
	}
	return Sentence{fill(s.Title, err.Args), fill(s.Money, err.Args), s.Next}
}

// Say is what happened and what it means for the money, as one text.
func (c *Catalog) Say(err *pos.Error) string {
	s := c.Sentence(err)
	if s.Money == "" {
		return s.Title
	}
	if last := s.Title[len(s.Title)-1]; last == '.' || last == '?' || last == '!' {
		return s.Title + " " + s.Money
	}
	return s.Title + ". " + s.Money
}

// Next is what to do.
func (c *Catalog) Next(code pos.Code) string { return c.Sentence(pos.NewError(code)).Next }

// Message is Say and Next in one call: the two fields of a payment's JSON.
func (c *Catalog) Message(err *pos.Error) (message, next string) {
	return c.Say(err), c.Sentence(err).Next
}

// Word is a word of a screen or slip by its key, the key itself if there is none.
func (c *Catalog) Word(key string) string {
	if w, ok := c.words[key]; ok {
		return w
	}
	return key
}

// Phrase is a text of a screen, its arguments filled in. The English one is its key, so that it stands where it is
// used; what has no translation stays as it is.
func (c *Catalog) Phrase(english string, args ...string) string {
	text, ok := c.phrases[english]
	if !ok {
		text = english
	}
	if len(args) == 0 {
		return text // may be what a person typed
	}
	return fill(text, args)
}

// State is the word for what became of a payment, as lists show it.
func (c *Catalog) State(s pos.State) string {
	return c.Phrase(strings.ReplaceAll(string(s), "_", " "))
}

// fill puts the arguments into a text. A bracketed piece with a missing or empty argument is left out;
// outside brackets a missing argument is a question mark. An argument is never read as a piece of text
// with arguments.
func fill(text string, args []string) string {
	var out strings.Builder
	for text != "" {
		open := strings.IndexByte(text, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], ']')
		if end < 0 {
			break
		}
		plain, _ := fillPlain(text[:open], args)
		piece, whole := fillPlain(text[open+1:open+end], args)
		out.WriteString(plain)
		if whole {
			out.WriteString(piece)
		}
		text = text[open+end+1:]
	}
	plain, _ := fillPlain(text, args)
	out.WriteString(plain)
	return out.String()
}

func fillPlain(text string, args []string) (filled string, whole bool) {
	var out strings.Builder
	whole = true
	for {
		open := strings.IndexByte(text, '{')
		end := strings.IndexByte(text, '}')
		if open < 0 || end < open {
			out.WriteString(text)
			return out.String(), whole
		}
		out.WriteString(text[:open])
		n, err := strconv.Atoi(text[open+1 : end])
		if err != nil || n < 1 || n > len(args) || args[n-1] == "" {
			whole = false
			out.WriteByte('?')
		} else {
			out.WriteString(args[n-1])
		}
		text = text[end+1:]
	}
}
