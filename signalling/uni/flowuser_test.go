package uni_test

import (
	"bufio"
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// flowLine is a message of flow-user-side.txt.
type flowLine struct {
	line   int
	ours   bool // NgATM's user side, for which ours stands in, sent it
	octets []byte
	msg    *msg.Message
}

// readUserFlow returns the messages of the calls of NgATM's user side.
func readUserFlow(t *testing.T) (flow []flowLine) {
	t.Helper()
	f, err := os.Open("../../testdata/golden/q2931/flow-user-side.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line++
		kind, octets, _ := strings.Cut(sc.Text(), " ")
		if kind != "TX" && kind != "RX" {
			continue
		}
		b := unhex(octets)
		m, _, err := msg.Decode(b, msg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		flow = append(flow, flowLine{line: line, ours: kind == "TX", octets: b, msg: m})
	}
	return flow
}

// userDepartures are what our user side says otherwise: to a line of NgATM's
// network side something that NgATM's user side does not, in place of a line of
// NgATM's user side another message or none.
var userDepartures = []departure{
	{7, uni3, noMessage, []string{"STATUS 13 state 3 cause 97@0 01"}},
	{16, uni3, noMessage, nil},
	{26, uni3, noMessage, []string{"STATUS 14 state 3 cause 97@0 01 party 0 false"}},
	{32, editions, "Q.2971 8.1, UNI 3.1 5.3: AAL parameters are optional in ADD PARTY; ours tells the leaf those of the call", []string{withAAL}},
	{44, uni3, noMessage, []string{"STATUS 15 state 3 cause 97@0 01"}},
}

// withAAL is the recorded message with the AAL parameters of the call.
const withAAL = "with AAL parameters"

// flowUser plays the application of NgATM's user side on ours.
type flowUser struct {
	p     *saalPeer
	flow  []flowLine
	calls map[uint32]primitive.CallID
}

// act does what makes our side send a message of the flow, if it does not send
// it of its own accord.
func (u *flowUser) act(m *msg.Message) {
	h, id := u.p.h, u.calls[m.CallRef.Value]
	switch m.Type { //nolint:exhaustive // CONNECT ACKNOWLEDGE is the link's own
	case msg.Setup:
		uni.SetNextRef(h.link, m.CallRef.Value)
		params := setupParams(m)
		params.Multipoint = m.EndpointRef != nil
		u.calls[m.CallRef.Value] = h.call(params)
	case msg.StatusEnquiry:
		u.p.resync()
	case msg.Notify:
		h.ask(primitive.NotifyReq{Call: id, Info: m.Notification.Info})
	case msg.Release:
		h.ask(primitive.ReleaseReq{Call: id, Cause: m.Causes[0], Linger: time.Second})
	case msg.AddParty:
		called, _ := m.Called.Number.AESA()
		uni.SetNextPartyRef(h.link, id, m.EndpointRef.Value)
		h.ask(primitive.AddPartyReq{Call: id, Party: primitive.PartyID(m.EndpointRef.Value), Params: primitive.Params{Called: vc.AddrFromAESA(called)}})
	case msg.DropParty:
		h.ask(primitive.DropPartyReq{Call: id, Party: primitive.PartyID(m.EndpointRef.Value), Cause: m.Causes[0]})
	case msg.Restart:
		var vci vc.VCI
		if m.ConnID != nil {
			vci = vc.VCI(m.ConnID.VCI)
		}
		h.restart(1, m.Restart.Class, 0, vci)
	}
}

// TestNgATMUser lets our user side stand in for NgATM's: a call that is enquired
// about, notified and released; a point-to-multipoint call whose root is ours,
// with a second party that comes and goes; a call whose channel is restarted by
// the operator, and then all. Each message is the captured one octet by octet.
func TestNgATMUser(t *testing.T) {
	flow := readUserFlow(t)
	if len(flow) != 32 {
		t.Fatalf("%d messages", len(flow))
	}
	inEditions(t, departures{list: userDepartures}, func(t *testing.T, edition msg.Profile, d *departures) {
		t.Helper()
		p := newPeer(newWorld(t, 1), uni.RoleUser, func(c *uni.Config) {
			c.Addresses, c.Profile = []vc.Addr{ngatmUser}, edition
		})
		p.h.maxSDU = 9188
		p.h.do(p.h.link.Status(p.h.status(true)))
		p.expect(msg.Restart)
		p.sendHex("0903 800000 4e80 0005 7980000182")
		u := flowUser{p: p, flow: flow, calls: make(map[uint32]primitive.CallID)}
		for i := range flow {
			u.line(t, &flow[i], edition, d)
		}
		p.silence()
		p.h.wantEmpty()
	})
}

// line plays one message.
func (u *flowUser) line(t *testing.T, l *flowLine, edition msg.Profile, d *departures) {
	t.Helper()
	pr := probe{line: l.line}
	if l.ours {
		pr.answers = []string{located(t, l.octets)}
	}
	answers := d.right(&pr, edition)
	if !l.ours {
		u.p.send(l.octets)
		for _, want := range answers {
			if got := located(t, u.p.next()); got != want {
				t.Errorf("line %d is answered by %s, want %s", l.line, got, want)
			}
		}
		u.told(t, l)
		return
	}
	u.act(l.msg)
	if len(answers) == 0 {
		u.p.silence()
		return
	}
	want := slices.Clone(l.octets)
	if answers[0] == withAAL {
		aal := unhex("58800009 058c23e481000084 00")
		want = slices.Insert(want, msg.HeaderLen, aal...)
		want[8] += byte(len(aal))
	}
	if edition == msg.UNI30 {
		want, _ = asUNI30(want)
	}
	if got := u.p.next(); !bytes.Equal(got, want) {
		t.Errorf("line %d: ours is\n%x, captured is\n%x %v", l.line, got, want, l.msg)
	}
}

// told checks what the client learns of a message.
func (u *flowUser) told(t *testing.T, l *flowLine) {
	t.Helper()
	h := u.p.h
	switch l.line {
	case 9, 28, 46:
		c := last[primitive.ConnectInd](h)
		if vci := map[int]vc.VCI{9: 64, 28: 65, 46: 66}[l.line]; c.ID.VCI != vci || c.Call != u.calls[l.msg.CallRef.Value] {
			t.Errorf("line %d: connected %+v", l.line, c)
		}
	case 33:
		if c := last[primitive.AddPartyConf](h); c.Party != 5 {
			t.Errorf("line %d: added %+v", l.line, c)
		}
	case 37:
		if c := last[primitive.DropPartyConf](h); c.Party != 5 {
			t.Errorf("line %d: dropped %+v", l.line, c)
		}
	case 52, 58:
		h.restarted(1, 0, 1)
	}
}
