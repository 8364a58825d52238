package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// A crossing is one call of the host at a certain point, beside an active call
// that nothing may harm.
type crossing struct {
	*saalPeer
	call  primitive.CallID
	ref   msg.CallRef // as the peer writes it
	asked bool        // the client has released
}

// say sends a message of the call.
func (x *crossing) say(t msg.Type, change func(*msg.Message)) {
	x.w.t.Helper()
	m := &msg.Message{CallRef: x.ref, Type: t}
	if change != nil {
		change(m)
	}
	x.write(m)
}

func withCause(m *msg.Message) { m.Causes = []ie.Cause{{Value: ie.CauseUserBusy}} }

// release is what the host's client says, once.
func (x *crossing) release() {
	if x.asked {
		return
	}
	x.asked = true
	x.h.ask(primitive.ReleaseReq{Call: x.call, Cause: cause(ie.CauseNormalClearing), Linger: time.Hour})
}

// bystanderRef is the call reference of the call beside, the peer's.
const bystanderRef = 99

// bystander sets up the call beside.
func (p *saalPeer) bystander() primitive.CallID {
	p.w.t.Helper()
	p.offer(func(m *msg.Message) {
		m.CallRef.Value = bystanderRef
		if m.ConnID != nil {
			m.ConnID.VCI = 60
		}
	})
	offer := last[primitive.SetupInd](p.h)
	p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 99, Params: offer.Params})
	p.w.run(50 * time.Millisecond)
	p.write(&msg.Message{CallRef: msg.CallRef{Value: bystanderRef}, Type: msg.ConnectAck})
	last[primitive.CompleteInd](p.h)
	p.in = nil
	p.h.take()
	return offer.Call
}

// stages bring a call of the host to a point of its life. Those of a called
// host begin with an offer.
var stages = []struct {
	name string
	out  bool
	to   func(x *crossing)
}{
	{"SETUP sent", true, func(*crossing) {}},
	{"CALL PROCEEDING received", true, func(x *crossing) { x.say(msg.CallProceeding, x.channel) }},
	{"ALERTING received", true, func(x *crossing) { x.say(msg.Alerting, x.channel) }},
	{"active, caller", true, func(x *crossing) { x.say(msg.Connect, x.channel) }},
	{"draining", true, func(x *crossing) {
		x.say(msg.Connect, x.channel)
		x.h.drainTime = 20 * time.Second
		x.release()
	}},
	{"RELEASE sent", true, func(x *crossing) {
		x.say(msg.CallProceeding, x.channel)
		x.release()
		x.w.run(50 * time.Millisecond)
	}},
	{"RELEASE received", true, func(x *crossing) {
		x.say(msg.Connect, x.channel)
		x.h.quiesceTime = time.Second
		x.say(msg.Release, withCause)
	}},
	{"offered", false, func(*crossing) {}},
	{"CALL PROCEEDING sent", false, func(x *crossing) { x.w.run(100 * time.Millisecond) }},
	{"ALERTING sent", false, func(x *crossing) { x.w.run(2 * time.Second) }},
	{"CONNECT sent", false, (*crossing).accept},
	{"active, callee", false, func(x *crossing) {
		x.accept()
		x.say(msg.ConnectAck, nil)
	}},
	{"RELEASE received, callee", false, func(x *crossing) {
		x.accept()
		x.h.quiesceTime = time.Second
		x.say(msg.Release, withCause)
	}},
}

func (x *crossing) channel(m *msg.Message) {
	if x.h.link.Role() == uni.RoleUser {
		m.ConnID = &ie.ConnID{VCI: 41}
	}
}

func (x *crossing) accept() {
	offer := last[primitive.SetupInd](x.h)
	x.h.ask(primitive.AcceptReq{Call: x.call, VC: 5, Params: offer.Params})
	x.w.run(10 * time.Millisecond)
}

