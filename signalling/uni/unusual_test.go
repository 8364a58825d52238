package uni_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// The elements of a SETUP, in hexadecimal.
const (
	sAAL    = "58800009 058c03e88103e88400"
	sTD     = "59800009 8400100085001000be"
	sCBR    = "59800008 8400010085000100"
	sBearer = "5e800002 9080"
	sCalled = "70800015 82 49000000000000000000000000 020000000001 07"
	sQoS    = "5c800002 0000"
	sID     = "5a800005 88 0000 0032"
)

// unusual are SETUPs that a peer may send and few do. cause 0 means that the
// call is offered; report is the cause of a STATUS beside it.
var unusual = []struct {
	name          string
	elements      string
	cause, report ie.CauseValue
	check         func(primitive.Params) bool
}{
	{name: "in the order of the standard", elements: sAAL + sTD + sBearer + sCalled + sQoS},
	{name: "in the opposite order", elements: sQoS + sCalled + sBearer + sTD + sAAL},
	{
		name: "another selector", elements: sAAL + sTD + sBearer + strings.Replace(sCalled, "07", "fe", 1) + sQoS,
	},
	{
		name:     "native E.164, which is not ours",
		elements: sAAL + sTD + sBearer + "70800008 91 34393839313233" + sQoS, cause: 3,
	},
	{
		name:     "E.164 of 16 digits",
		elements: sAAL + sTD + sBearer + "70800011 91 31313131313131313131313131313131" + sQoS, cause: 100,
	},
	{
		name: "subaddresses, four transit networks, sending complete",
		elements: sAAL + sTD + sBearer + sCalled + "71800015 80" + strings.Repeat("11", 20) + "71800015 90" + strings.Repeat("22", 20) +
			"6d800015 80" + strings.Repeat("33", 20) + "62800001 a1" + strings.Repeat("78800005 a1 31323334", 4) + sQoS,
	},
	{
		name:     "three B-LLI in order of preference",
		elements: sAAL + sTD + sBearer + "63800001 82 5f800001cc 5f800001cb 5f800001c9" + sCalled + sQoS,
		check:    func(p primitive.Params) bool { return len(p.BLLI) == 3 && bytes.Equal(p.BLLI[2], []byte{0xc9}) },
	},
	{
		name:     "two B-LLI without an indicator: the second is ignored",
		elements: sAAL + sTD + sBearer + "5f800001cc 5f800001cb" + sCalled + sQoS,
		check:    func(p primitive.Params) bool { return len(p.BLLI) == 1 },
	},
	{
		name: "everything that UNI 4.0 may add",
		elements: sAAL + sTD + "82800008 8400008085000080" + sBearer + sCalled + sQoS +
			"42800006 010010 03ffff 7e800003 400102 27800001 f1 ebe00002 8101 5b800002 8080 5d800002 8155",
	},
	{
		name:     "a minimum and an alternative at once",
		elements: sAAL + sCBR + "81800008 8400000185000001 82800008 8400008085000080" + sBearer + sCalled + sQoS, cause: 73,
	},
	{
		name: "a minimum, in the coding of ITU-T", elements: sAAL + sCBR + "81800008 8400000085ffffff" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool {
			return p.Fallback.Minimum == vc.PeakRates{Forward: 1, Backward: p.Contract.Backward.PCR}
		},
	},
	{
		name: "a minimum of one direction, in the coding of the ATM Forum", elements: sAAL + sCBR + "81e00004 84000005" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool { return p.Fallback.Minimum == vc.PeakRates{Forward: 5} },
	},
	{
		name: "an alternative, in the coding of the ATM Forum", elements: sAAL + sCBR + "82e00008 8400000585000006" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool {
			return p.Fallback.Alternative.Forward.PCR == 5 && p.Fallback.Alternative.Backward.PCR == 6 && p.Fallback.Minimum == vc.PeakRates{}
		},
	},
	{
		name: "an alternative that is none", elements: sAAL + sCBR + "82800009 8400000585000006be" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool { return p.Fallback == vc.Fallback{} },
	},
	{
		name: "a transit delay within its limit", elements: sAAL + sTD + sBearer + sCalled + sQoS + "42800006 010010 030010",
		check: func(p primitive.Params) bool { return p.QoS.Delay == 16 && p.QoS.MaxDelay == 16 },
	},
	{name: "a transit delay beyond its limit", elements: sAAL + sTD + sBearer + sCalled + sQoS + "42800006 010011 030010", cause: 49},
	{
		name: "a transit delay without a limit", elements: sAAL + sTD + sBearer + sCalled + sQoS + "42800003 010011",
		check: func(p primitive.Params) bool { return p.QoS.Delay == 17 && p.QoS.MaxDelay == vc.AnyDelay },
	},
	{
		name: "extended QoS", elements: sAAL + sTD + sBearer + sCalled + "ece0000d 00 94000009 96000009 a207 a3ff",
		check: func(p primitive.Params) bool {
			return p.QoS == vc.QoS{Forward: vc.QoSFlow{MaxCDV: 9, CDV: 9, MaxCLR: 7}, Backward: vc.QoSFlow{MaxCLR: vc.AnyCLR}}
		},
	},
	{name: "a delay variation beyond its limit", elements: sAAL + sTD + sBearer + sCalled + "ece00009 00 95000009 9700000a", cause: 49},
	{name: "extended QoS alone", elements: sAAL + sTD + sBearer + sCalled + "ece00001 00"},
	{name: "QoS class 1 of the ATM Forum", elements: sAAL + sTD + sBearer + sCalled + "5ce00002 0101"},
	{name: "QoS class 1 with the coding of ITU-T", elements: sAAL + sTD + sBearer + sCalled + "5c800002 0101", cause: 100},
	{name: "best effort in one direction only", elements: sAAL + "59800005 84001000be" + sBearer + sCalled + sQoS, cause: 100},
	{
		name: "backward rate zero, best effort", elements: sAAL + "59800009 8400100085000000be" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool {
			return p.Contract.Backward == vc.Flow{} && p.Contract.Forward.MaxSDU == 1000
		},
	},
	{
		name: "forward rate zero, CBR", elements: sAAL + "59800008 8400000085001000" + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool {
			return p.Contract.Category == vc.CBR && p.Contract.Forward == vc.Flow{} && p.Contract.Backward.PCR == 4096
		},
	},
	{
		name: "no AAL parameters", elements: sTD + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool { return p.Contract.Forward.MaxSDU == 1492 },
	},
	{
		name: "AAL5 without sizes", elements: "58800003 058400" + sTD + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool { return p.Contract.Forward.MaxSDU == 1492 },
	},
	{
		name: "AAL5 of UNI 3.0 with its mode", elements: "5880000b 058c03e88103e883018400" + sTD + sBearer + sCalled + sQoS,
		check: func(p primitive.Params) bool { return p.Contract.Forward.MaxSDU == 1000 },
	},
	{name: "AAL5 in streaming mode", elements: "5880000b 058c03e88103e883028400" + sTD + sBearer + sCalled + sQoS, cause: 93},
	{name: "voice", elements: "58800001 00" + sTD + sBearer + sCalled + sQoS, cause: 93},
	{name: "AAL2", elements: "58800001 02" + sTD + sBearer + sCalled + sQoS, cause: 93},
	{name: "AAL3/4", elements: "5880000c 038c03e88103e88200010002" + sTD + sBearer + sCalled + sQoS, cause: 93},
	{name: "a user-defined AAL", elements: "58800005 1001020304" + sTD + sBearer + sCalled + sQoS, cause: 93},
	{name: "a VP", elements: sAAL + sTD + "5e800002 9880" + sCalled + sQoS, cause: 65},
	{
		name:     "point-to-multipoint",
		elements: sAAL + "59800009 8400100085000000be 5e800002 9081" + sCalled + sQoS + "54800003 000000",
		check:    func(p primitive.Params) bool { return p.Multipoint && p.Contract.Backward == vc.Flow{} },
	},
	{name: "clipping", elements: sAAL + sTD + "5e800002 90a0" + sCalled + sQoS},
	{name: "class C, UNI 3.1", elements: sAAL + sCBR + "5e800002 8380" + sCalled + sQoS},
	{name: "class X, CBR with timing, UNI 3.1", elements: sAAL + sCBR + "5e800003 108580" + sCalled + sQoS},
	{
		name: "an element of N-ISDN, and of another codeset", report: 99,
		elements: "7c800002 8890 61800001 85 33800001 01" + sAAL + sTD + sBearer + sCalled + sQoS,
	},
	{
		name:     "a calling number that may not be shown, of an unknown plan",
		elements: sAAL + sTD + sBearer + sCalled + "6c800004 00a0 3132" + sQoS,
		check:    func(p primitive.Params) bool { return !p.Calling.IsValid() },
	},
	{name: "an empty optional element", elements: sAAL + sTD + sBearer + sCalled + sQoS + "5d800000"},
	{name: "an empty mandatory element", elements: sAAL + sTD + sBearer + sCalled + "5c800000", cause: 96},
	{name: "an element cut short", elements: sAAL + sTD + sBearer + sCalled + sQoS + "5d8000", report: 43},
	{name: "unknown, discard the message", elements: sAAL + sTD + sBearer + sCalled + sQoS + "33950001 01", cause: 255},
	{name: "unknown, reserved action", elements: sAAL + sTD + sBearer + sCalled + sQoS + "33970001 01", report: 99},
}

