package ie

import "encoding/hex"

// NumberType is the type of number or of address.
type NumberType uint8

// The types of number.
const (
	NumberUnknown       NumberType = 0
	NumberInternational NumberType = 1
	NumberNational      NumberType = 2
	NumberNetwork       NumberType = 3
	NumberSubscriber    NumberType = 4
	NumberAbbreviated   NumberType = 6
)

// NumberPlan is the numbering or addressing plan.
type NumberPlan uint8

// The numbering plans.
const (
	PlanUnknown NumberPlan = 0
	PlanE164    NumberPlan = 1
	PlanAESA    NumberPlan = 2 // ATM endsystem address, 20 octets
	PlanPrivate NumberPlan = 9
)

// Number is an address as the called, calling and connected number elements carry it. It is
// comparable: octets behind Len are zero.
type Number struct {
	Type   NumberType
	Plan   NumberPlan
	Len    uint8    // octets used: 20 of an AESA, the digits of an E.164 number
	Octets [20]byte // AESA octets or IA5 digits
}

// Presentation is the presentation indicator of the calling and connected number.
type Presentation uint8

// The presentation indicators.
const (
	PresentationAllowed      Presentation = 0
	PresentationRestricted   Presentation = 1
	PresentationNotAvailable Presentation = 2 // number not available due to interworking
)

// Screening is the screening indicator of the calling and connected number.
type Screening uint8

// The screening indicators.
const (
	ScreeningNone    Screening = 0 // user provided, not screened
	ScreeningPassed  Screening = 1 // user provided, verified and passed
	ScreeningFailed  Screening = 2 // user provided, verified and failed
	ScreeningNetwork Screening = 3 // network provided
)

// Indicators are octet 5a of the calling and connected number.
type Indicators struct {
	Presentation Presentation
	Screening    Screening
}

// CalledNumber is the called party number (Q.2931 4.5.11).
type CalledNumber struct {
	Header
	Number Number
}

// PartyNumber is the calling party number (Q.2931 4.5.13) or the connected number (Q.2951): an
// address with octet 5a.
//
//	   8     7     6     5     4     3   2     1
//	+-----+-----------------+---------------------+
//	|  e  |  type of number |   numbering plan    |  octet 5
//	+-----+-----------+-----+---------+-----------+
//	|  1  | presentat.|     spare     | screening |  octet 5a, if e is 0
//	+-----+-----------+---------------+-----------+
//	|   20 octets of address, or digits           |
//	+---------------------------------------------+
type PartyNumber struct {
	Header
	Number     Number
	Indicators Opt[Indicators]
}

// ParseContents implements Element.
func (n *CalledNumber) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	n.Number.Type, n.Number.Plan = parsePlan(c.last())
	n.Number.Octets, n.Number.Len = parseDigits(&c)
	if c.err != nil {
		return c.err
	}
	return n.Number.check(id)
}

// AppendContents implements Element.
func (n *CalledNumber) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := n.Number.checkUNI(id); err != nil {
		return b, err
	}
	b = append(b, 0x80|n.Number.octet())
	return append(b, n.Number.Octets[:n.Number.Len]...), nil
}

// ParseContents implements Element.
func (n *PartyNumber) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	o := c.u8()
	n.Number.Type, n.Number.Plan = parsePlan(o)
	if o&0x80 == 0 {
		o = c.last()
		n.Indicators = Some(Indicators{Presentation: Presentation(o >> 5 & 3), Screening: Screening(o & 3)})
		if n.Indicators.Value.Presentation > PresentationNotAvailable {
			c.fail("reserved presentation indicator")
		}
	}
	n.Number.Octets, n.Number.Len = parseDigits(&c)
	if c.err != nil || n.withheld() {
		return c.err
	}
	return n.Number.check(id)
}

