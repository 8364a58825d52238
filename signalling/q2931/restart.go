package q2931

import (
	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// RestartState is a state of a restart process (Q.2931 clause 5.5). The two
// processes share the name of their null state.
type RestartState uint8

// The states of the process that begins a restart and of the one that responds
// to it.
const (
	// StartREST0 and StartREST1 are null and "restart request".
	StartREST0 RestartState = iota
	StartREST1
	// RespondREST0 and RespondREST2 are null and "restart".
	RespondREST0
	RespondREST2
)

const numRestartStates = int(RespondREST2) + 1

var restartStateNames = [numRestartStates]string{
	StartREST0: "start REST0", StartREST1: "start REST1", RespondREST0: "respond REST0", RespondREST2: "respond REST2",
}

// String returns the process and the state.
func (s RestartState) String() string {
	if int(s) < numRestartStates {
		return restartStateNames[s]
	}
	return "invalid restart state"
}

// value returns what the call state element carries.
func (s RestartState) value() ie.CallStateValue {
	switch s {
	case StartREST1:
		return ie.CallRestartRequest
	case RespondREST2:
		return ie.CallRestart
	case StartREST0, RespondREST0:
	}
	return ie.CallNull
}

// RestartEvent is what may happen to a restart process.
type RestartEvent uint8

// The events, with the prefixes of [Event].
const (
	_ RestartEvent = iota
	// ReqRestart begins a restart; Input.Msg is the RESTART.
	ReqRestart
	// ReqAbandon gives a restart up without a message: the SAAL is down, or the
	// owner has calls that a repetition would clear.
	ReqAbandon
	// RspCleared: all that the peer's RESTART concerns is clear.
	RspCleared
	// MsgRestart and MsgRestartAck are the messages addressed to the process.
	MsgRestart
	MsgRestartAck
	// MsgRestartStatus is STATUS with the global call reference.
	MsgRestartStatus
	// MsgGlobal is any other message with the global call reference, or one of
	// the above that is addressed to the other process.
	MsgGlobal
	// ErrRestart: a message is discarded for its contents (Input.Cause).
	ErrRestart
	// ExpT316 and ExpT317 are the expiries.
	ExpT316
	ExpT317
)

const numRestartEvents = int(ExpT317) + 1

var restartEventNames = [numRestartEvents]string{
	ReqRestart: "restart.request", ReqAbandon: "abandon.request", RspCleared: "cleared.response", MsgRestart: "RESTART",
	MsgRestartAck: "RESTART ACKNOWLEDGE", MsgRestartStatus: "STATUS", MsgGlobal: "other message",
	ErrRestart: "error to report", ExpT316: "T316 expiry", ExpT317: "T317 expiry",
}

// String returns the event in the words of the Recommendation.
func (e RestartEvent) String() string {
	if int(e) < numRestartEvents && restartEventNames[e] != "" {
		return restartEventNames[e]
	}
	return "invalid restart event"
}

type (
	restartAction func(p *Process, in *Input) RestartState
	restartCell   = fsm.Cell[RestartState, restartAction]
)

// onRestart is a cell that runs do and ends in one of next.
func onRestart(text, clause string, do restartAction, next ...RestartState) restartCell {
	return fsm.On(text, clause, do, next...)
}

// The cells of the restart processes.
var (
	rBegin    = onRestart("RESTART, T316", "Q.2931 5.5.1", (*Process).begin, StartREST1)
	rAck      = onRestart("tell; nothing if it is for another restart", "Q.2931 5.5.1", (*Process).acknowledged, StartREST0, StartREST1)
	r316      = onRestart("RESTART again; then tell", "Q.2931 5.5.1", (*Process).t316Expired, StartREST1, StartREST0)
	rInd      = onRestart("T317, STATUS with what is wrong, tell", "Q.2931 5.5.2, 5.6.8", (*Process).received, RespondREST2)
	rCleared  = onRestart("RESTART ACKNOWLEDGE", "Q.2931 5.5.2", (*Process).finished, RespondREST0)
	r317      = onRestart("tell", "Q.2931 5.5.2", (*Process).failed, RespondREST0)
	rAbandon1 = onRestart("nothing", "Q.2931 5.6.9", (*Process).abandon, StartREST0)
	rAbandon2 = onRestart("nothing", "Q.2931 5.6.9", (*Process).abandon, RespondREST0)

	rIdle       = restartCell{Kind: fsm.Ignore, Clause: "Q.2931 5.5"}
	rImpossible = restartCell{Kind: fsm.Impossible}
)

func r101(s RestartState) restartCell {
	return onRestart("STATUS 101", "Q.2931 5.6.4", (*Process).unexpected, s)
}

func r81(s RestartState) restartCell {
	return onRestart("STATUS 81", "Q.2931 5.6.3.2 f", (*Process).notGlobal, s)
}

func rStatus(s RestartState) restartCell {
	return onRestart("tell if the states do not fit", "Q.2931 5.6.12", (*Process).status, s)
}

func rReport(s RestartState) restartCell {
	return onRestart("STATUS with the cause", "Q.2931 5.6.7", (*Process).report, s)
}

// restartTable is the table of both processes: a line for each event, a column
// for each state.
var restartTable = fsm.NewByLine(ExpT317, map[RestartEvent][]restartCell{
	// state:          start REST0        start REST1        respond REST0      respond REST2
	ReqRestart:       {rBegin, rImpossible, rImpossible, rImpossible},
	ReqAbandon:       {rIdle, rAbandon1, rIdle, rAbandon2},
	RspCleared:       {rImpossible, rImpossible, rIdle, rCleared},
	MsgRestart:       {r81(StartREST0), r81(StartREST1), rInd, r101(RespondREST2)},
	MsgRestartAck:    {r101(StartREST0), rAck, r81(RespondREST0), r81(RespondREST2)},
	MsgRestartStatus: {rStatus(StartREST0), rStatus(StartREST1), rStatus(RespondREST0), rStatus(RespondREST2)},
	MsgGlobal:        {r81(StartREST0), r81(StartREST1), r81(RespondREST0), r81(RespondREST2)},
	ErrRestart:       {rReport(StartREST0), rReport(StartREST1), rReport(RespondREST0), rReport(RespondREST2)},
	ExpT316:          {rImpossible, r316, rImpossible, rImpossible},
	ExpT317:          {rImpossible, rImpossible, rImpossible, r317},
})

// Process is one of the two restart processes of a signalling entity. The
// start process writes the global call reference with the flag clear, the
// respond process with the flag set.
type Process struct {
	side  Side
	state RestartState
	tm    Timers
	timer Timer // the one that runs, or 0
	sent  int
	msg   *msg.Message // the RESTART that is under way
	out   []Effect
}

// NewStart returns the process that begins restarts, in REST0.
func NewStart(side Side, tm *Timers) *Process {
	return &Process{side: side, tm: tm.For(side), state: StartREST0}
}

// NewRespond returns the process that responds to restarts, in REST0.
func NewRespond(side Side, tm *Timers) *Process {
	return &Process{side: side, tm: tm.For(side), state: RespondREST0}
}

// State returns the state of the process.
func (p *Process) State() RestartState { return p.state }

// Step makes the transition for one event and returns the effects, which are
// valid until the next Step.
func (p *Process) Step(ev RestartEvent, in Input) []Effect {
	p.out = p.out[:0]
	if ev == ExpT316 || ev == ExpT317 {
		p.timer = 0
	}
	cell := restartTable.Fire(p.state, ev)
	switch cell.Kind {
	case fsm.Handle:
		p.enter(cell.Do(p, &in))
	case fsm.Ignore:
	case fsm.Protest, fsm.Impossible:
		p.emit(Effect{Kind: Defect})
	}
	return p.out
}

// enter sets the state. The timers belong to REST1 and REST2.
func (p *Process) enter(s RestartState) {
	if s != p.state && p.timer != 0 && (s == StartREST0 || s == RespondREST0) {
		p.emit(Effect{Kind: StopTimer, Timer: p.timer})
		p.timer = 0
	}
	p.state = s
}

func (p *Process) emit(e Effect) { p.out = append(p.out, e) }

// send sends a message of the process.
func (p *Process) send(m *msg.Message) {
	m.CallRef = msg.CallRef{Value: msg.GlobalCallRef, Flag: p.state == RespondREST0 || p.state == RespondREST2}
	p.emit(Effect{Kind: Send, Msg: m})
}

func (p *Process) start(t Timer) {
	p.timer = t
	p.emit(Effect{Kind: StartTimer, Timer: t, After: p.tm.after(t)})
}

func (p *Process) raise(v ie.CauseValue, diagnostic ...byte) ie.Cause {
	return ie.Cause{Location: p.side.Location(), Value: v, Diagnostic: diagnostic}
}

func (p *Process) sendStatus(cause ie.Cause) {
	p.send(&msg.Message{Type: msg.Status, CallState: &ie.CallState{State: p.state.value()}, Causes: []ie.Cause{cause}})
}

// begin: Q.2931 5.5.1.
func (p *Process) begin(in *Input) RestartState {
	in.Msg.Type = msg.Restart
	p.msg = in.Msg
	p.sent = 1
	p.send(p.msg)
	p.start(T316)
	return StartREST1
}

// acknowledged: Q.2931 5.5.1: the answer has the class and the channel of the
// RESTART.
func (p *Process) acknowledged(in *Input) RestartState {
	if !sameRestart(p.msg, in.Msg) {
		return StartREST1
	}
	p.emit(Effect{Kind: Restarted, Msg: in.Msg})
	return StartREST0
}

// sameRestart reports whether two messages are about the same channels.
func sameRestart(a, b *msg.Message) bool {
	if a.Restart == nil || b.Restart == nil || a.Restart.Class != b.Restart.Class {
		return false
	}
	switch {
	case a.Restart.Class == ie.RestartAll:
		return true
	case a.ConnID == nil || b.ConnID == nil || a.ConnID.VPCI != b.ConnID.VPCI:
		return false
	}
	return a.Restart.Class == ie.RestartVP || a.ConnID.VCI == b.ConnID.VCI
}

// t316Expired: Q.2931 5.5.1.
func (p *Process) t316Expired(*Input) RestartState {
	if p.sent < maxTransmissions {
		p.sent++
		p.send(p.msg)
		p.start(T316)
		return StartREST1
	}
	p.emit(Effect{Kind: RestartFailed, Cause: p.raise(ie.CauseTimerExpiry, []byte("316")...)})
	return StartREST0
}

// received: Q.2931 5.5.2. What is wrong with elements of the RESTART is reported with the state that
// follows (5.6.8), before the acknowledgement.
func (p *Process) received(in *Input) RestartState {
	p.state = RespondREST2
	p.msg = in.Msg
	p.start(T317)
	if in.Cause.Value != 0 {
		p.sendStatus(in.Cause)
	}
	p.emit(Effect{Kind: RestartInd, Msg: in.Msg})
	return RespondREST2
}

// finished: Q.2931 5.5.2: the answer repeats class and channel.
func (p *Process) finished(*Input) RestartState {
	m := &msg.Message{Type: msg.RestartAck, Restart: &ie.Restart{Class: p.msg.Restart.Class}}
	if m.Restart.Class != ie.RestartAll && p.msg.ConnID != nil {
		id := *p.msg.ConnID
		id.Header = ie.Header{} // the instructions were the peer's for us
		m.ConnID = &id
	}
	p.send(m)
	return RespondREST0
}

// failed: Q.2931 5.5.2: T317 is over and something is still not clear.
func (p *Process) failed(*Input) RestartState {
	p.emit(Effect{Kind: RestartFailed, Cause: p.raise(ie.CauseTimerExpiry, []byte("317")...)})
	return RespondREST0
}

// abandon leaves the procedure without a message.
func (p *Process) abandon(*Input) RestartState {
	if p.state == RespondREST2 {
		return RespondREST0
	}
	return StartREST0
}

// unexpected: Q.2931 5.6.4.
func (p *Process) unexpected(in *Input) RestartState {
	p.sendStatus(p.raise(ie.CauseMessageNotCompatible, byte(in.Msg.Type)))
	return p.state
}

// notGlobal: Q.2931 5.6.3.2 f.
func (p *Process) notGlobal(*Input) RestartState {
	p.sendStatus(p.raise(ie.CauseInvalidCallReference))
	return p.state
}

// report: Q.2931 5.6.7.
func (p *Process) report(in *Input) RestartState {
	p.sendStatus(in.Cause)
	return p.state
}

// status: Q.2931 5.6.12 with the pairs of states that fit: the peer's process
// is the other one.
func (p *Process) status(in *Input) RestartState {
	if in.Msg.CallState == nil {
		return p.state
	}
	own, peer := p.state.value(), in.Msg.CallState.State
	fits := peer == ie.CallNull && own != ie.CallRestart
	switch p.state {
	case StartREST1:
		fits = fits || peer == ie.CallRestart
	case RespondREST0, RespondREST2:
		fits = fits || peer == ie.CallRestartRequest
	case StartREST0:
	}
	if !fits {
		p.emit(Effect{Kind: RestartFailed, Cause: p.raise(ie.CauseMessageNotCompatible, byte(msg.Status))})
	}
	return p.state
}
