package uni_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	line          int      // of the captured message; of the one before, if there is none
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
	otherChannel("30-", 20, 33),
	otherChannel("33-", 17, 34),
	otherChannel("43-", 17, 35),
	{
		flow: "20-", standIn: "A", line: 12, typ: msg.Setup, cref: 1,
		clause: "Q.2931 4.5.9: the captured B-LLI has octet 7c with a window of 0 and an octet after it; ours writes no such thing",
		strict: true,
	},
	{
		flow: "20-", standIn: "B", line: 12, typ: msg.Status, cref: 1,
		clause: "Q.2931 5.6.8.2: the same B-LLI is discarded, cause 43, and the call goes on",
		extra:  true,
	},
}

// otherChannel is the choice about the channel that the network side assigns to
// the one call of a flow.
func otherChannel(flow string, line int, vci vc.VCI) flowChoice {
	return flowChoice{
		flow: flow, standIn: "B", line: line, typ: msg.CallProceeding, cref: 1,
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

// answers reports whether our message of the choice is about a captured one.
func (c *flowChoice) answers(m captured) bool {
	return m.line == c.line && m.from != c.standIn && m.msg.CallRef.Value == c.cref
}

// captured is one Q.2931 message of a capture.
type captured struct {
	line   int // in the file
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
	line := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line++
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
		flow = append(flow, captured{line: line, from: w[1][:1], octets: bytes.Clone(p.Data), msg: m})
	}
	return flow
}

// TestGoldenFlows replays the captured flows from both sides, in each edition
// of the UNI. The captures are of UNI 3.1; for plain calls UNI 4.0 writes the
// same octets, UNI 3.0 those of rewritten.
func TestGoldenFlows(t *testing.T) {
	used := make(map[choiceKey]bool)
	old := make(map[string][]string)
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
		for _, p := range editions {
			for side := range strings.SplitSeq(flow.sides, "") {
				t.Run(flow.name+side+" "+p.String(), func(t *testing.T) {
					role := uni.RoleUser
					if side == "B" {
						role = uni.RoleNetwork
					}
					r := replayer{flow: flow.name, standIn: side, profile: p, used: used, rewritten: old}
					w := r.replay(t, role, messages)
					if flow.active {
						w.endActive(t)
					}
					w.h.wantEmpty()
				})
			}
		}
	}
	for i, c := range flowChoices {
		t.Logf("%s line %d, as %s, %v: %s", c.flow, c.line, c.standIn, c.typ, c.clause)
		for _, p := range editions {
			if !used[choiceKey{p, i}] {
				t.Errorf("choice %s line %d as %s is not needed in %s", c.flow, c.line, c.standIn, p)
			}
		}
	}
	for _, clause := range slices.Sorted(maps.Keys(old)) {
		t.Logf("UNI 3.0, lines %s: %s", strings.Join(old[clause], " "), clause)
	}
	for clause := range old {
		slices.Sort(old[clause])
	}
	if diff := cmp.Diff(rewritten, old); diff != "" {
		t.Errorf("what UNI 3.0 writes otherwise (-listed +found):\n%s", diff)
	}
}

// rewritten are the messages of the captures, by flow and line, that UNI 3.0
// writes otherwise, with the clause.
var rewritten = map[string][]string{
	modeOfAAL: strings.Fields("03-12 10-12 10-20 11-12 11-20 12-16 12-19 15-12 15-20 18-12 18-14 20-12 20-13 20-26 20-46 " +
		"30-12 30-23 33-12 33-20 43-12 43-20"),
	octet5a:     strings.Fields("03-12 10-12 11-12 12-16 18-12 20-12 20-13 30-12 33-12 43-12"),
	forumsClass: strings.Fields("03-12 10-12 11-12 12-16 15-12 18-12 18-14 20-12 20-13 30-12 33-12 43-12"),
	noCause16:   strings.Fields("10-30 11-28 12-29 15-30 20-40 20-56 30-33"),
}

const (
	modeOfAAL   = "UNI 3.0 5.4.5.5: AAL5 has a mode, 1 for messages"
	octet5a     = "UNI 3.0 5.4.5.7: class X has octet 5a, 0 for no indication"
	forumsClass = "UNI 3.0 5.4.5.17: class 0 is coded as the Forum's"
)

