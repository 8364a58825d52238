package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// pos is a place in the file, both counted from 1.
type pos struct{ line, col int }

// value is a TOML value with its place.
type value struct {
	at    pos
	kind  unstable.Kind
	text  string   // a string's contents, another scalar as it is written
	items []*value // of an array
	table *table   // of a table, in whatever way it was written
	loose bool     // the array came from [[headers]] and may grow
}

// table is a TOML table: [header], dotted keys or { inline }.
type table struct {
	at      pos
	path    string   // dotted, for the keys of errors
	entries []*entry // in the order of the file
	byName  map[string]*entry
	header  pos  // where its [header] stands, if it has one
	closed  bool // inline: nothing may be added
	torn    bool // a line of it was unreadable: keys may be missing for that reason only
}

// entry is one key of a table.
type entry struct {
	name string
	at   pos
	val  *value
}

// key returns the path of one of the table's keys. It does not grow for ever: tables nest as deep
// as the file likes.
func (t *table) key(name string) string {
	const most = 256
	switch {
	case t.path == "":
		return bare(name)
	case len(t.path) > most:
		return t.path
	}
	return t.path + "." + bare(name)
}

// find returns the entry of a name, or nil.
func (t *table) find(name string) *entry { return t.byName[name] }

func (t *table) add(k part, v *value) {
	e := &entry{name: k.name, at: k.at, val: v}
	t.entries = append(t.entries, e)
	if t.byName == nil {
		t.byName = map[string]*entry{}
	}
	t.byName[k.name] = e
}

// document turns the file into a tree that knows where everything stands, and goes on after an
// error so that all of them are found in one pass.
type document struct {
	path   string
	data   []byte
	lines  []int // offset of each line
	base   int   // offset of what the parser was reset to
	root   *table
	cur    *table // of the last header
	errs   Errors
	broken bool // an error of TOML itself was found
}

