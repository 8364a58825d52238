package ie

// AALType is octet 5 of the AAL parameters.
type AALType uint8

// The AAL types.
const (
	AALVoice AALType = 0x00
	AAL1     AALType = 0x01
	AAL2     AALType = 0x02
	AAL34    AALType = 0x03
	AAL5     AALType = 0x05
	AALUser  AALType = 0x10 // user-defined AAL
)

// SSCSType is the service specific convergence sublayer of AAL3/4 and AAL5.
type SSCSType uint8

// The SSCS types.
const (
	SSCSNull       SSCSType = 0
	SSCSAssured    SSCSType = 1 // SSCOP, assured operation
	SSCSUnassured  SSCSType = 2 // SSCOP, non-assured operation
	SSCSFrameRelay SSCSType = 4
)

// AALMode is the mode of UNI 3.0 (AAL3/4 and AAL5).
type AALMode uint8

// The AAL modes of UNI 3.0.
const (
	AALModeMessage   AALMode = 1
	AALModeStreaming AALMode = 2
)

// AAL1Subtype is the AAL1 subtype.
type AAL1Subtype uint8

// The AAL1 subtypes.
const (
	AAL1Null         AAL1Subtype = 0
	AAL1Voice        AAL1Subtype = 1 // voice-band 64 kbit/s
	AAL1Circuit      AAL1Subtype = 2 // synchronous circuit transport
	AAL1AsyncCircuit AAL1Subtype = 3
	AAL1Audio        AAL1Subtype = 4 // high quality audio
	AAL1Video        AAL1Subtype = 5
)

// CBRRate is the AAL1 constant bit rate.
type CBRRate uint8

// The AAL1 bit rates in kbit/s; the last two need a multiplier.
const (
	CBR64     CBRRate = 0x01
	CBR1544   CBRRate = 0x04
	CBR6312   CBRRate = 0x05
	CBR32064  CBRRate = 0x06
	CBR44736  CBRRate = 0x07
	CBR97728  CBRRate = 0x08
	CBR2048   CBRRate = 0x10
	CBR8448   CBRRate = 0x11
	CBR34368  CBRRate = 0x12
	CBR139264 CBRRate = 0x13
	CBRNx64   CBRRate = 0x40 // n x 64 kbit/s
	CBRNx8    CBRRate = 0x41 // n x 8 kbit/s
)

// MIDRange is the range of multiplexing identifiers of AAL3/4: Low <= High <= 1023.
type MIDRange struct{ Low, High uint16 }

// AAL is the ATM adaptation layer parameters element (Q.2931 4.5.5).
//
//	+-----------------+
//	|    AAL type     |  octet 5
//	+-----------------+
//	|   identifier    |  then subfields in any order, 1, 2 or 4 octets of value
//	|      value      |
//	+-----------------+
//
// Fields that do not belong to the type must be absent. FwdMaxSDU and BwdMaxSDU are octets of
// CPCS-SDU; forward is from the calling to the called user.
type AAL struct {
	Header
	Type AALType

	FwdMaxSDU Opt[uint16] // AAL3/4 and AAL5
	BwdMaxSDU Opt[uint16]
	MID       Opt[MIDRange] // AAL3/4
	Mode      Opt[AALMode]  // UNI 3.0
	SSCS      Opt[SSCSType]

	Subtype         Opt[AAL1Subtype] // AAL1 from here
	CBRRate         Opt[CBRRate]
	Multiplier      Opt[uint16]
	ClockRecovery   Opt[uint8]  // 0 null, 1 SRTS, 2 adaptive
	ErrorCorrection Opt[uint8]  // 0 null, 1 FEC for loss, 2 FEC for delay
	SDTBlock        Opt[uint16] // structured data transfer block size, octets
	PartialFill     Opt[uint8]  // 1 to 47 octets

	UserLen uint8   // AALUser: octets used of User
	User    [4]byte // AALUser
}

// The subfield identifiers of the AAL parameters.
const (
	aalBwdMaxSDU       = 0x81
	aalMID             = 0x82
	aalMode            = 0x83
	aalSSCS            = 0x84
	aalSubtype         = 0x85
	aalCBRRate         = 0x86
	aalMultiplier      = 0x87
	aalClockRecovery   = 0x88
	aalErrorCorrection = 0x89
	aalSDTBlock        = 0x8a
	aalPartialFill     = 0x8b
	aalFwdMaxSDU       = 0x8c
)

// ParseContents implements Element.
func (a *AAL) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	a.Type = AALType(c.u8())
	if a.Type == AALUser {
		a.UserLen = uint8(copy(a.User[:], c.rest()))
		if len(p)-1 > len(a.User) {
			c.fail("more than 4 octets of user defined AAL")
		}
		return c.err
	}
	for c.more() {
		a.parseSubfield(&c)
	}
	if c.err != nil {
		return c.err
	}
	return a.check(id)
}

// parseSubfield reads one subfield; check finds out later whether the type may have it.
func (a *AAL) parseSubfield(c *cursor) {
	switch c.u8() {
	case aalFwdMaxSDU:
		keep(&a.FwdMaxSDU, c.u16())
	case aalBwdMaxSDU:
		keep(&a.BwdMaxSDU, c.u16())
	case aalMID:
		keep(&a.MID, MIDRange{Low: c.u16(), High: c.u16()})
	case aalMode:
		keep(&a.Mode, AALMode(c.u8()))
	case aalSSCS:
		keep(&a.SSCS, SSCSType(c.u8()))
	case aalSubtype:
		keep(&a.Subtype, AAL1Subtype(c.u8()))
	case aalCBRRate:
		keep(&a.CBRRate, CBRRate(c.u8()))
	case aalMultiplier:
		keep(&a.Multiplier, c.u16())
	case aalClockRecovery:
		keep(&a.ClockRecovery, c.u8())
	case aalErrorCorrection:
		keep(&a.ErrorCorrection, c.u8())
	case aalSDTBlock:
		keep(&a.SDTBlock, c.u16())
	case aalPartialFill:
		keep(&a.PartialFill, c.u8())
	default:
		c.fail("unknown subfield")
	}
}

