package config

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"callmanager/vc"
)

// PVC is one permanent VC.
type PVC struct {
	// Name is unique in the file, or empty.
	Name string
	// Link is the name of its link, of which no other PVC has VPI and VCI.
	Link string
	VPI  vc.VPI
	VCI  vc.VCI
	// Destination is the address by which calls find the PVC; the zero Addr for none.
	Destination vc.Addr
	// Offered tells that it is offered to SAPs for Selector, and for BHLI and BLLI where those are set.
	Offered    bool
	Selector   uint8
	BHLI, BLLI []byte
	// Contract has the direction in which this host sends as its forward flow. Rates and sizes that
	// are zero are the link's.
	Contract vc.Contract
	// Wire says how a static pseudowire carries it; nil for a PVC of its link.
	Wire *Wire
}

// Wire is the encapsulation of a static pseudowire.
type Wire struct {
	// Local is the label of what comes, Remote that of what is sent: 16 to 65535.
	Local, Remote uint32
	Mode          WireMode
}

// WireMode says what the frames of a pseudowire are (RFC 4717).
type WireMode uint8

const (
	// WireVCC is one-to-one cell mode of a channel.
	WireVCC WireMode = iota + 1
	// WireVPC is one-to-one cell mode of a path.
	WireVPC
	// WirePDU is AAL5 PDU mode.
	WirePDU
	// WireSDU is AAL5 SDU mode.
	WireSDU
)

// String returns the mode as the file writes it.
func (m WireMode) String() string { return word(wireModes, m, "mode") }

var wireModes = []named[WireMode]{
	{"one-to-one-vcc", WireVCC}, {"one-to-one-vpc", WireVPC}, {"aal5-pdu", WirePDU}, {"aal5-sdu", WireSDU},
}

// pvcTable is a [[pvc]] as it is written.
type pvcTable struct {
	PVC
	destination   string
	category      vc.Category
	send, receive vc.Flow // what the second lacks it has of the first
	wire          Wire
}

var pvcSection = section{"pvc", "[[pvc]]", "a permanent VC, without signalling; write one for each, and the same at the peer"}

var pvcFields = []field[pvcTable]{
	{
		name: "name", def: `""`, example: `"backhaul"`,
		doc: "what the tables call it; unique",
		set: func(p *pvcTable, s string) (err error) {
			if s != "" {
				p.Name, err = parseName(s, "PVC")
			}
			return err
		},
	},
	{
		name: "link", required: true, example: `"lab"`,
		doc: "name of its link",
		set: func(p *pvcTable, s string) (err error) { p.Link, err = parseName(s, "link"); return err },
	},
	{
		name: "vpi", kind: unstable.Integer, def: "0", example: "0",
		doc: "virtual path identifier, 0 to 14",
		set: func(p *pvcTable, s string) error {
			n, err := parseNumber(s, "virtual path identifier", 0, uint64(vc.MaxVPI))
			p.VPI = vc.VPI(n)
			return err
		},
	},
	{
		name: "vci", kind: unstable.Integer, required: true, example: "100",
		doc: "virtual channel identifier, 32 to 65535; no call gets it",
		set: func(p *pvcTable, s string) error {
			n, err := parseNumber(s, "virtual channel identifier", uint64(vc.MinCallVCI), 1<<16-1)
			p.VCI = vc.VCI(n)
			return err
		},
	},
	{
		name: "destination", def: `""`, example: `"bob"`,
		doc: "address, or name of [hosts], by which calls find it; empty: by VPI/VCI alone",
		set: func(p *pvcTable, s string) error { p.destination = s; return nil },
	},
	{
		name: "selector", def: `""`, example: `"07"`,
		doc: "offer it to SAPs for this selector, two hexadecimal digits; empty: to none",
		set: func(p *pvcTable, s string) (err error) {
			if s != "" {
				p.Offered = true
				p.Selector, err = parseSelector(s)
			}
			return err
		},
	},
	{
		name: "bhli", def: `""`, example: `"0102"`,
		doc: "what it carries: contents of the B-HLI element in hexadecimal",
		set: func(p *pvcTable, s string) (err error) { p.BHLI, err = parseOctets(s, maxBHLI); return err },
	},
	{
		name: "blli", def: `""`, example: `"6b"`,
		doc: "what it carries: contents of a B-LLI element in hexadecimal",
		set: func(p *pvcTable, s string) (err error) { p.BLLI, err = parseOctets(s, maxBLLI); return err },
	},
	{
		name: "category", def: `""`, example: `"CBR"`,
		doc: "service category: CBR, rt-VBR, nrt-VBR, UBR; empty: CBR with a rate, UBR without",
		set: func(p *pvcTable, s string) (err error) {
			if s != "" {
				p.category, err = parseWord(categories, s)
			}
			return err
		},
	},
	rateField("pcr", "peak rate of SDU payload, both ways; empty: best effort at the link's capacity", func(p *pvcTable) *vc.CellRate { return &p.send.PCR }),
	rateField("scr", "sustainable rate both ways, of VBR", func(p *pvcTable) *vc.CellRate { return &p.send.SCR }),
	cellsField("mbs", "maximum burst size in cells both ways, of VBR", func(p *pvcTable) *uint32 { return &p.send.MBS }),
	rateField("mdcr", "minimum desired rate both ways, of UBR", func(p *pvcTable) *vc.CellRate { return &p.send.MDCR }),
	sizeField("max_sdu", "largest SDU in octets both ways; 0: what one frame of the link carries", func(p *pvcTable) *uint16 { return &p.send.MaxSDU }),
	sizeField("min_policed", "minimum policed size in octets both ways: smaller SDUs are charged as this", func(p *pvcTable) *uint16 { return &p.send.MinPoliced }),
	flagField("tagging", "what is in excess gets the loss priority rather than being dropped", func(p *pvcTable) *bool { return &p.send.Tagging }),
	rateField("receive_pcr", "peak rate of what comes; empty: that of pcr", func(p *pvcTable) *vc.CellRate { return &p.receive.PCR }),
	rateField("receive_scr", "sustainable rate of what comes; empty: that of scr", func(p *pvcTable) *vc.CellRate { return &p.receive.SCR }),
	cellsField("receive_mbs", "maximum burst size of what comes; 0: that of mbs", func(p *pvcTable) *uint32 { return &p.receive.MBS }),
	rateField("receive_mdcr", "minimum desired rate of what comes; empty: that of mdcr", func(p *pvcTable) *vc.CellRate { return &p.receive.MDCR }),
	sizeField("receive_max_sdu", "largest SDU that comes; 0: that of max_sdu", func(p *pvcTable) *uint16 { return &p.receive.MaxSDU }),
}

