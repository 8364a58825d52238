package uni_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// leafPeer is a peer whose host is the leaf of a point-to-multipoint call of
// reference 9 that is active.
func leafPeer(t tester, role uni.Role) *saalPeer {
	t.Helper()
	p := ready(newWorld(t, 1), role)
	p.offer(multipoint)
	p.h.ask(primitive.AcceptReq{Call: primitive.IncomingCall | 1, VC: 1, Params: last[primitive.SetupInd](p.h).Params})
	if role == uni.RoleNetwork {
		p.expect(msg.CallProceeding)
	}
	p.expect(msg.Connect)
	p.sendHex("0903 000009 0f80 0000")
	last[primitive.CompleteInd](p.h)
	p.h.take()
	return p
}

// multipoint makes a SETUP point-to-multipoint.
func multipoint(m *msg.Message) {
	m.Bearer.Config = ie.PointToMultipoint
	m.EndpointRef = &ie.EndpointRef{}
	m.TD.Bwd.PCR01 = ie.Some[uint32](0)
	m.AAL.BwdMaxSDU = ie.Some[uint16](0)
}

// rootPeer is a peer whose host is the root of an active call of reference 7.
func rootPeer(t tester, role uni.Role) *saalPeer {
	t.Helper()
	p := ready(newWorld(t, 1), role)
	p.ring(role)
	p.write(&msg.Message{CallRef: ourRef, Type: msg.Connect, EndpointRef: leafRef(0)})
	p.expect(msg.ConnectAck)
	last[primitive.ConnectInd](p.h)
	p.h.take()
	return p
}

// ourRef is the reference of the host's call as the peer writes it.
var ourRef = msg.CallRef{Value: 7, Flag: true}

// ring lets the host call, and alerts it.
func (p *saalPeer) ring(role uni.Role) {
	p.w.t.Helper()
	uni.SetNextRef(p.h.link, 7)
	p.h.call(rootParams(macB))
	if m := p.expect(msg.Setup); m.EndpointRef == nil || m.EndpointRef.Value != 0 || m.EndpointRef.RefFlag ||
		m.Bearer.Config != ie.PointToMultipoint || m.AAL.BwdMaxSDU.Or(1) != 0 {
		p.w.t.Fatalf("called with %v", m)
	}
	m := &msg.Message{CallRef: ourRef, Type: msg.Alerting, EndpointRef: leafRef(0)}
	if role == uni.RoleUser {
		channel(m)
	}
	p.write(m)
}

// leafRef is an endpoint reference as the leaf's side writes it, with the flag.
func leafRef(v uint16) *ie.EndpointRef { return &ie.EndpointRef{Value: v, RefFlag: true} }

// letter is the first letter of the call states of a role, and alerted the
// number of that in which a root waits after ALERTING.
func letter(r uni.Role) string {
	if r == uni.RoleUser {
		return "U"
	}
	return "N"
}

func alerted(r uni.Role) int {
	if r == uni.RoleUser {
		return 4
	}
	return 7
}

// wantStates checks the host's states.
func (p *saalPeer) wantStates(want string) {
	p.w.t.Helper()
	if s := states(p.h); s != want {
		p.w.t.Errorf("the host is in %q, want %q", s, want)
	}
}

// exchange sends octets and compares the answers.
func (p *saalPeer) exchange(name, octets string, want ...string) {
	p.w.t.Helper()
	p.sendHex(octets)
	p.w.run(50 * time.Millisecond)
	if d := cmp.Diff(want, p.gists()); d != "" {
		p.w.t.Errorf("%s: %s", name, d)
	}
}

