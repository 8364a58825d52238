package uni_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// The flows of testdata/golden/linux-atm are calls between two Linux guests: A
// plays the user side, B the network side. Each is replayed twice: our link
// stands in for A and the captured messages of B are fed to it, and the other
// way round. Messages are fed octet by octet as captured. Only the SSCOP
// framing is made anew, by an SSCF of the test: its sequence numbers depend on
// all messages before, and ours sends a RESTART that the captured side does
// not. The call references that our side allocates are set to the captured
// ones, so that every message fits as it is.
//
// What our side sends must be the captured side's message octet by octet, in
// the captured order, but for the choices of flowChoices.

// flowChoice is a difference that the standard leaves to the implementation,
// or where the captured side departs from it.
type flowChoice struct {
	flow, standIn string
	typ           msg.Type // of our message
	cref          uint32
	clause        string
	// extra: the captured side has no such message.
	extra bool
	// adapt makes ours the captured one.
	adapt func(*msg.Message)
	// strict compares with what of the captured message is well-formed.
	strict bool
}

var flowChoices = []flowChoice{
	otherChannel("30-", 33),
	otherChannel("33-", 34),
	otherChannel("43-", 35),
	{
		flow: "20-", standIn: "A", typ: msg.Setup, cref: 1,
		clause: "Q.2931 4.5.9: the captured B-LLI has octet 7c with a window of 0 and an octet after it; ours writes no such thing",
		strict: true,
	},
	{
		flow: "20-", standIn: "B", typ: msg.Status, cref: 1,
		clause: "Q.2931 5.6.8.2: the same B-LLI is discarded, cause 43, and the call goes on",
		extra:  true,
	},
}

// otherChannel is the choice about the channel that the network side assigns to
// the one call of a flow.
func otherChannel(flow string, vci vc.VCI) flowChoice {
	return flowChoice{
		flow: flow, standIn: "B", typ: msg.CallProceeding, cref: 1,
		clause: "Q.2931 5.1.2.2: the network selects any available VPCI/VCI; linux-atm counts on, ours begins at 0/32",
		adapt: func(m *msg.Message) {
			if m.ConnID.VCI == 32 {
				m.ConnID.VCI = uint16(vci)
			}
		},
	}
}

// choiceKey is a choice in the replay of a profile.
type choiceKey struct {
	profile msg.Profile
	choice  int
}

// captured is one Q.2931 message of a capture.
type captured struct {
	from   string
	octets []byte
	msg    *msg.Message
}

