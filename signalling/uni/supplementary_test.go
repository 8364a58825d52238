package uni_test

import (
	"bytes"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// TestUserUser: user-user information in each message of a call, from client to
// client, in both directions and from both sides.
func TestUserUser(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	for _, caller := range []*host{a, b} {
		callee := caller.peer
		p := paramsTo(callee.mac, constant)
		p.UserUser = []byte("4setup")
		id := caller.call(p)
		w.run(100 * time.Millisecond)
		offer := last[primitive.SetupInd](callee)
		if string(offer.Params.UserUser) != "4setup" {
			t.Errorf("offered %+v", offer)
		}
		callee.ask(primitive.AlertReq{Call: offer.Call, UserUser: []byte("4alerting")})
		w.run(100 * time.Millisecond)
		if i := last[primitive.ProceedingInd](caller); !i.Alerting || string(i.UserUser) != "4alerting" {
			t.Errorf("alerted %+v", i)
		}
		answer := offer.Params
		answer.UserUser = []byte("4connect")
		callee.ask(primitive.AcceptReq{Call: offer.Call, VC: 5, Params: answer})
		w.run(time.Second)
		if c := last[primitive.ConnectInd](caller); string(c.UserUser) != "4connect" || c.Params.UserUser != nil || c.Changed {
			t.Errorf("connected %+v", c)
		}
		last[primitive.CompleteInd](callee)
		caller.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing), UserUser: []byte("4release")})
		w.run(time.Second)
		if r := last[primitive.ReleaseInd](callee); string(r.UserUser) != "4release" || !r.Remote {
			t.Errorf("released %+v", r)
		}
		if r := last[primitive.ReleaseConf](caller); r.UserUser != nil {
			t.Errorf("confirmed %+v", r)
		}
		// A refusal: RELEASE COMPLETE as the first response, RELEASE later.
		for _, thought := range []time.Duration{0, 2 * time.Second} {
			caller.take()
			caller.call(paramsTo(callee.mac, constant))
			callee.onInd = func(i primitive.Indication) {
				if offer, ok := i.(primitive.SetupInd); ok {
					callee.later(thought, func() {
						callee.ask(primitive.RejectReq{Call: offer.Call, Cause: cause(ie.CauseUserBusy), UserUser: []byte("4refused")})
					})
				}
			}
			w.run(5 * time.Second)
			callee.onInd = nil
			if r := last[primitive.ReleaseConf](caller); string(r.UserUser) != "4refused" || r.Cause.Value != ie.CauseUserBusy {
				t.Errorf("refused %+v", r)
			}
		}
	}
	a.wantEmpty()
	b.wantEmpty()
}

// TestUserUserOctets: the element as it stands in RELEASE, and in its repetition
// after T308.
func TestUserUserOctets(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing), UserUser: []byte{4, 0xaa}})
	if got, want := p.next(), unhex("0903 000007 4d80 000c 0880000280 90 7e800002 04aa"); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	p.w.run(30 * time.Second)
	if m := p.expect(msg.Release); m.UserUser == nil || !bytes.Equal(m.UserUser.Data, []byte{4, 0xaa}) || len(m.Causes) != 2 {
		t.Errorf("repeated as %v", m)
	}
	p.sendHex("0903 800007 5a80 0006 7e800002 04bb") // RELEASE COMPLETE
	if r := last[primitive.ReleaseConf](p.h); !bytes.Equal(r.UserUser, []byte{4, 0xbb}) {
		t.Errorf("confirmed %+v", r)
	}
	p.h.wantEmpty()
}

// TestNotify: NOTIFY goes out in every state of a call but those of clearing,
// comes in in every state, and changes none (Q.2931 5.9).
func TestNotify(t *testing.T) {
	roles(t, func(p *saalPeer) {
		role := p.h.link.Role()
		p.outgoing()
		say := func(what string) {
			p.w.t.Helper()
			before := p.h.link.Calls()
			p.h.ask(primitive.NotifyReq{Call: before[0].Call, Info: []byte{0xe1}})
			if m := p.expect(msg.Notify); m.Notification == nil || !bytes.Equal(m.Notification.Info, []byte{0xe1}) {
				p.w.t.Errorf("%s: sent %v", what, m)
			}
			p.h.take()
			p.sendHex("0903 800007 6e80 0006 27800002 f1f2")
			if i := last[primitive.NotifyInd](p.h); !bytes.Equal(i.Info, []byte{0xf1, 0xf2}) || i.Call != before[0].Call {
				p.w.t.Errorf("%s: told %+v", what, i)
			}
			p.silence()
			if after := p.h.link.Calls(); after[0].State != before[0].State {
				p.w.t.Errorf("%s: %s became %s", what, before[0].State, after[0].State)
			}
		}
		say("SETUP sent")
		named := channel
		if role == uni.RoleNetwork {
			named = nil
		}
		p.reply(msg.CallProceeding, named)
		say("proceeding")
		p.reply(msg.Alerting, nil)
		say("alerting")
		p.reply(msg.Connect, nil)
		p.expect(msg.ConnectAck)
		say("active")
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
		p.expect(msg.Release)
		p.h.take()
		p.h.ask(primitive.NotifyReq{Call: 1, Info: []byte{0xe1}})
		p.sendHex("0903 800007 6e80 0006 27800002 f1f2")
		p.silence()
		if n := len(p.h.take()); n != 0 {
			p.w.t.Errorf("%d indications for a call that the client has given up", n)
		}
		p.reply(msg.ReleaseComplete, nil)
		p.h.wantEmpty()
		late := p.h.counter("late_answers")
		p.h.ask(primitive.NotifyReq{Call: 1, Info: []byte{0xe1}})
		p.silence()
		if n := p.h.counter("late_answers"); n != late+1 {
			p.w.t.Errorf("%d late answers, want %d", n, late+1)
		}
	})
}

