package ie

// Coding is the coding standard of an element's contents, bits 7-6 of octet 2. The zero value
// means the element's own standard as its table row gives it: ITU-T for most, network (the ATM
// Forum) for those that UNI 4.0 added. Reading returns the zero value for the element's own
// standard, so a decoded and a built element compare equal.
type Coding uint8

// The coding standards.
const (
	CodingDefault Coding = iota
	CodingITU
	CodingISO
	CodingNational
	CodingNetwork // the standard defined for the network: the ATM Forum
)

// Action is the information element action indicator, bits 3-1 of octet 2. It counts only when
// the flag is set; otherwise the regular procedures hold and reading leaves it 0.
type Action uint8

// The action indicator's values. The others are undefined and treated as ActionDiscardReport.
const (
	ActionClear                Action = 0 // clear the call
	ActionDiscard              Action = 1 // discard the element and proceed
	ActionDiscardReport        Action = 2 // discard the element, proceed and report status
	ActionDiscardMessage       Action = 5 // discard the message and ignore
	ActionDiscardMessageReport Action = 6 // discard the message and report status
)

// Header is octet 2 of an element: the coding standard and the instruction field. The zero Header
// is the usual one (the element's own coding, flag 0).
//
//	   8     7   6     5     4     3   2   1
//	+-----+---------+------+-----+-----------+
//	|  1  | coding  | flag | res |  action   |   octet 2 (Q.2931 4.5.1)
//	+-----+---------+------+-----+-----------+
type Header struct {
	Coding Coding
	Flag   bool   // follow the explicit instruction in Action
	Action Action // 0 when Flag is not set
}

// ParseHeader reads octet 2 of element id. known tells whether the coding standard is one that
// the element has; it is false for an identifier that is not in the table.
func ParseHeader(id ID, octet2 byte) (h Header, known bool) {
	h.Coding = Coding(octet2>>5&3) + CodingITU
	if octet2&0x10 != 0 {
		h.Flag = true
		h.Action = Action(octet2 & 7)
	}
	inf := Lookup(id)
	if inf == nil {
		return h, false
	}
	if known = inf.reads(h.Coding); h.Coding == inf.Coding {
		h.Coding = CodingDefault
	}
	return h, known
}

// Head returns h itself; it gives every element that embeds a Header the method of Element.
func (h *Header) Head() *Header { return h }

// octet returns octet 2 for an element of the given table row.
func (h *Header) octet(inf *Info) (byte, error) {
	coding := h.Coding
	if coding == CodingDefault {
		coding = inf.Coding
	}
	if !inf.reads(coding) {
		return 0, refuse(inf.ID, "coding standard that the element does not have")
	}
	o := 0x80 | byte(coding-CodingITU)<<5
	switch {
	case !h.Flag && h.Action == 0:
		return o, nil
	case h.Flag && h.Action.defined():
		return o | 0x10 | byte(h.Action), nil
	default:
		return 0, refuse(inf.ID, "action indicator undefined or without its flag")
	}
}

// defined reports whether the standard gives the value a meaning.
func (a Action) defined() bool {
	return a <= ActionDiscardReport || a == ActionDiscardMessage || a == ActionDiscardMessageReport
}
