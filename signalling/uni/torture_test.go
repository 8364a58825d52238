package uni_test

import (
	"fmt"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
)

// torments are PDUs that a peer may send at any time and should not.
func torments(p *saalPeer) map[string][][]byte {
	one := func(pdu sscop.PDU) [][]byte { return [][]byte{pdu.Append(nil)} }
	seq := sscop.NewSeq
	aesa := setupOctets(p, 0x80, ie.IDConnID, "")
	storm := func(pdu sscop.PDU) (all [][]byte) {
		for i := range 500 {
			pdu.NPS = seq(uint32(i))
			all = append(all, pdu.Append(nil))
		}
		return all
	}
	ts := map[string][][]byte{
		"SD of nothing":             one(sscop.PDU{Type: sscop.SD}),
		"SD far ahead":              one(sscop.PDU{Type: sscop.SD, NS: seq(1 << 23), Data: []byte("x")}),
		"SD behind":                 one(sscop.PDU{Type: sscop.SD, NS: seq(1<<24 - 1), Data: []byte("x")}),
		"SD of k octets":            one(sscop.PDU{Type: sscop.SD, NS: seq(2), Data: make([]byte, 1488)}),
		"SD beyond k":               one(sscop.PDU{Type: sscop.SD, NS: seq(2), Data: make([]byte, 1492)}),
		"SD that leaves a gap":      one(sscop.PDU{Type: sscop.SD, NS: seq(9), Data: []byte("x")}),
		"UD with a SETUP":           one(sscop.PDU{Type: sscop.UD, Data: aesa}),
		"MD":                        one(sscop.PDU{Type: sscop.MD, Data: []byte("hello")}),
		"BGN of another life":       one(sscop.PDU{Type: sscop.BGN, NSQ: 99, NMR: seq(10)}),
		"BGN with no credit":        one(sscop.PDU{Type: sscop.BGN, NSQ: 98}),
		"RS":                        one(sscop.PDU{Type: sscop.RS, NSQ: 99, NMR: seq(10)}),
		"ER":                        one(sscop.PDU{Type: sscop.ER, NSQ: 99, NMR: seq(10)}),
		"END of SSCOP":              one(sscop.PDU{Type: sscop.END, Source: sscop.SourceSSCOP}),
		"STAT that takes credit":    one(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(0)}),
		"STAT of another poll":      one(sscop.PDU{Type: sscop.STAT, NPS: seq(1 << 22), NR: seq(1), NMR: seq(100)}),
		"STAT with a wild list":     one(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(99), List: []sscop.Seq{seq(9), seq(3)}}),
		"USTAT of nothing":          one(sscop.PDU{Type: sscop.USTAT, NR: seq(0), NMR: seq(9), List: []sscop.Seq{seq(0), seq(0)}}),
		"POLL with VT(S) far ahead": one(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: seq(1 << 23)}),
		"POLL with VT(S) behind":    one(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: seq(0)}),
		"a storm of POLL":           storm(sscop.PDU{Type: sscop.POLL, NS: seq(2)}),
		"a storm of STAT":           storm(sscop.PDU{Type: sscop.STAT, NR: seq(1), NMR: seq(100)}),
		"lengths that no PDU has":   {{}, {8}, make([]byte, 4), make([]byte, 6), {0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0}, {0xc8, 0, 0, 0}},
	}
	for _, typ := range []sscop.PDUType{sscop.BGAK, sscop.BGREJ, sscop.ENDAK, sscop.RSAK, sscop.ERAK} {
		ts["a stray "+typ.String()] = one(sscop.PDU{Type: typ, NMR: seq(20)})
	}
	return ts
}

// plights are states of the SAAL in which the torments come. Each begins with
// an active call.
var plights = []struct {
	name  string
	bring func(p *saalPeer)
}{
	{"ready", func(*saalPeer) {}},
	{"idle phase", func(p *saalPeer) { p.w.run(10 * time.Second) }},
	{"data not acknowledged", func(p *saalPeer) {
		p.deaf = true
		p.h.call(paramsTo(macB, bestEffort))
		p.w.run(time.Second)
	}},
	{"recovering", func(p *saalPeer) {
		p.deaf = true
		pdu := sscop.PDU{Type: sscop.POLL, NPS: sscop.NewSeq(9)}
		p.h.do(p.h.link.Receive(pdu.Append(nil)))
	}},
	{"establishing anew", func(p *saalPeer) {
		p.do(p.saal.Release())
		p.deaf = true
		p.w.run(10 * time.Millisecond)
	}},
	{"between two attempts", func(p *saalPeer) {
		p.do(p.saal.Release())
		p.deaf = true
		p.w.run(4500 * time.Millisecond)
	}},
}

// TestTorture: none of them stops the link for good: the SAAL comes back, the
// call beside lives on as far as the peer has it, and new calls come about.
func TestTorture(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		for _, plight := range plights {
			for name, pdus := range torments(ready(newWorld(t, 1), role)) {
				t.Run(fmt.Sprintf("%v/%s/%s", role, plight.name, name), func(t *testing.T) {
					p := ready(newWorld(t, 1), role)
					beside := p.bystander()
					plight.bring(p)
					for _, b := range pdus {
						p.h.do(p.h.link.Receive(b))
					}
					p.w.run(20 * time.Millisecond)
					p.heal(t, beside)
				})
			}
		}
	}
}

// heal lets the peer be well again, within T309 of whatever has happened, and
// sees to the link and its calls.
func (p *saalPeer) heal(t *testing.T, beside primitive.CallID) {
	t.Helper()
	p.deaf, p.in = false, nil
	if !p.saal.Up() {
		p.saal = sscf.New(sscop.Config{InitialSQ: 50})
		p.do(p.saal.Establish())
	}
	p.live(t, time.Minute)
	if p.h.link.State() != uni.LinkUp {
		t.Fatalf("the link is %v: %s", p.h.link.State(), p.h.link.LastError())
	}
	found := false
	for _, row := range p.h.link.Calls() {
		found = found || row.Call == beside && row.State[1:] == "10"
	}
	if !found {
		t.Errorf("the call beside is gone: %+v", p.h.inds)
	}
	p.h.ask(primitive.ReleaseReq{Call: beside, Cause: cause(ie.CauseNormalClearing)})
	uni.SetNextRef(p.h.link, 70)
	p.h.call(paramsTo(macB, bestEffort))
	p.live(t, 3*time.Minute)
	p.h.wantEmpty()
}

// live plays a peer that has the call beside and refuses every other one.
func (p *saalPeer) live(t *testing.T, d time.Duration) {
	t.Helper()
	for end := p.w.now + d; p.w.now < end; p.w.run(50 * time.Millisecond) {
		for _, b := range p.in {
			m, _, err := msg.Decode(b, msg.Options{})
			if err != nil {
				t.Fatal(err)
			}
			a := &msg.Message{CallRef: m.CallRef.Peer()}
			switch m.Type { //nolint:exhaustive // the others need no answer
			case msg.StatusEnquiry:
				a.Type, a.Causes = msg.Status, []ie.Cause{{Value: ie.CauseStatusEnquiryResponse}}
				a.CallState = &ie.CallState{State: ie.CallActive}
			case msg.Setup, msg.Release:
				a.Type = msg.ReleaseComplete
				withCause(a)
			case msg.Restart:
				a.Type, a.Restart = msg.RestartAck, m.Restart
			default:
				continue
			}
			if p.up {
				p.write(a)
			}
		}
		p.in = nil
	}
}
