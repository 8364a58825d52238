package q2931_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// partyResults is what each cell of the party table does, as Q.2971 has it:
// messages (first letters of their words) with their cause, +T and -T for
// timers, what is told, and the next state. "-" discards, "?" has the call
// answer STATUS, "!" cannot be. The STATUS of the table carries endpoint state
// null and cause 30.
var partyResults = map[q2931.PartyEvent][8]string{
	q2931.MsgPartyAdd:          {"add P2", "?", "-", "?", "?", "?", "?", "?"},
	q2931.MsgPartyAlerting:     {"DPA89 P0", "-T399 +T397 alerting P4", "?", "?", "?", "?", "?", "?"},
	q2931.MsgPartyAddAck:       {"DPA89 P0", "-T399 added P7", "?", "?", "-T397 added P7", "?", "?", "?"},
	q2931.MsgPartyAddReject:    {"-", "-T399 gone(30,true) P0", "?", "?", "?", "-T398 gone(21,false) P0", "?", "?"},
	q2931.MsgPartyDrop:         {"DPA89 P0", "-T399 drop P6", "drop P6", "drop P6", "-T397 drop P6", "-T398 gone(21,false) P0", "-", "drop P6"},
	q2931.MsgPartyDropAck:      {"-", "-T399 gone(30,true) P0", "gone(30,true) P0", "gone(30,true) P0", "-T397 gone(30,true) P0", "-T398 gone(21,false) P0", "gone(21,true) P0", "gone(30,true) P0"},
	q2931.MsgPartyNotify:       {"DPA89 P0", "notified P1", "notified P2", "notified P3", "notified P4", "notified P5", "notified P6", "notified P7"},
	q2931.MsgPartyStatus:       {"P0", "-T399 gone(101,true) P0", "gone(101,true) P0", "gone(101,true) P0", "-T397 gone(101,true) P0", "-T398 gone(21,false) P0", "gone(21,true) P0", "gone(101,true) P0"},
	q2931.MsgPartyResponse:     {"DPA89 P0", "!", "!", "!", "!", "!", "!", "!"},
	q2931.CallSetupSent:        {"P1", "!", "!", "!", "!", "!", "!", "!"},
	q2931.CallSetupReceived:    {"P2", "!", "!", "!", "!", "!", "!", "!"},
	q2931.CallAlertingSent:     {"!", "!", "P3", "-", "!", "!", "!", "!"},
	q2931.CallAlertingReceived: {"!", "-T399 +T397 P4", "-", "-", "-", "-", "-", "-"},
	q2931.CallConnected:        {"!", "-T399 P7", "P7", "P7", "-T397 P7", "-", "-", "-"},
	q2931.CallCleared:          {"-", "-T399 gone(16,false) P0", "gone(16,false) P0", "gone(16,false) P0", "-T397 gone(16,false) P0", "-T398 gone(16,false) P0", "gone(16,false) P0", "gone(16,false) P0"},
	q2931.ReqPartyAdd:          {"AP +T399 P1", "!", "!", "!", "!", "!", "!", "!"},
	q2931.ReqPartyAlerting:     {"!", "!", "PA P3", "!", "!", "!", "!", "!"},
	q2931.RspPartyAdd:          {"!", "!", "APA P7", "APA P7", "!", "!", "!", "!"},
	q2931.ReqPartyReject:       {"!", "!", "APR16 gone(16,false) P0", "!", "!", "!", "!", "!"},
	q2931.ReqPartyDrop:         {"!", "-T399 DP16 +T398 P5", "DP16 +T398 P5", "DP16 +T398 P5", "-T397 DP16 +T398 P5", "!", "!", "DP16 +T398 P5"},
	q2931.RspPartyDrop:         {"!", "!", "!", "!", "!", "!", "DPA gone(21,true) P0", "!"},
	q2931.LnkPartyReleased:     {"!", "-T399 gone(16,false) P0", "gone(16,false) P0", "gone(16,false) P0", "-T397 gone(16,false) P0", "-T398 gone(16,false) P0", "gone(16,false) P0", "-"},
	q2931.ExpT397:              {"!", "!", "!", "!", "DP102 +T398 P5", "!", "!", "!"},
	q2931.ExpT398:              {"!", "!", "!", "!", "!", "DPA102 gone(21,false) P0", "!", "!"},
	q2931.ExpT399:              {"!", "DP102 +T398 P5", "!", "!", "!", "!", "!", "!"},
}

