package sscop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/sscop"
)

// rig is a connection with a clock of its own and a log of what it asked for.
type rig struct {
	t      testing.TB
	c      *sscop.Conn
	now    time.Duration
	timers [sscop.NumTimers]struct {
		at  time.Duration
		gen uint64
		on  bool
	}
	stamp bool     // log lines carry the time
	log   []string // since the last take
	sdus  []string // delivered by DataInd
	sent  []sscop.PDU
}

func newRig(tb testing.TB, cfg sscop.Config) *rig {
	tb.Helper()
	return &rig{t: tb, c: sscop.New(cfg)}
}

// do runs one call of the connection and logs its effects.
func (r *rig) do(call func(c *sscop.Conn)) {
	r.t.Helper()
	call(r.c)
	for eff, ok := r.c.Next(); ok; eff, ok = r.c.Next() {
		r.note(&eff)
	}
	if n := r.c.Stats().Impossible; n != 0 {
		r.t.Fatalf("impossible events: %d", n)
	}
}

func (r *rig) note(eff *sscop.Effect) {
	if eff.Kind == sscop.StartTimer {
		e := &r.timers[eff.Timer]
		e.at, e.gen, e.on = r.now+eff.After, eff.Gen, true
		return
	}
	if eff.Kind == sscop.StopTimer {
		r.timers[eff.Timer].on = false
		return
	}
	if eff.Kind == sscop.DataInd {
		r.sdus = append(r.sdus, string(eff.SDU))
	}
	if eff.Kind == sscop.SendPDU {
		r.sent = append(r.sent, parse(r.t, slices.Clone(eff.PDU)))
	}
	line := describe(r.t, eff)
	if r.stamp {
		line = fmt.Sprintf("%v %s", r.now, line)
	}
	r.log = append(r.log, line)
}

// parse reads a PDU of our own, whatever the limits of the connection.
func parse(tb testing.TB, b []byte) (p sscop.PDU) {
	tb.Helper()
	if err := p.Parse(b, sscop.Limits{K: 65528, J: 65524, MaxSTAT: 16377}); err != nil {
		tb.Fatalf("own PDU % x: %v", b, err)
	}
	return p
}

// describe puts an effect into the shorthand of the tables.
func describe(tb testing.TB, eff *sscop.Effect) string {
	tb.Helper()
	names := [...]string{
		sscop.EstablishInd: "EST.ind", sscop.EstablishConf: "EST.conf", sscop.ReleaseConf: "REL.conf",
		sscop.DataInd: "DATA.ind", sscop.ResyncInd: "RSY.ind", sscop.ResyncConf: "RSY.conf",
		sscop.RecoverInd: "REC.ind", sscop.UnitDataInd: "UDATA.ind", sscop.MgmtDataInd: "MDATA.ind",
	}
	switch kind := eff.Kind; {
	case kind == sscop.MAAError && eff.Code == sscop.ErrLoss:
		return fmt.Sprintf("EV%d", eff.Count)
	case kind == sscop.MAAError:
		return "E" + eff.Code.String()
	case kind == sscop.ReleaseInd && eff.Source == sscop.SourceUser:
		return "REL.ind(U)"
	case kind == sscop.ReleaseInd:
		return "REL.ind(S)"
	case kind == sscop.Refused:
		return "refused: " + eff.Reason.String()
	case kind != sscop.SendPDU:
		return names[kind]
	}
	p := parse(tb, eff.PDU)
	if p.Type == sscop.END {
		return fmt.Sprintf("END(%d)", p.Source)
	}
	return p.Type.String()
}

// take returns the log since the last take, joined.
func (r *rig) take() string {
	s := strings.Join(r.log, ", ")
	r.log = r.log[:0]
	return s
}

func (r *rig) recv(p sscop.PDU) {
	r.t.Helper()
	b := p.Append(nil)
	r.do(func(c *sscop.Conn) { c.Receive(b) })
	for i := range b {
		b[i] = 0xee // what was kept must have been copied
	}
}

