package sscf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

func up(tb testing.TB, cfg sscop.Config) *wire {
	tb.Helper()
	w := newWire(tb, cfg, time.Millisecond)
	w.nodes[0].establish()
	w.run(time.Second)
	if !w.nodes[0].e.Up() || !w.nodes[1].e.Up() {
		tb.Fatalf("%v and %v", w.nodes[0], w.nodes[1])
	}
	take(w.nodes[0])
	take(w.nodes[1])
	return w
}

func take(n *node) string {
	s := strings.Join(n.log, ", ")
	n.log = nil
	return s
}

// wantLogs compares what the users of both ends were told.
func wantLogs(t *testing.T, w *wire, a, b string) {
	t.Helper()
	short := strings.NewReplacer("AAL-", "", "confirm", "conf", "MAA-ERROR.indication", "MAA", "indication", "ind")
	if got := short.Replace(take(w.nodes[0])); got != a {
		t.Errorf("first user was told %q, want %q", got, a)
	}
	if got := short.Replace(take(w.nodes[1])); got != b {
		t.Errorf("second user was told %q, want %q", got, b)
	}
}

func TestEstablishAndRelease(t *testing.T) {
	w := newWire(t, sscop.Config{}, time.Millisecond)
	a, b := w.nodes[0], w.nodes[1]
	a.establish()
	w.run(time.Second)
	wantLogs(t, w, "ESTABLISH.conf", "ESTABLISH.ind")
	a.send("hello")
	b.send("world")
	w.run(time.Second)
	wantLogs(t, w, "DATA.ind", "DATA.ind")
	a.release()
	w.run(time.Second)
	wantLogs(t, w, "RELEASE.conf", "RELEASE.ind")
	if a.sdus[0] != "world" || b.sdus[0] != "hello" {
		t.Errorf("delivered %q, %q", a.sdus, b.sdus)
	}
	a.release() // nothing is up
	wantLogs(t, w, "RELEASE.conf", "")
}

// TestBothEstablish: the BGNs cross; both get a confirmation and one connection.
func TestBothEstablish(t *testing.T) {
	w := newWire(t, sscop.Config{}, time.Millisecond)
	w.nodes[0].establish()
	w.nodes[1].establish()
	w.run(time.Second)
	wantLogs(t, w, "ESTABLISH.conf", "ESTABLISH.conf")
	w.nodes[0].send("x")
	w.run(time.Second)
	wantLogs(t, w, "", "DATA.ind")
}

// TestBothRelease: the ENDs cross.
func TestBothRelease(t *testing.T) {
	w := up(t, sscop.Config{})
	w.nodes[0].release()
	w.nodes[1].release()
	w.run(time.Second)
	wantLogs(t, w, "RELEASE.conf", "RELEASE.conf")
}

// TestResync: AAL-ESTABLISH over a connection that is up comes to both users as an establishment.
func TestResync(t *testing.T) {
	w := up(t, sscop.Config{})
	a, b := w.nodes[0], w.nodes[1]
	a.establish()
	if a.send("no") {
		t.Error("data were taken during resynchronization")
	}
	w.run(time.Second)
	wantLogs(t, w, "refused, ESTABLISH.conf", "ESTABLISH.ind")
	a.establish()
	b.establish() // the RSs cross
	w.run(time.Second)
	wantLogs(t, w, "ESTABLISH.conf", "ESTABLISH.conf")
	a.send("x")
	w.run(time.Second)
	wantLogs(t, w, "", "DATA.ind")
}

// TestRecovery: a protocol error leads both users through an establishment without a release.
func TestRecovery(t *testing.T) {
	w := up(t, sscop.Config{})
	w.nodes[0].receive((&sscop.PDU{Type: sscop.STAT, NPS: sscop.NewSeq(99)}).Append(nil))
	w.run(time.Second)
	wantLogs(t, w, "MAA, ESTABLISH.ind", "ESTABLISH.ind")
	w.nodes[0].send("x")
	w.nodes[1].send("y")
	w.run(time.Second)
	wantLogs(t, w, "DATA.ind", "DATA.ind")
}

