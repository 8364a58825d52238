package ie

// Location is where a cause was raised.
type Location uint8

// The locations (Q.2610).
const (
	LocationUser          Location = 0
	LocationPrivateLocal  Location = 1 // private network serving the local user
	LocationPublicLocal   Location = 2 // public network serving the local user
	LocationTransit       Location = 3
	LocationPublicRemote  Location = 4
	LocationPrivateRemote Location = 5
	LocationInternational Location = 7
	LocationBeyond        Location = 10 // network beyond the interworking point
)

// Cause is the cause element (Q.2931 4.5.15, Q.2610). Network coding marks the causes of the ATM
// Forum; the values mean the same.
//
//	   8     7   6   5     4   3   2   1
//	+-----+-----------+------------------+
//	|  1  |   spare   |     location     |  octet 5
//	+-----+-----------+------------------+
//	|  1  |         cause value          |  octet 6
//	+-----+------------------------------+
//	|   diagnostics, at most 28 octets   |
//	+------------------------------------+
type Cause struct {
	Header
	Location   Location
	Value      CauseValue
	Diagnostic []byte // octets 7 on as written, nil if none; see the accessors
}

// known reports whether the location is one that is written.
func (l Location) known() bool {
	return l <= LocationPrivateRemote || l == LocationInternational || l == LocationBeyond
}

// locationOld is the international network of peers that follow an older numbering.
const locationOld Location = 6

// ParseContents implements Element. Unknown causes are accepted, and diagnostics are kept as they
// came; they share memory with p.
func (e *Cause) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	e.Location = Location(c.last() & 0xf)
	if !e.Location.known() && e.Location != locationOld {
		c.fail("reserved location")
	}
	e.Value = CauseValue(c.last())
	if c.more() {
		e.Diagnostic = c.rest()
	}
	return c.err
}

// AppendContents implements Element.
func (e *Cause) AppendContents(id ID, b []byte) ([]byte, error) {
	switch {
	case !e.Location.known():
		return b, refuse(id, "unknown location")
	case e.Value == 0 || e.Value > CauseInterworking:
		return b, refuse(id, "cause outside 1 to 127")
	}
	b = append(b, 0x80|byte(e.Location), 0x80|byte(e.Value))
	return append(b, e.Diagnostic...), nil
}
