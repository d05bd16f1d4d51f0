package trustcommerce

import "slices"

// rules are the tables of facts, indexed so that judging a request costs one look for each field. They
// never change after newRules.
type rules struct {
	Facts
	index map[string]int // place in Fields by the table's name
	forms map[string]*formRules
	reply map[string]int // place in replies by name
	// replies is the table of answers' fields.
	replies []ReplyField
}

// formRules is a form with what each field is to it.
type formRules struct {
	Form
	use      []Use // by place in Fields
	required []int
	needs    [][2]int // places: if the first is sent, the second is required
	payers   [][]int
	alone    int  // -1: none
	erases   bool // the value null empties an optional field
}

func newRules(f Facts) *rules {
	r := &rules{Facts: f, index: make(map[string]int, len(f.Fields)), forms: map[string]*formRules{}, reply: map[string]int{}, replies: ReplyFields()}
	for i, e := range f.Fields {
		r.index[e.Name] = i
	}
	for i, e := range r.replies {
		r.reply[e.Name] = i
	}
	for _, form := range f.Forms {
		r.forms[form.Action+"."+form.Variant] = r.compile(form)
	}
	return r
}

func (r *rules) compile(f Form) *formRules {
	places := func(names []string) (out []int) {
		for _, n := range names {
			if at, ok := r.index[n]; ok {
				out = append(out, at)
			}
		}
		return out
	}
	c := &formRules{Form: f, use: make([]Use, len(r.Fields)), required: places(f.Required), alone: -1, erases: f.Variant == updateForm}
	for i, e := range r.Fields {
		c.use[i] = f.Use(e.Name)
	}
	for _, n := range f.Needs {
		if p := places([]string{n.If, n.Then}); len(p) == 2 {
			c.needs = append(c.needs, [2]int{p[0], p[1]})
		}
	}
	for _, group := range f.Payers {
		c.payers = append(c.payers, places(group))
	}
	if f.Alone != "" {
		c.alone = r.index[f.Alone]
	}
	return c
}

// form finds a form by action and variant; nil if there is none.
func (r *rules) form(action, variant string) *formRules { return r.forms[action+"."+variant] }

// place is the index of a name's entry, or -1. A whole name goes before a numbered one.
func (r *rules) place(name string) int {
	if at, ok := r.index[name]; ok {
		return at
	}
	if base := Numbered(name); base != name {
		if at, ok := r.index[base]; ok {
			return at
		}
	}
	return -1
}

// Field finds the entry of a name as it is sent.
func (r *rules) Field(name string) (Field, bool) {
	if at := r.place(name); at >= 0 {
		return r.Fields[at], true
	}
	return Field{}, false
}

// places is a set of fields.
type places [4]uint64

func (s *places) add(at int)      { s[at>>6] |= 1 << (at & 63) }
func (s *places) has(at int) bool { return s[at>>6]&(1<<(at&63)) != 0 }

// check judges a request by the tables before a byte of it leaves. The order is that of the host:
// forbidden, missing, then each field in the order of the table, format before length.
func (r *rules) check(form *formRules, pairs []pair) *troubleFound {
	var sent places
	var extra []string
	worst, word, offender := len(r.Fields), "", ""
	for _, p := range pairs {
		at := r.place(p.name)
		if at < 0 || form.use[at] == Forbidden {
			extra = append(extra, p.name)
			continue
		}
		sent.add(at)
		if at >= worst {
			continue
		}
		if form.erases && form.use[at] == Optional && string(p.value) == erased {
			continue
		}
		if bad := r.Fields[at].judge(p.value); bad != "" {
			worst, word, offender = at, bad, p.name
		}
	}
	if form.alone >= 0 && sent.has(form.alone) {
		for _, p := range pairs {
			if at := r.place(p.name); at >= 0 && at != form.alone && form.use[at] == Payer {
				extra = append(extra, p.name)
			}
		}
	}
	if len(extra) > 0 {
		return &troubleFound{"extrafields", extra}
	}
	if missing := form.missing(&sent); len(missing) > 0 {
		return &troubleFound{"missingfields", r.names(missing)}
	}
	if word != "" {
		return &troubleFound{word, []string{offender}}
	}
	return nil
}

// missing lists required fields that are not there. Of payers it names the rest of the group that was
// begun, or the whole first group.
func (f *formRules) missing(sent *places) (out []int) {
	for _, at := range f.required {
		if !sent.has(at) {
			out = append(out, at)
		}
	}
	for _, n := range f.needs {
		if sent.has(n[0]) && !sent.has(n[1]) {
			out = append(out, n[1])
		}
	}
	if len(f.payers) == 0 {
		return out
	}
	best := f.payers[0]
	for _, group := range f.payers {
		var absent []int
		for _, at := range group {
			if !sent.has(at) {
				absent = append(absent, at)
			}
		}
		if len(absent) == 0 {
			return out
		}
		if len(absent) < len(group) {
			best = absent
		}
	}
	return append(out, best...)
}

// names gives fields in the order of the table, each once.
func (r *rules) names(at []int) []string {
	at = slices.Clone(at)
	slices.Sort(at)
	var out []string
	for _, i := range slices.Compact(at) {
		out = append(out, r.Fields[i].Name)
	}
	return out
}