// TestNotifyBeside: a notification indicator in another message is told as well:
// after the offer, and before what the message itself tells.
func TestNotifyBeside(t *testing.T) {
	info := &ie.Notification{Info: []byte{0xf7}}
	p := ready(newWorld(t, 1), uni.RoleUser)
	p.offer(func(m *msg.Message) { m.Notification = info })
	inds := p.h.take()
	if len(inds) != 2 {
		t.Fatalf("told %+v", inds)
	}
	if _, ok := inds[0].(primitive.SetupInd); !ok {
		t.Errorf("told %+v first", inds[0])
	}
	if i, ok := inds[1].(primitive.NotifyInd); !ok || !bytes.Equal(i.Info, info.Info) {
		t.Errorf("told %+v then", inds[1])
	}
	p.outgoing()
	p.reply(msg.Connect, func(m *msg.Message) { channel(m); m.Notification = info })
	inds = p.h.take()
	if len(inds) != 2 {
		t.Fatalf("told %+v", inds)
	}
	if i, ok := inds[0].(primitive.NotifyInd); !ok || !bytes.Equal(i.Info, info.Info) {
		t.Errorf("told %+v first", inds[0])
	}
}

// TestProgress: PROGRESS is told, stops T310 and leaves the state (Q.931 5.1.6);
// before the first response and in the other states it is out of place.
func TestProgress(t *testing.T) {
	const progress = "0903 800007 0380 000b 1e800002 8288 7e800001 04"
	roles(t, func(p *saalPeer) {
		p.outgoing()
		p.sendHex(progress)
		state := ie.CallStateValue(1)
		if p.h.link.Role() == uni.RoleNetwork {
			state = 6
		}
		status(101, "03", state).check(p, msg.CallRef{Value: ref})
		if p.h.link.Role() == uni.RoleUser {
			p.reply(msg.CallProceeding, channel)
		} else {
			p.reply(msg.CallProceeding, nil)
		}
		p.h.take()
		p.sendHex(progress)
		i := last[primitive.ProgressInd](p.h)
		if len(i.Indicators) != 1 || i.Indicators[0].Description != 8 || i.Indicators[0].Location != ie.LocationPublicLocal || !bytes.Equal(i.UserUser, []byte{4}) {
			p.w.t.Errorf("told %+v", i)
		}
		for id := range p.h.timers {
			if id.Name == uni.T310 {
				p.w.t.Errorf("T310 runs")
			}
		}
		p.w.run(time.Minute)
		p.silence()
		if s := p.h.link.Calls()[0].State; s != "U3" && s != "N9" {
			p.w.t.Errorf("in state %s", s)
		}
		p.reply(msg.Connect, nil)
		p.expect(msg.ConnectAck)
		p.sendHex(progress)
		status(101, "03", 10).check(p, msg.CallRef{Value: ref})
		p.sendHex("0903 800007 0380 0000") // an indicator is mandatory, but the state comes first
		status(101, "03", 10).check(p, msg.CallRef{Value: ref})
	})
}

// TestSupplementaryUNI3: what UNI 3.x lacks is left out and counted.
func TestSupplementaryUNI3(t *testing.T) {
	oldProfiles(t, func(_ *testing.T, p *saalPeer, _ msg.Profile, role uni.Role) {
		uni.SetNextRef(p.h.link, ref)
		params := paramsTo(macB, constant)
		params.UserUser = []byte{4}
		p.h.call(params)
		if m := p.expect(msg.Setup); m.UserUser != nil {
			p.w.t.Errorf("sent %v", m)
		}
		if role == uni.RoleUser {
			p.reply(msg.Connect, channel)
		} else {
			p.reply(msg.Connect, nil)
		}
		p.expect(msg.ConnectAck)
		p.h.ask(primitive.NotifyReq{Call: 1, Info: []byte{1}})
		p.silence()
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing), UserUser: []byte{4}})
		if m := p.expect(msg.Release); m.UserUser != nil {
			p.w.t.Errorf("sent %v", m)
		}
		if n := p.h.counter("messages_cut_to_profile"); n != 2 {
			p.w.t.Errorf("%d messages cut", n)
		}
		if n := p.h.counter("bad_requests"); n != 1 {
			p.w.t.Errorf("%d bad requests", n)
		}
	})
}

// TestAlertReq: a client that wants the caller told at once; the link does not
// say it again. Before, a network side names the channel.
func TestAlertReq(t *testing.T) {
	roles(t, func(p *saalPeer) {
		p.offer(nil)
		offer := last[primitive.SetupInd](p.h)
		p.h.ask(primitive.AlertReq{Call: offer.Call, UserUser: []byte{4, 1}})
		if p.h.link.Role() == uni.RoleNetwork {
			p.expect(msg.CallProceeding)
		}
		if m := p.expect(msg.Alerting); m.UserUser == nil {
			p.w.t.Errorf("sent %v", m)
		}
		p.h.ask(primitive.AlertReq{Call: offer.Call}) // once is enough
		p.w.run(5 * time.Second)
		p.silence()
		p.h.ask(primitive.AlertReq{Call: 77})
		p.silence()
	})
}
