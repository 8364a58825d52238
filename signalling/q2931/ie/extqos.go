package ie

// ExtQoS is the extended QoS parameters element (UNI 4.0 section 9). Delay variations are
// microseconds in 24 bits, CDVAny meaning any. A cell loss ratio is -log10 of it, 1 to 15, CLRAny
// meaning any. An acceptable delay variation needs the cumulative one of its direction.
//
//	+-----------------+
//	|     origin      |  octet 5
//	+-----------------+
//	|   identifier    |  94 to 97: 3 octets, A2 and A3: 1 octet
//	|      value      |
//	+-----------------+
type ExtQoS struct {
	Header
	Origin    QoSOrigin
	FwdCDV    Opt[uint32] // acceptable peak-to-peak cell delay variation
	BwdCDV    Opt[uint32]
	FwdCumCDV Opt[uint32] // cumulative peak-to-peak cell delay variation
	BwdCumCDV Opt[uint32]
	FwdCLR    Opt[uint8] // acceptable cell loss ratio
	BwdCLR    Opt[uint8]
}

// QoSOrigin tells who wrote the extended QoS parameters.
type QoSOrigin uint8

// The origins of the extended QoS parameters and of the minimum desired cell rate.
const (
	OriginUser    QoSOrigin = 0
	OriginNetwork QoSOrigin = 1 // an intermediate network
)

// CDVAny and CLRAny say that any value is acceptable.
const (
	CDVAny = 0xffffff
	CLRAny = 0xff
)

// maxCLR is the smallest cell loss ratio, 10 to the power of -15.
const maxCLR = 15

// The subfield identifiers of the extended QoS parameters.
const (
	qosFwdCDV    = 0x94
	qosBwdCDV    = 0x95
	qosFwdCumCDV = 0x96
	qosBwdCumCDV = 0x97
	qosFwdCLR    = 0xa2
	qosBwdCLR    = 0xa3
)

// ParseContents implements Element.
func (q *ExtQoS) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	q.Origin = QoSOrigin(c.u8())
	for c.more() {
		switch c.u8() {
		case qosFwdCDV:
			keep(&q.FwdCDV, c.u24())
		case qosBwdCDV:
			keep(&q.BwdCDV, c.u24())
		case qosFwdCumCDV:
			keep(&q.FwdCumCDV, c.u24())
		case qosBwdCumCDV:
			keep(&q.BwdCumCDV, c.u24())
		case qosFwdCLR:
			keep(&q.FwdCLR, c.u8())
		case qosBwdCLR:
			keep(&q.BwdCLR, c.u8())
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err != nil {
		return c.err
	}
	return q.check(id)
}

// AppendContents implements Element.
func (q *ExtQoS) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := q.check(id); err != nil {
		return b, err
	}
	b = append(b, byte(q.Origin))
	b = put24(b, qosFwdCDV, q.FwdCDV)
	b = put24(b, qosBwdCDV, q.BwdCDV)
	b = put24(b, qosFwdCumCDV, q.FwdCumCDV)
	b = put24(b, qosBwdCumCDV, q.BwdCumCDV)
	b = put8(b, qosFwdCLR, q.FwdCLR)
	return put8(b, qosBwdCLR, q.BwdCLR), nil
}

func (q *ExtQoS) check(id ID) error {
	switch {
	case q.Origin > OriginNetwork:
		return refuse(id, "unknown origin")
	case q.FwdCDV.Present && !q.FwdCumCDV.Present, q.BwdCDV.Present && !q.BwdCumCDV.Present:
		return refuse(id, "acceptable cell delay variation without the cumulative one")
	case max(q.FwdCDV.Value, q.BwdCDV.Value, q.FwdCumCDV.Value, q.BwdCumCDV.Value) > CDVAny:
		return refuse(id, "cell delay variation above 24 bits")
	}
	for _, r := range [...]Opt[uint8]{q.FwdCLR, q.BwdCLR} {
		if r.Present && r.Value != CLRAny && (r.Value < 1 || r.Value > maxCLR) {
			return refuse(id, "cell loss ratio outside 1 to 15")
		}
	}
	return nil
}