// initials are the messages in few letters.
var initials = [256]string{
	msg.AddParty: "AP", msg.AddPartyAck: "APA", msg.AddPartyReject: "APR", msg.DropParty: "DP", msg.DropPartyAck: "DPA",
	msg.PartyAlerting: "PA",
}

// describe puts the effects of a party into words, timers that stop first.
func describe(t *testing.T, effects []q2931.PartyEffect) string {
	t.Helper()
	var stops, words []string
	for _, e := range effects {
		switch e.Kind {
		case q2931.PartySend:
			w := initials[e.Msg.Type]
			if len(e.Msg.Causes) > 0 {
				w += fmt.Sprint(uint8(e.Msg.Causes[0].Value))
			}
			if r := e.Msg.EndpointRef; r == nil || r.Value != 9 || !r.RefFlag || e.Msg.CallRef.Value != 5 {
				t.Errorf("sent %v", e.Msg)
			}
			words = append(words, w)
		case q2931.PartyStartTimer:
			words = append(words, "+"+e.Timer.String())
		case q2931.PartyStopTimer:
			stops = append(stops, "-"+e.Timer.String())
		case q2931.PartyAdd:
			words = append(words, "add")
		case q2931.PartyAlerting:
			words = append(words, "alerting")
		case q2931.PartyAdded:
			words = append(words, "added")
		case q2931.PartyDrop:
			words = append(words, "drop")
		case q2931.PartyGone:
			words = append(words, fmt.Sprintf("gone(%d,%v)", e.Cause.Value, e.Remote))
		case q2931.PartyNotified:
			words = append(words, "notified")
		case q2931.PartyStatusReceived:
			words = append(words, "status")
		case q2931.PartyUnexpected:
			words = append(words, "?")
		case q2931.PartyDefect:
			words = append(words, "!")
		}
	}
	return strings.Join(append(stops, words...), " ")
}

// partyIn returns a party in a state. In P5 and P6 it is being dropped for
// cause 21.
func partyIn(side q2931.Side, s q2931.PartyState) *q2931.Party {
	p := q2931.NewParty(side, msg.CallRef{Value: 5, Flag: true}, ie.EndpointRef{Value: 9, RefFlag: true}, &q2931.Timers{})
	rejected := q2931.PartyInput{Msg: &msg.Message{Causes: []ie.Cause{{Value: ie.CauseCallRejected}}}, Cause: ie.Cause{Value: ie.CauseCallRejected}}
	if s.Keeps() || s == q2931.P0Null {
		q2931.ForceParty(p, s)
		return p
	}
	q2931.ForceParty(p, q2931.P7Active)
	if s == q2931.P5DropPartyInitiated {
		p.Step(q2931.ReqPartyDrop, rejected)
	} else {
		p.Step(q2931.MsgPartyDrop, rejected)
	}
	return p
}

// TestEveryPartyCell runs every cell of the party table.
func TestEveryPartyCell(t *testing.T) {
	if len(partyResults) != len(q2931.PartyEvents()) {
		t.Fatalf("%d events of %d", len(partyResults), len(q2931.PartyEvents()))
	}
	for _, ev := range q2931.PartyEvents() {
		for _, s := range q2931.PartyStates() {
			cell := q2931.PartyAt(s, ev)
			if cell.Kind == 0 || cell.Kind != fsm.Impossible && cell.Clause == "" {
				t.Errorf("%v, %v: %+v", s, ev, cell)
			}
			p := partyIn(q2931.User, s)
			m := &msg.Message{
				EndpointState: &ie.EndpointState{State: ie.EndpointNull},
				Causes:        []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}},
			}
			if ev == q2931.ReqPartyAdd || ev == q2931.RspPartyAdd {
				m = &msg.Message{}
			}
			effects := slices.Clone(p.Step(ev, q2931.PartyInput{Msg: m, Cause: ie.Cause{Value: ie.CauseNormalClearing}}))
			got := describe(t, effects)
			switch {
			case cell.Kind == fsm.Handle:
				got = strings.TrimSpace(got + " " + p.State().String())
				if !slices.Contains(cell.Next, p.State()) {
					t.Errorf("%v, %v: went to %v, declared are %v", s, ev, p.State(), cell.Next)
				}
			case p.State() != s:
				t.Errorf("%v, %v: went to %v", s, ev, p.State())
			case cell.Kind == fsm.Ignore && len(effects) == 0:
				got = "-"
			}
			if want := partyResults[ev][s]; got != want {
				t.Errorf("%v, %v: %q, want %q", s, ev, got, want)
			}
		}
	}
}

