package dissect

import (
	"callmanager/signalling/q2931/ie"
)

// Words of the typed values.
func sayCause(v uint64) string     { return ie.CauseValue(v).String() }
func sayLocation(v uint64) string  { return ie.Location(v).String() }
func sayCallState(v uint64) string { return ie.CallStateValue(v).String() }
func sayParty(v uint64) string     { return ie.EndpointStateValue(v).String() }
func sayRestart(v uint64) string   { return ie.RestartClass(v).String() }
func sayATC(v uint64) string       { return ie.ATC(v).String() }

// at gives the words of scattered values.
func at(text map[uint64]string) words { return func(v uint64) string { return text[v] } }

// ext is the extension bit: 1 in the last octet of a group.
const ext = 0x80

var (
	sayYes    = list("no", "yes")
	sayOrigin = list("originating user", "intermediate network")
	sayCells  = unit("cells/s")
	sayMicro  = unit("microseconds")
	sayCDV    = func(v uint64) string {
		if v == ie.CDVAny {
			return "any"
		}
		return "microseconds"
	}
	sayCLR = func(v uint64) string {
		if v == ie.CLRAny {
			return "any"
		}
		return "times -log10"
	}
)

// contents reads the contents (octet 5 on) of each element of Q.2931 4.5 and its companions. An
// element that is not here is shown as octets.
var contents = [256]func(*scan){
	ie.IDCause:           cause,
	ie.IDCallState:       func(s *scan) { s.octet(bits{"call state", 0x3f, sayCallState}) },
	ie.IDProgress:        progress,
	ie.IDNotification:    func(s *scan) { s.rest("notification") },
	ie.IDTransitDelay:    func(s *scan) { s.subfields(transitDelay) },
	ie.IDConnectedNumber: partyNumber,
	ie.IDCallingNumber:   partyNumber,
	ie.IDCalledNumber:    func(s *scan) { number(s, s.octet(numberType, numberPlan)) },
	ie.IDConnectedSub:    subaddress,
	ie.IDCallingSub:      subaddress,
	ie.IDCalledSub:       subaddress,
	ie.IDEndpointRef:     endpointRef,
	ie.IDEndpointState:   func(s *scan) { s.octet(bits{"party state", 0x3f, sayParty}) },
	ie.IDAAL:             aal,
	ie.IDTD:              func(s *scan) { s.subfields(trafficDescriptor) },
	ie.IDMinTD:           func(s *scan) { s.subfields(trafficDescriptor) },
	ie.IDAltTD:           func(s *scan) { s.subfields(trafficDescriptor) },
	ie.IDConnID:          connID,
	ie.IDOAMTD:           oamTD,
	ie.IDQoS:             qos,
	ie.IDBHLI:            bhli,
	ie.IDBearer:          bearer,
	ie.IDBLLI:            blli,
	ie.IDLockingShift:    func(s *scan) { s.octet(bits{"codeset", 7, nil}) },
	ie.IDNonLockingShift: func(s *scan) { s.octet(bits{"codeset", 7, nil}) },
	ie.IDSendingComplete: func(s *scan) { s.octet(bits{"sending complete", 0x7f, at(map[uint64]string{0x21: "complete"})}) },
	ie.IDRepeat:          func(s *scan) { s.octet(bits{"repeat indication", 0xf, list("", "", "in order of preference")}) },
	ie.IDTNS:             transitNetwork,
	ie.IDRestart:         func(s *scan) { s.octet(bits{"restart class", 7, sayRestart}) },
	ie.IDUserUser:        func(s *scan) { s.octet(bits{"protocol discriminator", 0xff, nil}); s.rest("user information") },
	ie.IDGIT:             genericIdentifiers,
	ie.IDABRSetup:        func(s *scan) { s.subfields(abrSetup) },
	ie.IDABRAdditional:   func(s *scan) { s.subfields(abrAdditional) },
	ie.IDReportType:      func(s *scan) { s.octet(bits{"report type", 0xff, sayReport}) },
	ie.IDLIJCallID:       leafCall,
	ie.IDLIJParameters: func(s *scan) {
		s.octet(bits{"screening indication", 0x7f, list("network join without root notification")})
	},
	ie.IDLeafSequence:       func(s *scan) { s.num(4, bits{"leaf sequence number", 0xffffffff, nil}) },
	ie.IDConnectionScope:    scope,
	ie.IDExtQoS:             func(s *scan) { s.octet(bits{"origin", 0xff, sayOrigin}); s.subfields(extQoS) },
	ie.IDMinDesiredCellRate: func(s *scan) { s.octet(bits{"origin", 0xff, sayOrigin}); s.subfields(minDesired) },
}