// TestLeafRules: the rules of Q.2971 9.5 at a leaf, octet by octet.
func TestLeafRules(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			p := leafPeer(t, role)
			const s = "STATUS 9' state 10 cause "
			host := fmt.Sprintf("%x", must20(addrOf(p.h.mac)))
			called := "70800015 82" + host
			stranger := "70800015 82" + "47" + host[2:]

			// ADD PARTY.
			p.exchange("ADD PARTY", "0903 000009 8080 0020"+called+"54800003 000005")
			p.wantStates(letter(role) + "10 0:P7 5:P2")
			offer := last[primitive.AddPartyInd](p.h)
			p.exchange("a repeated ADD PARTY", "0903 000009 8080 0020"+called+"54800003 000005")
			p.exchange("a repeated one without address", "0903 000009 8080 0007 54800003 000005")
			p.exchange("without reference", "0903 000009 8080 0019"+called, s+"96 54")
			p.exchange("with a bad reference", "0903 000009 8080 001f"+called+"54800002 0000", s+"100 54")
			p.exchange("of another type of reference", "0903 000009 8080 0020"+called+"54800003 010006", s+"100 54")
			p.exchange("without address", "0903 000009 8080 0007 54800003 000006", "ADD PARTY REJECT 9' cause 96 70 party 6 true")
			p.exchange("with a bad address", "0903 000009 8080 000d 70800002 8247 54800003 000006", "ADD PARTY REJECT 9' cause 100 70 party 6 true")
			p.exchange("a foreign address", "0903 000009 8080 0020"+stranger+"54800003 000006", "ADD PARTY REJECT 9' cause 3  party 6 true")
			p.exchange("AAL1", "0903 000009 8080 0029 58800005 0185028601"+called+"54800003 000006",
				"ADD PARTY REJECT 9' cause 93  party 6 true")
			p.exchange("the flag of the wrong side", "0903 000009 8080 0020"+called+"54800003 008006")
			p.exchange("an unknown element", "0903 000009 8080 0025"+called+"54800003 000006 33800001 01", s+"99 33")
			p.exchange("an unknown element that clears nothing", "0903 000009 8080 0025"+called+"54800003 000007 33960001 01", s+"99 33")
			p.h.ask(primitive.RejectPartyReq{Call: offer.Call, Party: last[primitive.AddPartyInd](p.h).Party, Cause: cause(ie.CauseUserBusy)})
			p.w.run(20 * time.Millisecond)
			if d := cmp.Diff([]string{"ADD PARTY REJECT 9' cause 17  party 6 true"}, p.gists()); d != "" {
				t.Error(d)
			}

			// What only the root's side may get.
			p.exchange("PARTY ALERTING", "0903 000009 8580 0007 54800003 000005", s+"101 85 party 5 true")
			p.exchange("ADD PARTY ACKNOWLEDGE", "0903 000009 8180 0007 54800003 000005", s+"101 81 party 5 true")
			p.exchange("ADD PARTY REJECT", "0903 000009 8280 000d 08800002 8090 54800003 000005", s+"101 82 party 5 true")

			p.h.ask(primitive.AcceptPartyReq{Call: offer.Call, Party: offer.Party, VC: 2, Params: offer.Params})
			p.w.run(20 * time.Millisecond)
			if d := cmp.Diff([]string{"ADD PARTY ACKNOWLEDGE 9' party 5 true"}, p.gists()); d != "" {
				t.Error(d)
			}
			p.exchange("ADD PARTY of an active party", "0903 000009 8080 0020"+called+"54800003 000005", s+"101 80 party 5 true")
			p.exchange("the same without address", "0903 000009 8080 0007 54800003 000005", s+"101 80 party 5 true")

			// Unknown parties.
			p.exchange("DROP PARTY 9", "0903 000009 8380 000d 08800002 8090 54800003 000009", "DROP PARTY ACKNOWLEDGE 9' cause 89  party 9 true")
			p.exchange("DROP PARTY ACKNOWLEDGE 9", "0903 000009 8480 0007 54800003 000009")
			p.exchange("NOTIFY 9", "0903 000009 6e80 000c 27800001 01 54800003 000009", "DROP PARTY ACKNOWLEDGE 9' cause 89  party 9 true")
			p.exchange("NOTIFY 5", "0903 000009 6e80 000c 27800001 01 54800003 000005")
			p.exchange("STATUS ENQUIRY 9", "0903 000009 7580 0007 54800003 000009", s+"30  party 9 true")
			p.exchange("STATUS 9 active", "0903 000009 7d80 0017 14800001 0a 08800002 809e 54800003 000009 55800001 0a",
				"DROP PARTY ACKNOWLEDGE 9' cause 101 7d party 9 true")
			p.exchange("STATUS 9 null", "0903 000009 7d80 0017 14800001 0a 08800002 809e 54800003 000009 55800001 00")

			// STATUS about the party.
			p.exchange("STATUS 5 active", "0903 000009 7d80 0017 14800001 0a 08800002 809e 54800003 000005 55800001 0a")
			p.exchange("STATUS without its state", "0903 000009 7d80 0012 14800001 0a 08800002 809e 54800003 000005", s+"96 55")
			p.exchange("STATUS 97", "0903 000009 7d80 0017 14800001 0a 08800002 80e1 54800003 000005 55800001 0a",
				"DROP PARTY 9' cause 31  party 5 true")
			p.exchange("its acknowledgement", "0903 000009 8480 0007 54800003 000005")
			p.wantStates(letter(role) + "10 0:P7")
			if i := last[primitive.DropPartyInd](p.h); i.Cause.Value != 31 || i.Detail != "the peer does not have this party, or in another state" {
				t.Errorf("told %+v", i)
			}

			// DROP PARTY without a cause, and of the last party.
			p.exchange("ADD PARTY", "0903 000009 8080 0020"+called+"54800003 000005")
			p.exchange("DROP PARTY without cause", "0903 000009 8380 0007 54800003 000005", "DROP PARTY ACKNOWLEDGE 9' party 5 true")
			if i := last[primitive.DropPartyInd](p.h); i.Cause.Value != ie.CauseNormalUnspecified {
				t.Errorf("told %+v", i)
			}
			p.exchange("DROP PARTY of the last", "0903 000009 8380 000d 08800002 8090 54800003 000000", "RELEASE 9' cause 16")
			p.exchange("DROP PARTY while clearing", "0903 000009 8380 000d 08800002 8090 54800003 000000")
			p.sendHex("0903 000009 5a80 0000")
			if i := last[primitive.ReleaseInd](p.h); !i.Remote || i.Cause.Value != ie.CauseNormalClearing {
				t.Errorf("told %+v", i)
			}
			p.h.wantEmpty()
		})
	}
}