// run lets the clock go on to the given time.
func (r *rig) run(until time.Duration) {
	r.t.Helper()
	for {
		next := -1
		for i := range r.timers {
			e := r.timers[i]
			if e.on && e.at <= until && (next < 0 || e.at < r.timers[next].at) {
				next = i
			}
		}
		if next < 0 {
			r.now = until
			return
		}
		e := &r.timers[next]
		r.now, e.on = e.at, false
		r.do(func(c *sscop.Conn) { c.Expire(sscop.Timer(next), e.gen) })
	}
}

// expire runs t out now.
func (r *rig) expire(t sscop.Timer) {
	r.t.Helper()
	e := &r.timers[t]
	if !e.on {
		r.t.Fatalf("Timer_%v does not run", t)
	}
	e.on = false
	r.do(func(c *sscop.Conn) { c.Expire(t, e.gen) })
}

// runs returns the names of the timers that run.
func (r *rig) runs() string {
	var on []string
	for i := range r.timers {
		if r.timers[i].on {
			on = append(on, sscop.Timer(i).String())
		}
	}
	return strings.Join(on, " ")
}

func (r *rig) data(sdus ...string) {
	r.t.Helper()
	for _, s := range sdus {
		r.do(func(c *sscop.Conn) { c.Data([]byte(s)) })
	}
}

func (r *rig) want(state sscop.State, log string) {
	r.t.Helper()
	if got := r.take(); got != log {
		r.t.Errorf("effects %q, want %q", got, log)
	}
	if got := r.c.State(); got != state {
		r.t.Errorf("state %v, want %v", got, state)
	}
}

// peerSQ is the number of the last BGN that reach sends.
const peerSQ = 7

// credit is the N(MR) that reach gives.
const credit = 40

// reach returns a connection brought into a state by events alone.
func reach(tb testing.TB, s sscop.State, cfg sscop.Config) *rig {
	tb.Helper()
	r := newRig(tb, cfg)
	mr := sscop.NewSeq(credit)
	bgn := sscop.PDU{Type: sscop.BGN, NSQ: peerSQ, NMR: mr}
	if s == sscop.OutgoingConnectionPending {
		r.do(func(c *sscop.Conn) { c.Establish(nil) })
	} else if s != sscop.Idle {
		r.recv(bgn)
	}
	if s > sscop.IncomingConnectionPending {
		r.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	}
	switch s {
	case sscop.OutgoingDisconnectionPending:
		r.do(func(c *sscop.Conn) { c.Release(nil) })
	case sscop.OutgoingResyncPending:
		r.do(func(c *sscop.Conn) { c.Resync(nil) })
	case sscop.IncomingResyncPending:
		r.recv(sscop.PDU{Type: sscop.RS, NSQ: peerSQ, NMR: mr})
		r.recv(sscop.PDU{Type: sscop.RS, NSQ: peerSQ + 1, NMR: mr})
	case sscop.OutgoingRecoveryPending, sscop.RecoveryResponsePending:
		r.recv(sscop.PDU{Type: sscop.STAT, NPS: sscop.NewSeq(5), NMR: mr})
		if s == sscop.RecoveryResponsePending {
			r.recv(sscop.PDU{Type: sscop.ERAK, NMR: mr})
		}
	case sscop.IncomingRecoveryPending:
		r.recv(sscop.PDU{Type: sscop.ER, NSQ: peerSQ + 1, NMR: mr})
	case sscop.Idle, sscop.OutgoingConnectionPending, sscop.IncomingConnectionPending, sscop.DataTransferReady:
	}
	if got := r.c.State(); got != s {
		tb.Fatalf("reached %v instead of %v", got, s)
	}
	r.take()
	r.sent = nil
	return r
}

func seq(n uint32) sscop.Seq { return sscop.NewSeq(n) }
