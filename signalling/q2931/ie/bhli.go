package ie

// BHLIType is the high layer information type.
type BHLIType uint8

// The types of high layer information.
const (
	BHLIISO         BHLIType = 0
	BHLIUser        BHLIType = 1 // user specific
	BHLIProfile     BHLIType = 2 // high layer profile, UNI 3.0
	BHLIVendor      BHLIType = 3 // OUI (3 octets) and application identifier (4 octets)
	BHLITeleservice BHLIType = 4 // study group 1 B-ISDN teleservice
)

// BHLI is the broadband high layer information (Q.2931 4.5.8). It is comparable.
//
//	   8     7   6   5   4   3   2   1
//	+-----+-----------------------------+
//	|  1  |    type of information      |  octet 5
//	+-----+-----------------------------+
//	|     information, 0 to 8 octets    |
//	+-----------------------------------+
type BHLI struct {
	Header
	Type BHLIType
	Len  uint8   // octets used of Data
	Data [8]byte // zero behind Len
}

// ParseContents implements Element.
func (h *BHLI) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	h.Type = BHLIType(c.last())
	if len(p) > 1+len(h.Data) {
		c.fail("more than 8 octets of information")
	}
	h.Len = uint8(copy(h.Data[:], c.rest()))
	if h.Type > BHLITeleservice {
		c.fail("unknown type of information")
	}
	return c.err
}

// AppendContents implements Element. It writes a vendor-specific identifier with its 7 octets and
// a high layer profile with its 4 only.
func (h *BHLI) AppendContents(id ID, b []byte) ([]byte, error) {
	switch {
	case h.Type > BHLITeleservice:
		return b, refuse(id, "unknown type of information")
	case int(h.Len) > len(h.Data):
		return b, refuse(id, "more than 8 octets of information")
	case h.Type == BHLIVendor && h.Len != 7:
		return b, refuse(id, "vendor-specific application identifier of other than 7 octets")
	case h.Type == BHLIProfile && h.Len != 4:
		return b, refuse(id, "high layer profile of other than 4 octets")
	}
	b = append(b, 0x80|byte(h.Type))
	return append(b, h.Data[:h.Len]...), nil
}

// Info returns the octets of information, which share memory with h.
func (h *BHLI) Info() []byte { return h.Data[:min(int(h.Len), len(h.Data))] }
