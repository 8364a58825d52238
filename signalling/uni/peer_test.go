package uni_test

import (
	"slices"
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
)

// A saalPeer is the other end of a host's link as far as the SAAL: a test says
// which messages it sends, octet by octet, and reads those that the host
// sends. SSCOP numbers its own PDUs, so a message stands in any place.
type saalPeer struct {
	w      *world
	h      *host
	saal   *sscf.Entity
	timers map[sscop.Timer]uint64
	in     [][]byte // messages from the host
	up     bool
	deaf   bool // hears nothing more of the host
}

// newPeer boots a host that faces a saalPeer and brings the SAAL up.
func newPeer(w *world, role uni.Role, change func(*uni.Config)) *saalPeer {
	h := w.host("host", macA, macB, role)
	if change != nil {
		change(&h.cfg)
	}
	p := &saalPeer{w: w, h: h, saal: sscf.New(sscop.Config{InitialSQ: 9}), timers: make(map[sscop.Timer]uint64)}
	h.onPDU = func(pdu []byte) {
		if !p.deaf {
			p.do(p.saal.Receive(pdu))
		}
	}
	h.edges = false
	h.boot()
	p.w.run(100 * time.Millisecond)
	return p
}

// ready boots as newPeer does and acknowledges the host's RESTART.
func ready(w *world, role uni.Role) *saalPeer {
	p := newPeer(w, role, nil)
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 0005 7980000182")
	if p.h.link.State() != uni.LinkUp {
		w.t.Fatalf("the link is %v", p.h.link.State())
	}
	return p
}

func (p *saalPeer) do(effects []sscf.Effect) {
	for _, e := range slices.Clone(effects) {
		switch e.Kind {
		case sscf.SendPDU:
			pdu := slices.Clone(e.PDU)
			p.w.after(time.Millisecond, func() {
				if p.h.alive {
					p.h.do(p.h.link.Receive(pdu))
				}
			})
		case sscf.StartTimer:
			life := p.saal
			p.w.after(e.After, func() {
				if p.saal == life {
					p.do(life.Expire(e.Timer, e.Gen))
				}
			})
		case sscf.DataInd:
			p.in = append(p.in, slices.Clone(e.SDU))
		case sscf.EstablishInd, sscf.EstablishConf:
			p.up = true
		case sscf.ReleaseInd, sscf.ReleaseConf:
			p.up = false
		case sscf.StopTimer, sscf.UnitDataInd, sscf.MgmtDataInd, sscf.MAAError, sscf.Refused:
		}
	}
}

// send sends a message and lets the host answer.
func (p *saalPeer) send(b []byte) {
	p.w.t.Helper()
	if !p.up {
		p.w.t.Fatalf("the SAAL is down")
	}
	p.do(p.saal.Data(b))
	p.w.run(10 * time.Millisecond)
}

func (p *saalPeer) sendHex(s string) { p.send(unhex(s)) }

// next returns the next message of the host, or fails.
func (p *saalPeer) next() []byte {
	p.w.t.Helper()
	p.w.run(30 * time.Millisecond)
	if len(p.in) == 0 {
		p.w.t.Fatalf("the host says nothing")
	}
	b := p.in[0]
	p.in = p.in[1:]
	return b
}

// expect returns the next message of the host, which is of type t.
func (p *saalPeer) expect(t msg.Type) *msg.Message {
	p.w.t.Helper()
	m, _, err := msg.Decode(p.next(), msg.Options{Profile: msg.Q2931})
	if err != nil || m.Type != t {
		p.w.t.Fatalf("got %v, %v, want %v", m, err, t)
	}
	return m
}

// expectCause takes the next message of the host, which is of type t and
// carries the cause v.
func (p *saalPeer) expectCause(t msg.Type, v ie.CauseValue) {
	p.w.t.Helper()
	m := p.expect(t)
	if len(m.Causes) == 0 || m.Causes[0].Value != v {
		p.w.t.Fatalf("%v, want cause %d", m, v)
	}
}

// write sends a message made by the test.
func (p *saalPeer) write(m *msg.Message) {
	p.w.t.Helper()
	b, err := m.AppendPartial(nil)
	if err != nil {
		p.w.t.Fatalf("%v", err)
	}
	p.send(b)
}

// silence checks that the host has nothing more to say.
func (p *saalPeer) silence() {
	p.w.t.Helper()
	p.w.run(30 * time.Millisecond)
	for _, b := range p.in {
		m, _, _ := msg.Decode(b, msg.Options{Profile: msg.Q2931})
		p.w.t.Errorf("the host says %v (%x)", m, b)
	}
	p.in = nil
}
