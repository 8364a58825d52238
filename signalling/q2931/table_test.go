package q2931_test

import (
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

var update = flag.Bool("update", false, "write STATES.md anew")

// TestStatesMarkdown: STATES.md is what the tables print.
func TestStatesMarkdown(t *testing.T) {
	want := q2931.Markdown()
	if *update {
		if err := os.WriteFile("STATES.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("STATES.md is stale: go test ./signalling/q2931 -run StatesMarkdown -update")
	}
}

// TestEveryCellDecided: each pair of state and event has a kind and, unless it
// cannot be, a clause; every state can be reached and left.
func TestEveryCellDecided(t *testing.T) {
	states, events := q2931.States(), q2931.Events()
	if len(states) != 26 || len(events) != 52 {
		t.Fatalf("%d states, %d events", len(states), len(events))
	}
	reached := make(map[q2931.State]bool)
	reached[q2931.U0Null], reached[q2931.N0Null] = true, true
	for _, s := range states {
		left := false
		for _, e := range events {
			c := q2931.At(s, e)
			if c.Kind == 0 || c.Kind != fsm.Impossible && c.Clause == "" {
				t.Errorf("%v, %v: %+v", s, e, c)
			}
			for _, n := range c.Next {
				reached[n] = true
				left = left || n != s
				if n.Side() != s.Side() {
					t.Errorf("%v, %v: leads to %v", s, e, n)
				}
			}
		}
		if !left {
			t.Errorf("%v cannot be left", s)
		}
	}
	for _, s := range states {
		if !reached[s] {
			t.Errorf("%v cannot be reached", s)
		}
	}
}

// TestUndecidedCellIsRefused: a table with a hole does not come up.
func TestUndecidedCellIsRefused(t *testing.T) {
	full := make(map[q2931.Event][13]q2931.Kinds)
	for _, e := range q2931.Events() {
		full[e] = [13]q2931.Kinds{}
		row := full[e]
		for i := range row {
			row[i] = fsm.Ignore
		}
		full[e] = row
	}
	q2931.NewTable(full, full) // no panic
	hole := maps.Clone(full)
	row := hole[q2931.MsgConnect]
	row[8] = 0
	hole[q2931.MsgConnect] = row
	defer func() {
		if recover() == nil {
			t.Error("a table with an undecided cell was accepted")
		}
	}()
	q2931.NewTable(full, hole)
}

// message makes a message that goes with an event.
func message(e q2931.Event, state ie.CallStateValue, action msg.Instruction) *msg.Message {
	types := [...]msg.Type{
		q2931.MsgSetup: msg.Setup, q2931.MsgCallProceeding: msg.CallProceeding, q2931.MsgAlerting: msg.Alerting,
		q2931.MsgConnect: msg.Connect, q2931.MsgConnectAck: msg.ConnectAck, q2931.MsgRelease: msg.Release,
		q2931.MsgReleaseComplete: msg.ReleaseComplete, q2931.MsgNotify: msg.Notify, q2931.MsgProgress: msg.Progress, q2931.MsgStatus: msg.Status,
		q2931.MsgStatusEnquiry: msg.StatusEnquiry, q2931.MsgMisplaced: msg.Restart, q2931.MsgUnsupported: msg.Facility,
		q2931.MsgAddParty: msg.AddParty, q2931.MsgPartyAlert: msg.PartyAlerting, q2931.MsgAddPartyAck: msg.AddPartyAck,
		q2931.MsgAddPartyReject: msg.AddPartyReject, q2931.MsgDropParty: msg.DropParty,
		q2931.MsgDropPartyAck: msg.DropPartyAck, q2931.ErrParty: msg.PartyAlerting,
		q2931.MsgUnknown: 0x77, q2931.MsgModifyRequest: msg.ModifyRequest, q2931.MsgModifyAck: msg.ModifyAck,
		q2931.MsgModifyReject: msg.ModifyReject, q2931.MsgConnectionAvailable: msg.ConnectionAvailable,
		q2931.ExpT361: 0,
	}
	m := &msg.Message{Type: types[e]}
	switch {
	case e == q2931.ReqSetup || e == q2931.MsgSetup:
		m.Bearer = &ie.Bearer{Config: ie.PointToMultipoint}
		m.EndpointRef = &ie.EndpointRef{}
		if e == q2931.ReqSetup {
			return m
		}
	case e == q2931.ReqEnquiry:
		m.EndpointRef = &ie.EndpointRef{Value: 3}
	case m.Type == 0: // a request: the machine sets the type
		m.Notification = &ie.Notification{Info: []byte{1}} // any may carry one
		return m
	}
	m.Action, m.CallState = action, &ie.CallState{State: state}
	m.Causes = []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
	return m
}

// clearingState is where a side goes that sends RELEASE.
func clearingState(s q2931.State) q2931.State {
	if s.Side() == q2931.Network {
		return q2931.N12ReleaseIndication
	}
	return q2931.U11ReleaseRequest
}

// TestWalk walks the machines at random: every transition is declared, every
// running timer belongs to the state, no message is sent in vain, and the null
// state holds no timer.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &callWalker{fail: rt.Fatalf, side: rapid.SampledFrom([]q2931.Side{q2931.User, q2931.Network}).Draw(rt, "side")}
		w.begin()
		for range 60 {
			e := rapid.SampledFrom(q2931.Events()).Draw(rt, "event")
			if q2931.At(w.c.State(), e).Kind == fsm.Impossible {
				continue
			}
			action := msg.Instruction{Flag: rapid.Bool().Draw(rt, "flag"), Action: msg.ActionIndicator(rapid.IntRange(0, 3).Draw(rt, "action"))}
			peer := ie.CallStateValue(rapid.IntRange(0, 14).Draw(rt, "peer's state"))
			w.step(e, message(e, peer, action))
		}
	})
}