func must20(a vc.Addr) [20]byte {
	b, _ := a.AESA()
	return b
}

// TestClearingPartyErrors: a message that ends a party without a usable
// reference clears the call (Q.2971 9.5.7, 9.5.8).
func TestClearingPartyErrors(t *testing.T) {
	for _, row := range []struct{ name, octets, want string }{
		{"DROP PARTY", "8380 0006 08800002 8090", "cause 96 54"},
		{"DROP PARTY, bad reference", "8380 000c 08800002 8090 54800002 0000", "cause 100 54"},
		{"DROP PARTY ACKNOWLEDGE", "8480 0000", "cause 96 54"},
	} {
		p := leafPeer(t, uni.RoleUser)
		p.exchange(row.name, "0903 000009"+row.octets, "RELEASE 9' "+row.want)
		q := rootPeer(t, uni.RoleNetwork)
		q.exchange(row.name, "0903 800007"+row.octets, "RELEASE 7 "+row.want)
	}
	p := rootPeer(t, uni.RoleUser)
	p.exchange("ADD PARTY REJECT", "0903 800007 8280 0006 08800002 8090", "RELEASE 7 cause 96 54")
}

// TestRootRules: the rules of Q.2971 9.5 at the root.
func TestRootRules(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			p := ready(newWorld(t, 1), role)
			p.ring(role)
			p.exchange("CONNECT of an unknown party", "0903 800007 0780 0007 54800003 008003", "DROP PARTY ACKNOWLEDGE 7 cause 89  party 3 false")
			p.exchange("CONNECT without the flag", "0903 800007 0780 0007 54800003 000000", "DROP PARTY ACKNOWLEDGE 7 cause 89  party 0 true")
			p.exchange("CONNECT without a party", "0903 800007 0780 0000", fmt.Sprintf("STATUS 7 state %d cause 96 54", alerted(role)))
			p.exchange("CONNECT", "0903 800007 0780 0007 54800003 008000", "CONNECT ACKNOWLEDGE 7")
			p.h.ask(primitive.AddPartyReq{Call: 1, Party: 1, Params: leafParams(macB, 1)})
			p.expect(msg.AddParty)
			const s = "STATUS 7 state 10 cause "
			p.exchange("ADD PARTY from a leaf", "0903 800007 8080 0020 70800015 82"+fmt.Sprintf("%x", must20(addrOf(p.h.mac)))+"54800003 000001", s+"101 80 party 1 true")
			p.exchange("PARTY ALERTING 3", "0903 800007 8580 0007 54800003 008003", "DROP PARTY ACKNOWLEDGE 7 cause 89  party 3 false")
			p.exchange("ADD PARTY ACKNOWLEDGE 3", "0903 800007 8180 0007 54800003 008003", "DROP PARTY ACKNOWLEDGE 7 cause 89  party 3 false")
			p.exchange("ADD PARTY REJECT 3", "0903 800007 8280 000d 08800002 8090 54800003 008003")
			p.exchange("PARTY ALERTING without a party", "0903 800007 8580 0000", s+"96 54")
			p.exchange("ADD PARTY ACKNOWLEDGE without a party", "0903 800007 8180 0000", s+"96 54")
			p.exchange("PARTY ALERTING", "0903 800007 8580 0007 54800003 008001")
			p.exchange("PARTY ALERTING again", "0903 800007 8580 0007 54800003 008001", s+"101 85 party 1 false")
			p.exchange("a STATUS that cannot be", "0903 800007 7d80 0017 14800001 0a 08800002 809e 54800003 008001 55800001 07",
				"DROP PARTY 7 cause 101 7d party 1 false")
			p.exchange("a STATUS while dropping", "0903 800007 7d80 0017 14800001 0a 08800002 809e 54800003 008001 55800001 07")
			p.exchange("null at last", "0903 800007 7d80 0017 14800001 0a 08800002 809e 54800003 008001 55800001 00")
			if c := last[primitive.DropPartyConf](p.h); c.Party != 1 || c.Cause.Value != ie.CauseMessageNotCompatible {
				t.Errorf("confirmed %+v", c)
			}
			p.exchange("a message's own instruction", "0903 800007 8091 0007 54800003 000001")
			p.exchange("and one that clears", "0903 800007 8090 0007 54800003 000001", "RELEASE 7 cause 101 80")
			p.sendHex("0903 800007 5a80 0000")
			p.h.wantEmpty()
		})
	}
}

