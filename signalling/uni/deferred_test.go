package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// TestDeferredOffers: what becomes of a SETUP that comes while our RESTART is
// not acknowledged.
func TestDeferredOffers(t *testing.T) {
	for _, row := range []struct {
		name    string
		then    func(p *saalPeer)
		offered bool
		want    []ie.CauseValue // of RELEASE COMPLETE
	}{
		{"no acknowledgement", func(p *saalPeer) { p.w.run(uni.RestartWait) }, true, nil},
		{"acknowledged: the peer has cleared it", func(p *saalPeer) { p.sendHex("0903 800000 4e80 0005 7980000182") }, false, nil},
		{
			"RESTART refused", func(p *saalPeer) { p.sendHex("0903 800000 7d80 000c 1480000100 08800003 80e1 46") },
			true, nil,
		},
		{"released meanwhile", func(p *saalPeer) {
			p.sendHex("0903 000009 4d80 0006 088000028090")
			p.w.run(uni.RestartWait)
		}, true, []ie.CauseValue{0}},
		{"stopped meanwhile", func(p *saalPeer) {
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
		}, false, []ie.CauseValue{ie.CauseTemporaryFailure}},
		{"repeated meanwhile", func(p *saalPeer) {
			p.offer(nil)
			p.w.run(uni.RestartWait)
		}, true, nil},
		{"the SAAL breaks", func(p *saalPeer) {
			p.do(p.saal.Release())
			p.w.run(10 * time.Second)
			p.in = nil
		}, false, nil},
		{"the peer restarts", func(p *saalPeer) {
			p.sendHex("0903 000000 4680 0005 7980000182")
			p.expect(msg.RestartAck)
			p.w.run(uni.RestartWait)
		}, false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPeer(newWorld(t, 1), uni.RoleUser, nil)
			p.expect(msg.Restart)
			p.offer(nil)
			p.silence()
			row.then(p)
			p.w.run(50 * time.Millisecond)
			offers := 0
			for _, i := range p.h.take() {
				if _, ok := i.(uni.SetupInd); ok {
					offers++
				}
			}
			if (offers == 1) != row.offered || offers > 1 {
				t.Errorf("%d offers", offers)
			}
			for _, v := range row.want {
				if m := p.expect(msg.ReleaseComplete); v == 0 != (len(m.Causes) == 0) || v != 0 && m.Causes[0].Value != v {
					t.Errorf("%v, want cause %d", m, v)
				}
			}
			p.silence()
			p.h.do(p.h.link.Stop(cause(ie.CauseTemporaryFailure)))
			p.w.run(time.Minute)
			p.h.wantEmpty()
		})
	}
}

// TestDeferredBound: a flood of SETUPs before calls are taken costs bounded
// memory; what is beyond is refused.
func TestDeferredBound(t *testing.T) {
	p := newPeer(newWorld(t, 1), uni.RoleUser, func(c *uni.Config) { c.MaxPending = 3 })
	p.expect(msg.Restart)
	for i := range uint32(4) {
		p.offer(func(m *msg.Message) {
			m.CallRef.Value = 100 + i
			m.ConnID.VCI += uint16(i)
		})
	}
	p.expectCause(msg.ReleaseComplete, ie.CauseTemporaryFailure)
	p.w.run(uni.RestartWait)
	if n := p.h.link.CallCount(); n != 3 || p.h.counter("deferred_messages") != 3 {
		t.Errorf("%d calls, %d deferred", n, p.h.counter("deferred_messages"))
	}
}
