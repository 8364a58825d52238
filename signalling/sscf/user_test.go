package sscf_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

// node is an entity with clocks and a user that notes what it is told and holds the order of the
// signals against what Q.2130 allows.
type node struct {
	t      rapid.TB
	e      *sscf.Entity
	now    time.Duration
	clocks [sscop.NumTimers]struct {
		at  time.Duration
		gen uint64
		on  bool
	}
	view sscf.State // what the user must think of the connection
	log  []string   // signals to the user since the last take
	sdus []string   // delivered
	pdus [][]byte   // to be carried
	ups  int        // times that the connection began
}

func newNode(tb rapid.TB, cfg sscop.Config) *node {
	tb.Helper()
	return &node{t: tb, e: sscf.New(cfg), view: sscf.Released}
}

func (n *node) establish() {
	if n.view == sscf.Established {
		n.view = sscf.AwaitingResync
	} else if n.view != sscf.AwaitingResync {
		n.view = sscf.AwaitingEstablish
	}
	n.carryOut(n.e.Establish())
}

func (n *node) release() {
	n.view = sscf.AwaitingRelease
	n.carryOut(n.e.Release())
}

// send reports whether the SDU was taken.
func (n *node) send(sdu string) bool {
	effects := n.e.Data([]byte(sdu))
	taken := !slices.ContainsFunc(effects, func(eff sscf.Effect) bool { return eff.Kind == sscf.Refused })
	n.carryOut(effects)
	return taken
}

func (n *node) receive(pdu []byte) { n.carryOut(n.e.Receive(pdu)) }

// carryOut does what the effects ask for.
func (n *node) carryOut(effects []sscf.Effect) {
	for i := range effects {
		eff := &effects[i]
		switch eff.Kind {
		case sscf.SendPDU:
			n.pdus = append(n.pdus, slices.Clone(eff.PDU))
		case sscf.StartTimer:
			c := &n.clocks[eff.Timer]
			c.at, c.gen, c.on = n.now+eff.After, eff.Gen, true
		case sscf.StopTimer:
			n.clocks[eff.Timer].on = false
		case sscf.MAAError, sscf.UnitDataInd, sscf.MgmtDataInd, sscf.Refused:
			n.log = append(n.log, eff.Kind.String())
		case sscf.DataInd, sscf.EstablishInd, sscf.EstablishConf, sscf.ReleaseInd, sscf.ReleaseConf:
			n.signal(eff)
		}
	}
	if n.e.ImpossibleEvents() != 0 || n.e.Stats().Impossible != 0 {
		n.t.Fatal("an impossible event came")
	}
	if n.view != n.e.State() {
		n.t.Fatalf("the user thinks %v, the entity is %v", n.view, n.e.State())
	}
	if n.e.Up() != (n.view == sscf.Established) {
		n.t.Fatalf("Up is %v in %v", n.e.Up(), n.view)
	}
}

// signal takes a signal about the connection; it must be one that may come in the user's view.
func (n *node) signal(eff *sscf.Effect) {
	allowed := [...][]sscf.State{
		sscf.DataInd:       {sscf.Established},
		sscf.EstablishInd:  {sscf.Released, sscf.Established},
		sscf.EstablishConf: {sscf.AwaitingEstablish, sscf.AwaitingResync},
		sscf.ReleaseInd:    {sscf.AwaitingEstablish, sscf.Established, sscf.AwaitingResync},
		sscf.ReleaseConf:   {sscf.AwaitingRelease},
	}[eff.Kind]
	if !slices.Contains(allowed, n.view) {
		n.t.Fatalf("%v to a user who thinks %v", eff.Kind, n.view)
	}
	n.log = append(n.log, eff.Kind.String())
	if eff.Kind == sscf.DataInd {
		n.sdus = append(n.sdus, string(eff.SDU))
		return
	}
	n.view = sscf.Released
	if eff.Kind == sscf.EstablishInd || eff.Kind == sscf.EstablishConf {
		n.view = sscf.Established
		n.ups++
	}
}

// next returns the clock that runs out first, or -1.
func (n *node) next() int {
	first := -1
	for i := range n.clocks {
		if c := n.clocks[i]; c.on && (first < 0 || c.at < n.clocks[first].at) {
			first = i
		}
	}
	return first
}

// fire runs a clock out; its time is now.
func (n *node) fire(i int) {
	c := &n.clocks[i]
	n.now, c.on = max(n.now, c.at), false
	n.carryOut(n.e.Expire(sscop.Timer(i), c.gen))
}

// quiet reports whether nothing is in flight or queued.
func (n *node) quiet() bool {
	return n.e.Queued() == 0 && n.e.Unacked() == 0 && n.e.Buffered() == 0
}

func (n *node) String() string {
	return fmt.Sprintf("%v/%v", n.e.State(), n.e.SSCOPState())
}
