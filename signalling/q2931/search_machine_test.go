package q2931_test

import (
	"fmt"
	"slices"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// machine is a protocol machine at one end together with what its owner owes it: all that the search
// knows of it. A further kind of machine is a type with these methods and a line in newWorld.
type machine interface {
	// write appends all that the future depends on, and read takes it back and returns the rest.
	write(b []byte) []byte
	read(b []byte) []byte
	// claims reports whether a message is for the machine, and receive hands it over.
	claims(m *msg.Message) bool
	receive(m *msg.Message, v msg.Decision)
	// saal tells what has become of the SAAL.
	saal(what saalEvent)
	// moves yields all that may happen to the machine but messages.
	moves(yield func(move))
	// rest names the state in which the machine may stay for ever. It is empty while something is
	// still to come. Both ends rest alike.
	rest() string
}

// move is one thing that may happen to a machine.
type move struct {
	label string
	kind  moveKind
	do    func()
}

// moveKind is why something happens.
type moveKind uint8

const (
	_       moveKind = iota
	duty             // the owner owes it: nobody waits for a timer while he does
	expiry           // a timer that runs
	choice           // the owner or his user may do it, or not
	setup            // as choice, at the cost of a call
	restart          // as choice, at the cost of a restart
	enquiry          // as choice, at the cost of an enquiry
	modify           // as choice, at the cost of a modification
	add              // as choice, at the cost of a party
)

// saalEvent is what the SAAL tells.
type saalEvent uint8

const (
	saalBroken saalEvent = iota // SAAL-RELEASE.indication
	saalBack                    // it is up after that
	saalReset                   // AAL-ESTABLISH.indication over one that was up
)

// anyCause goes with requests that need one.
var anyCause = ie.Cause{Value: ie.CauseNormalClearing}

// callMachine is the one call that an end may have, with the owner's table of calls.
type callMachine struct {
	e      *end
	caller bool
	call   *q2931.Call // nil if there is none
	loaded *q2931.Call // what read makes use of
	terms  byte        // 1 if the modified parameters are in force
	owes   byte        // 1 if CONNECTION AVAILABLE is due

	connecting byte // the party of the CONNECT that this end has sent
}

func (k *callMachine) write(b []byte) []byte {
	if k.call == nil {
		return append(b, 0)
	}
	if k.call.State() != q2931.U8ConnectRequest {
		k.connecting = 0 // CONNECT ACKNOWLEDGE has come
	}
	return k.call.AppendImage(append(b, 1, k.terms, k.owes, k.connecting))
}

func (k *callMachine) read(b []byte) []byte {
	k.call, k.terms, k.owes, k.connecting = nil, 0, 0, 0
	if b[0] == 0 {
		return b[1:]
	}
	k.terms, k.owes, k.connecting = b[1], b[2], b[3]
	if k.loaded == nil {
		k.loaded = k.make()
	}
	k.call = k.loaded
	return k.call.LoadImage(b[4:])
}

// make makes the machine of the call.
func (k *callMachine) make() *q2931.Call {
	return q2931.NewCall(k.e.side, msg.CallRef{Value: 1, Flag: !k.caller}, &q2931.Timers{})
}

func (*callMachine) claims(m *msg.Message) bool { return !m.CallRef.IsGlobal() }

// receive does as Q.2931 5.6.3 asks: a SETUP begins a call, what names none is answered by the null
// state, and what has no place in the state is answered whatever it looks like.
func (k *callMachine) receive(m *msg.Message, v msg.Decision) {
	ev := q2931.EventOf(m.Type)
	switch {
	case k.call == nil && ev == q2931.MsgSetup && v == msg.Accept:
		k.call = k.make()
		k.terms, k.owes = 0, 0
		k.e.cleared = false // a SETUP that was repeated begins it anew
		k.beginFirst(q2931.CallSetupReceived)
	case k.call == nil:
		null := &callMachine{e: k.e, caller: k.caller}
		null.call = null.make()
		if ev == q2931.MsgSetup {
			ev = verdicts[v]
		}
		null.step(ev, q2931.Input{Msg: m, Cause: anyCause})
		return
	case !k.call.Expects(ev):
	case v == msg.Reject:
		k.refuseParty(m)
		return
	case v != msg.Accept:
		ev = verdicts[v]
	default:
		if k.hears(ev, m) {
			k.step(ev, q2931.Input{Msg: m, Cause: anyCause, Party: k.partyState(m)})
			k.heard(ev, m)
		}
		return
	}
	k.step(ev, q2931.Input{Msg: m, Cause: anyCause, Party: k.partyState(m)})
}

// verdicts are the events of messages whose elements are bad.
var verdicts = [...]q2931.Event{
	msg.Accept: q2931.MsgSetup, msg.DiscardAndReport: q2931.ErrReport, msg.ClearCall: q2931.ErrClear,
}

// step makes a transition and performs its effects. A modification that is asked for again has been
// adopted, and its answer was lost: it is given once more, at once.
func (k *callMachine) step(ev q2931.Event, in q2931.Input) {
	again, call := false, k.call
	effects := slices.Clone(call.Step(ev, in))
	if k.ends() {
		k.endParties()
	}
	for _, e := range effects {
		switch e.Kind { //nolint:exhaustive // the primitives ask for nothing that moves does not offer
		case q2931.Send:
			k.e.send(e.Msg)
		case q2931.Clearing, q2931.Release, q2931.Released:
			k.e.cleared = true
		case q2931.Modify:
			again = k.terms == 1
		case q2931.Modified:
			k.terms = 1
			if e.Msg.ReportType != nil {
				k.owes = 1
			}
		case q2931.Defect:
			k.e.w.fail(fmt.Sprintf("%v: defect, %v in %v", k.e.side, e.Event, call.State()))
		case q2931.Notified, q2931.StatusReceived:
			k.tellParty(e.Msg)
		case q2931.Enquired:
			k.enquireNext()
		case q2931.Restarted, q2931.RestartInd, q2931.RestartFailed:
			k.e.w.fail("an effect that calls do not have")
		}
	}
	if again {
		k.perform(q2931.RspModify)
	}
	if call.State().IsClearing() {
		k.e.cleared = true
	}
	if call.State().IsNull() {
		k.call = nil
	}
}

// reset ends the call without a word.
func (k *callMachine) reset() {
	if k.call != nil {
		k.step(q2931.ReqReset, q2931.Input{Cause: anyCause})
	}
}

// saal does as Q.2931 5.6.8 and 5.6.9 ask.
func (k *callMachine) saal(what saalEvent) {
	if k.call != nil && what != saalBroken {
		k.step(q2931.LnkEstablished, q2931.Input{})
	}
	switch {
	case k.call == nil:
	case what == saalBroken:
		k.owes = 0
		k.step(q2931.LnkReleased, q2931.Input{Cause: anyCause})
	case what == saalReset && !k.call.State().IsClearing(), what == saalBack && k.call.State().IsActive():
		k.audit()
	}
}

// choices are what an owner may do with a call, as far as the state has it.
var choices = []q2931.Event{
	q2931.ReqProceeding, q2931.ReqAlerting, q2931.RspSetup, q2931.RspRelease, q2931.ReqRelease,
	q2931.RspModify, q2931.RejModify,
}

func (k *callMachine) moves(yield func(move)) {
	ask := func(kind moveKind, ev q2931.Event) {
		yield(move{ev.String(), kind, func() {
			k.perform(ev)
		}})
	}
	switch {
	case k.call == nil && k.caller && k.e.up() && k.e.restartsRest():
		yield(move{"setup.request", setup, func() {
			k.call = k.make()
			k.terms, k.owes = 0, 0
			m := &msg.Message{}
			if k.multipoint() {
				m.Bearer, m.EndpointRef = &ie.Bearer{Config: ie.PointToMultipoint}, &ie.EndpointRef{}
			}
			k.beginFirst(q2931.CallSetupSent)
			k.step(q2931.ReqSetup, q2931.Input{Msg: m})
		}})
		return
	case k.call == nil:
		return
	case !k.e.up(): // nothing can be said
		ask(choice, q2931.ReqReset)
		yield(move{"T309 expiry", expiry, k.reset})
	default:
		k.upMoves(ask)
	}
	for t := q2931.Timer(1); int(t) < q2931.NumTimers; t++ {
		if k.call.Running(t) {
			ask(expiry, t.Expiry())
		}
	}
}

// perform makes a request of the owner.
func (k *callMachine) perform(ev q2931.Event) {
	m := &msg.Message{}
	switch ev { //nolint:exhaustive // all others are no more than they say
	case q2931.RspModify:
		k.terms = 1
		m.ReportType = &ie.ReportType{Type: ie.ReportModification}
	case q2931.ReqAvailable:
		k.owes = 0
	case q2931.ReqEnquiry:
		k.audit()
		return
	}
	if k.multipoint() && !k.caller {
		ref := k.partyRef(uint16(k.connecting)) // of CALL PROCEEDING and ALERTING the first
		m.EndpointRef = &ref
	}
	k.step(ev, q2931.Input{Msg: m, Cause: anyCause})
	if ev == q2931.ReqSetupComplete && k.multipoint() {
		k.fallBack()
	}
	if ev == q2931.ReqAlerting && k.multipoint() && k.e.parties[0].p != nil {
		k.e.parties[0].step(q2931.CallAlertingSent, nil)
	}
}

// upMoves yields what may happen to a call while the SAAL is up. A peer that has cleared is owed the
// completion, and a network side that has been answered the confirmation.
func (k *callMachine) upMoves(ask func(moveKind, q2931.Event)) {
	if s := k.call.State(); s == q2931.U12ReleaseIndication || s == q2931.N11ReleaseRequest {
		ask(duty, q2931.RspRelease)
		return
	}
	if k.call.Expects(q2931.ReqSetupComplete) {
		ask(duty, q2931.ReqSetupComplete)
	}
	// An owner does not let an offer lie: he tells the caller that it is there, and so learns of a
	// caller that has none.
	if k.call.State() == q2931.N1CallInitiated {
		ask(expiry, q2931.ReqProceeding)
	}
	if k.call.Expects(q2931.ReqAlerting) {
		ask(expiry, q2931.ReqAlerting)
	}
	k.modifyMoves(ask)
	for _, ev := range choices {
		if k.call.Expects(ev) && (ev != q2931.RspSetup || !k.multipoint()) { // a party is what answers
			ask(choice, ev)
		}
	}
	if k.call.Expects(q2931.ReqEnquiry) {
		k.enquiryMoves(ask)
	}
}

// enquiryMoves yields an enquiry. With parties it is an audit, and there is one at a time.
func (k *callMachine) enquiryMoves(ask func(moveKind, q2931.Event)) {
	if !k.multipoint() || !k.call.Running(q2931.T322) {
		ask(enquiry, q2931.ReqEnquiry)
	}
}

// modifyMoves yields what belongs to a modification.
func (k *callMachine) modifyMoves(ask func(moveKind, q2931.Event)) {
	if k.caller && k.call.Expects(q2931.ReqModify) {
		ask(modify, q2931.ReqModify)
	}
	if k.owes == 1 && k.call.Expects(q2931.ReqAvailable) {
		ask(duty, q2931.ReqAvailable)
	}
}

// rest: an active call rests with the same parameters on both sides.
func (k *callMachine) rest() string {
	switch {
	case k.call == nil:
		return "null"
	case k.call.State().Number() != ie.CallActive || k.call.Running(q2931.T322) || k.call.Running(q2931.T361):
		return ""
	}
	return []string{"active", "active, modified"}[k.terms]
}

// restartMachine is one of the two restart processes of an end. RESTARTs are for all channels.
type restartMachine struct {
	e     *end
	start bool
	p     *q2931.Process
}

func (r *restartMachine) write(b []byte) []byte { return r.p.AppendImage(b) }

func (r *restartMachine) read(b []byte) []byte {
	switch {
	case r.p != nil:
	case r.start:
		r.p = q2931.NewStart(r.e.side, &q2931.Timers{})
	default:
		r.p = q2931.NewRespond(r.e.side, &q2931.Timers{})
	}
	return r.p.LoadImage(b)
}

// claims: the peer's respond process sets the flag, its start process does not.
func (r *restartMachine) claims(m *msg.Message) bool {
	return m.CallRef.IsGlobal() && m.CallRef.Flag == r.start
}

// restartMessages are the messages that mean something to a restart process.
var restartMessages = map[msg.Type]q2931.RestartEvent{ //nolint:exhaustive // all others are MsgGlobal
	msg.Restart: q2931.MsgRestart, msg.RestartAck: q2931.MsgRestartAck, msg.Status: q2931.MsgRestartStatus,
}

func (r *restartMachine) receive(m *msg.Message, v msg.Decision) {
	ev, special := restartMessages[m.Type]
	if !special {
		ev = q2931.MsgGlobal
	}
	if v != msg.Accept {
		ev = q2931.ErrRestart
	}
	if ev == q2931.MsgRestart && r.p.State() == q2931.RespondREST2 {
		r.e.call.reset()
	}
	r.step(ev, q2931.Input{Msg: m, Cause: anyCause})
}

func (r *restartMachine) step(ev q2931.RestartEvent, in q2931.Input) {
	for _, e := range r.p.Step(ev, in) {
		switch e.Kind { //nolint:exhaustive // timers are asked for, the rest belongs to calls
		case q2931.Send:
			r.e.send(e.Msg)
		case q2931.Restarted, q2931.RestartInd:
			r.e.call.reset()
		case q2931.Defect:
			r.e.w.fail(fmt.Sprintf("%v: defect, %v in %v", r.e.side, ev, r.p.State()))
		}
	}
}

func (r *restartMachine) saal(what saalEvent) {
	if what == saalBroken {
		r.step(q2931.ReqAbandon, q2931.Input{})
	}
}

func (r *restartMachine) moves(yield func(move)) {
	ask := func(kind moveKind, ev q2931.RestartEvent) {
		yield(move{ev.String(), kind, func() {
			r.step(ev, q2931.Input{Msg: &msg.Message{Restart: &ie.Restart{Class: ie.RestartAll}}})
		}})
	}
	switch r.p.State() {
	case q2931.StartREST0:
		// What a RESTART concerns is clear on this side before it is sent: a SETUP that T303 repeats
		// after it would begin a call that the acknowledgement ends on one side only.
		if r.e.up() {
			yield(move{"restart.request", restart, func() {
				r.e.call.reset()
				r.step(q2931.ReqRestart, q2931.Input{Msg: &msg.Message{Restart: &ie.Restart{Class: ie.RestartAll}}})
			}})
		}
	case q2931.StartREST1:
		// A repetition would clear calls that have come since: they are kept. The RESTART may still be
		// carried out, so they are enquired about.
		if r.e.call.call != nil {
			yield(move{"T316 expiry, abandon", expiry, func() {
				r.step(q2931.ReqAbandon, q2931.Input{})
				r.e.call.saal(saalReset)
			}})
		} else {
			ask(expiry, q2931.ExpT316)
		}
	case q2931.RespondREST2:
		ask(duty, q2931.RspCleared)
		ask(expiry, q2931.ExpT317)
	case q2931.RespondREST0:
	}
}

func (r *restartMachine) rest() string {
	if s := r.p.State(); s == q2931.StartREST0 || s == q2931.RespondREST0 {
		return "idle"
	}
	return ""
}
