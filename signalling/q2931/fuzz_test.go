package q2931_test

import (
	"testing"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// program reads a fuzzer's octets as what happens to machines.
type program struct {
	t *testing.T
	b []byte
}

func (p *program) octet() int {
	if len(p.b) == 0 {
		return 0
	}
	v := p.b[0]
	p.b = p.b[1:]
	return int(v)
}

// received reads a message and what is to be done with it. ok is false if the octets are none.
func (p *program) received(opt msg.Options) (m *msg.Message, v msg.Verdict, ok bool) {
	n := min(p.octet(), len(p.b))
	m, v, err := msg.Decode(p.b[:n], opt)
	p.b = p.b[n:]
	return m, v, err == nil
}

// maxEffects is more than any one event asks for.
const maxEffects = 12

// message lets the peer say something: octets as they are, judged and handed over as an owner does.
func (p *program) message(w *callWalker) {
	opt := msg.Options{FromNetwork: w.c.State().Side() == q2931.User, Profile: msg.Profile(p.octet() % 3)}
	m, v, ok := p.received(opt)
	if !ok {
		return
	}
	e := q2931.EventOf(m.Type)
	if v.UnknownType {
		e = q2931.MsgUnknown
	}
	if w.c.Expects(e) {
		switch v.Decision {
		case msg.DiscardSilently:
			return
		case msg.DiscardAndReport:
			e = q2931.ErrReport
		case msg.ClearCall, msg.Reject:
			e = q2931.ErrClear
		case msg.Accept, msg.AcceptAndReport:
		}
	}
	if q2931.At(w.c.State(), e).Kind == fsm.Impossible {
		p.t.Fatalf("%v in %v is impossible, and the peer has said it", e, w.c.State())
	}
	w.step(e, m)
}

// FuzzCall: whatever the peer says, the owner asks for within the table and the clock does, a call
// goes where its table says, has the timers of its state only, asks for a bounded number of things, and
// what it sends can be written. Nothing that the peer says is a defect.
func FuzzCall(f *testing.F) {
	for _, e := range q2931.Events() {
		m := message(e, ie.CallActive, msg.Instruction{})
		m.CallRef.Value = 77
		if b, err := m.Append(nil); err == nil && len(b) < 256 {
			f.Add(false, append([]byte{0, 0, byte(len(b))}, b...))
			f.Add(true, append([]byte{byte(q2931.ReqSetup), 0, 0, 0, 0, 0, byte(len(b))}, b...))
		}
	}
	for _, side := range []q2931.Side{q2931.User, q2931.Network} {
		for _, way := range ways(side, true) {
			var b []byte
			for _, e := range way {
				b = append(b, byte(e), byte(ie.CallActive), 0, 1)
			}
			f.Add(side == q2931.Network, b)
		}
	}
	f.Add(false, []byte{byte(q2931.ReqSetup), 0, 0, 0, byte(q2931.MsgReleaseComplete), 0, 0, 0}) // cause 0
	f.Fuzz(func(t *testing.T, network bool, b []byte) {
		p := &program{t, b}
		w := &callWalker{fail: t.Fatalf, side: q2931.User}
		if network {
			w.side = q2931.Network
		}
		for w.begin(); len(p.b) > 0; {
			e := q2931.Event(p.octet() % (len(q2931.Events()) + 1))
			if e == 0 {
				p.message(w)
				continue
			}
			state, action := ie.CallStateValue(p.octet()%15), p.octet()
			m := message(e, state, msg.Instruction{Flag: action&4 != 0, Action: msg.ActionIndicator(action & 3)})
			if len(m.Causes) > 0 {
				m.Causes[0].Value = ie.CauseValue(p.octet() & 0x7f)
			} else {
				p.octet()
			}
			if q2931.At(w.c.State(), e).Kind != fsm.Impossible {
				w.step(e, m)
			}
		}
	})
}

// FuzzRestart does the same for the two restart processes.
func FuzzRestart(f *testing.F) {
	for _, e := range q2931.RestartEvents() {
		f.Add(false, []byte{byte(e), 2, byte(e), 0})
		f.Add(true, []byte{byte(q2931.MsgRestart), 2, byte(e), 1, byte(e), 2})
	}
	f.Fuzz(func(t *testing.T, respond bool, b []byte) {
		p := &program{t, b}
		machine := q2931.NewStart(q2931.User, &q2931.Timers{})
		if respond {
			machine = q2931.NewRespond(q2931.User, &q2931.Timers{})
		}
		for len(p.b) > 0 {
			e := q2931.RestartEvents()[p.octet()%len(q2931.RestartEvents())]
			from := machine.State()
			kind, _ := q2931.RestartAt(from, e)
			expired := e == q2931.ExpT316 && machine.Timer() != q2931.T316 || e == q2931.ExpT317 && machine.Timer() != q2931.T317
			said := e >= q2931.MsgRestart && e <= q2931.ErrRestart
			if kind == fsm.Impossible && said {
				t.Fatalf("%v in %v is impossible, and the peer has said it", e, from)
			}
			if kind == fsm.Impossible || expired {
				continue
			}
			m := p.restart()
			if e == q2931.ReqRestart {
				m.CallState = nil
			}
			effects := machine.Step(e, q2931.Input{Msg: m, Cause: anyCause})
			if len(effects) > maxEffects {
				t.Fatalf("%v in %v: %d effects", e, from, len(effects))
			}
			checkRestart(t, machine, effects)
		}
	})
}

// restart makes a message of the restart procedure.
func (p *program) restart() *msg.Message {
	v := p.octet()
	class := []ie.RestartClass{ie.RestartVC, ie.RestartVP, ie.RestartAll}[v%3]
	m := &msg.Message{Type: msg.Restart, Restart: &ie.Restart{Class: class}}
	if class != ie.RestartAll {
		m.ConnID = &ie.ConnID{VPCI: uint16(v >> 2 & 1), VCI: 40 + uint16(v>>3&1)}
	}
	if v&0x80 != 0 {
		m.CallState = &ie.CallState{State: ie.CallStateValue(v >> 2 & 0x1f)}
	}
	return m
}

// checkRestart checks what a restart process asks for, and that its timer is that of its state.
func checkRestart(t *testing.T, machine *q2931.Process, effects []q2931.Effect) {
	t.Helper()
	timers := [...]q2931.Timer{q2931.StartREST1: q2931.T316, q2931.RespondREST2: q2931.T317}
	if got, want := machine.Timer(), timers[machine.State()]; got != want {
		t.Fatalf("%v runs in %v, want %v", got, machine.State(), want)
	}
	for _, e := range effects {
		if e.Kind == q2931.Defect {
			t.Fatalf("defect in %v", machine.State())
		}
		if e.Kind != q2931.Send {
			continue
		}
		if !e.Msg.CallRef.IsGlobal() {
			t.Fatalf("%v is not global", e.Msg.Type)
		}
		if _, err := e.Msg.Append(nil); err != nil && e.Msg.Type != msg.Status {
			t.Fatalf("%v cannot be written: %v", e.Msg.Type, err)
		}
	}
}