var sayReport = at(map[uint64]string{
	1: "modification confirmation", 2: "clock recovery", 4: "end-to-end availability", 5: "end-to-end request",
	6: "end-to-end completion",
})

// cause reads Q.2931 4.5.15. The diagnostic depends on the cause (Q.2610).
func cause(s *scan) {
	s.octet(bits{"location", 0xf, sayLocation})
	v := ie.CauseValue(s.octet(bits{"cause", 0x7f, sayCause}) & 0x7f)
	c := ie.Cause{Value: v, Diagnostic: s.b[s.at:]}
	switch typ, isType := c.MessageType(); {
	case s.left() == 0:
	case len(c.Elements()) > 0:
		for s.left() > 0 {
			s.octet(bits{"element", 0xff, func(v uint64) string { return ie.ID(v).String() }})
		}
	case isType:
		_ = typ
		s.octet(bits{"message type", 0xff, sayType})
		s.rest("diagnostic")
	case v == ie.CauseTimerExpiry:
		s.digits("timer")
	case v == ie.CauseChannelDoesNotExist && s.left() == 4:
		s.num(2, bits{"VPCI", 0xffff, nil})
		s.num(2, bits{"VCI", 0xffff, nil})
	case v == ie.CauseCallRejected:
		s.octet(bits{"rejection reason", 0x7c, list("user specific", "element missing", "element contents not sufficient")}, condition)
		s.rest("user diagnostic")
	case isCondition(&c):
		s.octet(bits{"by the user", 8, sayYes}, bits{"abnormal", 4, sayYes}, condition)
		s.rest("diagnostic")
	default:
		s.rest("diagnostic")
	}
}

func isCondition(c *ie.Cause) bool {
	_, ok := c.Condition()
	return ok
}

var condition = bits{"condition", 3, list("unknown", "permanent", "transient")}

// progress reads Q.2931 4.6.5.
func progress(s *scan) {
	s.octet(bits{"location", 0xf, sayLocation})
	s.octet(bits{"progress description", 0x7f, nil})
}

var (
	numberType = bits{"type of number", 0x70, list("unknown", "international", "national", "network specific", "subscriber", "", "abbreviated")}
	numberPlan = bits{"numbering plan", 0xf, at(map[uint64]string{
		0: "unknown", 1: "E.164", 2: "ATM endsystem address", 9: "private",
	})}
)

// partyNumber reads the calling and the connected number (Q.2931 4.5.13, 4.5.11).
func partyNumber(s *scan) {
	o := s.octet(numberType, numberPlan)
	if o&ext == 0 && s.left() > 0 {
		s.octet(bits{"presentation", 0x60, list("allowed", "restricted", "not available")},
			bits{"screening", 3, list("user provided, not screened", "user provided, verified and passed", "user provided, verified and failed", "network provided")})
	}
	number(s, o)
}

// number reads the address digits by the plan in an octet 5.
func number(s *scan, octet5 byte) {
	if ie.NumberPlan(octet5&0xf) == ie.PlanAESA {
		s.rest("address")
		return
	}
	s.digits("number")
}

// subaddress reads Q.2931 4.5.12 and 4.5.14.
func subaddress(s *scan) {
	s.octet(bits{"type of subaddress", 0x70, list("NSAP", "ATM endsystem address", "user specified")}, bits{"odd number of digits", 8, sayYes})
	s.rest("subaddress")
}