// TestUnusualSetups offers each to both sides.
func TestUnusualSetups(t *testing.T) {
	for _, row := range unusual {
		t.Run(row.name, func(t *testing.T) {
			roles(t, func(p *saalPeer) {
				elements := row.elements
				if p.h.link.Role() == uni.RoleUser {
					elements = sID + elements
				}
				body := unhex(elements)
				b := append(unhex("0903 000009 0580"), byte(len(body)>>8), byte(len(body)))
				p.send(append(b, body...))
				p.meets(row.cause, row.report, row.check)
			})
		})
	}
}

// meets checks what has become of an offered call, and ends it.
func (p *saalPeer) meets(c, report ie.CauseValue, check func(primitive.Params) bool) {
	p.w.t.Helper()
	switch {
	case c == 255: // silence
		p.silence()
	case c != 0:
		p.expectCause(msg.ReleaseComplete, c)
	default:
		if report != 0 {
			p.expectCause(msg.Status, report)
		}
		offer := last[primitive.SetupInd](p.h)
		if check != nil && !check(offer.Params) {
			p.w.t.Errorf("offered %+v", offer.Params)
		}
		p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		p.w.run(50 * time.Millisecond)
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ConnectAck})
		last[primitive.CompleteInd](p.h)
		p.in = nil
		p.h.ask(primitive.ReleaseReq{Call: offer.Call, Cause: cause(ie.CauseNormalClearing)})
		p.expect(msg.Release)
		p.write(&msg.Message{CallRef: peerRef, Type: msg.ReleaseComplete})
	}
	p.silence()
	p.h.wantEmpty()
}