// TestPartyTimers: T397, T398 and T399 to the microsecond.
func TestPartyTimers(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			t399, c399 := 34*time.Second, ie.CauseTimerExpiry
			if role == uni.RoleNetwork {
				t399, c399 = 14*time.Second, ie.CauseNoUserResponding
			}
			p := rootPeer(t, role)
			add := func(id primitive.PartyID) time.Duration {
				p.h.ask(primitive.AddPartyReq{Call: 1, Party: id, Params: leafParams(macB, 1)})
				start := p.w.now
				p.expect(msg.AddParty)
				return start
			}
			start := add(1)
			p.at(start, t399, msg.DropParty, c399)
			p.at(start, t399+4*time.Second, msg.DropPartyAck, ie.CauseTimerExpiry)
			if c := last[primitive.DropPartyConf](p.h); c.Party != 1 || c.Cause.Value != c399 || c.Detail != "timer T399 expired: no answer to ADD PARTY" {
				t.Errorf("confirmed %+v", c)
			}
			add(2)
			p.write(&msg.Message{CallRef: ourRef, Type: msg.PartyAlerting, EndpointRef: leafRef(2)})
			p.at(lastStart(p, uni.T397), 180*time.Second, msg.DropParty, ie.CauseTimerExpiry)
			p.write(&msg.Message{CallRef: ourRef, Type: msg.DropPartyAck, EndpointRef: leafRef(2)})
			if c := last[primitive.DropPartyConf](p.h); c.Party != 2 || c.Detail != "timer T397 expired: no answer to PARTY ALERTING" {
				t.Errorf("confirmed %+v", c)
			}
			p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
			p.expect(msg.Release)
			p.write(&msg.Message{CallRef: ourRef, Type: msg.ReleaseComplete})
			p.h.wantEmpty()
		})
	}
}

// TestFirstPartyT397: without an answer to ALERTING the call is released with
// the cause of its only party, and T301 does not run.
func TestFirstPartyT397(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.ring(p.h.link.Role())
		if _, runs := p.h.started[uni.T301]; runs {
			t.Error("T301 runs")
		}
		p.at(lastStart(p, uni.T397), 180*time.Second, msg.Release, ie.CauseTimerExpiry)
		p.write(&msg.Message{CallRef: ourRef, Type: msg.ReleaseComplete})
		if c := last[primitive.ReleaseConf](p.h); c.Detail != "timer T397 expired: no answer to PARTY ALERTING" {
			t.Errorf("confirmed %+v", c)
		}
		p.h.wantEmpty()
	})
}