// endpointRef reads Q.2971 8.2.1.
func endpointRef(s *scan) {
	s.octet(bits{"type of endpoint reference", 0xff, list("locally defined integer")})
	s.num(2, bits{"flag", 0x8000, list("from the side that allocated it", "to the side that allocated it")}, bits{"endpoint reference", 0x7fff, nil})
}

// connID reads Q.2931 4.5.16.
func connID(s *scan) {
	s.octet(bits{"VP-associated signalling", 0x18, list("VP-associated", "explicit VPCI")},
		bits{"preferred/exclusive", 7, list("exclusive VPCI, exclusive VCI", "exclusive VPCI, any VCI", "", "", "exclusive VPCI, no VCI")})
	s.num(2, bits{"VPCI", 0xffff, nil})
	s.num(2, bits{"VCI", 0xffff, nil})
}

// oamTD reads Q.2931 4.5.24.
func oamTD(s *scan) {
	rate := list("none", "0.1 %", "", "", "1 %")
	s.octet(bits{"shaping", 0x60, list("no requirement", "aggregate shaping of user and OAM cells not allowed")},
		bits{"end-to-end compliance", 0x10, list("optional", "mandatory")},
		bits{"fault management", 7, list("none", "one cell a second")})
	s.octet(bits{"forward OAM cells", 0x70, rate}, bits{"backward OAM cells", 7, rate})
}

// qos reads Q.2931 4.5.18.
func qos(s *scan) {
	class := list("unspecified")
	s.octet(bits{"forward QoS class", 0xff, class})
	s.octet(bits{"backward QoS class", 0xff, class})
}

// bhli reads Q.2931 4.5.8.
func bhli(s *scan) {
	switch o := s.octet(bits{"type of information", 0x7f, list("ISO/IEC", "user specific", "high layer profile", "vendor specific", "B-ISDN teleservice")}); {
	case ie.BHLIType(o&0x7f) == ie.BHLIVendor && s.left() == 7:
		s.octets("OUI", 3)
		s.octets("application", 4)
	default:
		s.rest("information")
	}
}

// bearer reads Q.2931 4.5.7.
func bearer(s *scan) {
	o := s.octet(bits{"bearer class", 0x1f, at(map[uint64]string{1: "BCOB-A", 3: "BCOB-C", 0x10: "BCOB-X", 0x18: "transparent VP service"})})
	if o&ext == 0 && s.left() > 0 {
		s.octet(bits{"ATM transfer capability", 0x7f, sayATC})
	}
	s.octet(bits{"susceptible to clipping", 0x60, sayYes}, bits{"connection configuration", 3, list("point-to-point", "point-to-multipoint")})
}

// transitNetwork reads Q.2931 4.5.22.
func transitNetwork(s *scan) {
	s.octet(bits{"type of network", 0x70, list("user specified", "", "national", "international")},
		bits{"network plan", 0xf, list("unknown", "carrier identification code", "", "X.121")})
	s.digits("network")
}

// leafCall reads the leaf initiated join call identifier (UNI 4.0 section 6).
func leafCall(s *scan) {
	s.octet(bits{"type of call identifier", 0x7f, list("root")})
	s.num(4, bits{"call identifier", 0xffffffff, nil})
}

// scope reads the connection scope selection (UNI 4.0 section 7).
func scope(s *scan) {
	s.octet(bits{"type of scope", 0xf, list("", "organizational")})
	s.octet(bits{"scope", 0xff, list("", "local network", "local network plus one", "local network plus two", "site minus one",
		"intra-site", "site plus one", "organization minus one", "intra-organization", "organization plus one", "community minus one",
		"intra-community", "community plus one", "regional", "inter-regional", "global")})
}

// genericIdentifiers reads the generic identifier transport (UNI 4.0 section 2, Q.2941.1).
func genericIdentifiers(s *scan) {
	s.octet(bits{"application", 0xff, list("", "DSM-CC", "H.245")})
	for s.left() > 0 {
		s.octet(bits{"type of identifier", 0xff, list("", "session", "resource")})
		if s.left() > 0 {
			n := s.octet(bits{"length", 0xff, nil})
			s.octets("identifier", int(n))
		}
	}
}