var wireSection = section{"pseudowire", "[[pseudowire]]", "a permanent VC over a static pseudowire to a router, with labels of its own"}

// wireFields are those of a PVC and what its frames are.
var wireFields = append([]field[pvcTable]{
	labelField("local_label", "label of what comes, 16 to 65535", func(p *pvcTable) *uint32 { return &p.wire.Local }),
	labelField("remote_label", "label of what is sent, 16 to 65535", func(p *pvcTable) *uint32 { return &p.wire.Remote }),
	{
		name: "mode", required: true, example: `"one-to-one-vcc"`,
		doc: "encapsulation (RFC 4717): one-to-one-vcc, one-to-one-vpc (cells), aal5-pdu, aal5-sdu",
		set: func(p *pvcTable, s string) (err error) { p.wire.Mode, err = parseWord(wireModes, s); return err },
	},
}, otherChannel(pvcFields)...)

// otherChannel returns fields with another channel as the example: a link has each once.
func otherChannel(fields []field[pvcTable]) []field[pvcTable] {
	out := slices.Clone(fields)
	for i := range out {
		if out[i].name == "vci" {
			out[i].example = "101"
		}
	}
	return out
}

func labelField(name, doc string, of func(*pvcTable) *uint32) field[pvcTable] {
	return field[pvcTable]{
		name: name, kind: unstable.Integer, required: true, example: "100", doc: doc,
		set: func(p *pvcTable, s string) error {
			n, err := parseNumber(s, "label of a pseudowire", minLabel, maxLabel)
			*of(p) = uint32(n) //nolint:gosec // at most maxLabel
			return err
		},
	}
}

// The kinds of fields that contracts have.

func rateField(name, doc string, of func(*pvcTable) *vc.CellRate) field[pvcTable] {
	return field[pvcTable]{
		name: name, def: `""`, example: `"10Mbit/s"`, doc: doc,
		set: func(p *pvcTable, s string) (err error) { *of(p), err = parseCellRate(s); return err },
	}
}

func cellsField(name, doc string, of func(*pvcTable) *uint32) field[pvcTable] {
	return field[pvcTable]{
		name: name, kind: unstable.Integer, def: "0", example: "100", doc: doc,
		set: func(p *pvcTable, s string) error {
			n, err := parseNumber(s, "number of cells", 0, uint64(vc.MaxCellRate))
			*of(p) = uint32(n) //nolint:gosec // at most MaxCellRate
			return err
		},
	}
}