// TestLeafAlerts: a client that takes its time has PARTY ALERTING sent after a
// second.
func TestLeafAlerts(t *testing.T) {
	p := leafPeer(t, uni.RoleUser)
	p.write(&msg.Message{
		CallRef: peerRef, Type: msg.AddParty, EndpointRef: &ie.EndpointRef{Value: 3},
		Called: &ie.CalledNumber{Number: ie.NewAESA(must20(addrOf(p.h.mac)))},
	})
	p.at(lastStart(p, uni.TimerPartyAlerting), uni.AlertingDelay, msg.PartyAlerting)
	p.h.ask(primitive.DropPartyReq{Call: primitive.IncomingCall | 1, Party: primitive.AddedParty | 1, Cause: cause(ie.CauseNoAnswer)})
	start := p.w.now
	p.expectCause(msg.DropParty, ie.CauseNoAnswer)
	p.at(start, 4*time.Second, msg.DropPartyAck, ie.CauseTimerExpiry)
	if c := last[primitive.DropPartyConf](p.h); c.Cause.Value != ie.CauseNoAnswer {
		t.Errorf("confirmed %+v", c)
	}
}

// TestPartyAudit: after the return of the SAAL the call is enquired about, then
// each of its active parties, one at a time (Q.2971 9.5.9), and what the peer
// does not have is dropped.
func TestPartyAudit(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			p := rootPeer(t, role)
			for id := range primitive.PartyID(3) {
				p.h.ask(primitive.AddPartyReq{Call: 1, Party: id + 1, Params: leafParams(macB, 1)})
				p.expect(msg.AddParty)
				if id < 2 {
					p.write(&msg.Message{CallRef: ourRef, Type: msg.AddPartyAck, EndpointRef: leafRef(uint16(id + 1))})
				}
			}
			p.h.take()
			p.do(p.saal.Release())
			p.w.run(200 * time.Millisecond)
			if c := last[primitive.DropPartyConf](p.h); c.Party != 3 || c.Cause.Value != ie.CauseDestinationOutOfOrder {
				t.Errorf("confirmed %+v", c)
			}
			if !p.up {
				t.Fatal("the SAAL is not back")
			}
			answer := func(ref *ie.EndpointRef, state ie.EndpointStateValue) {
				m := &msg.Message{
					CallRef: ourRef, Type: msg.Status, CallState: &ie.CallState{State: ie.CallActive},
					Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}, EndpointRef: ref,
				}
				if ref != nil {
					m.EndpointState = &ie.EndpointState{State: state}
				}
				p.write(m)
			}
			if m := p.expect(msg.StatusEnquiry); m.EndpointRef != nil {
				t.Errorf("enquired %v", m)
			}
			p.silence() // one at a time
			answer(nil, 0)
			for ref := range uint16(3) {
				m := p.expect(msg.StatusEnquiry)
				if m.EndpointRef == nil || m.EndpointRef.Value != ref || m.EndpointRef.RefFlag {
					t.Fatalf("enquired %v, want party %d", m, ref)
				}
				state := ie.EndpointActive
				if ref == 1 {
					state = ie.EndpointNull
				}
				answer(leafRef(ref), state)
			}
			p.silence()
			if i := last[primitive.DropPartyInd](p.h); i.Party != 1 || i.Cause.Value != ie.CauseMessageNotCompatible {
				t.Errorf("told %+v", i)
			}
			p.wantStates(letter(role) + "10 0:P7 2:P7")
			p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
			p.expect(msg.Release)
			p.write(&msg.Message{CallRef: ourRef, Type: msg.ReleaseComplete})
			p.h.wantEmpty()
		})
	}
}

// TestPartyEnquiryUnanswered: T322 counts for a party as for its call.
func TestPartyEnquiryUnanswered(t *testing.T) {
	p := rootPeer(t, uni.RoleUser)
	p.resync()
	p.expect(msg.StatusEnquiry)
	p.write(&msg.Message{
		CallRef: ourRef, Type: msg.Status, CallState: &ie.CallState{State: ie.CallActive},
		Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}},
	})
	start := lastStart(p, uni.T322)
	for _, want := range []time.Duration{0, 4 * time.Second} {
		if want != 0 {
			p.at(start, want, msg.StatusEnquiry)
			continue
		}
		if m := p.expect(msg.StatusEnquiry); m.EndpointRef == nil || m.EndpointRef.Value != 0 {
			t.Errorf("enquired %v", m)
		}
	}
	p.at(start, 8*time.Second, msg.Release, ie.CauseTemporaryFailure)
}

