package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"callmanager/vc"
)

// reader turns the tree into a Config and collects what is wrong with it.
type reader struct {
	*document
}

// config reads the whole tree. What it returns is only of use if there were no errors.
func (r *reader) config() *Config {
	c := &Config{Daemon: defaultDaemon(), Limits: defaultLimits(), Hosts: map[string]vc.Addr{}, path: r.path}
	var read []permanent
	for _, e := range r.root.entries {
		switch e.name {
		case daemonSection.name:
			if t := r.tableOf(e, daemonSection); t != nil {
				readTable(r, daemonSection, t, daemonFields, &c.Daemon)
				r.processors(t, &c.Daemon)
			}
		case limitsSection.name:
			if t := r.tableOf(e, limitsSection); t != nil {
				readTable(r, limitsSection, t, limitFields, &c.Limits)
			}
		case linkSection.name:
			r.links(c, e)
		case pvcSection.name:
			read = append(read, r.pvcs(e, pvcSection, pvcFields)...)
		case wireSection.name:
			read = append(read, r.pvcs(e, wireSection, wireFields)...)
		case hostsSection.name:
			r.hosts(c, e)
		default:
			r.unknownSection(e)
		}
	}
	r.ownAddress(c)
	r.addPVCs(c, read)
	return c
}

// processors refuses another number of processors than of workers.
func (r *reader) processors(t *table, d *Daemon) {
	if d.Workers != 0 && len(d.CPUs) != 0 && d.Workers != len(d.CPUs) {
		r.fail(t.find("cpus").at, "daemon.cpus", fmt.Sprintf("%d processors for %d workers; write one for each, or leave workers out", len(d.CPUs), d.Workers))
	}
}

// unknownSection explains a name at the top level that is none of ours.
func (r *reader) unknownSection(e *entry) {
	if e.val.table == nil && !e.val.loose {
		if in := homes(e.name); len(in) > 0 {
			r.fail(e.at, bare(e.name), "this key stands outside its table; put it below "+strings.Join(in, " or "))
			return
		}
	}
	var all, headers []string
	for _, s := range sections {
		all, headers = append(all, s.name), append(headers, s.header)
	}
	hint := "; expected " + strings.Join(headers, ", ")
	if near, ok := nearest(e.name, all); ok {
		i := slices.Index(all, near)
		hint = "; did you mean " + headers[i] + "?"
	}
	what := "unknown key"
	if e.val.table != nil || e.val.loose {
		what = "unknown table"
	}
	r.fail(e.at, bare(e.name), what+hint)
}

// tableOf returns the table of a section that occurs once.
func (r *reader) tableOf(e *entry, s section) *table {
	switch {
	case e.val.table != nil:
		return e.val.table
	case e.val.loose:
		r.fail(e.at, bare(e.name), fmt.Sprintf("there is only one %s; write it with single brackets", s.header))
	default:
		r.fail(e.at, bare(e.name), fmt.Sprintf("expected a table, found %s; write %s and the keys below it", describe(e.val), s.header))
	}
	return nil
}

// readTable takes in the keys of a table by their list.
func readTable[T any](r *reader, s section, t *table, fields []field[T], into *T) {
	for _, e := range t.entries {
		i := slices.IndexFunc(fields, func(f field[T]) bool { return f.name == e.name })
		if i < 0 {
			r.unknownKey(s, e, names(fields))
			continue
		}
		readField(r, s, e, fields[i], into)
	}
	for _, f := range fields {
		if f.required && !t.torn && t.find(f.name) == nil && (f.unless == nil || !f.unless(into)) {
			r.fail(t.at, s.name+"."+f.name, fmt.Sprintf("missing in this %s; add %s = %s (%s)", s.header, f.name, f.example, f.doc))
		}
	}
}

func (r *reader) unknownKey(s section, e *entry, known []string) {
	hint := "; expected " + strings.Join(known, ", ")
	if near, ok := nearest(e.name, known); ok {
		hint = fmt.Sprintf("; did you mean %q?", near)
	} else if in := homes(e.name); len(in) > 0 {
		hint = "; it belongs below " + strings.Join(in, " or ")
	}
	r.fail(e.at, s.name+"."+bare(e.name), "unknown key in "+s.header+hint)
}

// readField takes in one key, each element of a list by itself.
func readField[T any](r *reader, s section, e *entry, f field[T], into *T) {
	key := s.name + "." + f.name
	if !f.list {
		readValue(r, key, e.val, f, into)
		return
	}
	if e.val.kind != unstable.Array || e.val.loose {
		of := "strings"
		if f.kind == unstable.Integer {
			of = "integers"
		}
		r.fail(e.val.at, key, fmt.Sprintf("expected an array of %s, found %s; write %s = %s", of, describe(e.val), f.name, f.example))
		return
	}
	for _, v := range e.val.items {
		readValue(r, key, v, f, into)
	}
}

func readValue[T any](r *reader, key string, v *value, f field[T], into *T) {
	kind := cmp.Or(f.kind, unstable.String)
	if v.kind != kind {
		r.fail(v.at, key, fmt.Sprintf("expected %s, found %s; write %s = %s", kindName(kind), describe(v), f.name, f.example))
		return
	}
	if err := f.set(into, v.text); err != nil {
		r.fail(v.at, key, err.Error())
	}
}

// kindName names the type that a value must have.
func kindName(k unstable.Kind) string {
	switch k { //nolint:exhaustive // keys have no others
	case unstable.Integer:
		return "an integer"
	case unstable.Bool:
		return "true or false"
	}
	return "a string"
}

// describe names a value's type for an error message.
func describe(v *value) string {
	switch v.kind {
	case unstable.String:
		return "the string " + quote(v.text)
	case unstable.Bool:
		return "the boolean " + v.text
	case unstable.Integer:
		return "the integer " + shorten(v.text)
	case unstable.Float:
		return "the number " + shorten(v.text)
	case unstable.LocalDate, unstable.LocalTime, unstable.LocalDateTime, unstable.DateTime:
		return "the date or time " + shorten(v.text)
	case unstable.Array:
		return "an array"
	case unstable.InlineTable, unstable.Table, unstable.ArrayTable:
		return "a table"
	case unstable.Invalid, unstable.Comment, unstable.Key, unstable.KeyValue:
	}
	return "no value"
}

// shorten cuts a literal that is too long to show.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