// TestPartyStatus: Q.2971 9.5.12: what a STATUS with an endpoint state does to
// a party, for every pair of states and the causes that matter.
func TestPartyStatus(t *testing.T) {
	asks := []ie.EndpointStateValue{ie.EndpointAddInitiated, ie.EndpointAlertingReceived}
	asked := []ie.EndpointStateValue{ie.EndpointAddReceived, ie.EndpointAlertingDelivered}
	codes := []ie.EndpointStateValue{
		ie.EndpointAddInitiated, ie.EndpointAlertingDelivered, ie.EndpointAddReceived, ie.EndpointAlertingReceived,
		ie.EndpointActive, ie.EndpointDropInitiated, ie.EndpointDropReceived,
	}
	causes := []ie.CauseValue{30, 96, 97, 98, 99, 100, 101}
	for _, s := range q2931.PartyStates() {
		for _, code := range codes {
			for _, c := range causes {
				p := partyIn(q2931.Network, s)
				got := describe(t, p.Step(q2931.MsgPartyStatus, q2931.PartyInput{Msg: &msg.Message{
					EndpointState: &ie.EndpointState{State: code}, Causes: []ie.Cause{{Value: c}},
				}}))
				stop := [8]string{q2931.P1AddPartyInitiated: "-T399 ", q2931.P4PartyAlertingReceived: "-T397 "}[s]
				want := "status"
				switch {
				case s == q2931.P0Null:
					want = "DPA101"
				case !s.Keeps():
					want = ""
				case code == ie.EndpointDropInitiated || code == ie.EndpointDropReceived,
					(s == 1 || s == 4) && slices.Contains(asks, code), (s == 2 || s == 3) && slices.Contains(asked, code):
					want = stop + "DP101 +T398"
				case c == 96 || c == 97 || c == 99 || c == 100:
					want = stop + "DP31 +T398"
				}
				if got != want {
					t.Errorf("%v, peer's %v, cause %d: %q, want %q", s, code, c, got, want)
				}
			}
		}
		p := partyIn(q2931.Network, s)
		if p.Step(q2931.MsgPartyStatus, q2931.PartyInput{Msg: &msg.Message{}}); p.State() != s {
			t.Errorf("%v: a STATUS without endpoint state leads to %v", s, p.State())
		}
	}
}

// TestPartyLostDrop: the SAAL has lost a DROP PARTY, and the audit after it finds its sender in P5: a leaf
// that has been alerted waits under no timer, so it is the audit that ends the party, at both ends, and not
// the DROP PARTY ACKNOWLEDGE of T398, which may be discarded.
func TestPartyLostDrop(t *testing.T) {
	leaf := partyIn(q2931.User, q2931.P3PartyAlertingDelivered)
	root := partyIn(q2931.Network, q2931.P5DropPartyInitiated)
	status := &msg.Message{
		EndpointState: &ie.EndpointState{State: root.State().Code()},
		Causes:        []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}},
	}
	if got := describe(t, leaf.Step(q2931.MsgPartyStatus, q2931.PartyInput{Msg: status})); got != "DP101 +T398" {
		t.Errorf("the leaf: %q", got)
	}
	drop := &msg.Message{Causes: []ie.Cause{{Value: ie.CauseMessageNotCompatible}}}
	if got := describe(t, root.Step(q2931.MsgPartyDrop, q2931.PartyInput{Msg: drop})); got != "-T398 gone(21,false)" {
		t.Errorf("the root: %q", got)
	}
	if got := describe(t, leaf.Step(q2931.ExpT398, q2931.PartyInput{})); got != "DPA102 gone(101,false)" || leaf.State() != q2931.P0Null {
		t.Errorf("the leaf at last: %q, in %v", got, leaf.State())
	}
}

