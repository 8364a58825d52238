package ie

// TransitDelay is the end-to-end transit delay (Q.2931 4.5.17), in milliseconds.
//
//	+-----------------+
//	| 01, cumulative  |  2 octets
//	| 03, maximum     |  2 octets
//	| 0A              |  network generated, no value
//	+-----------------+
type TransitDelay struct {
	Header
	Cumulative       Opt[uint16]
	Max              Opt[uint16] // 0xffff: any value is acceptable
	NetworkGenerated bool        // UNI 4.0
}

// The subfield identifiers of the end-to-end transit delay.
const (
	delayCumulative       = 0x01
	delayMax              = 0x03
	delayNetworkGenerated = 0x0a
)

// ParseContents implements Element.
func (d *TransitDelay) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	for c.more() {
		switch c.u8() {
		case delayCumulative:
			keep(&d.Cumulative, c.u16())
		case delayMax:
			keep(&d.Max, c.u16())
		case delayNetworkGenerated:
			d.NetworkGenerated = true
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err != nil {
		return c.err
	}
	return d.check(id)
}

// AppendContents implements Element.
func (d *TransitDelay) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := d.check(id); err != nil {
		return b, err
	}
	b = put16(b, delayCumulative, d.Cumulative)
	b = put16(b, delayMax, d.Max)
	if d.NetworkGenerated {
		b = append(b, delayNetworkGenerated)
	}
	return b, nil
}

func (d *TransitDelay) check(id ID) error {
	if !d.Cumulative.Present {
		return refuse(id, "no cumulative transit delay")
	}
	return nil
}