// blows are what may happen at each point. One that ends all calls ends the
// one beside as well. What the host says to the peer afterwards goes unheard.
var blows = []struct {
	name string
	all  bool
	hit  func(x *crossing)
}{
	{"silence, then the client's release", false, func(x *crossing) { x.release() }},
	{"RELEASE", false, func(x *crossing) { x.say(msg.Release, withCause) }},
	{"RELEASE twice", false, func(x *crossing) {
		x.say(msg.Release, withCause)
		x.say(msg.Release, withCause)
	}},
	{"RELEASE that crosses ours", false, func(x *crossing) {
		x.do(x.saal.Data(mustWrite(x, msg.Release)))
		x.release()
	}},
	{"our release, then RELEASE", false, func(x *crossing) {
		x.release()
		x.say(msg.Release, withCause)
	}},
	{"RELEASE COMPLETE", false, func(x *crossing) { x.say(msg.ReleaseComplete, withCause) }},
	{"RELEASE COMPLETE without cause", false, func(x *crossing) { x.say(msg.ReleaseComplete, nil) }},
	{"STATUS of no call", false, func(x *crossing) {
		x.say(msg.Status, func(m *msg.Message) {
			withCause(m)
			m.CallState = &ie.CallState{}
		})
	}},
	{"an unknown message that clears", false, func(x *crossing) {
		b := mustWrite(x, msg.Release)
		b[5], b[6] = 0x33, 0x90
		x.send(b)
		x.release()
	}},
	{"RESTART of its channel", false, func(x *crossing) {
		id := vc.ID{}
		for _, row := range x.h.link.Calls() {
			if row.Call == x.call {
				id = row.ID
			}
		}
		if id == (vc.ID{}) { // it has none yet
			x.release()
			return
		}
		x.write(&msg.Message{
			Type: msg.Restart, Restart: &ie.Restart{Class: ie.RestartVC},
			ConnID: &ie.ConnID{VPCI: uint16(id.VPI), VCI: uint16(id.VCI)},
		})
	}},
	{"RESTART of all", true, func(x *crossing) { x.sendHex("0903 000000 4680 0005 7980000182") }},
	{"RESTART of the path", true, func(x *crossing) {
		x.sendHex("0903 000000 4680 000e 5a80000588 00000020 7980000181")
		x.release()
	}},
	{"the peer begins anew, and restarts", true, func(x *crossing) {
		x.saal = sscf.New(sscop.Config{InitialSQ: 77})
		x.do(x.saal.Establish())
		x.w.run(20 * time.Millisecond)
		x.sendHex("0903 000000 4680 0005 7980000182")
	}},
	{"the SAAL ends and comes back, and the peer knows nothing", true, func(x *crossing) {
		x.do(x.saal.Release())
		x.w.run(time.Second)
		x.sendHex("0903 000000 4680 0005 7980000182")
	}},
	{"the peer dies for good", true, func(x *crossing) { x.deaf = true }},
}

func mustWrite(x *crossing, t msg.Type) []byte {
	x.w.t.Helper()
	m := &msg.Message{CallRef: x.ref, Type: t}
	withCause(m)
	b, err := m.AppendPartial(nil)
	if err != nil {
		x.w.t.Fatalf("%v", err)
	}
	return b
}

// TestEveryPoint: each blow at each point of a call on each side. The call
// ends once, nothing of it is left, and the call beside lives on.
func TestEveryPoint(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		for _, stage := range stages {
			for _, blow := range blows {
				t.Run(role.String()+"/"+stage.name+"/"+blow.name, func(t *testing.T) {
					x := &crossing{saalPeer: ready(newWorld(t, 1), role)}
					beside := x.bystander()
					if stage.out {
						x.outgoing()
						x.call, x.ref = 1, msg.CallRef{Value: ref, Flag: true}
					} else {
						x.offer(nil)
						x.call, x.ref = last[primitive.SetupInd](x.h).Call, peerRef
					}
					stage.to(x)
					blow.hit(x)
					x.w.run(15 * time.Minute)
					x.judge(t, beside, blow.all)
				})
			}
		}
	}
}

// judge counts how the call ended and looks at what is left.
func (x *crossing) judge(t *testing.T, beside primitive.CallID, all bool) {
	t.Helper()
	inds, confs := make(map[primitive.CallID]int), make(map[primitive.CallID]int)
	for _, i := range x.h.take() {
		switch i := i.(type) {
		case primitive.ReleaseInd:
			inds[i.Call]++
		case primitive.ReleaseConf:
			confs[i.Call]++
		}
	}
	rows := x.h.link.Calls()
	if !all {
		if len(rows) != 1 || rows[0].Call != beside || !x.h.plane[rows[0].ID].transmit || inds[beside] != 0 {
			t.Errorf("the call beside is %+v, ended %d times", rows, inds[beside])
		}
		x.h.ask(primitive.ReleaseReq{Call: beside, Cause: cause(ie.CauseNormalClearing)})
		x.w.run(2 * time.Minute)
	} else if inds[beside] != 1 {
		t.Errorf("the call beside ended %d times: %+v", inds[beside], rows)
	}
	// Each wish is confirmed once, be it that the call has ended before; so is
	// a set-up that failed before that wish.
	failed := 0
	if x.call&primitive.IncomingCall == 0 {
		failed = 1
	}
	switch i, c := inds[x.call], confs[x.call]; {
	case i > 1 || c > 1+failed || i+c == 0, x.asked && c == 0, !x.asked && c > failed:
		t.Errorf("asked %v, ended %d times, confirmed %d times", x.asked, i, c)
	}
	x.h.wantEmpty()
}
