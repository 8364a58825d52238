package signalling

import (
	"sync"
	"sync/atomic"

	"callmanager/signalling/cm"
	"callmanager/signalling/dissect"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// maxWaitingSDUs bounds the SDUs of the control VC that wait for a link's
// goroutine. SSCOP's window is as large.
const maxWaitingSDUs = 4096

// link runs the machine of one link. All but in, requests, waiting, overflow and stopped
// belongs to its goroutine.
type link struct {
	m    *Manager
	cfg  LinkConfig
	uni  *uni.Link
	in   *mailbox[linkInput]
	time *clock
	log  *callLog

	// What a turn hands on at its end: PDUs for the control channel, whose
	// octets are in arena, and inputs of the manager.
	pdus  [][]byte
	arena []byte
	told  []managerInput

	// requests are those of the manager's turn; they belong to its goroutine.
	requests []linkInput

	// status is the data plane's last word on the port, address this end's.
	status  vc.LinkStatus
	address vc.Addr
	// sq is the VT(SQ) that is stored.
	sq uint8

	// restarts are the answers owed to operators.
	restarts    map[uint64]func(RestartResult)
	lastRestart uint64

	// waiting counts received SDUs in the mailbox, overflow those dropped.
	waiting  atomic.Int32
	overflow atomic.Uint64

	stopOnce sync.Once
	stopped  chan struct{} // closed when uni has stopped
}

// linkInput is one input of a link's goroutine: one of its members.
type linkInput struct {
	sdu     []byte            // received on the control VC
	answer  answer            // of the data plane
	request primitive.Request // of the client model
	do      func()            // anything else
	query   func()            // a look from outside: what came before is handed on first
}

// answer is what the data plane has to say about a branch, or about a party of
// it: one of its done functions has been called. It waits in the mailbox by
// value, which takes no memory of its own.
type answer struct {
	take   func(l *uni.Link, a *answer) []uni.Effect // nil for none
	call   primitive.CallID
	party  primitive.PartyID
	report vc.DrainReport
}

// The answers.
func drained(l *uni.Link, a *answer) []uni.Effect     { return l.Drained(a.call, a.report) }
func deactivated(l *uni.Link, a *answer) []uni.Effect { return l.Deactivated(a.call, a.report) }
func left(l *uni.Link, a *answer) []uni.Effect        { return l.Left(a.call, a.party, a.report) }

// owe returns the done function that queues an answer with its report.
func (l *link) owe(a answer) func(vc.DrainReport) {
	return func(r vc.DrainReport) {
		done := a
		done.report = r
		l.in.post(linkInput{answer: done})
	}
}

// post queues f for the link's goroutine.
func (l *link) post(f func()) { l.in.post(linkInput{do: f}) }

// ask does the same with a question of an operator, and reports whether the
// goroutine takes inputs.
func (l *link) ask(f func()) bool { return l.in.post(linkInput{query: f}) }

// run is the link's goroutine. A turn serves what waits; what it leads to is
// handed on together at its end.
func (l *link) run() {
	defer l.m.wg.Done()
	defer l.time.alarm.Stop()
	var batch []linkInput
	for range l.in.wake {
		var open bool
		if batch, open = l.in.take(batch); !open {
			return
		}
		for i := range batch {
			l.time.tick()
			l.serve(&batch[i])
			if i%turnInputs == turnInputs-1 {
				l.handOn()
			}
		}
		l.time.tick()
		for t, due := l.time.next(); due; t, due = l.time.next() {
			l.perform(l.uni.Expire(t.id, t.gen))
		}
		l.handOn()
	}
}

// serve serves one input.
func (l *link) serve(in *linkInput) {
	switch {
	case in.sdu != nil:
		l.waiting.Add(-1)
		l.trace(false, in.sdu)
		l.perform(l.uni.Receive(in.sdu))
	case in.request != nil:
		l.request(in.request)
	case in.answer.take != nil:
		l.perform(in.answer.take(l.uni, &in.answer))
	case in.query != nil:
		l.handOn()
		in.query()
	default:
		in.do()
	}
}

// handOn sends the PDUs of a turn and tells the manager what has happened.
func (l *link) handOn() {
	if len(l.pdus) > 0 {
		l.cfg.Channel.Send(l.pdus...)
		clear(l.pdus)
		l.pdus, l.arena = l.pdus[:0], l.arena[:0]
	}
	if len(l.told) > 0 {
		l.m.in.post(l.told...)
		l.told = emptied(l.told)
	}
}

// send keeps a copy of a PDU for the end of the turn.
func (l *link) send(pdu []byte) {
	l.trace(true, pdu)
	n := len(l.arena)
	l.arena = append(l.arena, pdu...) // what it moves away from keeps the octets of earlier PDUs
	l.pdus = append(l.pdus, l.arena[n:len(l.arena):len(l.arena)])
}

// receive queues an SDU of the control VC, if there is room.
func (l *link) receive(sdu []byte) {
	if l.waiting.Add(1) > maxWaitingSDUs {
		l.waiting.Add(-1)
		l.overflow.Add(1)
		return
	}
	if sdu == nil {
		sdu = []byte{}
	}
	if !l.in.post(linkInput{sdu: sdu}) {
		l.waiting.Add(-1)
	}
}

// request hands a request of the client model to the machine.
func (l *link) request(r primitive.Request) {
	effects := l.uni.Request(r)
	l.log.request(r, effects)
	l.perform(effects)
}

// setStatus takes in what the data plane knows of the port.
func (l *link) setStatus(s vc.LinkStatus) {
	l.status = s
	if !l.cfg.Address.IsValid() && s.MAC != (vc.MAC{}) {
		l.address = vc.AddrFromMAC(s.MAC)
	}
	effects := l.uni.Status(s)
	// The client model learns the port's sizes before what the machine makes of
	// them.
	l.report()
	l.perform(effects)
}

// stop ends the machine in order.
func (l *link) stop(c ie.Cause) { l.perform(l.uni.Stop(c)) }

// perform does what the machine asks for. Activations and joins are answered
// when the other effects are done, before anything else is served.
func (l *link) perform(effects []uni.Effect) {
	l.saveSQ()
	var few [2]uni.Effect // as many as an input owes as a rule
	owed := few[:0]
	for i := range effects {
		if e := &effects[i]; e.Kind == uni.Activate || e.Kind == uni.Join {
			owed = append(owed, *e)
		} else {
			l.do(e)
		}
	}
	for i := range owed { // the effects are gone from here on
		if e := &owed[i]; e.Kind == uni.Activate {
			l.activate(e)
		} else {
			l.join(e)
		}
	}
	if l.uni.Stopped() {
		l.stopOnce.Do(func() { close(l.stopped) })
	}
}

// activate joins a channel to a VC.
func (l *link) activate(a *uni.Effect) {
	err := l.m.plane.Activate(a.ID, a.VC, a.Spec)
	l.log.activated(a, err)
	effects := l.uni.Activated(a.Call, err)
	l.log.birth(a.Call, effects)
	l.perform(effects)
}

// join lets one more VC receive from a channel.
func (l *link) join(j *uni.Effect) {
	err := l.m.plane.Join(j.ID, j.VC)
	l.log.joined(j, err)
	l.perform(l.uni.Joined(j.Call, j.Party, err))
}

// do performs one effect.
func (l *link) do(e *uni.Effect) {
	switch e.Kind {
	case uni.SendPDU:
		l.send(e.Octets)
	case uni.StartTimer:
		l.time.start(e.Timer, e.After, e.Gen)
	case uni.StopTimer:
		l.time.stop(e.Timer)
	case uni.OpenTransmit:
		l.m.plane.OpenTransmit(e.ID)
	case uni.Drain:
		l.m.plane.Drain(e.ID, e.Linger, l.owe(answer{take: drained, call: e.Call}))
	case uni.Deactivate:
		l.m.plane.Deactivate(e.ID, e.Quiesce, l.owe(answer{take: deactivated, call: e.Call}))
	case uni.Leave:
		l.m.plane.Leave(e.ID, e.VC, l.owe(answer{take: left, call: e.Call, party: e.Party}))
	case uni.Indicate:
		l.log.indication(e.Indication)
		l.told = append(l.told, managerInput{link: l.cfg.ID, indication: e.Indication})
	case uni.LinkChanged:
		l.log.linkChanged(e)
		l.report()
	case uni.RestartAnswered:
		l.restarted(e.Restart)
	case uni.Moved:
		l.log.transition(e.Transition)
	case uni.Activate, uni.Join, uni.Trace: // perform's, and what was not asked for
	}
}

// report tells the client model what is known of the link.
func (l *link) report() {
	info := cm.LinkInfo{
		ID: l.cfg.ID, Name: l.cfg.Name, Peer: l.cfg.Peer, Address: l.address, Prefixes: l.cfg.Prefixes,
		Capacity: l.uni.Capacity(), MaxSDU: l.status.MaxSDU, Largest: l.status.Largest, Plain: l.uni.Profile().UNI3(),
		Up: l.uni.State() == uni.LinkUp, Reason: l.uni.LastError(),
	}
	info.Resets, info.Resetting = l.uni.Resets()
	l.told = append(l.told, managerInput{do: func() { l.m.learn(info) }})
}

// saveSQ stores VT(SQ) when it has changed, before the PDU that carries it
// goes out.
func (l *link) saveSQ() {
	if sq := l.uni.VTSQ(); sq != l.sq {
		l.sq = sq
		if l.m.cfg.SQStore != nil {
			l.m.cfg.SQStore.Save(l.cfg.Name, sq)
		}
	}
}

// trace shows one SDU to those who listen.
func (l *link) trace(sent bool, sdu []byte) {
	if !l.m.hub.on() {
		return
	}
	r := TraceRecord{Time: now(), Link: l.cfg.Name, Sent: sent, SDU: append([]byte(nil), sdu...)}
	line := dissect.Summarize(sdu)
	r.Summary, r.Message, r.CallReference = line.Summary, line.Message, line.CallReference.Value
	l.m.hub.publish(r)
}

// row is the link in a list.
func (l *link) row() LinkRow {
	reserved := l.uni.Reserved()
	r := LinkRow{
		Name: l.cfg.Name, Interface: l.cfg.Interface, Peer: l.cfg.Peer, PeerName: l.cfg.PeerName,
		Role: l.uni.Role().String(), Profile: l.uni.Profile().String(), Mode: l.cfg.Mode, State: l.uni.State().String(), LastError: l.uni.LastError(), Address: l.address, MAC: l.status.MAC,
		Capacity: l.uni.Capacity(), Reserved: max(reserved.Send, reserved.Receive), MaxSDU: l.status.MaxSDU,
		Calls: l.uni.CallCount(), ReceiveBuffer: l.status.ReceiveBuffer, Prefixes: l.cfg.Prefixes,
	}
	r.Counters = append(r.Counters, l.uni.Counters()...)
	r.Counters = append(r.Counters, vc.Counter{Name: "pvcs", Value: uint64(l.uni.PVCCount())})
	r.Counters = append(r.Counters, vc.Counter{Name: "call_timers", Value: uint64(l.time.ofCalls())})
	r.Counters = append(r.Counters, vc.Counter{Name: "signalling_overflow", Value: l.overflow.Load()})
	r.Counters = append(r.Counters, l.m.plane.LinkCounters(l.cfg.ID)...)
	return r
}
