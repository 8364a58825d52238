package msg_test

import (
	"pgregory.net/rapid"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// draws fill the field of an element with random valid contents.
var draws = [256]func(*rapid.T, *msg.Message){
	ie.IDAAL:    func(t *rapid.T, m *msg.Message) { m.AAL = drawAAL(t) },
	ie.IDTD:     func(t *rapid.T, m *msg.Message) { m.TD = drawTD(t, ie.IDTD) },
	ie.IDAltTD:  func(t *rapid.T, m *msg.Message) { m.AltTD = drawTD(t, ie.IDAltTD) },
	ie.IDMinTD:  func(t *rapid.T, m *msg.Message) { m.MinTD = drawMinTD(t) },
	ie.IDBearer: func(t *rapid.T, m *msg.Message) { m.Bearer = drawBearer(t) },
	ie.IDBHLI: func(t *rapid.T, m *msg.Message) {
		h := &ie.BHLI{Header: header(t), Type: pick(t, ie.BHLIISO, ie.BHLIUser, ie.BHLIVendor, ie.BHLITeleservice)}
		h.Len = uint8(between(t, 0, 8))
		if h.Type == ie.BHLIVendor {
			h.Len = 7
		}
		copy(h.Data[:], octets(t, int(h.Len), int(h.Len)))
		m.BHLI = h
	},
	ie.IDBLLI: func(t *rapid.T, m *msg.Message) { m.BLLI = append(m.BLLI, drawBLLI(t)) },
	ie.IDCalledNumber: func(t *rapid.T, m *msg.Message) {
		m.Called = &ie.CalledNumber{Header: header(t), Number: drawNumber(t)}
	},
	ie.IDCallingNumber:   func(t *rapid.T, m *msg.Message) { m.Calling = drawParty(t) },
	ie.IDConnectedNumber: func(t *rapid.T, m *msg.Message) { m.ConnectedNumber = drawParty(t) },
	ie.IDCalledSub:       func(t *rapid.T, m *msg.Message) { m.CalledSub = append(m.CalledSub, drawSubaddress(t)) },
	ie.IDCallingSub:      func(t *rapid.T, m *msg.Message) { m.CallingSub = append(m.CallingSub, drawSubaddress(t)) },
	ie.IDConnectedSub:    func(t *rapid.T, m *msg.Message) { s := drawSubaddress(t); m.ConnectedSub = &s },
	ie.IDConnID: func(t *rapid.T, m *msg.Message) {
		m.ConnID = &ie.ConnID{Header: header(t), VPAssociated: flag(t), Exclusive: pick(t, ie.ExclusiveVCI, ie.AnyVCI, ie.NoVCI), VPCI: word(t), VCI: word(t)}
	},
	ie.IDQoS: func(t *rapid.T, m *msg.Message) {
		m.QoS = &ie.QoS{Header: header(t)}
		if flag(t) {
			m.QoS.Coding, m.QoS.Fwd, m.QoS.Bwd = ie.CodingNetwork, uint8(between(t, 1, 4)), uint8(between(t, 1, 4))
		}
	},
	ie.IDExtQoS: func(t *rapid.T, m *msg.Message) {
		q := &ie.ExtQoS{Header: header(t), Origin: pick(t, ie.OriginUser, ie.OriginNetwork)}
		q.FwdCumCDV, q.BwdCumCDV = maybe(t, rate(t)), maybe(t, rate(t))
		if q.FwdCumCDV.Present {
			q.FwdCDV = maybe(t, pick(t, rate(t), ie.CDVAny))
		}
		if q.BwdCumCDV.Present {
			q.BwdCDV = maybe(t, rate(t))
		}
		q.FwdCLR, q.BwdCLR = maybe(t, uint8(between(t, 1, 15))), maybe[uint8](t, ie.CLRAny)
		m.ExtQoS = q
	},
	ie.IDTransitDelay: func(t *rapid.T, m *msg.Message) {
		m.TransitDelay = &ie.TransitDelay{Header: header(t), Cumulative: ie.Some(word(t)), Max: maybe(t, word(t)), NetworkGenerated: flag(t)}
	},
	ie.IDOAMTD: func(t *rapid.T, m *msg.Message) {
		m.OAMTD = &ie.OAMTD{
			Header: header(t), Shaping: uint8(between(t, 0, 1)), Compliance: uint8(between(t, 0, 1)),
			Fault: uint8(between(t, 0, 1)), Fwd: pick[uint8](t, 0, 1, 4), Bwd: pick[uint8](t, 0, 1, 4),
		}
	},
	ie.IDCause: func(t *rapid.T, m *msg.Message) {
		c := ie.Cause{Header: header(t), Location: pick(t, ie.LocationUser, ie.LocationTransit, ie.LocationInternational, ie.LocationBeyond), Value: ie.CauseValue(between(t, 1, 127))}
		if flag(t) {
			c.Coding = ie.CodingNetwork
		}
		if d := octets(t, 0, 28); len(d) > 0 {
			c.Diagnostic = d
		}
		m.Causes = append(m.Causes, c)
	},
	ie.IDCallState: func(t *rapid.T, m *msg.Message) {
		m.CallState = &ie.CallState{Header: header(t), State: pick(t, ie.CallNull, ie.CallActive, ie.CallModifyReceived, ie.CallOverlapReceiving, ie.CallRestart)}
	},
	ie.IDEndpointRef: func(t *rapid.T, m *msg.Message) {
		m.EndpointRef = &ie.EndpointRef{Header: header(t), Value: word(t) & 0x7fff, RefFlag: flag(t) && m.Type != msg.Setup}
	},
	ie.IDEndpointState: func(t *rapid.T, m *msg.Message) {
		m.EndpointState = &ie.EndpointState{Header: header(t), State: pick(t, ie.EndpointNull, ie.EndpointActive, ie.EndpointDropReceived)}
	},
	ie.IDNotification: func(t *rapid.T, m *msg.Message) {
		m.Notification = &ie.Notification{Header: header(t), Info: octets(t, 1, 40)}
	},
	ie.IDUserUser: func(t *rapid.T, m *msg.Message) {
		m.UserUser = &ie.UserUser{Header: header(t), Data: octets(t, 1, 128)}
	},
	ie.IDGIT: func(t *rapid.T, m *msg.Message) {
		g := ie.GIT{Header: header(t), Application: pick(t, ie.GITDSMCC, ie.GITH245)}
		g.Identifiers = []ie.GITIdentifier{{Type: ie.GITSession, Value: octets(t, 1, 20)}}
		if flag(t) {
			g.Identifiers = append(g.Identifiers, ie.GITIdentifier{Type: ie.GITResource, Value: octets(t, 1, 3)})
		}
		m.GIT = append(m.GIT, g)
	},
	ie.IDSendingComplete: func(t *rapid.T, m *msg.Message) { m.SendingComplete = &ie.SendingComplete{Header: header(t)} },
	ie.IDTNS: func(t *rapid.T, m *msg.Message) {
		n := ie.TNS{Header: header(t), Type: pick[uint8](t, 0, 2, 3), Plan: pick[uint8](t, 0, 1, 3), Len: uint8(between(t, 1, 4))}
		copy(n.Digit[:n.Len], "0288")
		m.TNS = append(m.TNS, n)
	},
	ie.IDRestart: func(t *rapid.T, m *msg.Message) {
		m.Restart = &ie.Restart{Header: header(t), Class: pick(t, ie.RestartVC, ie.RestartVP, ie.RestartAll)}
	},
	ie.IDReportType: func(t *rapid.T, m *msg.Message) {
		m.ReportType = &ie.ReportType{Header: header(t), Type: pick(t, ie.ReportModification, ie.ReportClock, ie.ReportAvailability, ie.ReportEndToEndRequest, ie.ReportEndToEndDone)}
	},
	ie.IDConnectionScope: func(t *rapid.T, m *msg.Message) {
		m.ConnectionScope = &ie.ConnectionScope{Header: header(t), Scope: ie.Scope(between(t, 1, 15))}
	},
	ie.IDABRSetup: func(t *rapid.T, m *msg.Message) {
		m.ABRSetup = &ie.ABRSetup{
			Header: header(t), FwdICR: maybe(t, rate(t)), BwdICR: maybe(t, rate(t)), FwdTBE: maybe(t, rate(t)), BwdTBE: maybe(t, rate(t)),
			FixedRTT: ie.Some(rate(t)), FwdRIF: maybe(t, uint8(between(t, 0, 15))), BwdRIF: maybe(t, uint8(between(t, 0, 15))),
			FwdRDF: maybe(t, uint8(between(t, 0, 15))), BwdRDF: maybe(t, uint8(between(t, 0, 15))),
		}
	},
	ie.IDABRAdditional: func(t *rapid.T, m *msg.Message) {
		record := func() ie.ABRRecord {
			return ie.ABRRecord{
				Nrm: maybe(t, uint8(between(t, 0, 7))), Trm: maybe(t, uint8(between(t, 0, 7))),
				CDF: maybe(t, uint8(between(t, 0, 7))), ADTF: maybe(t, uint16(between(t, 0, 1023))),
			}
		}
		m.ABRAdditional = &ie.ABRAdditional{Header: header(t), Fwd: ie.Some(record()), Bwd: maybe(t, record())}
	},
	ie.IDLIJCallID:     func(t *rapid.T, m *msg.Message) { m.LIJCallID = &ie.LIJCallID{Header: header(t), Value: rate(t) << 7} },
	ie.IDLIJParameters: func(t *rapid.T, m *msg.Message) { m.LIJParameters = &ie.LIJParameters{Header: header(t)} },
	ie.IDLeafSequence: func(t *rapid.T, m *msg.Message) {
		m.LeafSequence = &ie.LeafSequence{Header: header(t), Value: rate(t) << 8}
	},
	ie.IDMinDesiredCellRate: func(t *rapid.T, m *msg.Message) {
		m.MinDesiredRate = &ie.MinDesiredCellRate{Header: header(t), Origin: pick(t, ie.OriginUser, ie.OriginNetwork), Fwd: ie.Some(rate(t)), Bwd: ie.Some(rate(t))}
	},
	ie.IDProgress: func(t *rapid.T, m *msg.Message) {
		m.Progress = append(m.Progress, ie.Progress{Header: header(t), Location: ie.LocationTransit, Description: uint8(between(t, 0, 127))})
	},
	ie.IDNarrowbandBearer: drawOpaque(ie.IDNarrowbandBearer),
	ie.IDNarrowbandHLC:    drawOpaque(ie.IDNarrowbandHLC),
	ie.IDNarrowbandLLC:    drawOpaque(ie.IDNarrowbandLLC),
	ie.IDFacility:         drawOpaque(ie.IDFacility),
	ie.IDRepeat:           func(*rapid.T, *msg.Message) {}, // comes with the BLLIs
}

func drawOpaque(id ie.ID) func(*rapid.T, *msg.Message) {
	return func(t *rapid.T, m *msg.Message) {
		m.Opaque = append(m.Opaque, ie.Opaque{Header: header(t), ID: id, Data: octets(t, 1, 3)})
	}
}

func drawAAL(t *rapid.T) *ie.AAL {
	a := &ie.AAL{Header: header(t), Type: pick(t, ie.AALVoice, ie.AAL1, ie.AAL2, ie.AAL34, ie.AAL5, ie.AALUser)}
	switch a.Type {
	case ie.AAL1:
		a.Subtype, a.CBRRate = ie.Some(pick(t, ie.AAL1Null, ie.AAL1Circuit, ie.AAL1Video)), ie.Some(pick(t, ie.CBR64, ie.CBR139264, ie.CBRNx64, ie.CBRNx8))
		if a.CBRRate.Value == ie.CBRNx64 {
			a.Multiplier = ie.Some(max(2, word(t)))
		}
		if a.CBRRate.Value == ie.CBRNx8 {
			a.Multiplier = ie.Some(uint16(between(t, 1, 7)))
		}
		a.ClockRecovery, a.ErrorCorrection = maybe(t, uint8(between(t, 0, 2))), maybe(t, uint8(between(t, 0, 2)))
		a.SDTBlock, a.PartialFill = maybe(t, word(t)), maybe(t, uint8(between(t, 1, 47)))
	case ie.AAL34, ie.AAL5:
		if flag(t) {
			a.FwdMaxSDU, a.BwdMaxSDU = ie.Some(word(t)), ie.Some(word(t))
		}
		a.SSCS = maybe(t, pick(t, ie.SSCSNull, ie.SSCSAssured, ie.SSCSUnassured, ie.SSCSFrameRelay))
		if a.Type == ie.AAL34 {
			low := between(t, 0, 1023)
			a.MID = maybe(t, ie.MIDRange{Low: uint16(low), High: uint16(between(t, low, 1023))})
		}
	case ie.AALUser:
		a.UserLen = uint8(copy(a.User[:], octets(t, 0, 4)))
	case ie.AALVoice, ie.AAL2:
	}
	return a
}

func drawTD(t *rapid.T, id ie.ID) *ie.TD {
	d := &ie.TD{Header: header(t), BestEffort: flag(t)}
	if id == ie.IDAltTD && flag(t) {
		d.Coding = ie.CodingNetwork
	}
	direction := func() ie.Rates {
		r := ie.Rates{PCR01: ie.Some(rate(t)), Discard: flag(t)}
		if d.BestEffort {
			return r
		}
		switch between(t, 0, 4) {
		case 0:
			r.PCR0, r.Tagging = ie.Some(rate(t)), flag(t)
		case 1:
			r.SCR01, r.MBS01 = ie.Some(rate(t)), ie.Some(rate(t))
		case 2:
			r.SCR0, r.MBS0, r.Tagging = ie.Some(rate(t)), ie.Some(rate(t)), flag(t)
		case 3:
			r.MCR01 = ie.Some(rate(t))
		}
		return r
	}
	d.Fwd, d.Bwd = direction(), direction()
	d.Options = d.Fwd.Discard || d.Bwd.Discard || d.Fwd.Tagging || d.Bwd.Tagging || flag(t)
	return d
}

func drawMinTD(t *rapid.T) *ie.TD {
	d := &ie.TD{Header: header(t)}
	if flag(t) {
		d.Fwd.MCR01, d.Bwd.MCR01 = ie.Some(rate(t)), maybe(t, rate(t))
		return d
	}
	d.Fwd.PCR01, d.Bwd.PCR01, d.Bwd.PCR0 = ie.Some(rate(t)), maybe(t, rate(t)), maybe(t, rate(t))
	return d
}

func drawBearer(t *rapid.T) *ie.Bearer {
	r := &ie.Bearer{Header: header(t), Clipping: flag(t), Config: pick(t, ie.PointToPoint, ie.PointToMultipoint)}
	r.Class = pick(t, ie.BCOBA, ie.BCOBC, ie.BCOBX, ie.TransparentVP)
	switch r.Class {
	case ie.BCOBA:
		r.ATC = maybe(t, ie.ATCCBRCLR01)
	case ie.BCOBC:
		r.ATC = maybe(t, pick(t, ie.ATCRTVBR, ie.ATCRTVBR01, ie.ATCNRTVBR01, ie.ATCABR))
	case ie.BCOBX, ie.TransparentVP:
		r.ATC = maybe(t, pick(t, ie.ATCCBR, ie.ATCCBRCLR01, ie.ATCRTVBR, ie.ATCNRTVBR, ie.ATCABR))
	}
	return r
}

func drawBLLI(t *rapid.T) ie.BLLI {
	l := ie.BLLI{Header: header(t), Layer1: maybe(t, uint8(between(t, 0, 31)))}
	l.Layer2 = drawLayer2(t)
	l.Layer3 = pick(t, drawPacket, drawTR9577, drawH310, drawOther)(t)
	return l
}

func drawLayer2(t *rapid.T) ie.Layer2 {
	l := ie.Layer2{Protocol: pick(t, 0, ie.L2Q921, ie.L2X25Link, ie.L2LLC, ie.L2User, ie.L2ISO7776)}
	if l.Protocol == ie.L2User {
		l.User = maybe(t, uint8(between(t, 0, 127)))
	}
	if l.Protocol == ie.L2X25Link || l.Protocol == ie.L2ISO7776 {
		if l.Mode = maybe(t, pick(t, ie.ModeNormal, ie.ModeExtended)); l.Mode.Present {
			l.Q933, l.Window = uint8(between(t, 0, 3)), maybe(t, uint8(between(t, 1, 127)))
		}
	}
	return l
}

func drawPacket(t *rapid.T) ie.Layer3 {
	l := ie.Layer3{Protocol: pick(t, ie.L3X25, ie.L3ISO8208, ie.L3X223)}
	if l.Mode = maybe(t, ie.ModeNormal); l.Mode.Present {
		l.PacketSize = maybe(t, uint8(between(t, 4, 12)))
	}
	if l.PacketSize.Present {
		l.Window = maybe(t, uint8(between(t, 1, 127)))
	}
	return l
}

func drawTR9577(t *rapid.T) ie.Layer3 {
	l := ie.Layer3{Protocol: ie.L3TR9577, IPI: maybe(t, pick[uint8](t, 0x80, 0xcc, 0xcf, 0x83, 0x01))}
	if l.IPI == ie.Some[uint8](0x80) {
		l.SNAP = maybe(t, ie.SNAP{OUI: [3]byte(octets(t, 3, 3)), PID: word(t)})
	}
	return l
}

func drawH310(t *rapid.T) ie.Layer3 {
	return ie.Layer3{Protocol: ie.L3H310, Terminal: maybe(t, ie.H310Terminal{
		Type: uint8(between(t, 1, 3)), Capability: uint8(between(t, 0, 5)),
		Mux: maybe(t, ie.H310Mux{Fwd: uint8(between(t, 0, 5)), Bwd: uint8(between(t, 0, 5))}),
	})}
}

func drawOther(t *rapid.T) ie.Layer3 {
	l := ie.Layer3{Protocol: pick(t, ie.L3T70, ie.L3ISO8473, ie.L3H321, ie.L3User)}
	if l.Protocol == ie.L3User {
		l.User = maybe(t, uint8(between(t, 0, 127)))
	}
	return l
}

func drawNumber(t *rapid.T) ie.Number {
	if flag(t) {
		return ie.NewAESA([20]byte(octets(t, 20, 20)))
	}
	n, _ := ie.NewE164("123456789012345"[:between(t, 1, 15)])
	return n
}

func drawParty(t *rapid.T) *ie.PartyNumber {
	p := &ie.PartyNumber{Header: header(t), Number: drawNumber(t)}
	p.Indicators = maybe(t, ie.Indicators{
		Presentation: pick(t, ie.PresentationAllowed, ie.PresentationRestricted, ie.PresentationNotAvailable),
		Screening:    ie.Screening(between(t, 0, 3)),
	})
	if p.Indicators.Value.Presentation != ie.PresentationAllowed && flag(t) {
		p.Number = ie.Number{}
	}
	return p
}

func drawSubaddress(t *rapid.T) ie.Subaddress {
	s := ie.Subaddress{Header: header(t), Type: pick(t, ie.SubaddressNSAP, ie.SubaddressAESA, ie.SubaddressUser), Len: 20}
	if s.Type != ie.SubaddressAESA {
		s.Len = uint8(between(t, 1, 20))
	}
	s.Odd = s.Type == ie.SubaddressUser && flag(t)
	copy(s.Octets[:], octets(t, int(s.Len), int(s.Len)))
	return s
}

func header(t *rapid.T) ie.Header {
	if rapid.IntRange(0, 3).Draw(t, "flag") > 0 {
		return ie.Header{}
	}
	return ie.Header{Flag: true, Action: pick(t, ie.ActionClear, ie.ActionDiscard, ie.ActionDiscardReport, ie.ActionDiscardMessage, ie.ActionDiscardMessageReport)}
}

func flag(t *rapid.T) bool                  { return rapid.Bool().Draw(t, "bool") }
func word(t *rapid.T) uint16                { return rapid.Uint16().Draw(t, "word") }
func rate(t *rapid.T) uint32                { return rapid.Uint32Range(0, 0xffffff).Draw(t, "rate") }
func between(t *rapid.T, low, high int) int { return rapid.IntRange(low, high).Draw(t, "int") }
func pick[T any](t *rapid.T, of ...T) T     { return rapid.SampledFrom(of).Draw(t, "choice") }
func octets(t *rapid.T, least, most int) []byte {
	return rapid.SliceOfN(rapid.Byte(), least, most).Draw(t, "octets")
}

func maybe[T comparable](t *rapid.T, v T) ie.Opt[T] {
	if flag(t) {
		return ie.Some(v)
	}
	return ie.Opt[T]{}
}