// callWalker takes calls of one side through events and checks what must hold after each.
type callWalker struct {
	fail    func(format string, args ...any)
	side    q2931.Side
	c       *q2931.Call
	running map[q2931.Timer]bool
}

// begin makes a new call.
func (w *callWalker) begin() {
	w.c = q2931.NewCall(w.side, msg.CallRef{Value: 77}, &q2931.Timers{})
	w.running = make(map[q2931.Timer]bool)
}

// step makes the transition of an event that is not impossible, unless it is the expiry of a timer that
// does not run.
func (w *callWalker) step(e q2931.Event, m *msg.Message) {
	if !expiryRuns(e, w.running) {
		return
	}
	from := w.c.State()
	cell := q2931.At(from, e)
	effects := w.c.Step(e, q2931.Input{Msg: m, Cause: ie.Cause{Value: ie.CauseNormalClearing}})
	to := w.c.State()
	allowed := cell.Next
	if cell.Kind != fsm.Handle {
		allowed = []q2931.State{from}
	}
	if cell.Kind == fsm.Protest && m.Action.Flag && m.Action.Action == msg.ActionClear && !from.IsClearing() {
		allowed = []q2931.State{clearingState(from)}
	}
	if !slices.Contains(allowed, to) {
		w.fail("%v, %v: went to %v, declared are %v", from, e, to, allowed)
	}
	if len(effects) > maxEffects {
		w.fail("%v, %v: %d effects", from, e, len(effects))
	}
	w.check(effects)
	if to.IsNull() && !from.IsNull() {
		w.begin()
	}
}

// expiryRuns reports whether the event is no expiry or that of a running
// timer, and takes the timer as expired.
func expiryRuns(e q2931.Event, running map[q2931.Timer]bool) bool {
	for _, timer := range []q2931.Timer{q2931.T301, q2931.T303, q2931.T308, q2931.T310, q2931.T313, q2931.T322, q2931.T360, q2931.T361} {
		if timer.Expiry() == e {
			ok := running[timer]
			delete(running, timer)
			return ok
		}
	}
	return true
}

// checkSent checks that a message has its call reference and can be written.
func (w *callWalker) checkSent(m *msg.Message) {
	if m.CallRef.Value < 77 {
		w.fail("%v without its call reference", m.Type)
	}
	if _, err := m.Append(nil); err != nil && m.Type != msg.Setup && m.Type != msg.ModifyRequest {
		w.fail("%v cannot be written: %v", m.Type, err)
	}
}

// check checks what a call asks for, and the timers that run then.
func (w *callWalker) check(effects []q2931.Effect) {
	to := w.c.State()
	released := 0
	for _, e := range effects {
		if e.Kind == q2931.StartTimer {
			if e.After <= 0 {
				w.fail("%v starts for %v", e.Timer, e.After)
			}
			w.running[e.Timer] = true
		}
		if e.Kind == q2931.StopTimer {
			delete(w.running, e.Timer)
		}
		if e.Kind == q2931.Send {
			w.checkSent(e.Msg)
		}
		if e.Kind == q2931.Released {
			released++
			if e.Cause.Value == 0 {
				w.fail("released without a cause")
			}
		}
		if e.Kind == q2931.Defect {
			w.fail("defect: %v", e.Event)
		}
	}
	for timer := range w.running {
		if !slices.Contains(q2931.Allowed(to), timer) || !w.c.Running(timer) {
			w.fail("%v runs in %v", timer, to)
		}
	}
	if released > 1 || released == 1 && !to.IsNull() {
		w.fail("released %d times, in %v", released, to)
	}
}

// TestRestartWalk does the same for the restart processes.
func TestRestartWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := q2931.NewStart(q2931.User, &q2931.Timers{})
		if rapid.Bool().Draw(rt, "respond") {
			p = q2931.NewRespond(q2931.User, &q2931.Timers{})
		}
		for range 30 {
			from := p.State()
			e := rapid.SampledFrom(q2931.RestartEvents()).Draw(rt, "event")
			kind, next := q2931.RestartAt(from, e)
			if kind == fsm.Impossible {
				continue
			}
			class := rapid.SampledFrom([]ie.RestartClass{ie.RestartVC, ie.RestartVP, ie.RestartAll}).Draw(rt, "class")
			m := &msg.Message{
				Type: msg.Restart, Restart: &ie.Restart{Class: class}, ConnID: &ie.ConnID{VCI: 40},
				CallState: &ie.CallState{State: ie.CallRestart},
			}
			for _, eff := range p.Step(e, q2931.Input{Msg: m, Cause: ie.Cause{Value: ie.CauseMandatoryMissing}}) {
				if eff.Kind == q2931.Send && !eff.Msg.CallRef.IsGlobal() {
					rt.Fatalf("%v is not global", eff.Msg.Type)
				}
			}
			if kind != fsm.Handle {
				next = []q2931.RestartState{from}
			}
			if !slices.Contains(next, p.State()) {
				rt.Fatalf("%v, %v: went to %v, declared are %v", from, e, p.State(), next)
			}
		}
	})
}

// TestImpossible: what cannot be is reported and changes nothing.
func TestImpossible(t *testing.T) {
	for _, s := range q2931.States() {
		for _, e := range q2931.Events() {
			if q2931.At(s, e).Kind != fsm.Impossible {
				continue
			}
			c := q2931.NewCall(s.Side(), msg.CallRef{Value: 1}, &q2931.Timers{})
			q2931.Force(c, s)
			effects := c.Step(e, q2931.Input{})
			if len(effects) != 1 || effects[0].Kind != q2931.Defect || c.State() != s {
				t.Errorf("%v, %v: %+v, then %v", s, e, effects, c.State())
			}
		}
	}
}
