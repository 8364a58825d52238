package signalling

import (
	"sync"
	"sync/atomic"

	"callmanager/signalling/cm"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// maxWaitingSDUs bounds the SDUs of the control VC that wait for a link's
// goroutine. SSCOP's window is as large.
const maxWaitingSDUs = 4096

// link runs the machine of one link. All but in, waiting, overflow and stopped
// belongs to its goroutine.
type link struct {
	m    *Manager
	cfg  LinkConfig
	uni  *uni.Link
	in   *mailbox
	time *clock
	log  *callLog

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

// run is the link's goroutine.
func (l *link) run() {
	defer l.m.wg.Done()
	defer l.time.alarm.Stop()
	var batch []func()
	for {
		select {
		case <-l.m.done:
			return
		case <-l.in.wake:
			batch = l.in.take(batch)
			for _, f := range batch {
				f()
			}
		case <-l.time.alarm.C:
		}
		for t := l.time.next(); t != nil; t = l.time.next() {
			l.perform(l.uni.Expire(t.id, t.gen))
		}
	}
}

// receive queues a copy of an SDU of the control VC, if there is room.
func (l *link) receive(sdu []byte) {
	if l.waiting.Add(1) > maxWaitingSDUs {
		l.waiting.Add(-1)
		l.overflow.Add(1)
		return
	}
	sdu = append([]byte(nil), sdu...)
	if !l.in.post(func() {
		l.waiting.Add(-1)
		l.trace(false, sdu)
		l.perform(l.uni.Receive(sdu))
	}) {
		l.waiting.Add(-1)
	}
}

// request hands a request of the client model to the machine.
func (l *link) request(r uni.Request) {
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
	var answers []func()
	for _, e := range effects {
		switch e := e.(type) {
		case uni.Activate:
			answers = append(answers, func() { l.activate(e) })
		case uni.Join:
			answers = append(answers, func() { l.join(e) })
		default:
			l.do(e)
		}
	}
	for _, answer := range answers {
		answer()
	}
	if l.uni.Stopped() {
		l.stopOnce.Do(func() { close(l.stopped) })
	}
}

// activate joins a channel to a VC.
func (l *link) activate(a uni.Activate) {
	err := l.m.plane.Activate(a.ID, a.VC, a.Spec)
	l.log.activated(a, err)
	effects := l.uni.Activated(a.Call, err)
	l.log.birth(a.Call, effects)
	l.perform(effects)
}

// join lets one more VC receive from a channel.
func (l *link) join(j uni.Join) {
	err := l.m.plane.Join(j.ID, j.VC)
	l.log.joined(j, err)
	l.perform(l.uni.Joined(j.Call, j.Party, err))
}

// do performs one effect.
func (l *link) do(e uni.Effect) {
	switch e := e.(type) {
	case uni.SendPDU:
		l.trace(true, e.Octets)
		l.cfg.Channel.Send(e.Octets)
	case uni.StartTimer:
		l.time.start(e.ID, e.After, e.Gen)
	case uni.StopTimer:
		l.time.stop(e.ID)
	case uni.OpenTransmit:
		l.m.plane.OpenTransmit(e.ID)
	case uni.Drain:
		l.m.plane.Drain(e.ID, e.Linger, func(r vc.DrainReport) {
			l.in.post(func() { l.perform(l.uni.Drained(e.Call, r)) })
		})
	case uni.Deactivate:
		l.m.plane.Deactivate(e.ID, e.Quiesce, func(r vc.DrainReport) {
			l.in.post(func() { l.perform(l.uni.Deactivated(e.Call, r)) })
		})
	case uni.Leave:
		l.m.plane.Leave(e.ID, e.VC, func(r vc.DrainReport) {
			l.in.post(func() { l.perform(l.uni.Left(e.Call, e.Party, r)) })
		})
	case uni.Indicate:
		l.log.indication(e.Indication)
		l.m.in.post(func() { l.m.perform(l.m.machine.Indicate(l.cfg.ID, e.Indication)) })
	case uni.LinkChanged:
		l.log.linkChanged(e)
		l.report()
	case uni.RestartDone:
		l.restarted(e)
	case uni.Transition:
		l.log.transition(e)
	}
}

// report tells the client model what is known of the link.
func (l *link) report() {
	info := cm.LinkInfo{
		ID: l.cfg.ID, Name: l.cfg.Name, Peer: l.cfg.Peer, Address: l.address, Prefixes: l.cfg.Prefixes,
		Capacity: l.uni.Capacity(), MaxSDU: l.status.MaxSDU, Plain: l.uni.Profile().UNI3(),
		Up: l.uni.State() == uni.LinkUp, Reason: l.uni.LastError(),
	}
	l.m.in.post(func() { l.m.learn(info) })
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
	r.Counters = append(r.Counters, vc.Counter{Name: "signalling_overflow", Value: l.overflow.Load()})
	r.Counters = append(r.Counters, l.m.plane.LinkCounters(l.cfg.ID)...)
	return r
}
