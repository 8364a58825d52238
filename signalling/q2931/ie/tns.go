package ie

// TNS is the transit network selection (Q.2931 4.5.22).
//
//	   8     7   6   5     4   3   2   1
//	+-----+-----------+------------------+
//	|  1  |   type    |       plan       |  octet 5
//	+-----+-----------+------------------+
//	|        1 to 4 IA5 digits           |
//	+------------------------------------+
type TNS struct {
	Header
	Type  uint8 // 0 user, 2 national, 3 international
	Plan  uint8 // 0 unknown, 1 carrier identification code, 3 X.121
	Len   uint8 // digits used
	Digit [4]byte
}

// ParseContents implements Element.
func (t *TNS) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	o := c.last()
	t.Type, t.Plan = o>>4&7, o&0xf
	if len(p) > 1+len(t.Digit) {
		c.fail("more than 4 digits")
	}
	t.Len = uint8(copy(t.Digit[:], c.rest()))
	if c.err != nil {
		return c.err
	}
	return t.check(id)
}

// AppendContents implements Element.
func (t *TNS) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := t.check(id); err != nil {
		return b, err
	}
	return append(append(b, 0x80|t.Type<<4|t.Plan), t.Digit[:t.Len]...), nil
}

// The types and plans of network identification.
const (
	tnsTypeNational      = 2
	tnsTypeInternational = 3
	tnsPlanCarrier       = 1
	tnsPlanX121          = 3
)

func (t *TNS) check(id ID) error {
	switch {
	case t.Type != 0 && t.Type != tnsTypeNational && t.Type != tnsTypeInternational:
		return refuse(id, "unknown type of network identification")
	case t.Plan != 0 && t.Plan != tnsPlanCarrier && t.Plan != tnsPlanX121:
		return refuse(id, "unknown network identification plan")
	case t.Len == 0 || int(t.Len) > len(t.Digit):
		return refuse(id, "no digits or more than 4")
	}
	for _, d := range t.Digit[:t.Len] {
		if d > 0x7f {
			return refuse(id, "digit outside IA5")
		}
	}
	return nil
}