// AppendContents implements Element.
func (a *AAL) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := a.check(id); err != nil {
		return b, err
	}
	if a.FwdMaxSDU.Present != a.BwdMaxSDU.Present {
		return b, refuse(id, "maximum CPCS-SDU size of one direction only")
	}
	b = append(b, byte(a.Type))
	b = append(b, a.User[:a.UserLen]...)
	b = put16(b, aalFwdMaxSDU, a.FwdMaxSDU)
	b = put16(b, aalBwdMaxSDU, a.BwdMaxSDU)
	if m := a.MID; m.Present {
		b = append(b, aalMID, byte(m.Value.Low>>8), byte(m.Value.Low), byte(m.Value.High>>8), byte(m.Value.High))
	}
	b = put8(b, aalMode, a.Mode)
	b = put8(b, aalSSCS, a.SSCS)
	b = put8(b, aalSubtype, a.Subtype)
	b = put8(b, aalCBRRate, a.CBRRate)
	b = put16(b, aalMultiplier, a.Multiplier)
	b = put8(b, aalClockRecovery, a.ClockRecovery)
	b = put8(b, aalErrorCorrection, a.ErrorCorrection)
	b = put16(b, aalSDTBlock, a.SDTBlock)
	return put8(b, aalPartialFill, a.PartialFill), nil
}

// check verifies that the type has the subfields that are present and that their values exist.
func (a *AAL) check(id ID) error {
	allowed := AAL{Header: a.Header, Type: a.Type}
	var reason string
	switch a.Type {
	case AALVoice, AAL2:
	case AAL1:
		a.copyAAL1(&allowed)
		reason = a.checkAAL1()
	case AAL34:
		allowed.MID = a.MID
		if a.MID.Value.Low > a.MID.Value.High || a.MID.Value.High > 1023 {
			reason = "MID range backwards or above 1023"
		}
		fallthrough
	case AAL5:
		allowed.FwdMaxSDU, allowed.BwdMaxSDU, allowed.Mode, allowed.SSCS = a.FwdMaxSDU, a.BwdMaxSDU, a.Mode, a.SSCS
		if reason == "" {
			reason = a.checkCPCS()
		}
	case AALUser:
		allowed.UserLen, allowed.User = a.UserLen, a.User
		if int(a.UserLen) > len(a.User) {
			reason = "more than 4 octets of user defined AAL"
		}
	default:
		reason = "unknown AAL type"
	}
	if reason == "" && allowed != *a {
		reason = "subfield that the AAL type does not have"
	}
	if reason != "" {
		return refuse(id, reason)
	}
	return nil
}

// checkCPCS verifies the subfields that AAL3/4 and AAL5 share.
func (a *AAL) checkCPCS() string {
	if m := a.Mode; m.Present && m.Value != AALModeMessage && m.Value != AALModeStreaming {
		return "unknown AAL mode"
	}
	if s := a.SSCS; s.Present && s.Value > SSCSUnassured && s.Value != SSCSFrameRelay {
		return "unknown SSCS type"
	}
	return ""
}

func (a *AAL) copyAAL1(to *AAL) {
	to.Subtype, to.CBRRate, to.Multiplier, to.ClockRecovery = a.Subtype, a.CBRRate, a.Multiplier, a.ClockRecovery
	to.ErrorCorrection, to.SDTBlock, to.PartialFill = a.ErrorCorrection, a.SDTBlock, a.PartialFill
}

// checkAAL1 verifies the AAL1 subfields: subtype and rate are required, the multiplier by the
// rates n x 64 (n at least 2) and n x 8 (n 1 to 7) kbit/s.
func (a *AAL) checkAAL1() string {
	switch {
	case !a.Subtype.Present || !a.CBRRate.Present:
		return "AAL1 without subtype or CBR rate"
	case a.Subtype.Value > AAL1Video:
		return "unknown AAL1 subtype"
	case !a.CBRRate.Value.known():
		return "unknown CBR rate"
	case a.CBRRate.Value == CBRNx64 && a.Multiplier.Value < 2:
		return "n x 64 kbit/s needs a multiplier of 2 or more"
	case a.CBRRate.Value == CBRNx8 && (a.Multiplier.Value < 1 || a.Multiplier.Value > 7):
		return "n x 8 kbit/s needs a multiplier of 1 to 7"
	case a.CBRRate.Value < CBRNx64 && a.Multiplier.Present:
		return "multiplier with a rate that takes none"
	case a.ClockRecovery.Value > 2:
		return "unknown source clock recovery method"
	case a.ErrorCorrection.Value > 2:
		return "unknown error correction method"
	case a.PartialFill.Present && (a.PartialFill.Value < 1 || a.PartialFill.Value > 47):
		return "partially filled cells outside 1 to 47"
	}
	return ""
}

// known reports whether the rate is one of the standard's.
func (r CBRRate) known() bool {
	switch r {
	case CBR64, CBR1544, CBR6312, CBR32064, CBR44736, CBR97728, CBR2048, CBR8448, CBR34368,
		CBR139264, CBRNx64, CBRNx8:
		return true
	}
	return false
}