// TestEnquiryAnsweredTwice: T322 has repeated an enquiry, and both have been answered. The second answer
// is not that of the enquiry after it, which is about a party (Q.2971 9.5.11).
func TestEnquiryAnsweredTwice(t *testing.T) {
	c := q2931.NewCall(q2931.Network, msg.CallRef{Value: 5, Flag: true}, &q2931.Timers{})
	q2931.Force(c, q2931.N10Active)
	ref := func(v uint16) *ie.EndpointRef { return &ie.EndpointRef{Value: v} }
	ends := func(party *ie.EndpointRef, v ie.CauseValue, about ...byte) bool {
		m := &msg.Message{
			CallState: &ie.CallState{State: ie.CallActive}, Causes: []ie.Cause{{Value: v, Diagnostic: about}}, EndpointRef: party,
		}
		if party != nil {
			m.EndpointState = &ie.EndpointState{State: ie.EndpointActive}
		}
		c.Step(q2931.MsgStatus, q2931.Input{Msg: m})
		return !c.Running(q2931.T322)
	}
	c.Step(q2931.ReqEnquiry, q2931.Input{})
	c.Step(q2931.ExpT322, q2931.Input{})
	if ends(ref(0), 30) || !ends(nil, 30) {
		t.Error("the enquiry about the call")
	}
	c.Step(q2931.ReqEnquiry, q2931.Input{Msg: &msg.Message{EndpointRef: &ie.EndpointRef{RefFlag: true}}})
	if ends(nil, 30) || ends(ref(1), 30) || !ends(ref(0), 30) {
		t.Error("the enquiry about a party")
	}
	for _, v := range []ie.CauseValue{97, 98, 101} { // the peer knows no enquiry
		c.Step(q2931.ReqEnquiry, q2931.Input{Msg: &msg.Message{EndpointRef: &ie.EndpointRef{RefFlag: true}}})
		if ends(nil, v, byte(msg.PartyAlerting)) {
			t.Errorf("cause %d about another message", v)
		}
		if !ends(nil, v, byte(msg.StatusEnquiry)) {
			t.Errorf("cause %d about the enquiry", v)
		}
		c.Step(q2931.ReqEnquiry, q2931.Input{})
		if !ends(nil, v) {
			t.Errorf("cause %d", v)
		}
	}
}

// TestPartyTimers: run times by side, and the causes of T399.
func TestPartyTimers(t *testing.T) {
	for side, want := range map[q2931.Side]struct {
		t399  time.Duration
		cause ie.CauseValue
	}{
		q2931.User:    {34 * time.Second, ie.CauseTimerExpiry},
		q2931.Network: {14 * time.Second, ie.CauseNoUserResponding},
	} {
		var after [16]time.Duration
		p := q2931.NewParty(side, msg.CallRef{Value: 1}, ie.EndpointRef{Value: 2}, &q2931.Timers{})
		step := func(ev q2931.PartyEvent, m *msg.Message) (sent *msg.Message) {
			for _, e := range p.Step(ev, q2931.PartyInput{Msg: m}) {
				if e.Kind == q2931.PartyStartTimer {
					after[e.Timer] = e.After
				}
				if e.Kind == q2931.PartySend {
					sent = e.Msg
				}
			}
			return sent
		}
		step(q2931.ReqPartyAdd, &msg.Message{})
		if m := step(q2931.ExpT399, nil); m.Causes[0].Value != want.cause || !p.Running(q2931.T398) {
			t.Errorf("%v: sent %v", side, m)
		}
		if m := step(q2931.ExpT398, nil); m.Type != msg.DropPartyAck || string(m.Causes[0].Diagnostic) != "398" {
			t.Errorf("%v: sent %v", side, m)
		}
		step(q2931.ReqPartyAdd, &msg.Message{})
		step(q2931.MsgPartyAlerting, &msg.Message{})
		if m := step(q2931.ExpT397, nil); string(m.Causes[0].Diagnostic) != "397" {
			t.Errorf("%v: sent %v", side, m)
		}
		if d := cmp.Diff([16]time.Duration{
			q2931.T397: 180 * time.Second, q2931.T398: 4 * time.Second, q2931.T399: want.t399,
		}, after); d != "" {
			t.Errorf("%v: %s", side, d)
		}
	}
}