func sizeField(name, doc string, of func(*pvcTable) *uint16) field[pvcTable] {
	return field[pvcTable]{
		name: name, kind: unstable.Integer, def: "0", example: "1492", doc: doc,
		set: func(p *pvcTable, s string) error {
			n, err := parseNumber(s, "size of an SDU", 0, vc.MaxSDULen)
			*of(p) = uint16(n) //nolint:gosec // at most MaxSDULen
			return err
		},
	}
}

func flagField(name, doc string, of func(*pvcTable) *bool) field[pvcTable] {
	return field[pvcTable]{
		name: name, kind: unstable.Bool, def: "false", example: "true", doc: doc,
		set: func(p *pvcTable, s string) error { *of(p) = s == "true"; return nil },
	}
}

var categories = []named[vc.Category]{
	{vc.CBR.String(), vc.CBR}, {vc.RTVBR.String(), vc.RTVBR}, {vc.NRTVBR.String(), vc.NRTVBR}, {vc.UBR.String(), vc.UBR},
}

// The sizes of the contents of B-HLI and B-LLI in octets (Q.2931 clauses 4.5.8 and 4.5.9).
const (
	maxBHLI = 9
	maxBLLI = 13
)

func parseNumber(s, what string, low, high uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s is no %s; expected %d to %d", shorten(s), what, low, high)
	}
	return n, nil
}

func parseSelector(s string) (uint8, error) {
	n, err := strconv.ParseUint(s, 16, 8)
	if err != nil {
		return 0, fmt.Errorf("%s is no selector; expected one or two hexadecimal digits, such as \"07\"", quote(s))
	}
	return uint8(n), nil
}

func parseOctets(s string, most int) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) > most {
		return nil, fmt.Errorf("%s is none; expected at most %d octets in hexadecimal, two digits each", quote(s), most)
	}
	return b, nil
}

func parseCellRate(s string) (vc.CellRate, error) {
	if s == "" {
		return 0, nil
	}
	if r, err := vc.ParseRate(s); err == nil {
		if cells, err := vc.PCRFor(r); err == nil {
			return cells, nil
		}
	}
	return 0, fmt.Errorf("%s is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s or Gbit/s, at most %s, such as \"10Mbit/s\"",
		quote(s), vc.MaxCellRate.Bits())
}

// permanent is a [[pvc]] or a [[pseudowire]] that waits for the links and the names.
type permanent struct {
	s section
	t *table
	p pvcTable
}

// pvcs reads every table of a section.
func (r *reader) pvcs(e *entry, s section, fields []field[pvcTable]) (read []permanent) {
	if e.val.kind != unstable.Array {
		r.fail(e.at, s.name, fmt.Sprintf("expected an array of tables, found %s; write %s with double brackets, one for each", describe(e.val), s.header))
		return nil
	}
	for _, v := range e.val.items {
		if v.table == nil {
			r.fail(v.at, s.name, fmt.Sprintf("expected a table, found %s; write %s and the keys below it", describe(v), s.header))
			continue
		}
		var p pvcTable
		readTable(r, s, v.table, fields, &p)
		read = append(read, permanent{s, v.table, p})
	}
	return read
}

// channelOf is what tells two PVCs apart on the wire.
type channelOf struct {
	link string
	vpi  vc.VPI
	vci  vc.VCI
}

// addPVCs compares the PVCs with the links, the names and each other. What did not parse is zero and
// is not compared.
func (r *reader) addPVCs(c *Config, read []permanent) {
	links := make(map[string]*Link)
	for i := range c.Links {
		links[c.Links[i].Name] = &c.Links[i]
	}
	u := &pvcUse{reader: r, names: map[string]pos{}, channels: map[channelOf]pos{}, labels: map[labelOf]pos{}, used: map[string]*vc.Capacity{}}
	for i := range read {
		w := &read[i]
		p, l := &w.p, links[read[i].p.Link]
		u.once(w)
		if l == nil && p.Link != "" && links[""] == nil {
			r.failAt(w, "link", fmt.Sprintf("there is no link %q; write the name of a [[link]]", p.Link))
		}
		r.destination(c, w)
		r.contract(w)
		if l != nil && l.Capacity != 0 {
			u.admit(w, l)
		}
		if w.s == wireSection {
			r.wire(c, w, l)
		}
		c.PVCs = append(c.PVCs, p.PVC)
	}
}

// failAt reports what is wrong with a key of a PVC.
func (r *reader) failAt(w *permanent, key, msg string) { r.fail(w.t.place(key), w.s.name+"."+key, msg) }

// labelOf is what tells two pseudowires of a peer apart.
type labelOf struct {
	link  string
	label uint32
}

// pvcUse holds what may stand in one PVC only, with the place that said it first, and what they all take.
type pvcUse struct {
	*reader
	names    map[string]pos
	channels map[channelOf]pos
	labels   map[labelOf]pos
	used     map[string]*vc.Capacity
}

