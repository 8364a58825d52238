package ie

import "encoding/binary"

// ABRSetup is the ABR setup parameters element (UNI 4.0 section 10).
//
//	+-----------------+
//	|   identifier    |  C2 to C6: 3 octets, C8 to CB: 1 octet
//	|      value      |
//	+-----------------+
type ABRSetup struct {
	Header
	FwdICR, BwdICR Opt[uint32] // initial cell rate, cells/s
	FwdTBE, BwdTBE Opt[uint32] // transient buffer exposure, cells
	FixedRTT       Opt[uint32] // cumulative RM fixed round-trip time, microseconds; required
	FwdRIF, BwdRIF Opt[uint8]  // rate increase factor, -log2, at most 15
	FwdRDF, BwdRDF Opt[uint8]  // rate decrease factor, -log2, at most 15
}

// ABRRecord is the additional ABR parameter record of one direction (UNI 4.0 section 10).
type ABRRecord struct {
	Nrm, Trm, CDF Opt[uint8]  // 3 bits each
	ADTF          Opt[uint16] // 10 bits
}

// ABRAdditional is the ABR additional parameters element (UNI 4.0 section 10).
type ABRAdditional struct {
	Header
	Fwd, Bwd Opt[ABRRecord]
}

// The subfield identifiers of the ABR elements; those of the backward direction are one higher.
const (
	abrICR      = 0xc2
	abrTBE      = 0xc4
	abrFixedRTT = 0xc6
	abrRIF      = 0xc8
	abrRDF      = 0xca
	abrRecord   = 0xc2
)

// maxABRExponent is the highest exponent of the rate factors.
const maxABRExponent = 15

// ParseContents implements Element.
func (a *ABRSetup) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	for c.more() {
		switch c.u8() {
		case abrICR:
			keep(&a.FwdICR, c.u24())
		case abrICR + 1:
			keep(&a.BwdICR, c.u24())
		case abrTBE:
			keep(&a.FwdTBE, c.u24())
		case abrTBE + 1:
			keep(&a.BwdTBE, c.u24())
		case abrFixedRTT:
			keep(&a.FixedRTT, c.u24())
		case abrRIF:
			keep(&a.FwdRIF, c.u8())
		case abrRIF + 1:
			keep(&a.BwdRIF, c.u8())
		case abrRDF:
			keep(&a.FwdRDF, c.u8())
		case abrRDF + 1:
			keep(&a.BwdRDF, c.u8())
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err != nil {
		return c.err
	}
	return a.check(id)
}

// AppendContents implements Element.
func (a *ABRSetup) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := a.check(id); err != nil {
		return b, err
	}
	b = put24(b, abrICR, a.FwdICR)
	b = put24(b, abrICR+1, a.BwdICR)
	b = put24(b, abrTBE, a.FwdTBE)
	b = put24(b, abrTBE+1, a.BwdTBE)
	b = put24(b, abrFixedRTT, a.FixedRTT)
	b = put8(b, abrRIF, a.FwdRIF)
	b = put8(b, abrRIF+1, a.BwdRIF)
	b = put8(b, abrRDF, a.FwdRDF)
	return put8(b, abrRDF+1, a.BwdRDF), nil
}

func (a *ABRSetup) check(id ID) error {
	switch {
	case !a.FixedRTT.Present:
		return refuse(id, "no cumulative RM fixed round-trip time")
	case max(a.FwdICR.Value, a.BwdICR.Value, a.FwdTBE.Value, a.BwdTBE.Value, a.FixedRTT.Value) > 0xffffff:
		return refuse(id, "parameter above 24 bits")
	case max(a.FwdRIF.Value, a.BwdRIF.Value, a.FwdRDF.Value, a.BwdRDF.Value) > maxABRExponent:
		return refuse(id, "rate factor above 15")
	}
	return nil
}

// ParseContents implements Element.
func (a *ABRAdditional) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	for c.more() {
		switch c.u8() {
		case abrRecord:
			keep(&a.Fwd, parseABRRecord(c.uint(4)))
		case abrRecord + 1:
			keep(&a.Bwd, parseABRRecord(c.uint(4)))
		default:
			c.fail("unknown subfield")
		}
	}
	if c.err == nil && !a.Fwd.Present && !a.Bwd.Present {
		return refuse(id, "no record")
	}
	return c.err
}

// AppendContents implements Element.
func (a *ABRAdditional) AppendContents(id ID, b []byte) ([]byte, error) {
	if !a.Fwd.Present && !a.Bwd.Present {
		return b, refuse(id, "no record")
	}
	for i, r := range [...]Opt[ABRRecord]{a.Fwd, a.Bwd} {
		if !r.Present {
			continue
		}
		if v := r.Value; v.Nrm.Value > 7 || v.Trm.Value > 7 || v.CDF.Value > 7 || v.ADTF.Value > 0x3ff {
			return b, refuse(id, "parameter above its field")
		}
		b = append(b, abrRecord+byte(i))
		b = binary.BigEndian.AppendUint32(b, r.Value.word())
	}
	return b, nil
}

// parseABRRecord reads the 32 bits of a record: four presence bits, then Nrm, Trm, CDF and ADTF.
//
//	 32  31  30  29   28-26  25-23  22-20     19-10     9-1
//	+---+---+---+----+------+------+------+-----------+-------+
//	|Nrm|Trm|CDF|ADTF| Nrm  | Trm  | CDF  |   ADTF    | spare |
//	+---+---+---+----+------+------+------+-----------+-------+
func parseABRRecord(w uint32) ABRRecord {
	var r ABRRecord
	if w>>31&1 != 0 {
		r.Nrm = Some(uint8(w >> 25 & 7))
	}
	if w>>30&1 != 0 {
		r.Trm = Some(uint8(w >> 22 & 7))
	}
	if w>>29&1 != 0 {
		r.CDF = Some(uint8(w >> 19 & 7))
	}
	if w>>28&1 != 0 {
		r.ADTF = Some(uint16(w >> 9 & 0x3ff))
	}
	return r
}

func (r *ABRRecord) word() uint32 {
	var w uint32
	if r.Nrm.Present {
		w |= 1<<31 | uint32(r.Nrm.Value)<<25
	}
	if r.Trm.Present {
		w |= 1<<30 | uint32(r.Trm.Value)<<22
	}
	if r.CDF.Present {
		w |= 1<<29 | uint32(r.CDF.Value)<<19
	}
	if r.ADTF.Present {
		w |= 1<<28 | uint32(r.ADTF.Value)<<9
	}
	return w
}
