package config

import (
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"

	"callmanager/vc"
)

// links reads every [[link]] and compares them with each other.
func (r *reader) links(c *Config, e *entry) {
	if e.val.kind != unstable.Array {
		r.fail(e.at, "link", fmt.Sprintf("expected an array of tables, found %s; write [[link]] with double brackets, one for each link", describe(e.val)))
		return
	}
	u := &unique{
		reader: r, names: map[string]pos{}, pairs: map[pair]pos{}, prefixes: map[vc.Prefix]pos{}, ends: map[string]pos{},
		nics: map[string]way{},
	}
	for _, v := range e.val.items {
		if v.table == nil {
			r.fail(v.at, "link", fmt.Sprintf("expected a table, found %s; write [[link]] and the keys below it", describe(v)))
			continue
		}
		l := defaultLink()
		l.Transport = transportOf(v.table)
		readTable(r, linkSection, v.table, linkFields, &l)
		r.checkTransport(v.table, &l)
		r.checkMode(v.table, &l)
		u.check(v.table, &l)
		c.Links = append(c.Links, l)
		c.peers = append(c.peers, v.table.place("peer"))
		c.transports = append(c.transports, v.table.place("transport"))
	}
}

// place returns where the value of a key stands, or the table's own place.
func (t *table) place(name string) pos {
	if e := t.find(name); e != nil {
		return e.val.at
	}
	return t.at
}

// pair is what tells two links apart on the wire.
type pair struct {
	ifname string
	peer   vc.MAC
}

// unique holds what may stand in one link only, with the place that said it first.
type unique struct {
	*reader
	names    map[string]pos
	pairs    map[pair]pos
	prefixes map[vc.Prefix]pos
	ends     map[string]pos // addresses of TCP
	nics     map[string]way // what all links on a NIC have in common
}

// way is how frames pass a NIC, as the first link on it says.
type way struct {
	out   Transmit
	outAt pos
	in    Receive
	inAt  pos
}

// check compares a link with those before it. What did not parse is zero and is not compared.
func (u *unique) check(t *table, l *Link) {
	at := t.place("name")
	if first, ok := once(u.names, l.Name, at); !ok {
		u.fail(at, "link.name", fmt.Sprintf("the link on line %d has the name %q already; choose another", first.line, l.Name))
	}
	at = t.place("peer")
	if l.Interface != "" && l.Peer != (vc.MAC{}) {
		if first, ok := once(u.pairs, pair{l.Interface, l.Peer}, at); !ok {
			u.fail(at, "link.peer", fmt.Sprintf("the link on line %d reaches %s through %s already; one peer on one NIC is one link",
				first.line, l.Peer, l.Interface))
		}
	}
	u.checkWay(t, l)
	u.checkEnd(t.place("listen"), "link.listen", l.Listen)
	u.checkEnd(t.place("connect"), "link.connect", l.Connect)
	u.checkPrefixes(t.find("prefixes"))
}

// checkWay compares how links on one NIC transmit and receive.
func (u *unique) checkWay(t *table, l *Link) {
	if l.Interface == "" {
		return
	}
	w := way{l.Transmit, t.place("transmit"), l.Receive, t.place("receive")}
	first, ok := u.nics[l.Interface]
	if !ok {
		u.nics[l.Interface] = w
		return
	}
	differ := func(at pos, key string, here, there fmt.Stringer, line int) {
		u.fail(at, key, fmt.Sprintf("%q here and %q for the link on line %d, on the same NIC %s; write the same for both", here, there, line, l.Interface))
	}
	if first.out != w.out {
		differ(w.outAt, "link.transmit", w.out, first.out, first.outAt.line)
	}
	if first.in != w.in {
		differ(w.inAt, "link.receive", w.in, first.in, first.inAt.line)
	}
}

// checkEnd compares an address of TCP.
func (u *unique) checkEnd(at pos, key, end string) {
	if first, ok := once(u.ends, end, at); !ok {
		u.fail(at, key, fmt.Sprintf("the link on line %d has %s already; one connection is one link", first.line, quote(end)))
	}
}

// checkPrefixes takes the prefixes from the tree, where each has its place.
func (u *unique) checkPrefixes(e *entry) {
	if e == nil {
		return
	}
	for _, v := range e.val.items {
		p, err := vc.ParsePrefix(v.text)
		if err != nil || v.kind != unstable.String {
			continue // reported
		}
		if first, ok := once(u.prefixes, p, v.at); !ok {
			u.fail(v.at, "link.prefixes", fmt.Sprintf("%s is set on line %d already; a prefix leads to one link, a longer one may lead elsewhere",
				quote(v.text), first.line))
		}
	}
}

// once records where k is said and reports where it was said before. The zero value is no key.
func once[K comparable](seen map[K]pos, k K, at pos) (first pos, ok bool) {
	var zero K
	if k == zero {
		return pos{}, true
	}
	if first, dup := seen[k]; dup {
		return first, false
	}
	seen[k] = at
	return pos{}, true
}