// AppendContents implements Element.
func (n *PartyNumber) AppendContents(id ID, b []byte) ([]byte, error) {
	if !n.withheld() {
		if err := n.Number.checkUNI(id); err != nil {
			return b, err
		}
	}
	i := n.Indicators
	switch {
	case !i.Present:
		b = append(b, 0x80|n.Number.octet())
	case i.Value.Presentation > PresentationNotAvailable || i.Value.Screening > ScreeningNetwork:
		return b, refuse(id, "reserved presentation or screening indicator")
	default:
		b = append(b, n.Number.octet(), 0x80|byte(i.Value.Presentation)<<5|byte(i.Value.Screening))
	}
	return append(b, n.Number.Octets[:n.Number.Len]...), nil
}

// withheld reports whether the element says that the number is restricted or not available, and
// has no digits: type and plan are then unknown (Q.2951).
func (n *PartyNumber) withheld() bool {
	return n.Number == Number{} && n.Indicators.Present && n.Indicators.Value.Presentation != PresentationAllowed
}

// NewAESA returns the number that is the ATM endsystem address a.
func NewAESA(a [20]byte) Number { return Number{Plan: PlanAESA, Len: 20, Octets: a} }

// NewE164 returns the native E.164 number with the given digits, or false if they are not 1 to 15
// decimal digits.
func NewE164(digits string) (Number, bool) {
	n := Number{Type: NumberInternational, Plan: PlanE164, Len: uint8(min(len(digits), 20))}
	copy(n.Octets[:], digits)
	return n, len(digits) <= maxE164Digits && n.check(IDCalledNumber) == nil
}

// maxE164Digits is the length of an international number (E.164 6).
const maxE164Digits = 15

// AESA returns the ATM endsystem address, or false if the number is none.
func (n Number) AESA() ([20]byte, bool) { return n.Octets, n.Plan == PlanAESA && n.Len == 20 }

// Digits returns the digits of a number that is no AESA.
func (n Number) Digits() string {
	if n.Plan == PlanAESA {
		return ""
	}
	return string(n.Octets[:min(int(n.Len), len(n.Octets))])
}

// String returns an AESA in hexadecimal digits, a number as its digits.
func (n Number) String() string {
	if a, ok := n.AESA(); ok {
		return hex.EncodeToString(a[:])
	}
	return n.Digits()
}

func (n Number) octet() byte { return byte(n.Type)<<4 | byte(n.Plan) }

// parsePlan splits the octet of type and plan.
func parsePlan(o byte) (NumberType, NumberPlan) { return NumberType(o >> 4 & 7), NumberPlan(o & 0xf) }

// parseDigits reads the rest of the contents.
func parseDigits(c *cursor) (octets [20]byte, n uint8) {
	s := c.rest()
	if len(s) > len(octets) {
		c.fail("more than 20 octets of address")
	}
	n = uint8(copy(octets[:], s))
	return octets, n
}

// check verifies length and digits by the plan.
func (n Number) check(id ID) error {
	switch n.Plan {
	case PlanAESA:
		if n.Type != NumberUnknown || n.Len != 20 {
			return refuse(id, "ATM endsystem address of other than type unknown and 20 octets")
		}
		return nil
	case PlanE164:
		if n.Type != NumberInternational || n.Len > maxE164Digits {
			return refuse(id, "E.164 number of other than type international and 15 digits at most")
		}
	case PlanUnknown, PlanPrivate:
		if n.Type > NumberSubscriber && n.Type != NumberAbbreviated {
			return refuse(id, "reserved type of number")
		}
	default:
		return refuse(id, "unknown numbering plan")
	}
	if n.Len == 0 || int(n.Len) > len(n.Octets) {
		return refuse(id, "number without digits or of more than 20")
	}
	for _, d := range n.Octets[:n.Len] {
		if d < '0' || d > '9' {
			return refuse(id, "number with an octet that is no digit")
		}
	}
	return nil
}

// checkUNI is check for writing: the UNI has AESAs and E.164 numbers only.
func (n Number) checkUNI(id ID) error {
	if n.Plan != PlanAESA && n.Plan != PlanE164 {
		return refuse(id, "numbering plan that is not used at the UNI")
	}
	for _, o := range n.Octets[min(int(n.Len), len(n.Octets)):] {
		if o != 0 {
			return refuse(id, "octets behind the end of the number")
		}
	}
	return n.check(id)
}