// TestNoPartySurvives: a call none of whose parties is active does not outlive
// the SAAL.
func TestNoPartySurvives(t *testing.T) {
	p := leafPeer(t, uni.RoleUser)
	p.write(&msg.Message{
		CallRef: peerRef, Type: msg.AddParty, EndpointRef: &ie.EndpointRef{Value: 3},
		Called: &ie.CalledNumber{Number: ie.NewAESA(must20(addrOf(p.h.mac)))},
	})
	p.write(&msg.Message{CallRef: peerRef, Type: msg.DropParty, EndpointRef: &ie.EndpointRef{}})
	p.wantStates("U10 3:P2")
	p.do(p.saal.Release())
	p.w.run(time.Second)
	if i := last[primitive.ReleaseInd](p.h); i.Cause.Value != ie.CauseDestinationOutOfOrder {
		t.Errorf("told %+v", i)
	}
	p.h.wantEmpty()
}

// TestDropWithoutSAAL: a party that is dropped while nothing can be said is gone
// at once, and the audit tells the peer.
func TestDropWithoutSAAL(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		r, l := tr.side()
		at, _ := tr.grow(2)
		tr.root.loss, tr.leaf.loss = 1, 1
		tr.root.do(tr.root.link.Receive([]byte{0, 0, 0, 0, 0x03, 0, 0, 0}))
		tr.leaf.do(tr.leaf.link.Receive([]byte{0, 0, 0, 0, 0x03, 0, 0, 0}))
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: at, Cause: cause(ie.CauseNormalClearing)})
		if c := last[primitive.DropPartyConf](tr.root); c.Party != at {
			t.Errorf("confirmed %+v", c)
		}
		tr.root.loss, tr.leaf.loss = 0, 0
		tr.w.run(9 * time.Second)
		tr.want(r+"10 0:P7", l+"10 0:P7")
		tr.wantReceivers(1)
	})
}

// TestRestartEndsParties: the peer's RESTART clears parties without a word.
func TestRestartEndsParties(t *testing.T) {
	p := rootPeer(t, uni.RoleUser)
	p.h.ask(primitive.AddPartyReq{Call: 1, Party: 1, Params: leafParams(macB, 1)})
	p.expect(msg.AddParty)
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.expect(msg.RestartAck)
	if c := last[primitive.DropPartyConf](p.h); c.Party != 1 || c.Detail != "the peer restarted" {
		t.Errorf("confirmed %+v", c)
	}
	last[primitive.ReleaseInd](p.h)
	p.silence()
	p.h.wantEmpty()
}

// TestAddPartyOctets: ADD PARTY as it stands on the wire, and what is read from
// its answer.
func TestAddPartyOctets(t *testing.T) {
	p := rootPeer(t, uni.RoleUser)
	params := leafParams(macB, 1)
	params.BLLI = [][]byte{{0xcc}}
	params.BHLI = []byte{0x81, 1, 2}
	p.h.ask(primitive.AddPartyReq{Call: 1, Party: 1, Params: params})
	want := unhex("0903 000007 8080 0039 58800009 058c03e88100008400 5d800003 810102 5f800001 cc 70800015 82" +
		fmt.Sprintf("%x", must20(params.Called)) + "54800003 000001")
	if b := p.next(); !slices.Equal(b, want) {
		t.Errorf("sent %x, want %x", b, want)
	}
	p.exchange("ADD PARTY ACKNOWLEDGE", "0903 800007 8180 0019 54800003 008001 58800009 058c01f48100008400 5f800001 cc")
	c := last[primitive.AddPartyConf](p.h)
	if !c.Changed || c.Params.Contract.Forward.MaxSDU != 500 || c.Params.BLLI[0][0] != 0xcc {
		t.Errorf("added %+v", c)
	}
	p.h.ask(primitive.AddPartyReq{Call: 1, Party: 2, Params: leafParams(macB, 2)})
	p.expect(msg.AddParty)
	p.exchange("another AAL", "0903 800007 8180 0010 54800003 008002 58800005 0185028601", "DROP PARTY 7 cause 93  party 2 false")
	p.exchange("its end", "0903 800007 8480 0007 54800003 008002")
	if c := last[primitive.DropPartyConf](p.h); c.Party != 2 || c.Cause.Value != ie.CauseAALNotSupportedUNI30 {
		t.Errorf("confirmed %+v", c)
	}
}

