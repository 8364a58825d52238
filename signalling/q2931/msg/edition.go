package msg

import "callmanager/signalling/q2931/ie"

// values checks what an edition of the UNI writes differently, element by element. Reading is
// the same for all editions.
func (m *Message) values(p Profile) error {
	if p == UNI30 {
		return m.valuesUNI3()
	}
	if m.AAL != nil && m.AAL.Mode.Present {
		return &ElementError{ID: ie.IDAAL, Reason: "AAL mode is of UNI 3.0 only"}
	}
	if m.BHLI != nil && m.BHLI.Type == ie.BHLIProfile {
		return &ElementError{ID: ie.IDBHLI, Reason: "high layer profile is of UNI 3.0 only"}
	}
	if q := m.QoS; q != nil && q.Coding == ie.CodingNetwork && (q.Fwd == 0 || q.Bwd == 0) {
		return &ElementError{ID: ie.IDQoS, Reason: "class 0 in the Forum's coding is of UNI 3.0 only"}
	}
	if p == UNI31 {
		return m.valuesUNI3()
	}
	if m.Bearer != nil && m.Bearer.ATC.Present && !atcUNI40(m.Bearer.ATC.Value) {
		return &ElementError{ID: ie.IDBearer, Reason: "transfer capability is of UNI 3.x only"}
	}
	return nil
}

// atcUNI40 reports whether UNI 4.0 still writes the transfer capability (annex 9).
func atcUNI40(a ie.ATC) bool {
	switch a {
	case ie.ATCCBR, ie.ATCCBRCLR01, ie.ATCRTVBR, ie.ATCRTVBR01, ie.ATCNRTVBR, ie.ATCNRTVBR01, ie.ATCABR:
		return true
	}
	return false
}

// The bits of octet 5a in UNI 3.x: traffic type 0 to 2, timing requirement 0 to 2.
const (
	maxTrafficType = 2
	maxTiming      = 2
)

// valuesUNI3 checks the restrictions of UNI 3.x.
func (m *Message) valuesUNI3() error {
	if r := m.Bearer; r != nil {
		a := r.ATC
		if r.Class == ie.TransparentVP || a.Present && r.Class != ie.BCOBX ||
			a.Value>>2 > maxTrafficType || a.Value&3 > maxTiming {
			return &ElementError{ID: ie.IDBearer, Reason: "bearer class or transfer capability of UNI 4.0"}
		}
	}
	if n := m.ConnID; n != nil && (n.VPAssociated || n.Exclusive != ie.ExclusiveVCI) {
		return &ElementError{ID: ie.IDConnID, Reason: "UNI 3.x names an explicit VPCI and an exclusive VCI"}
	}
	if t := m.TD; t != nil && (t.Fwd.MCR01.Present || t.Bwd.MCR01.Present || t.Fwd.Discard || t.Bwd.Discard) {
		return &ElementError{ID: ie.IDTD, Reason: "traffic parameter of UNI 4.0"}
	}
	return nil
}
