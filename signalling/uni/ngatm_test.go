package uni_test

import (
	"testing"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// The addresses of NgATM's network and user side.
var (
	ngatmNetwork = vc.AddrFromAESA([20]byte(unhex("4700918100000000000000000000000000000101")))
	ngatmUser    = vc.AddrFromAESA([20]byte(unhex("4700918100000000000000000000000000000202")))
)

// calledPeer is a peer of a network side that stands in for NgATM's and accepts
// every call at once.
func calledPeer(t *testing.T, edition msg.Profile) *saalPeer {
	t.Helper()
	p := newPeer(newWorld(t, 1), uni.RoleNetwork, func(c *uni.Config) {
		c.Addresses, c.Profile = []vc.Addr{ngatmNetwork, ngatmUser}, edition
	})
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 0005 7980000182")
	p.h.onInd = func(i primitive.Indication) {
		switch offer := i.(type) {
		case primitive.SetupInd:
			p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		case primitive.AddPartyInd:
			p.h.ask(primitive.AcceptPartyReq{Call: offer.Call, Party: offer.Party, VC: 2, Params: offer.Params})
		}
	}
	return p
}

// flowDepartures are those of flow-network-side.txt.
var flowDepartures = departures{reworded: []rewording{noFlag(17, 25, 29), fromNetwork(9, 55, 57, 59)}, list: []departure{
	{2, editions, noAlerting, []string{"CALL PROCEEDING 13' channel", "CONNECT 13'"}},
	{11, uni3, noMessage, []string{"STATUS 13' state 10 cause 97@1 6e"}},
	{17, editions, noAlerting, []string{"CALL PROCEEDING 14' channel party 0 true", "CONNECT 14' party 0 true"}},
	{33, editions, noAlerting, []string{"CALL PROCEEDING 15' channel", "CONNECT 15'"}},
	{51, editions, noQoSAlone, []string{"RELEASE COMPLETE 119' cause 96@1 595e705c"}},
}}

const noAlerting = "Q.2931 5.1.5, 5.1.6: ALERTING tells that the user is alerted; one who accepts at once is not"

// TestNgATMCalls plays the messages that NgATM's network side received to
// ours, in each edition of the UNI. NgATM's application rings; the second call
// is point-to-multipoint, with a second party that comes and goes.
func TestNgATMCalls(t *testing.T) {
	probes := readProbes(t, "flow-network-side.txt", "RX ", "TX ")
	if len(probes) != 17 {
		t.Fatalf("%d messages", len(probes))
	}
	inEditions(t, flowDepartures, func(t *testing.T, edition msg.Profile, d *departures) {
		t.Helper()
		p := calledPeer(t, edition)
		p.probe(t, edition, probes, d)
		p.h.wantEmpty()
	})
}

// TestCallsToNgATM: our user side calls NgATM's network side, whose answers
// are the captured ones: two calls, the second ended by RESTART of its channel
// from the network.
func TestCallsToNgATM(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	call := func(ref uint32) primitive.CallID {
		uni.SetNextRef(p.h.link, ref)
		id := p.h.call(paramsTo(macB, bestEffort))
		p.expect(msg.Setup)
		return id
	}
	id := call(13)
	p.sendHex("090380000d028000095a8000058800000040")
	p.sendHex("090380000d01800000")
	p.sendHex("090380000d0780001258800009058c23e48123e484005f800001cc")
	p.expect(msg.ConnectAck)
	if c := last[primitive.ConnectInd](p.h); c.ID.VCI != 64 || c.Params.Contract.Forward.MaxSDU != 1400 {
		t.Errorf("connected %+v", c)
	}
	p.resync() // and the audit after it
	p.expect(msg.StatusEnquiry)
	p.sendHex("090380000d7d80000b148000010a08800002809e")
	p.h.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
	p.expectCause(msg.Release, ie.CauseNormalClearing)
	p.sendHex("090380000d5a800000")
	p.h.wantEmpty()

	call(15)
	p.sendHex("090380000f028000095a8000058800000042")
	p.sendHex("090380000f0780001258800009058c23e48123e484005f800001cc")
	p.expect(msg.ConnectAck)
	p.sendHex("09030000004680000e5a80000588000000427980000180")
	if m := p.expect(msg.RestartAck); m.ConnID == nil || m.ConnID.VCI != 66 || m.Restart.Class != ie.RestartVC {
		t.Errorf("acknowledged %v", m)
	}
	if r := last[primitive.ReleaseInd](p.h); r.Detail != "the peer restarted" {
		t.Errorf("told %+v", r)
	}
	p.silence()
	p.h.wantEmpty()
}
