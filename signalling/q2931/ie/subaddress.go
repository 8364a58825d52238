package ie

// SubaddressType is the type of a subaddress.
type SubaddressType uint8

// The types of subaddress.
const (
	SubaddressNSAP SubaddressType = 0 // X.213
	SubaddressAESA SubaddressType = 1 // user-specified ATM endsystem address
	SubaddressUser SubaddressType = 2 // user specified
)

// Subaddress is a called, calling or connected party subaddress (Q.2931 4.5.12, 4.5.14).
//
//	   8     7   6   5     4     3   2   1
//	+-----+-----------+----------+-----------+
//	|  1  |   type    | odd/even |   spare   |  octet 5
//	+-----+-----------+----------+-----------+
//	|      subaddress, 1 to 20 octets        |
//	+----------------------------------------+
type Subaddress struct {
	Header
	Type   SubaddressType
	Odd    bool  // odd number of address signals; only read, UNI sends 0
	Len    uint8 // octets used of Octets
	Octets [20]byte
}

// ParseContents implements Element.
func (s *Subaddress) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	o := c.last()
	s.Type, s.Odd = SubaddressType(o>>4&7), o&0x08 != 0
	if len(p) > 1+len(s.Octets) {
		c.fail("more than 20 octets of subaddress")
	}
	s.Len = uint8(copy(s.Octets[:], c.rest()))
	if c.err != nil {
		return c.err
	}
	return s.check(id)
}

// AppendContents implements Element.
func (s *Subaddress) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := s.check(id); err != nil {
		return b, err
	}
	if s.Odd && s.Type != SubaddressUser {
		return b, refuse(id, "odd number of signals in a subaddress that is not user specified")
	}
	o := 0x80 | byte(s.Type)<<4
	if s.Odd {
		o |= 0x08
	}
	return append(append(b, o), s.Octets[:s.Len]...), nil
}

func (s *Subaddress) check(id ID) error {
	switch {
	case s.Type > SubaddressUser:
		return refuse(id, "unknown type of subaddress")
	case s.Len == 0 || int(s.Len) > len(s.Octets):
		return refuse(id, "subaddress empty or of more than 20 octets")
	case s.Type == SubaddressAESA && s.Len != 20:
		return refuse(id, "ATM endsystem address of other than 20 octets")
	}
	return nil
}
