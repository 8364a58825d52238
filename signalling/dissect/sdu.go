package dissect

import "iter"

// SDU is an SDU of a signalling channel, taken apart: a PDU, with a message in it perhaps, or a
// message alone.
type SDU struct {
	Length  int      `json:"length"` // octets
	PDU     *PDU     `json:"pdu,omitempty"`
	Message *Message `json:"message,omitempty"`
	// Wrong says why octets that should be a message are none, and Rest shows them.
	Wrong string `json:"wrong,omitempty"`
	Rest  []Part `json:"rest,omitempty"`
}

// Parts returns all parts in the order of their octets.
func (d *SDU) Parts() iter.Seq[*Part] {
	var groups [][]Part
	if m := d.Message; m != nil {
		groups = append(groups, m.Header)
		for i := range m.Elements {
			groups = append(groups, m.Elements[i].Parts)
		}
	}
	if p := d.PDU; p != nil {
		if p.Data != nil {
			groups = append(groups, []Part{*p.Data})
		}
		groups = append(groups, p.Parts)
	}
	groups = append(groups, d.Rest)
	return func(yield func(*Part) bool) {
		for _, g := range groups {
			for i := range g {
				if !yield(&g[i]) {
					return
				}
			}
		}
	}
}

// Octets returns the octets of all parts one after the other: those that came.
func (d *SDU) Octets() []byte {
	b := make([]byte, 0, d.Length)
	for p := range d.Parts() {
		b = append(b, p.Raw...)
	}
	return b
}
