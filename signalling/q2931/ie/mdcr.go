package ie

// MinDesiredCellRate is the minimum desired cell rate of a UBR connection (af-cs-0147), cells/s.
//
//	+-----------------+
//	|     origin      |  octet 5
//	+-----------------+
//	|  00, forward    |  3 octets
//	|  02, backward   |  3 octets
//	+-----------------+
type MinDesiredCellRate struct {
	Header
	Origin   QoSOrigin
	Fwd, Bwd Opt[uint32]
}

// The subfield identifiers of the minimum desired cell rate.
const (
	mdcrFwd = 0x00
	mdcrBwd = 0x02
)

// ParseContents implements Element.
func (m *MinDesiredCellRate) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	m.Origin = QoSOrigin(c.u8())
	for c.more() {
		switch c.u8() {
		case mdcrFwd:
			keep(&m.Fwd, c.u24())
		case mdcrBwd:
			keep(&m.Bwd, c.u24())
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err != nil {
		return c.err
	}
	return m.check(id)
}

// AppendContents implements Element.
func (m *MinDesiredCellRate) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := m.check(id); err != nil {
		return b, err
	}
	b = append(b, byte(m.Origin))
	b = put24(b, mdcrFwd, m.Fwd)
	return put24(b, mdcrBwd, m.Bwd), nil
}

func (m *MinDesiredCellRate) check(id ID) error {
	switch {
	case m.Origin > OriginNetwork:
		return refuse(id, "unknown origin")
	case !m.Fwd.Present || !m.Bwd.Present:
		return refuse(id, "rate of one direction missing")
	case max(m.Fwd.Value, m.Bwd.Value) > 0xffffff:
		return refuse(id, "rate above 24 bits")
	}
	return nil
}