// TestPartyOctets: the messages as they stand on the wire.
func TestPartyOctets(t *testing.T) {
	called := &ie.CalledNumber{Number: ie.NewAESA([20]byte{0x47, 19: 1})}
	p := q2931.NewParty(q2931.User, msg.CallRef{Value: 0x0e}, ie.EndpointRef{Value: 5}, &q2931.Timers{})
	var got []string
	step := func(ev q2931.PartyEvent, in q2931.PartyInput) {
		for _, e := range p.Step(ev, in) {
			if e.Kind == q2931.PartySend {
				b, err := e.Msg.Append(nil)
				if err != nil {
					t.Error(err)
				}
				got = append(got, hex.EncodeToString(b))
			}
		}
	}
	normal := q2931.PartyInput{Cause: ie.Cause{Value: ie.CauseNormalClearing}}
	step(q2931.ReqPartyAdd, q2931.PartyInput{Msg: &msg.Message{Called: called}})
	step(q2931.ReqPartyDrop, normal)
	step(q2931.ExpT398, q2931.PartyInput{})
	p = q2931.NewParty(q2931.User, msg.CallRef{Value: 0x0e, Flag: true}, ie.EndpointRef{Value: 5, RefFlag: true}, &q2931.Timers{})
	step(q2931.MsgPartyAdd, q2931.PartyInput{Msg: &msg.Message{}})
	step(q2931.ReqPartyAlerting, q2931.PartyInput{})
	step(q2931.RspPartyAdd, q2931.PartyInput{Msg: &msg.Message{}})
	step(q2931.MsgPartyDrop, q2931.PartyInput{Msg: &msg.Message{}})
	step(q2931.RspPartyDrop, q2931.PartyInput{})
	step(q2931.MsgPartyAdd, q2931.PartyInput{Msg: &msg.Message{}})
	step(q2931.ReqPartyReject, normal)
	want := []string{
		"090300000e80800020" + "70800015" + "82" + "4700000000000000000000000000000000000001" + "54800003000005",
		"090300000e8380000d" + "0880000280" + "90" + "54800003000005",
		"090300000e84800010" + "54800003000005" + "0880000580e6333938",
		"090380000e85800007" + "54800003008005",
		"090380000e81800007" + "54800003008005",
		"090380000e84800007" + "54800003008005",
		"090380000e8280000d" + "0880000280" + "90" + "54800003008005",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestPartyWalk walks a party at random: every transition is declared, running
// timers belong to the state, messages can be written, the end comes once.
func TestPartyWalk(t *testing.T) { rapid.Check(t, walkParty) }

// FuzzParty walks it by the octets of a fuzzer. Others follow, so that no walk ends for want of octets.
func FuzzParty(f *testing.F) {
	for seed := range byte(8) {
		f.Add(randomOctets(seed, 512))
	}
	walk, others := rapid.MakeFuzz(walkParty), randomOctets(99, 16<<10)
	f.Fuzz(func(t *testing.T, b []byte) { walk(t, append(slices.Clone(b), others...)) })
}

// randomOctets returns n octets.
func randomOctets(seed byte, n int) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{seed}).Read(b); err != nil {
		panic(err)
	}
	return b
}

