package config

import (
	"cmp"
	"encoding/hex"
	"fmt"
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
}

// pvcTable is a [[pvc]] as it is written.
type pvcTable struct {
	PVC
	destination   string
	category      vc.Category
	send, receive vc.Flow // what the second lacks it has of the first
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

// permanent is a [[pvc]] that waits for the links and the names.
type permanent struct {
	t *table
	p pvcTable
}

// pvcs reads every [[pvc]].
func (r *reader) pvcs(e *entry) (read []permanent) {
	if e.val.kind != unstable.Array {
		r.fail(e.at, "pvc", fmt.Sprintf("expected an array of tables, found %s; write [[pvc]] with double brackets, one for each PVC", describe(e.val)))
		return nil
	}
	for _, v := range e.val.items {
		if v.table == nil {
			r.fail(v.at, "pvc", fmt.Sprintf("expected a table, found %s; write [[pvc]] and the keys below it", describe(v)))
			continue
		}
		var p pvcTable
		readTable(r, pvcSection, v.table, pvcFields, &p)
		read = append(read, permanent{v.table, p})
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
	names, channels, used := map[string]pos{}, map[channelOf]pos{}, map[string]*vc.Capacity{}
	for _, w := range read {
		p, t := &w.p, w.t
		if first, ok := once(names, p.Name, t.place("name")); !ok {
			r.fail(t.place("name"), "pvc.name", fmt.Sprintf("the PVC on line %d has the name %q already; choose another", first.line, p.Name))
		}
		if p.Link != "" && p.VCI != 0 {
			if first, ok := once(channels, channelOf{p.Link, p.VPI, p.VCI}, t.place("vci")); !ok {
				r.fail(t.place("vci"), "pvc.vci", fmt.Sprintf("the PVC on line %d has %d/%d on link %q already; choose another", first.line, p.VPI, p.VCI, p.Link))
			}
		}
		l := links[p.Link]
		if l == nil && p.Link != "" && links[""] == nil {
			r.fail(t.place("link"), "pvc.link", fmt.Sprintf("there is no link %q; write the name of a [[link]]", p.Link))
		}
		r.destination(c, t, p)
		r.contract(t, p)
		if l != nil && l.Capacity != 0 {
			r.admit(t, p, l, used)
		}
		c.PVCs = append(c.PVCs, p.PVC)
	}
}

// destination finds the address that a PVC leads to.
func (r *reader) destination(c *Config, t *table, p *pvcTable) {
	if p.destination == "" {
		return
	}
	if a, ok := c.Hosts[p.destination]; ok {
		p.Destination = a
		return
	}
	var err error
	if p.Destination, err = vc.ParseAddr(p.destination); err != nil {
		r.fail(t.place("destination"), "pvc.destination", fmt.Sprintf("%s is neither a name of [hosts] nor an address; expected one of them", quote(p.destination)))
	}
}

// contract puts the contract of a PVC together and checks it.
func (r *reader) contract(t *table, p *pvcTable) {
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
		r.fail(t.at, "pvc", "no contract: "+strings.TrimPrefix(err.Error(), "vc: "))
	}
}

// admit refuses a PVC for which a link of known capacity has no room beside those before it.
func (r *reader) admit(t *table, p *pvcTable, l *Link, used map[string]*vc.Capacity) {
	room := used[l.Name]
	if room == nil {
		room = new(vc.Capacity)
		room.SetTotal(l.Capacity)
		used[l.Name] = room
	}
	widest, _ := p.Contract.Complete(l.Capacity, vc.MaxSDULen, vc.MaxSDULen)
	if err := room.Reserve(widest.Reservation(true)); err != nil {
		r.fail(t.at, "pvc", fmt.Sprintf("link %q has no room for it: %s; lower its rates, or raise the capacity of the link",
			l.Name, strings.TrimPrefix(err.Error(), "vc: refused: ")))
	}
}
