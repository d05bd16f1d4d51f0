// Package prices is the price list of a shop: what a scanned code is and costs.
//
//	code,name,price
//	4006381333931,Pencil,1.20
//	2112345,Cheese,
//
// A code of goods may be written as UPC-A or as EAN-13; they are the same. A shop that weighs goods puts their price
// into the code: 13 digits that begin with 2, the first seven of which name the article (in the list without a
// price), the next five the price in minor units. That is common, and not the same in every country, so it counts
// only where the shop says so.
package prices

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Limits of a list.
const (
	MaxArticles = 100_000
	maxCode     = 48 // characters
	maxName     = 40
)

// Article is what a code stands for.
type Article struct {
	Name  string
	Price money.Amount
}

// List finds articles. The zero value has none. It is safe for concurrent use.
type List struct {
	articles map[string]Article
	currency money.Currency
	weighed  bool
}

// LineError says what is wrong with a line of a list.
type LineError struct {
	Line int // from 1
	What string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Parse reads a list; weighed says that codes may hold their price. It errs with a *LineError.
func Parse(r io.Reader, c money.Currency, weighed bool) (List, error) {
	list := List{map[string]Article{}, c, weighed}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 3
	head, err := rows.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return List{}, unreadable(err)
	}
	if !slices.Equal(head, []string{"code", "name", "price"}) {
		return List{}, &LineError{1, "the first line is code,name,price"}
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return List{}, unreadable(err)
		}
		if what := list.add(row[0], row[1], row[2]); what != "" {
			line, _ := rows.FieldPos(0)
			return List{}, &LineError{line, what}
		}
	}
}

func unreadable(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &LineError{parse.Line, "three values are needed, with commas between them"}
	}
	return &LineError{1, "it cannot be read: " + err.Error()}
}

// add says what is wrong, nothing if the article was taken.
func (l List) add(code, name, price string) string {
	code, name = strings.TrimSpace(code), strings.TrimSpace(name)
	_, twice := l.articles[key(code)]
	switch {
	case code == "" || len(code) > maxCode || strings.ContainsFunc(code, func(r rune) bool { return r < '!' || r > '~' }):
		return fmt.Sprintf("the code is 1 to %d characters that a scanner sends", maxCode)
	case twice:
		return "the code stands in the list twice"
	case name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Sprintf("the name is 1 to %d characters", maxName)
	case len(l.articles) == MaxArticles:
		return fmt.Sprintf("there are more than %d articles", MaxArticles)
	}
	a := Article{Name: name}
	if price = strings.TrimSpace(price); price != "" || !isWeighed(code) {
		var err error
		if a.Price, err = money.Parse(price, l.currency); err != nil || !a.Price.IsPositive() {
			return "the price is an amount such as 1.20"
		}
	}
	l.articles[key(code)] = a
	return ""
}

// Digits of a code that holds its price.
const (
	weighedArticle = 7  // the first so many name the article
	weighedEnd     = 12 // the price goes up to here, the check digit is behind it
)

// isWeighed says whether a code is an article's whose price stands in what is scanned.
func isWeighed(code string) bool {
	return len(code) == weighedArticle && code[0] == '2' && strings.Trim(code, "0123456789") == ""
}

// key makes one of the ways to write a number of goods.
func key(code string) string {
	switch {
	case len(code) == 12 && pos.CheckDigit(code):
		return "0" + code
	case len(code) == 14 && code[0] == '0' && pos.CheckDigit(code):
		return code[1:]
	}
	return code
}

// Find gives the article of a scanned code.
func (l List) Find(code string) (Article, bool) {
	if a, ok := l.articles[key(code)]; ok && a.Price.IsPositive() {
		return a, true
	}
	if !l.weighed || len(code) != 13 || code[0] != '2' || !pos.CheckDigit(code) {
		return Article{}, false
	}
	minor, err := strconv.ParseInt(code[weighedArticle:weighedEnd], 10, 64)
	if err != nil || minor == 0 {
		return Article{}, false
	}
	a := l.articles[code[:weighedArticle]]
	if a.Price.IsPositive() {
		return Article{}, false // it has a price of its own: then nobody knows which one counts
	}
	if a.Name == "" {
		a.Name = code[:weighedArticle]
	}
	a.Price = money.New(minor, l.currency)
	return a, true
}
