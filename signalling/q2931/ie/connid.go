package ie

// Exclusive is the preferred/exclusive field of the connection identifier.
type Exclusive uint8

// The values of the preferred/exclusive field (all are exclusive in the VPCI).
const (
	ExclusiveVCI Exclusive = 0 // this VCI only
	AnyVCI       Exclusive = 1 // the other side picks the VCI; the VCI field counts for nothing
	NoVCI        Exclusive = 4 // the whole virtual path; the VCI field counts for nothing
)

// ConnID is the connection identifier (Q.2931 4.5.16).
//
//	   8     7   6     5   4       3   2   1
//	+-----+---------+-----------+------------+
//	|  1  |  spare  | VP-assoc. | pref/excl  |  octet 5
//	+-----+---------+-----------+------------+
//	|                VPCI                    |  octets 6 and 7
//	|                VCI                     |  octets 8 and 9
//	+----------------------------------------+
type ConnID struct {
	Header
	VPAssociated bool // VP-associated signalling: the VPCI field counts for nothing
	Exclusive    Exclusive
	VPCI         uint16
	VCI          uint16
}

// ParseContents implements Element.
func (n *ConnID) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	o := c.last()
	if o&0x10 != 0 {
		c.fail("reserved value of VP-associated signalling")
	}
	n.VPAssociated = o&0x08 == 0
	n.Exclusive = Exclusive(o & 7)
	n.VPCI, n.VCI = c.u16(), c.u16()
	if err := c.done(); err != nil {
		return err
	}
	return n.check(id)
}

// AppendContents implements Element.
func (n *ConnID) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := n.check(id); err != nil {
		return b, err
	}
	o := 0x80 | byte(n.Exclusive)
	if !n.VPAssociated {
		o |= 0x08
	}
	return append(b, o, byte(n.VPCI>>8), byte(n.VPCI), byte(n.VCI>>8), byte(n.VCI)), nil
}

func (n *ConnID) check(id ID) error {
	switch n.Exclusive {
	case ExclusiveVCI, AnyVCI, NoVCI:
		return nil
	}
	return refuse(id, "reserved value of the preferred/exclusive field")
}
