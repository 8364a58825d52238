package q2931_test

import (
	"slices"
	"testing"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// give makes the transition of one event with what goes with it, on a call with parties or on one
// that is point-to-point.
func give(c *q2931.Call, e q2931.Event, parties bool) []q2931.Effect {
	m := message(e, ie.CallActive, msg.Instruction{})
	if !parties {
		m.Bearer = nil
	}
	return c.Step(e, q2931.Input{Msg: m, Cause: anyCause})
}

// along returns a call after the events of a way.
func along(side q2931.Side, way []q2931.Event, parties bool) *q2931.Call {
	c := q2931.NewCall(side, msg.CallRef{Value: 7}, &q2931.Timers{})
	for _, e := range way {
		give(c, e, parties)
	}
	return c
}

// ways returns a shortest way to each state of a side. Only the side that made a call modifies it.
func ways(side q2931.Side, parties bool) map[q2931.State][]q2931.Event {
	found := make(map[q2931.State][]q2931.Event)
	seen := make(map[string]bool)
	for queue := [][]q2931.Event{nil}; len(queue) > 0; queue = queue[1:] {
		way := queue[0]
		c := along(side, way, parties)
		image := string(c.AppendImage(nil))
		if seen[image] || c.State().IsNull() && len(way) > 0 {
			continue
		}
		seen[image] = true
		if _, known := found[c.State()]; !known {
			found[c.State()] = way
		}
		for _, e := range q2931.Events() {
			theirs := e == q2931.ReqModify && !slices.Contains(way, q2931.ReqSetup)
			if q2931.At(c.State(), e).Kind == fsm.Handle && runs(c, e) && !theirs {
				queue = append(queue, append(slices.Clone(way), e))
			}
		}
	}
	return found
}

// TestEveryCell gives every event to a call that has come to every state by the shortest way, with
// parties and without: it goes where the table says, and what is impossible is a defect that changes
// nothing. Calls with parties are not modified, so they never come to the states of that.
func TestEveryCell(t *testing.T) {
	for _, side := range []q2931.Side{q2931.User, q2931.Network} {
		for _, parties := range []bool{false, true} {
			everyCell(t, side, parties)
		}
	}
}

func everyCell(t *testing.T, side q2931.Side, parties bool) {
	t.Helper()
	found := ways(side, parties)
	for _, s := range q2931.States() {
		way, ok := found[s]
		modifies := s.Number() == ie.CallModifyRequest || s.Number() == ie.CallModifyReceived
		if s.Side() != side || parties && modifies {
			continue
		}
		if !ok {
			t.Errorf("%v is never reached", s)
			continue
		}
		for _, e := range q2931.Events() {
			c := along(side, way, parties)
			effects := give(c, e, parties)
			defect := slices.ContainsFunc(effects, func(f q2931.Effect) bool { return f.Kind == q2931.Defect })
			switch cell := q2931.At(s, e); {
			case cell.Kind == fsm.Handle && !slices.Contains(cell.Next, c.State()):
				t.Errorf("%v, %v: %v, want one of %v", s, e, c.State(), cell.Next)
			case cell.Kind != fsm.Handle && c.State() != s:
				t.Errorf("%v, %v: a change to %v", s, e, c.State())
			case defect != (cell.Kind == fsm.Impossible):
				t.Errorf("%v, %v: %+v", s, e, effects)
			case cell.Kind == fsm.Ignore && len(effects) != 0:
				t.Errorf("%v, %v: %+v", s, e, effects)
			}
		}
	}
}

// TestEveryRestartCell does the same for the restart processes.
func TestEveryRestartCell(t *testing.T) {
	in := q2931.Input{Msg: &msg.Message{
		Type: msg.Restart, Restart: &ie.Restart{Class: ie.RestartAll}, CallState: &ie.CallState{State: ie.CallRestart},
	}, Cause: anyCause}
	for _, s := range q2931.RestartStates() {
		for _, e := range q2931.RestartEvents() {
			p := q2931.NewStart(q2931.User, &q2931.Timers{})
			q2931.ForceRestart(p, s, in)
			effects := p.Step(e, in)
			defect := slices.ContainsFunc(effects, func(f q2931.Effect) bool { return f.Kind == q2931.Defect })
			kind, next := q2931.RestartAt(s, e)
			if kind != fsm.Handle {
				next = []q2931.RestartState{s}
			}
			if !slices.Contains(next, p.State()) || defect != (kind == fsm.Impossible) {
				t.Errorf("%v, %v: %v and %+v, want one of %v", s, e, p.State(), effects, next)
			}
		}
	}
}

// TestCauseZero: a cause of the value 0, which is not assigned, is "normal, unspecified" to those above,
// for whom 0 is no cause at all.
func TestCauseZero(t *testing.T) {
	zero := &msg.Message{Causes: []ie.Cause{{Value: 0}}}
	for _, row := range []struct {
		e    q2931.Event
		kind q2931.Kind
		way  []q2931.Event
	}{
		{q2931.MsgReleaseComplete, q2931.Released, []q2931.Event{q2931.ReqSetup}},
		{q2931.MsgRelease, q2931.Release, []q2931.Event{q2931.ReqSetup}},
		{q2931.MsgModifyReject, q2931.ModifyRefused, []q2931.Event{q2931.ReqSetup, q2931.MsgConnect, q2931.ReqModify}},
	} {
		told := false
		for _, f := range along(q2931.User, row.way, false).Step(row.e, q2931.Input{Msg: zero}) {
			told = told || f.Kind == row.kind && f.Cause.Value == ie.CauseNormalUnspecified
		}
		if !told {
			t.Errorf("%v with cause 0 is not told as cause 31", row.e)
		}
	}
	p := partyIn(q2931.User, q2931.P1AddPartyInitiated)
	for _, f := range p.Step(q2931.MsgPartyAddReject, q2931.PartyInput{Msg: zero}) {
		if f.Kind == q2931.PartyGone && f.Cause.Value != ie.CauseNormalUnspecified {
			t.Errorf("ADD PARTY REJECT with cause 0 is told as %v", f.Cause.Value)
		}
	}
}
