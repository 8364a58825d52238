package ie

// Rates are the traffic parameters of one direction: 24-bit values in cells/s (peak, sustainable
// and minimum rate) or cells (burst). 0 as a suffix counts the CLP=0 cells, 01 all cells.
type Rates struct {
	PCR0, PCR01 Opt[uint32]
	SCR0, SCR01 Opt[uint32]
	MBS0, MBS01 Opt[uint32]
	MCR01       Opt[uint32] // ABR minimum cell rate, UNI 4.0
	Tagging     bool
	Discard     bool // frame discard
}

// TD is an ATM traffic descriptor (59), a minimum acceptable (81) or an alternative one (82):
// Q.2931 4.5.6, Q.2962, UNI 4.0. Fwd is from the calling to the called user.
//
//	+-----------------+
//	|   identifier    |  even: forward, odd: backward
//	|  rate or burst  |  3 octets, cells/s or cells
//	+-----------------+
//	|       BE        |  best effort, no value
//	+-----------------+
//	|       BF        |  traffic management options
//	| fwd discard (8) | bwd discard (7) | 0 | bwd tagging (2) | fwd tagging (1)
//	+-----------------+
type TD struct {
	Header
	Fwd, Bwd   Rates
	BestEffort bool
	// Options tells that the traffic management options subfield (BF) is written even if all its
	// bits are 0. It is written anyway if a bit is 1.
	Options bool
}

// The subfield identifiers of the traffic descriptors. Those of the backward direction are one
// higher.
const (
	tdPCR0       = 0x82
	tdPCR01      = 0x84
	tdSCR0       = 0x88
	tdSCR01      = 0x90
	tdMCR01      = 0x92
	tdMBS0       = 0xa0
	tdMBS01      = 0xb0
	tdBestEffort = 0xbe
	tdOptions    = 0xbf
)

// The bits of the traffic management options.
const (
	tdFwdDiscard = 0x80
	tdBwdDiscard = 0x40
	tdBwdTagging = 0x02
	tdFwdTagging = 0x01
)

// rates returns the rate that subfield sub&^1 carries in r, or nil.
func (r *Rates) field(sub byte) *Opt[uint32] {
	switch sub {
	case tdPCR0:
		return &r.PCR0
	case tdPCR01:
		return &r.PCR01
	case tdSCR0:
		return &r.SCR0
	case tdSCR01:
		return &r.SCR01
	case tdMCR01:
		return &r.MCR01
	case tdMBS0:
		return &r.MBS0
	case tdMBS01:
		return &r.MBS01
	}
	return nil
}

// ParseContents implements Element.
func (t *TD) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	for c.more() {
		sub := c.u8()
		dir := &t.Fwd
		if sub&1 != 0 {
			dir = &t.Bwd
		}
		switch f := dir.field(sub &^ 1); {
		case f != nil:
			keep(f, c.u24())
		case sub == tdBestEffort:
			t.BestEffort = true
		case sub == tdOptions:
			t.parseOptions(c.u8())
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err != nil {
		return c.err
	}
	return t.check(id)
}

func (t *TD) parseOptions(o byte) {
	if t.Options {
		return
	}
	t.Options = true
	t.Fwd.Discard, t.Bwd.Discard = o&tdFwdDiscard != 0, o&tdBwdDiscard != 0
	t.Fwd.Tagging, t.Bwd.Tagging = o&tdFwdTagging != 0, o&tdBwdTagging != 0
}

// AppendContents implements Element.
func (t *TD) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := t.check(id); err != nil {
		return b, err
	}
	for _, sub := range [...]byte{tdPCR0, tdPCR01, tdSCR0, tdSCR01, tdMBS0, tdMBS01, tdMCR01} {
		b = put24(b, sub, *t.Fwd.field(sub))
		b = put24(b, sub+1, *t.Bwd.field(sub))
	}
	if t.BestEffort {
		b = append(b, tdBestEffort)
	}
	if o := t.options(); t.Options || o != 0 {
		b = append(b, tdOptions, o)
	}
	return b, nil
}

// options returns the octet of the traffic management options.
func (t *TD) options() byte {
	var o byte
	for _, f := range [...]struct {
		set bool
		bit byte
	}{
		{t.Fwd.Discard, tdFwdDiscard},
		{t.Bwd.Discard, tdBwdDiscard},
		{t.Bwd.Tagging, tdBwdTagging},
		{t.Fwd.Tagging, tdFwdTagging},
	} {
		if f.set {
			o |= f.bit
		}
	}
	return o
}

// check verifies the combination of parameters (UNI 4.0 annex 9, Q.2962 for the minimum).
func (t *TD) check(id ID) error {
	var ok bool
	switch {
	case t.Fwd.overflow() || t.Bwd.overflow():
		return refuse(id, "traffic parameter above 24 bits")
	case id == IDMinTD:
		ok = !t.BestEffort && t.options() == 0 && !t.Options && t.minimum()
	case t.BestEffort:
		ok = t.Fwd.combination() == comboPCR01 && t.Bwd.combination() == comboPCR01
	default:
		ok = t.Fwd.allowed() && t.Bwd.allowed()
	}
	if !ok {
		return refuse(id, "combination of traffic parameters that is not allowed")
	}
	return nil
}

// A combination is the set of parameters that a direction has, one bit each.
const (
	hasPCR0 = 1 << iota
	hasPCR01
	hasSCR0
	hasSCR01
	hasMBS0
	hasMBS01
	hasMCR01

	comboPCR01 = hasPCR01
	comboPCR   = hasPCR01 | hasPCR0
	comboVBR01 = hasPCR01 | hasSCR01 | hasMBS01
	comboVBR0  = hasPCR01 | hasSCR0 | hasMBS0
	comboABR   = hasPCR01 | hasMCR01
)

func (r *Rates) combination() int {
	set := 0
	for i, o := range [...]Opt[uint32]{r.PCR0, r.PCR01, r.SCR0, r.SCR01, r.MBS0, r.MBS01, r.MCR01} {
		if o.Present {
			set |= 1 << i
		}
	}
	return set
}

// allowed reports whether a direction has one of the combinations of a traffic descriptor. Only
// those that tell CLP=0 cells apart can ask for tagging.
func (r *Rates) allowed() bool {
	switch r.combination() {
	case comboPCR, comboVBR0:
		return true
	case comboPCR01, comboVBR01, comboABR:
		return !r.Tagging
	}
	return false
}

func (r *Rates) overflow() bool {
	for _, o := range [...]Opt[uint32]{r.PCR0, r.PCR01, r.SCR0, r.SCR01, r.MBS0, r.MBS01, r.MCR01} {
		if o.Value > 0xffffff {
			return true
		}
	}
	return false
}

// minimum reports whether the parameters are those of a minimum acceptable descriptor: peak rates
// only or ABR minimum rates only, at least one.
func (t *TD) minimum() bool {
	all := t.Fwd.combination() | t.Bwd.combination()
	return all != 0 && (all&^comboPCR == 0 || all == hasMCR01)
}