// walkParty walks a party and checks what must hold after each event.
func walkParty(rt *rapid.T) {
	side := rapid.SampledFrom([]q2931.Side{q2931.User, q2931.Network}).Draw(rt, "side")
	p := q2931.NewParty(side, msg.CallRef{Value: 77}, ie.EndpointRef{Value: 3}, &q2931.Timers{})
	running := make(map[q2931.Timer]bool)
	for range 60 {
		from := p.State()
		e := rapid.SampledFrom(q2931.PartyEvents()).Draw(rt, "event")
		cell := q2931.PartyAt(from, e)
		if cell.Kind == fsm.Impossible || partyTimerOf(e) != 0 && !running[partyTimerOf(e)] {
			continue
		}
		delete(running, partyTimerOf(e))
		m := &msg.Message{}
		if rapid.Bool().Draw(rt, "elements") {
			state := rapid.SampledFrom(q2931.PartyStates()).Draw(rt, "peer's state")
			m.EndpointState = &ie.EndpointState{State: state.Code()}
			m.Causes = []ie.Cause{{Value: ie.CauseValue(rapid.IntRange(1, 127).Draw(rt, "cause"))}}
		}
		if e == q2931.ReqPartyAdd || e == q2931.RspPartyAdd {
			m = &msg.Message{}
		}
		gone := 0
		for _, x := range p.Step(e, q2931.PartyInput{Msg: m, Cause: ie.Cause{Value: ie.CauseUserBusy}}) {
			switch {
			case x.Kind == q2931.PartyStartTimer:
				running[x.Timer] = true
			case x.Kind == q2931.PartyStopTimer:
				delete(running, x.Timer)
			case x.Kind == q2931.PartyGone:
				gone++
				if x.Cause.Value == 0 {
					rt.Fatalf("gone without a cause")
				}
			case x.Kind == q2931.PartySend && x.Msg.Type != msg.AddParty:
				if _, err := x.Msg.Append(nil); err != nil {
					rt.Fatalf("%v cannot be written: %v", x.Msg.Type, err)
				}
			case x.Kind == q2931.PartyDefect:
				rt.Fatalf("defect: %v", x.Event)
			}
		}
		to := p.State()
		if cell.Kind != fsm.Handle && to != from || cell.Kind == fsm.Handle && !slices.Contains(cell.Next, to) {
			rt.Fatalf("%v, %v: went to %v, declared are %v", from, e, to, cell.Next)
		}
		if (gone == 1) != (to == q2931.P0Null && from != q2931.P0Null) {
			rt.Fatalf("%v, %v: gone %d times, in %v", from, e, gone, to)
		}
		for timer := range running {
			if !slices.Contains(q2931.PartyAllowed(to), timer) || !p.Running(timer) {
				rt.Fatalf("%v runs in %v", timer, to)
			}
		}
		if to == q2931.P0Null && from != q2931.P0Null {
			p = q2931.NewParty(side, msg.CallRef{Value: 78}, ie.EndpointRef{Value: 4}, &q2931.Timers{})
		}
	}
}

// partyTimerOf returns the timer that an event is the expiry of, or 0.
func partyTimerOf(e q2931.PartyEvent) q2931.Timer {
	for _, timer := range []q2931.Timer{q2931.T397, q2931.T398, q2931.T399} {
		if timer.PartyExpiry() == e {
			return timer
		}
	}
	return 0
}