// TestMultipointToNgATM: our user side is the root of NgATM's captured flow, and
// its answers are the captured ones.
func TestMultipointToNgATM(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	uni.SetNextRef(p.h.link, 14)
	called := vc.AddrFromAESA([20]byte(unhex("4700918100000000000000000000000000000101")))
	params := primitive.Params{Called: called, Contract: broadcast, Multipoint: true}
	id := p.h.call(params)
	p.expect(msg.Setup)
	p.exchange("CALL PROCEEDING", "090380000e028000105a800005880000004154800003008000")
	p.exchange("ALERTING", "090380000e0180000754800003008000")
	p.exchange("CONNECT", "090380000e0780001958800009058c23e481000084005f800001cc54800003008000", "CONNECT ACKNOWLEDGE 14")
	last[primitive.ConnectInd](p.h)
	uni.SetNextPartyRef(p.h.link, id, 5)
	p.h.ask(primitive.AddPartyReq{Call: id, Party: 1, Params: primitive.Params{Called: called}})
	p.expect(msg.AddParty)
	p.exchange("ADD PARTY ACKNOWLEDGE", "090380000e8180000754800003008005")
	last[primitive.AddPartyConf](p.h)
	p.h.ask(primitive.DropPartyReq{Call: id, Party: 1, Cause: cause(ie.CauseNormalClearing)})
	if b := p.next(); !slices.Equal(b, unhex("090300000e8380000d08800002809054800003000005")) {
		t.Errorf("sent %x", b)
	}
	p.exchange("DROP PARTY ACKNOWLEDGE", "090380000e8480000754800003008005")
	last[primitive.DropPartyConf](p.h)
	p.exchange("RESTART", "0903000000468000057980000182", "RESTART ACKNOWLEDGE global'")
	p.h.wantEmpty()
}

// TestLeafSetup: leaf initiated join is refused with the right cause (UNI 4.0
// section 6).
func TestLeafSetup(t *testing.T) {
	roles(t, func(p *saalPeer) {
		host := fmt.Sprintf("%x", must20(addrOf(p.h.mac)))
		calling := "6c800015 82" + host
		called, stranger := "70800015 82"+host, "70800015 82 47"+host[2:]
		const ids, seq = "e8e00005 8000000001", "eae00004 00000011"
		request := func(head, elements string) string {
			return fmt.Sprintf("0903 %s 9180 %04x %s", head, len(unhex(elements)), elements)
		}
		p.exchange("ours", request("7fffff", calling+called+ids+seq), "LEAF SETUP FAILURE dummy cause 69")
		p.exchange("a stranger", request("7fffff", calling+stranger+ids+seq), "LEAF SETUP FAILURE dummy cause 3")
		p.exchange("without identifier", request("7fffff", calling+called+seq), "LEAF SETUP FAILURE dummy cause 96 e8")
		p.exchange("without sequence number", request("7fffff", calling+called+ids))
		p.exchange("of the global reference", request("000000", calling+called+ids+seq), "LEAF SETUP FAILURE global' cause 69")
		p.exchange("a stranger of it", request("000000", calling+stranger+ids+seq), "LEAF SETUP FAILURE global' cause 3")
		p.exchange("LEAF SETUP FAILURE of it", "0903 800000 9080 000e 08800002 8090 eae00004 00000011")
		p.exchange("of the reference of no call", request("000123", calling+called+ids+seq), "LEAF SETUP FAILURE 291' cause 69")
		p.exchange("and of ours", request("800123", calling+called+ids+seq), "RELEASE COMPLETE 291 cause 81")
		p.exchange("LEAF SETUP FAILURE", "0903 7fffff 9080 000e 08800002 8090 eae00004 00000011")
		p.exchange("SETUP", "0903 7fffff 0580 0000")
		if n := p.h.counter("unanswered_leaf_setups"); n != 3 {
			t.Errorf("%d are unanswered", n)
		}
		p.sendHex(request("7fffff", calling+called+ids+seq))
		m := p.expect(msg.LeafSetupFailure)
		if m.LeafSequence == nil || m.LeafSequence.Value != 0x11 || m.Called == nil {
			t.Errorf("answered %v", m)
		}
	})
}