// readDocument parses data. The tree holds all that could be read.
func readDocument(path string, data []byte) *document {
	d := &document{path: path, data: data, lines: []int{0}, root: &table{at: pos{1, 1}}}
	for i, c := range data {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	d.cur = d.root
	var p unstable.Parser
	quiet := false // the next error only follows from the last one
	for start := 0; start < len(data); {
		d.base = start
		p.Reset(data[start:])
		end := start
		for p.NextExpression() {
			end = d.expression(&p, p.Expression())
			quiet = false
		}
		err := p.Error()
		if err == nil {
			break
		}
		off := d.syntaxError(&p, err, quiet)
		start = d.resume(d.skipBlank(end), off)
		quiet = true
	}
	d.secondOpinion()
	return d
}

// syntaxError records what the parser could not read and returns the offset of it.
func (d *document) syntaxError(p *unstable.Parser, err error, quiet bool) int {
	off, msg := len(d.data), err.Error()
	if perr, ok := errors.AsType[*unstable.ParserError](err); ok {
		off, msg = d.base+int(p.Range(perr.Highlight).Offset), perr.Message
	}
	d.cur.torn = true
	d.broken = true
	if !quiet {
		d.fail(d.place(off), "", "not TOML: "+msg)
	}
	return off
}

// resume returns where reading goes on after an error at off in an expression that began at start:
// at a header in which an unclosed value ran, else on the next line.
func (d *document) resume(start, off int) int {
	line := bytes.LastIndexByte(d.data[:off], '\n') + 1
	if line > start && line < len(d.data) && d.data[line] == '[' {
		return line
	}
	if start < len(d.data) && d.data[start] == '[' {
		d.cur = &table{torn: true} // whose lines follow is unknown
	}
	return d.nextLine(off)
}

func (d *document) nextLine(off int) int {
	if i := bytes.IndexByte(d.data[off:], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(d.data)
}

// skipBlank returns the offset of the expression that follows the one which ended at off. The rest
// of that one's line holds a comment at most.
func (d *document) skipBlank(off int) int {
	for off < len(d.data) {
		switch d.data[off] {
		case ' ', '\t', '\r', '\n', ']':
			off++
		case '#':
			off = d.nextLine(off)
		default:
			return off
		}
	}
	return off
}

// secondOpinion asks the library's decoder whether the file is TOML: it knows every rule on
// redefined tables and the ranges of numbers. What we found ourselves is not said again.
func (d *document) secondOpinion() {
	if d.broken {
		return
	}
	var sink map[string]any
	err := toml.Unmarshal(d.data, &sink)
	if err == nil {
		return
	}
	at := pos{1, 1}
	if derr, ok := errors.AsType[*toml.DecodeError](err); ok {
		at.line, at.col = derr.Position()
	}
	d.fail(at, "", "not TOML: "+strings.TrimPrefix(err.Error(), "toml: "))
}

func (d *document) fail(at pos, key, msg string) {
	d.errs = append(d.errs, &Error{Path: d.path, Line: at.line, Column: at.col, Key: key, Msg: msg})
}

// place turns an offset into line and column.
func (d *document) place(off int) pos {
	line, exact := slices.BinarySearch(d.lines, off)
	if !exact {
		line-- // it would be inserted behind the line that holds it
	}
	return pos{line: line + 1, col: off - d.lines[line] + 1}
}

// expression adds one top-level expression and returns the offset behind it.
func (d *document) expression(p *unstable.Parser, n *unstable.Node) int {
	switch n.Kind { //nolint:exhaustive // a top-level expression is one of these three
	case unstable.Table, unstable.ArrayTable:
		keys, end := d.keys(n)
		d.enter(keys, n.Kind == unstable.ArrayTable)
		return end
	case unstable.KeyValue:
		d.set(p, d.cur, n)
	}
	return d.base + int(n.Raw.Offset+n.Raw.Length)
}

// part is one part of a dotted key.
type part struct {
	name string
	at   pos
}

// keys returns the parts of a key and the offset behind the last.
func (d *document) keys(n *unstable.Node) (parts []part, end int) {
	for it := n.Key(); it.Next(); {
		k := it.Node()
		parts = append(parts, part{string(k.Data), d.place(d.base + int(k.Raw.Offset))})
		end = d.base + int(k.Raw.Offset+k.Raw.Length)
	}
	return parts, end
}

// enter makes the table of a [header] or [[header]] the current one. After a conflict the lines
// that follow go to a table that is in nobody's way.
func (d *document) enter(parts []part, array bool) {
	last := parts[len(parts)-1]
	d.cur = &table{at: last.at, torn: true}
	parent := d.descend(d.root, parts[:len(parts)-1])
	if parent == nil {
		return
	}
	next := &table{at: last.at, path: parent.key(last.name), header: last.at}
	old := parent.find(last.name)
	switch {
	case old == nil && array:
		item := &value{at: last.at, kind: unstable.InlineTable, table: next}
		parent.add(last, &value{at: last.at, kind: unstable.Array, items: []*value{item}, loose: true})
	case old == nil:
		parent.add(last, &value{at: last.at, kind: unstable.InlineTable, table: next})
	case array && old.val.loose:
		old.val.items = append(old.val.items, &value{at: last.at, kind: unstable.InlineTable, table: next})
	case !array && old.val.table != nil && !old.val.table.closed && old.val.table.header == pos{}:
		next = old.val.table
		next.header = last.at
	default:
		d.duplicate(parent, last, old)
		return
	}
	d.cur = next
}

// descend follows the parts of a dotted key but for its last, making tables on the way. It returns
// nil after a conflict, which it has reported.
func (d *document) descend(t *table, parts []part) *table {
	const deepest = 8 // our keys have two parts; a million would exhaust the memory
	if len(parts) > deepest {
		d.broken = true
		d.fail(parts[0].at, bare(parts[0].name), fmt.Sprintf("a key of %d parts; no valid one has more than 2", len(parts)+1))
		return nil
	}
	for _, k := range parts {
		e := t.find(k.name)
		switch {
		case e == nil:
			next := &table{at: k.at, path: t.key(k.name)}
			t.add(k, &value{at: k.at, kind: unstable.InlineTable, table: next})
			t = next
		case e.val.loose:
			t = e.val.items[len(e.val.items)-1].table
		case e.val.table != nil && !e.val.table.closed:
			t = e.val.table
		default:
			d.duplicate(t, k, e)
			return nil
		}
	}
	return t
}

func (d *document) duplicate(t *table, k part, old *entry) {
	d.broken = true
	d.fail(k.at, t.key(k.name), fmt.Sprintf("already set on line %d; keep one of the two", old.at.line))
}

// set adds "key = value" to a table.
func (d *document) set(p *unstable.Parser, t *table, n *unstable.Node) {
	parts, end := d.keys(n)
	last := parts[len(parts)-1]
	if t = d.descend(t, parts[:len(parts)-1]); t == nil {
		return
	}
	if old := t.find(last.name); old != nil {
		d.duplicate(t, last, old)
		return
	}
	t.add(last, d.value(p, n.Value(), d.place(d.afterEquals(end)), t.key(last.name)))
}

// afterEquals returns where the value begins whose key ends at off.
func (d *document) afterEquals(off int) int {
	off += bytes.IndexByte(d.data[off:], '=') + 1
	for off < len(d.data) && (d.data[off] == ' ' || d.data[off] == '\t') {
		off++
	}
	return off
}

// value copies a value out of the parser, whose memory is reused. The library keeps no place for
// an array, so the caller passes one, and the path of the key.
func (d *document) value(p *unstable.Parser, n *unstable.Node, at pos, key string) *value {
	v := &value{at: at, kind: n.Kind, text: string(n.Data)}
	if n.Raw.Length > 0 {
		v.at = d.place(d.base + int(n.Raw.Offset))
	}
	switch n.Kind { //nolint:exhaustive // the others have no children
	case unstable.Array:
		for it := n.Children(); it.Next(); {
			v.items = append(v.items, d.value(p, it.Node(), v.at, key))
		}
	case unstable.InlineTable:
		v.table = &table{at: v.at, path: key}
		for it := n.Children(); it.Next(); {
			d.set(p, v.table, it.Node())
		}
		v.table.closed = true
	}
	return v
}