// once compares a PVC with those before it.
func (u *pvcUse) once(w *permanent) {
	p := &w.p
	if first, ok := once(u.names, p.Name, w.t.place("name")); !ok {
		u.failAt(w, "name", fmt.Sprintf("the PVC on line %d has the name %q already; choose another", first.line, p.Name))
	}
	if p.Link != "" && p.VCI != 0 {
		if first, ok := once(u.channels, channelOf{p.Link, p.VPI, p.VCI}, w.t.place("vci")); !ok {
			u.failAt(w, "vci", fmt.Sprintf("the PVC on line %d has %d/%d on link %q already; choose another", first.line, p.VPI, p.VCI, p.Link))
		}
	}
	if p.Link != "" && p.wire.Local != 0 {
		if first, ok := once(u.labels, labelOf{p.Link, p.wire.Local}, w.t.place("local_label")); !ok {
			u.failAt(w, "local_label", fmt.Sprintf("the pseudowire on line %d has the label %d on link %q already; choose another", first.line, p.wire.Local, p.Link))
		}
	}
}

// wire checks that a link can have a pseudowire.
func (r *reader) wire(c *Config, w *permanent, l *Link) {
	own := w.p.wire
	w.p.Wire = &own
	if l == nil {
		return
	}
	if l.Transport != TransportEthernet || l.Mode != ModeFrame {
		r.failAt(w, "link", fmt.Sprintf("link %q is not in frame mode over a NIC; pseudowires are for those that are", l.Name))
		return
	}
	for i := range c.Links {
		if o := &c.Links[i]; o.Interface == l.Interface && o.Mode == ModeCell {
			r.failAt(w, "link", fmt.Sprintf("link %q on the same NIC %s is in cell mode; pseudowires are for a NIC without such a link", o.Name, l.Interface))
			return
		}
	}
}

// destination finds the address that a PVC leads to.
func (r *reader) destination(c *Config, w *permanent) {
	p := &w.p
	if p.destination == "" {
		return
	}
	if a, ok := c.Hosts[p.destination]; ok {
		p.Destination = a
		return
	}
	var err error
	if p.Destination, err = vc.ParseAddr(p.destination); err != nil {
		r.failAt(w, "destination", fmt.Sprintf("%s is neither a name of [hosts] nor an address; expected one of them", quote(p.destination)))
	}
}

// contract puts the contract of a PVC together and checks it.
func (r *reader) contract(w *permanent) {
	p := &w.p
	s, v := p.send, p.receive
	p.Contract = vc.Contract{Category: p.category, Forward: s, Backward: vc.Flow{
		PCR: cmp.Or(v.PCR, s.PCR), SCR: cmp.Or(v.SCR, s.SCR), MBS: cmp.Or(v.MBS, s.MBS), MDCR: cmp.Or(v.MDCR, s.MDCR),
		MaxSDU: cmp.Or(v.MaxSDU, s.MaxSDU), MinPoliced: s.MinPoliced, Tagging: s.Tagging,
	}}
	if p.category == 0 && s.PCR+v.PCR > 0 {
		p.Contract.Category = vc.CBR
	}
	widest, _ := p.Contract.Complete(0, vc.MaxSDULen, vc.MaxSDULen)
	if err := widest.Validate(); err != nil {
		r.fail(w.t.at, w.s.name, "no contract: "+strings.TrimPrefix(err.Error(), "vc: "))
	}
}

// leastFraming returns the framing of a link as far as it is known without its NIC: SDUs take no less of its wire.
func (l *Link) leastFraming() vc.Framing {
	switch {
	case l.Transport != TransportEthernet:
		return vc.BareCells()
	case l.Mode == ModeCell:
		f := vc.CellFraming(1, false, 0)
		f.Head = 0 // Many cells share it, perhaps.
		return f
	}
	return vc.Framing{}
}

// admit refuses a PVC for which a link of known capacity has no room beside those before it.
func (u *pvcUse) admit(w *permanent, l *Link) {
	room := u.used[l.Name]
	if room == nil {
		room = new(vc.Capacity)
		room.SetTotal(l.Capacity)
		room.SetFraming(l.leastFraming())
		u.used[l.Name] = room
	}
	widest, _ := w.p.Contract.Complete(l.Capacity, vc.MaxSDULen, vc.MaxSDULen)
	if err := room.Reserve(room.Price(&widest, true)); err != nil {
		u.fail(w.t.at, w.s.name, fmt.Sprintf("link %q has no room for it: %s; lower its rates, or raise the capacity of the link",
			l.Name, strings.TrimPrefix(err.Error(), "vc: refused: ")))
	}
}