// readFlow returns the messages of a capture in their order. A message that
// SSCOP had to send twice is one.
func readFlow(t *testing.T, path string) []captured {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var flow []captured
	seen := make(map[string]bool)
	for sc := bufio.NewScanner(f); sc.Scan(); {
		w := strings.Fields(sc.Text())
		if len(w) != 5 || w[2] != "0/5" {
			continue
		}
		b, err := hex.DecodeString(w[4])
		if err != nil {
			t.Fatal(err)
		}
		var p sscop.PDU
		if err := p.Parse(b, sscop.Limits{K: 4096, J: 4096, MaxSTAT: 67}); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(w[1][:1], p.NS)
		if p.Type != sscop.SD || seen[key] {
			continue
		}
		seen[key] = true
		m, _, err := msg.Decode(p.Data, msg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		flow = append(flow, captured{from: w[1][:1], octets: bytes.Clone(p.Data), msg: m})
	}
	return flow
}

// TestGoldenFlows replays the captured flows from both sides.
func TestGoldenFlows(t *testing.T) {
	used := make(map[choiceKey]bool)
	for _, flow := range []struct {
		name     string
		messages int
		sides    string
		active   bool // the capture ends in the call
	}{
		{"03-", 2, "A", false}, // B is a stub that refuses whatever comes
		{"10-", 6, "AB", false},
		{"11-", 6, "AB", false},
		{"12-", 5, "AB", false},
		{"15-", 6, "AB", false},
		{"18-", 4, "AB", false},
		{"20-", 12, "AB", false},
		{"30-", 6, "AB", false},
		{"33-", 4, "AB", true}, // its second life: TestLinuxATMDies
		{"43-", 4, "AB", true}, // Classical IP: B-LLI of LLC/SNAP, SDUs of 9188
	} {
		paths, err := filepath.Glob("../../testdata/golden/linux-atm/" + flow.name + "*.hex")
		if err != nil || len(paths) != 1 {
			t.Fatalf("%s: %v, %v", flow.name, paths, err)
		}
		messages := readFlow(t, paths[0])
		if len(messages) != flow.messages {
			t.Fatalf("%s: %d messages in the capture, want %d", flow.name, len(messages), flow.messages)
		}
		// The captures are of UNI 3.1; for plain calls UNI 4.0 writes the same octets.
		for _, p := range []msg.Profile{msg.UNI31, msg.UNI40} {
			for side := range strings.SplitSeq(flow.sides, "") {
				t.Run(flow.name+side+" "+p.String(), func(t *testing.T) {
					role := uni.RoleUser
					if side == "B" {
						role = uni.RoleNetwork
					}
					w := replay(t, flow.name, side, p, role, messages, used)
					if flow.active {
						w.endActive(t)
					}
					w.h.wantEmpty()
				})
			}
		}
	}
	for i, c := range flowChoices {
		t.Logf("%s as %s, %v: %s", c.flow, c.standIn, c.typ, c.clause)
		if !used[choiceKey{msg.UNI31, i}] || !used[choiceKey{msg.UNI40, i}] {
			t.Errorf("choice %s %s %v is not needed", c.flow, c.standIn, c.typ)
		}
	}
}

// endActive ends the one call, which is to be active, as the captured side
// would have had to.
func (p *saalPeer) endActive(t *testing.T) {
	t.Helper()
	rows := p.h.link.Calls()
	if len(rows) != 1 || !slices.Contains([]string{"U10", "N10"}, rows[0].State) {
		t.Fatalf("calls %+v", rows)
	}
	p.h.ask(primitive.ReleaseReq{Call: rows[0].Call, Cause: cause(ie.CauseNormalClearing)})
	m := p.expect(msg.Release)
	p.write(&msg.Message{CallRef: m.CallRef.Peer(), Type: msg.ReleaseComplete})
}

// replay lets our link stand in for one side, and returns the peer when
// nothing more is said.
func replay(
	t *testing.T, flow, standIn string, profile msg.Profile, role uni.Role, messages []captured, used map[choiceKey]bool,
) *saalPeer {
	t.Helper()
	w := newWorld(t, 1)
	p := newPeer(w, role, func(c *uni.Config) { c.Addresses, c.Profile = calledBy(messages, standIn), profile })
	p.h.maxSDU = 9188
	p.h.do(p.h.link.Status(p.h.status(true)))
	// Q.2931 5.5: ours begins with RESTART, which the
	// captured side has neither sent nor answered. Calls are taken after 2 s.
	p.expect(msg.Restart)
	w.run(uni.RestartWait)
	r := replayer{p: p, calls: make(map[uint32]primitive.CallID)}
	for i, c := range messages {
		if c.from != standIn {
			p.send(c.octets)
			continue
		}
		r.act(c.msg)
		got := p.next()
		for {
			choice := choiceFor(t, flow, standIn, profile, got, used)
			if choice == nil || !choice.extra {
				got, c = choice.apply(t, got, c)
				break
			}
			got = p.next()
		}
		if !bytes.Equal(got, c.octets) {
			t.Fatalf("message %d is\n%x, captured is\n%x %v", i, got, c.octets, c.msg)
		}
	}
	w.run(5 * time.Second)
	p.silence()
	return p
}

// choiceFor returns the choice about a message of ours, or nil.
func choiceFor(t *testing.T, flow, standIn string, profile msg.Profile, b []byte, used map[choiceKey]bool) *flowChoice {
	t.Helper()
	m, _, err := msg.Decode(b, msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range flowChoices {
		c := &flowChoices[i]
		if c.flow == flow && c.standIn == standIn && c.typ == m.Type && c.cref == m.CallRef.Value && !used[choiceKey{profile, i}] {
			used[choiceKey{profile, i}] = true
			return c
		}
	}
	return nil
}

// apply makes our message and the captured one comparable.
func (c *flowChoice) apply(t *testing.T, got []byte, want captured) ([]byte, captured) {
	t.Helper()
	if c == nil {
		return got, want
	}
	m, _, err := msg.Decode(got, msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.adapt != nil {
		c.adapt(m)
	}
	if got, err = m.Append(nil); err != nil {
		t.Fatal(err)
	}
	if c.strict {
		if want.octets, err = want.msg.Append(nil); err != nil {
			t.Fatal(err)
		}
	}
	return got, want
}

// calledBy returns the addresses that the stand-in is called by.
func calledBy(messages []captured, standIn string) []vc.Addr {
	own := []vc.Addr{vc.AddrFromMAC(macA)}
	for _, c := range messages {
		if c.msg.Type == msg.Setup && c.from != standIn {
			b, _ := c.msg.Called.Number.AESA()
			own = append(own, vc.AddrFromAESA(b))
		}
	}
	return own
}

// replayer plays the client of our side.
type replayer struct {
	p     *saalPeer
	calls map[uint32]primitive.CallID
}

// act does what makes our side send the captured message, if it does not send
// it of its own accord.
func (r *replayer) act(m *msg.Message) {
	h := r.p.h
	for _, i := range h.take() {
		if offer, ok := i.(primitive.SetupInd); ok {
			for _, row := range h.link.Calls() {
				if row.Call == offer.Call {
					r.calls[row.CallRef] = offer.Call
				}
			}
			h.offers = append(h.offers, offer)
		}
	}
	id := r.calls[m.CallRef.Value]
	// CALL PROCEEDING, CONNECT ACKNOWLEDGE and the answer to RELEASE are the
	// link's own.
	if m.Type == msg.Setup {
		uni.SetNextRef(h.link, m.CallRef.Value)
		r.calls[m.CallRef.Value] = h.call(setupParams(m))
	}
	for _, offer := range h.offers {
		if m.Type == msg.Connect && offer.Call == id {
			h.ask(primitive.AcceptReq{Call: id, VC: 5, Params: offer.Params})
		}
	}
	if m.Type == msg.Release {
		h.ask(primitive.ReleaseReq{Call: id, Cause: m.Causes[0], Linger: time.Second})
	}
	if m.Type == msg.ReleaseComplete && len(m.Causes) > 0 {
		h.ask(primitive.RejectReq{Call: id, Cause: m.Causes[0]})
	}
}

// setupParams reads what a client would ask for to make the captured SETUP.
func setupParams(m *msg.Message) primitive.Params {
	addr := func(n ie.Number) vc.Addr {
		b, _ := n.AESA()
		return vc.AddrFromAESA(b)
	}
	p := primitive.Params{Called: addr(m.Called.Number), Calling: addr(m.Calling.Number)}
	p.Contract.Category = vc.CBR
	if m.TD.BestEffort {
		p.Contract.Category = vc.UBR
	}
	p.Contract.Forward = vc.Flow{PCR: vc.CellRate(m.TD.Fwd.PCR01.Value), MaxSDU: m.AAL.FwdMaxSDU.Value}
	p.Contract.Backward = vc.Flow{PCR: vc.CellRate(m.TD.Bwd.PCR01.Value), MaxSDU: m.AAL.BwdMaxSDU.Value}
	if m.BHLI != nil {
		p.BHLI, _ = m.BHLI.AppendContents(ie.IDBHLI, nil)
	}
	for i := range m.BLLI {
		b, _ := m.BLLI[i].AppendContents(ie.IDBLLI, nil)
		p.BLLI = append(p.BLLI, b)
	}
	return p
}