// TestPeerBeginsAnew: a BGN over a connection that is up is a release and an establishment, in
// order, in one call.
func TestPeerBeginsAnew(t *testing.T) {
	w := up(t, sscop.Config{})
	fresh := newNode(t, sscop.Config{InitialSQ: 100})
	fresh.establish()
	effects := w.nodes[1].e.Receive(fresh.pdus[0])
	var kinds []sscf.Kind
	for _, eff := range effects {
		if eff.Kind == sscf.ReleaseInd || eff.Kind == sscf.EstablishInd {
			kinds = append(kinds, eff.Kind)
		}
	}
	w.nodes[1].carryOut(effects)
	if !slices.Equal(kinds, []sscf.Kind{sscf.ReleaseInd, sscf.EstablishInd}) {
		t.Errorf("got %v", kinds)
	}
	fresh.receive(w.nodes[1].pdus[0])
	if !fresh.e.Up() || !w.nodes[1].e.Up() {
		t.Errorf("%v and %v", fresh, w.nodes[1])
	}
}

// TestRestartedPeer: a peer that forgot all and kept its VT(SQ) is taken back at once in whatever
// state its death left this end.
func TestRestartedPeer(t *testing.T) {
	for _, wait := range []time.Duration{0, 3 * time.Second, time.Minute} {
		w := up(t, sscop.Config{})
		survivor := w.nodes[1]
		kept := w.nodes[0].e.VTSQ()
		w.nodes[0] = newNode(t, sscop.Config{InitialSQ: kept})
		w.lose = func() bool { return true }
		survivor.send("into the void")
		w.run(wait)
		w.lose = func() bool { return false }
		w.nodes[0].now = w.now
		w.nodes[0].establish()
		w.run(time.Second)
		if !w.nodes[0].e.Up() || !survivor.e.Up() {
			t.Errorf("after %v: %v and %v", wait, w.nodes[0], survivor)
		}
		survivor.send("a")
		w.nodes[0].send("b")
		w.run(time.Second)
		if fmt.Sprint(w.nodes[0].sdus, survivor.sdus) != "[a] [b]" {
			t.Errorf("after %v: delivered %v %v", wait, w.nodes[0].sdus, survivor.sdus)
		}
	}
}

// TestNoPeer: without any peer the user learns it after MaxCC transmissions and may try again.
func TestNoPeer(t *testing.T) {
	w := newWire(t, sscop.Config{}, time.Millisecond)
	w.lose = func() bool { return true }
	for range 3 {
		w.nodes[0].establish()
		w.run(4 * time.Second)
		wantLogs(t, w, "MAA, RELEASE.ind", "")
	}
	if st := w.nodes[0].e.Stats(); st.Out[sscop.BGN] != 12 || st.Out[sscop.END] != 3 || w.nodes[0].e.VTSQ() != 3 {
		t.Errorf("%d BGN, %d END, VT(SQ) %d", st.Out[sscop.BGN], st.Out[sscop.END], w.nodes[0].e.VTSQ())
	}
}

// TestRefusals: what is not valid is refused, counted and changes nothing.
func TestRefusals(t *testing.T) {
	w := newWire(t, sscop.Config{K: 16}, time.Millisecond)
	a := w.nodes[0]
	if a.send("down") {
		t.Error("data taken while released")
	}
	a.establish()
	a.carryOut(a.e.Establish())
	a.send("not yet")
	w.run(time.Second)
	a.send("longer than k octets")
	a.carryOut(a.e.UnitData(make([]byte, 17)))
	a.carryOut(a.e.MgmtData(make([]byte, 17)))
	a.release()
	a.carryOut(a.e.Release())
	wantLogs(t, w, "refused, refused, refused, ESTABLISH.conf, refused, refused, refused, refused", "ESTABLISH.ind")
	if got := a.e.Stats().Refused; got != 7 {
		t.Errorf("%d refusals counted, want 7", got)
	}
}

// TestUnassured: UD and MD pass in any state.
func TestUnassured(t *testing.T) {
	w := newWire(t, sscop.Config{}, time.Millisecond)
	for range 2 {
		w.nodes[0].carryOut(w.nodes[0].e.UnitData([]byte("u")))
		w.nodes[0].carryOut(w.nodes[0].e.MgmtData([]byte("m")))
		w.run(time.Second)
		wantLogs(t, w, "", "UNITDATA.ind, MAA-UNITDATA.ind")
		w.nodes[0].establish()
		w.run(time.Second)
		take(w.nodes[0])
		take(w.nodes[1])
	}
}