// TestAuditOfAlertedLeaf: a reset of the SAAL may have lost the DROP PARTY of a party that is being added.
// Its root waits no longer, and nothing else tells the leaf, so it enquires.
func TestAuditOfAlertedLeaf(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		t.Run(role.String(), func(t *testing.T) {
			p := leafPeer(t, role)
			host := fmt.Sprintf("%x", must20(addrOf(p.h.mac)))
			p.sendHex("0903 000009 8080 0020" + "70800015 82" + host + "54800003 000005")
			p.w.run(2 * time.Second)
			p.expect(msg.PartyAlerting)
			p.wantStates(letter(role) + "10 0:P7 5:P3")
			p.resync()
			answer := func(ref *ie.EndpointRef, state ie.EndpointStateValue) {
				m := &msg.Message{
					CallRef: msg.CallRef{Value: 9}, Type: msg.Status, CallState: &ie.CallState{State: ie.CallActive},
					Causes: []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}, EndpointRef: ref,
				}
				if ref != nil {
					m.EndpointState = &ie.EndpointState{State: state}
				}
				p.write(m)
			}
			if m := p.expect(msg.StatusEnquiry); m.EndpointRef != nil {
				t.Fatalf("enquired %v", m)
			}
			answer(nil, 0)
			for _, ref := range []uint16{0, 5} {
				if m := p.expect(msg.StatusEnquiry); m.EndpointRef == nil || *m.EndpointRef != (ie.EndpointRef{Header: m.EndpointRef.Header, Value: ref, RefFlag: true}) {
					t.Fatalf("enquired %v, want party %d", m, ref)
				}
				state := ie.EndpointActive
				if ref == 5 {
					state = ie.EndpointNull
				}
				answer(&ie.EndpointRef{Value: ref}, state)
			}
			p.silence()
			p.wantStates(letter(role) + "10 0:P7")
			if i := last[primitive.DropPartyInd](p.h); i.Cause.Value != ie.CauseMessageNotCompatible {
				t.Errorf("told %+v", i)
			}
		})
	}
}

// TestConnectOfDroppedParty: a CONNECT crosses the DROP PARTY of the party that it names. The network side
// is active with none, and waits in N7 for the other (Q.2971 9.2.3).
func TestConnectOfDroppedParty(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	p.ring(uni.RoleNetwork)
	p.h.ask(primitive.AddPartyReq{Call: 1, Party: 1, Params: leafParams(macB, 1)})
	p.expect(msg.AddParty)
	p.h.ask(primitive.DropPartyReq{Call: 1, Party: primitive.FirstParty, Cause: cause(ie.CauseNormalClearing)})
	p.expect(msg.DropParty)
	p.write(&msg.Message{CallRef: ourRef, Type: msg.Connect, EndpointRef: leafRef(0)})
	p.expect(msg.ConnectAck)
	p.wantStates("N7 0:P5 1:P1")
	p.write(&msg.Message{CallRef: ourRef, Type: msg.DropPartyAck, EndpointRef: leafRef(0)})
	p.wantStates("N7 1:P1")
	p.write(&msg.Message{CallRef: ourRef, Type: msg.AddPartyAck, EndpointRef: leafRef(1)})
	p.wantStates("N10 1:P7")
}

// TestDropAfterConnect: a leaf that has been accepted with the CONNECT leaves before that is acknowledged.
// Its root has it for active, so ADD PARTY REJECT would be out of place.
func TestDropAfterConnect(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(multipoint)
	p.w.run(2 * time.Second)
	p.expect(msg.Alerting)
	p.sendHex("0903 000009 8080 0020" + "70800015 82" + fmt.Sprintf("%x", must20(addrOf(p.h.mac))) + "54800003 000005")
	offer := last[primitive.AddPartyInd](p.h)
	p.h.ask(primitive.AcceptPartyReq{Call: offer.Call, Party: offer.Party, VC: 1, Params: offer.Params})
	if m := p.expect(msg.Connect); m.EndpointRef == nil || m.EndpointRef.Value != 5 {
		t.Fatalf("accepted with %v", m)
	}
	p.wantStates("U8 0:P3 5:P2")
	p.h.ask(primitive.DropPartyReq{Call: offer.Call, Party: offer.Party, Cause: cause(ie.CauseNormalClearing)})
	p.expectCause(msg.DropParty, ie.CauseNormalClearing)
	p.sendHex("0903 000009 0f80 0000")
	p.sendHex("0903 000009 8480 0007 54800003 000005")
	p.silence()
	p.wantStates("U10 0:P3")
}