// TestPartyMessagesOfCalls: in which call states each message of a party is
// accepted, on calling and called ends, and on point-to-point calls never.
func TestPartyMessagesOfCalls(t *testing.T) {
	calling := [64][]q2931.State{
		q2931.MsgPartyAlert:     {q2931.U4CallDelivered, q2931.U10Active, q2931.N7CallReceived, q2931.N8ConnectRequest, q2931.N10Active},
		q2931.MsgAddPartyReject: {q2931.U4CallDelivered, q2931.U10Active, q2931.N7CallReceived, q2931.N8ConnectRequest, q2931.N10Active},
		q2931.MsgAddPartyAck:    {q2931.U10Active, q2931.N8ConnectRequest, q2931.N10Active},
		q2931.MsgDropPartyAck: {
			q2931.U4CallDelivered, q2931.U7CallReceived, q2931.U8ConnectRequest, q2931.U10Active,
			q2931.N4CallDelivered, q2931.N7CallReceived, q2931.N8ConnectRequest, q2931.N10Active,
		},
	}
	called := [64][]q2931.State{
		q2931.MsgAddParty: {
			q2931.U7CallReceived, q2931.U8ConnectRequest, q2931.U10Active, q2931.N4CallDelivered, q2931.N10Active,
		},
		q2931.MsgDropPartyAck: calling[q2931.MsgDropPartyAck],
	}
	var live []q2931.State
	for _, s := range q2931.States() {
		if n := s.Number(); n != 0 && n != 3 && n < ie.CallModifyRequest && !s.IsClearing() {
			live = append(live, s)
		}
	}
	calling[q2931.MsgDropParty], called[q2931.MsgDropParty] = live, live
	for ev := q2931.MsgAddParty; ev <= q2931.MsgDropPartyAck; ev++ {
		for _, s := range q2931.States() {
			for _, end := range []struct {
				ref  msg.CallRef
				want []q2931.State
			}{{msg.CallRef{Value: 1}, calling[ev]}, {msg.CallRef{Value: 1, Flag: true}, called[ev]}} {
				setup := &msg.Message{Bearer: &ie.Bearer{Config: ie.PointToMultipoint}, EndpointRef: &ie.EndpointRef{}}
				c := q2931.NewCall(s.Side(), end.ref, &q2931.Timers{})
				c.Step(q2931.ReqSetup, q2931.Input{Msg: setup})
				q2931.Force(c, s)
				if got, want := c.Multipoint() && c.Expects(ev), slices.Contains(end.want, s); got != want && !s.IsNull() {
					t.Errorf("%v in %v, called %v: expected is %v", ev, s, end.ref.Flag, got)
				}
				c = q2931.NewCall(s.Side(), end.ref, &q2931.Timers{})
				q2931.Force(c, s)
				if !s.IsNull() && c.Expects(ev) {
					t.Errorf("%v in %v is expected on a point-to-point call", ev, s)
				}
				cleared := s.IsClearing() && (ev == q2931.MsgDropParty || ev == q2931.MsgDropPartyAck)
				if s.IsNull() || cleared {
					continue
				}
				m := message(ev, 0, msg.Instruction{})
				m.EndpointRef = &ie.EndpointRef{Value: 4}
				effects := c.Step(ev, q2931.Input{Msg: m, Party: q2931.P7Active})
				if len(effects) != 1 || effects[0].Kind != q2931.Send || effects[0].Msg.Type != msg.Status ||
					effects[0].Msg.Causes[0].Value != ie.CauseMessageNotCompatible ||
					effects[0].Msg.EndpointState.State != ie.EndpointActive || !effects[0].Msg.EndpointRef.RefFlag {
					t.Errorf("%v in %v: %+v", ev, s, effects)
				}
			}
		}
	}
}

// TestFallBack: N10 falls back to N7 and is active again with the next party
// (Q.2971 9.2.3).
func TestFallBack(t *testing.T) {
	c := q2931.NewCall(q2931.Network, msg.CallRef{Value: 1}, &q2931.Timers{})
	setup := &msg.Message{Bearer: &ie.Bearer{Config: ie.PointToMultipoint}, EndpointRef: &ie.EndpointRef{}}
	c.Step(q2931.ReqSetup, q2931.Input{Msg: setup})
	for _, e := range c.Step(q2931.MsgAlerting, q2931.Input{Msg: &msg.Message{}}) {
		if e.Kind == q2931.StartTimer {
			t.Errorf("%v runs: the parties have timers of their own", e.Timer)
		}
	}
	c.Step(q2931.MsgConnect, q2931.Input{Msg: &msg.Message{}})
	c.Step(q2931.ReqSetupComplete, q2931.Input{})
	c.Step(q2931.ReqFallBack, q2931.Input{})
	if c.State() != q2931.N7CallReceived || !c.Expects(q2931.MsgAddPartyAck) {
		t.Fatalf("fell back to %v", c.State())
	}
	if e := c.Step(q2931.MsgAddPartyAck, q2931.Input{Msg: &msg.Message{}}); len(e) != 1 || e[0].Kind != q2931.PartyMessage {
		t.Errorf("%+v", e)
	}
	if c.State() != q2931.N10Active {
		t.Errorf("then %v", c.State())
	}
}
