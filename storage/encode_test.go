package storage

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
)

// TestBodyAsJSON holds the writer of bodies to package encoding/json, the reader of them: each member alone and
// all together, so that one that is forgotten shows.
func TestBodyAsJSON(t *testing.T) {
	n := int64(0)
	whole := body{}
	check := func(name string, b body) {
		want, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.appendTo(nil); string(got) != string(want) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	check("nothing", body{})
	for i := range reflect.TypeFor[body]().NumField() {
		one := body{}
		for _, b := range []*body{&one, &whole} {
			n++
			switch f := reflect.ValueOf(b).Elem().Field(i); {
			case f.Type() == reflect.TypeFor[*failureBody]():
				f.Set(reflect.ValueOf(&failureBody{"host.declined", []string{"05", `"<&>\`}, "naïve\n\xff"}))
			case f.Type() == reflect.TypeFor[json.RawMessage]():
				f.SetBytes([]byte(`[["T\u003ca\"","2",250,500]]`))
			case f.Kind() == reflect.Pointer:
				f.Set(reflect.ValueOf(&n))
			case f.CanInt():
				f.SetInt(-n)
			case f.Kind() == reflect.Bool:
				f.SetBool(true)
			default:
				f.SetString("a text")
			}
		}
		check(reflect.TypeFor[body]().Field(i).Name, one)
	}
	check("everything", whole)
	zero := int64(0)
	check("zero amounts", body{Requested: &zero, Failure: &failureBody{}})
}

func TestTextAndDetailAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`)).Draw(t, "text")
		if want, _ := json.Marshal(s); string(appendText(nil, s)) != string(want) {
			t.Errorf("text %q: %s, want %s", s, appendText(nil, s), want)
		}
		detail := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "detail")
		if want, _ := json.Marshal(detail); len(detail) > 0 && string(appendDetail(nil, detail)) != string(want) {
			t.Errorf("detail %q: %s, want %s", detail, appendDetail(nil, detail), want)
		}
	})
	if got := appendDetail(nil, nil); len(got) != 0 {
		t.Errorf("no detail is written as %s", got)
	}
}

func TestTimesAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596799, 253402300799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).
			In(time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone")))
		if got, want := timeText(at), at.UTC().Format(timeLayout); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	if got := timeText(time.Time{}); got != "" {
		t.Errorf("no time is written as %s", got)
	}
}