// asUNI30 returns a captured message as UNI 3.0 writes it, and the clauses of
// what is changed.
func asUNI30(b []byte) (out []byte, clauses []string) {
	out = slices.Clone(b[:msg.HeaderLen])
	for b = b[msg.HeaderLen:]; len(b) > 0; {
		e := slices.Clone(b[:4+int(b[2])<<8+int(b[3])])
		b = b[len(e):]
		mode := bytes.Index(e, []byte{0x84, 0})
		switch {
		case ie.ID(e[0]) == ie.IDAAL && mode > 0:
			e = slices.Insert(e, mode, 0x83, 1)
			clauses = append(clauses, modeOfAAL)
		case ie.ID(e[0]) == ie.IDBearer && e[4] == 0x90:
			e = slices.Insert(e, 5, 0x80)
			e[4] = 0x10
			clauses = append(clauses, octet5a)
		case ie.ID(e[0]) == ie.IDQoS && e[1] == 0x80:
			e[1] = 0xe0
			clauses = append(clauses, forumsClass)
		case ie.ID(e[0]) == ie.IDCause && e[5] == 0x80|16:
			e[5] = 0x80 | 31
			clauses = append(clauses, noCause16)
		}
		e[3] = byte(len(e) - 4)
		out = append(out, e...)
	}
	binary.BigEndian.PutUint16(out[7:], uint16(len(out)-msg.HeaderLen))
	return out, clauses
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
func (r *replayer) replay(t *testing.T, role uni.Role, messages []captured) *saalPeer {
	t.Helper()
	w := newWorld(t, 1)
	p := newPeer(w, role, func(c *uni.Config) { c.Addresses, c.Profile = calledBy(messages, r.standIn), r.profile })
	p.h.maxSDU = 9188
	p.h.do(p.h.link.Status(p.h.status(true)))
	// Q.2931 5.5: ours begins with RESTART, which the
	// captured side has neither sent nor answered. Calls are taken after 2 s.
	p.expect(msg.Restart)
	w.run(uni.RestartWait)
	r.p, r.calls = p, make(map[uint32]primitive.CallID)
	for _, c := range messages {
		if c.from != r.standIn {
			p.send(c.octets)
			continue
		}
		r.act(c.msg)
		got := p.next()
		choice := r.choiceFor(t, got)
		for choice != nil && choice.extra {
			if !slices.ContainsFunc(messages, choice.answers) {
				t.Errorf("%s: line %d is not what %s answers", r.flow, choice.line, choice.typ)
			}
			got = p.next()
			choice = r.choiceFor(t, got)
		}
		r.compare(t, choice, got, c)
	}
	w.run(5 * time.Second)
	p.silence()
	return p
}

// choiceFor returns the choice about a message of ours, or nil.
func (r *replayer) choiceFor(t *testing.T, b []byte) *flowChoice {
	t.Helper()
	m, _, err := msg.Decode(b, msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range flowChoices {
		c, key := &flowChoices[i], choiceKey{r.profile, i}
		if c.flow == r.flow && c.standIn == r.standIn && c.typ == m.Type && c.cref == m.CallRef.Value && !r.used[key] {
			r.used[key] = true
			return c
		}
	}
	return nil
}

// compare compares our message with the captured one, but for a choice and what
// UNI 3.0 writes otherwise.
func (r *replayer) compare(t *testing.T, c *flowChoice, got []byte, want captured) {
	t.Helper()
	octets := want.octets
	var err error
	if c != nil && c.line != want.line {
		t.Errorf("%s: the choice of line %d is on line %d", r.flow, c.line, want.line)
	}
	if c != nil && c.adapt != nil {
		m, _, err := msg.Decode(got, msg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c.adapt(m)
		if got, err = m.AppendProfile(nil, r.profile); err != nil {
			t.Fatal(err)
		}
	}
	if c != nil && c.strict {
		if octets, err = want.msg.Append(nil); err != nil {
			t.Fatal(err)
		}
	}
	if r.profile == msg.UNI30 {
		var clauses []string
		octets, clauses = asUNI30(octets)
		for _, clause := range clauses {
			r.rewritten[clause] = append(r.rewritten[clause], fmt.Sprint(r.flow, want.line))
		}
	}
	if !bytes.Equal(got, octets) {
		t.Fatalf("line %d: ours is\n%x, captured is\n%x %v", want.line, got, octets, want.msg)
	}
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

	flow, standIn string
	profile       msg.Profile
	used          map[choiceKey]bool
	rewritten     map[string][]string
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
