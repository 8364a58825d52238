package sscf_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

// lossyWire is a wire with drawn parameters. The delay is short enough for an answer to be back
// before Timer_CC runs out.
func lossyWire(t *rapid.T) *wire {
	cfg := sscop.Config{
		Window:  rapid.SampledFrom([]int{1, 2, 5, 30}).Draw(t, "window"),
		MaxPD:   rapid.SampledFrom([]int{1, 3, 25}).Draw(t, "MaxPD"),
		MaxSTAT: rapid.SampledFrom([]int{3, 5, 67}).Draw(t, "MaxSTAT"),
		Queue:   40,
	}
	w := newWire(t, cfg, time.Duration(rapid.IntRange(0, 400).Draw(t, "delay"))*time.Millisecond)
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	loss := rapid.SampledFrom([]float64{0, 0.05, 0.2, 0.5, 0.9}).Draw(t, "loss")
	w.lose = func() bool { return rng.Float64() < loss }
	return w
}

// TestLossyLink: one end establishes, resynchronizes and releases, both send, PDUs are lost. SDUs
// come once and in order, none is missing within one life of a connection except at its end, and
// when nothing more is lost the ends agree.
func TestLossyLink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := lossyWire(t)
		a, b := w.nodes[0], w.nodes[1]
		users := [2]*lossyUser{{}, {}}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			switch event := rapid.IntRange(0, 11).Draw(t, "event"); {
			case event < 2 && (a.view == sscf.Released || event == 0 && a.view == sscf.Established):
				a.establish()
			case event == 2 && a.view == sscf.Established:
				a.release()
			case event < 8:
				who := event % 2
				users[who].send(w.nodes[who], rapid.IntRange(1, 10).Draw(t, "SDUs"))
			default:
				w.run(time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond)
			}
		}
		w.lose = func() bool { return false }
		w.run(2 * time.Minute)
		agree(t, w)
		users[0].check(t, a, b)
		users[1].check(t, b, a)
	})
}

// TestHastyUsers: both ends establish, resynchronize and release at any time, within a round trip
// too. BGAK, RSAK and ENDAK carry no number, so an answer may be taken for that of a later question
// and data may be lost; but signals stay in order (node checks) and the ends agree in the end.
func TestHastyUsers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := lossyWire(t)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			n := w.nodes[rapid.IntRange(0, 1).Draw(t, "who")]
			switch event := rapid.IntRange(0, 6).Draw(t, "event"); {
			case event < 2 && n.view != sscf.AwaitingEstablish && n.view != sscf.AwaitingResync:
				n.establish()
			case event == 2 && n.view != sscf.AwaitingRelease:
				n.release()
			case event < 5:
				n.send("data")
			default:
				w.run(time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond)
			}
		}
		w.lose = func() bool { return false }
		w.run(2 * time.Minute)
		agree(t, w)
	})
}

// lossyUser numbers its SDUs: life of the connection, then number within it.
type lossyUser struct {
	life, n int
}

func (u *lossyUser) send(n *node, count int) {
	if u.life != n.ups {
		u.life, u.n = n.ups, 0
	}
	for range count {
		if n.send(fmt.Sprintf("%d %d", u.life, u.n)) {
			u.n++
		}
	}
}

// check holds what came to to against what u sent over from. Only the last life must be complete.
func (u *lossyUser) check(t *rapid.T, from, to *node) {
	life, n := -1, 0
	for _, sdu := range to.sdus {
		var l, i int
		if _, err := fmt.Sscanf(sdu, "%d %d", &l, &i); err != nil {
			t.Fatalf("%q: %v", sdu, err)
		}
		if l != life {
			if l < life {
				t.Fatalf("life %d after %d", l, life)
			}
			life, n = l, 0
		}
		if i != n {
			t.Fatalf("life %d: SDU %d instead of %d", l, i, n)
		}
		n++
	}
	if from.e.Up() && u.life == from.ups && u.n > 0 && (life != u.life || n != u.n) {
		t.Fatalf("%d SDUs of life %d came and none is in flight; %d of life %d were sent", n, life, u.n, u.life)
	}
}

// agree wants both ends up, or both released, with nothing held.
func agree(t *rapid.T, w *wire) {
	a, b := w.nodes[0], w.nodes[1]
	bothUp := a.e.SSCOPState() == sscop.DataTransferReady && b.e.SSCOPState() == sscop.DataTransferReady
	bothDown := a.e.SSCOPState() == sscop.Idle && b.e.SSCOPState() == sscop.Idle
	if !bothUp && !bothDown {
		t.Fatalf("ends disagree: %v and %v", a, b)
	}
	if !a.quiet() || !b.quiet() {
		t.Fatalf("held in the end: %d %d, %d %d", a.e.Queued(), a.e.Unacked(), b.e.Queued(), b.e.Unacked())
	}
}

// TestLongTransfer: 100 000 SDUs one way, 10 000 the other, 5 % of all PDUs lost; all come, once, in
// order, in one life of the connection.
func TestLongTransfer(t *testing.T) {
	w := up(t, sscop.Config{Queue: 200})
	rng := rand.New(rand.NewPCG(5, 100_000))
	w.lose = func() bool { return rng.IntN(20) == 0 }
	total := [2]int{100_000, 10_000}
	var sent [2]int
	for limit := w.now + 24*time.Hour; w.now < limit; w.step(limit) {
		done := true
		for i, n := range w.nodes {
			for sent[i] < total[i] && n.e.Queued()+n.e.Unacked() < 200 {
				if !n.send(strconv.Itoa(sent[i])) {
					t.Fatalf("SDU %d refused", sent[i])
				}
				sent[i]++
			}
			done = done && sent[i] == total[i] && n.quiet()
		}
		if done {
			break
		}
	}
	for i, n := range w.nodes {
		got := w.nodes[1-i].sdus
		if len(got) != total[i] || n.ups != 1 {
			t.Fatalf("%d of %d SDUs came, %d lives", len(got), total[i], n.ups)
		}
		for k, sdu := range got {
			if sdu != strconv.Itoa(k) {
				t.Fatalf("SDU %d is %q", k, sdu)
			}
		}
	}
	st := w.nodes[0].e.Stats()
	t.Logf("%v, %d PDUs lost, %d SD sent, %d of them again", w.now, w.lost, st.Out[sscop.SD], st.Retransmitted)
	if w.lost < 5000 || st.Out[sscop.SD] != uint64(total[0])+st.Retransmitted {
		t.Errorf("%d lost, %d SD sent, %d again", w.lost, st.Out[sscop.SD], st.Retransmitted)
	}
}
