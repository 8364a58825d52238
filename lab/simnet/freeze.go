package simnet

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Troubles that are shorter than the patience of the SAAL, or that it does not
// see: what is lost or late by them is a matter of the timers of signalling.
//
//	silence   a wire carries nothing one way; SSCOP says it all again
//	freeze    a host stands still, its clock does not: then all comes at once
//	hang      a data plane answers nothing, for longer than most timers

// happening is what happens to a host, as far as a freeze tells it apart.
type happening uint8

const (
	aMessage happening = iota // between clients, machines and the data plane
	aFrame
	aTimer
	numHappenings
)

// stillness is a host that stands still: what happens to it waits.
type stillness struct {
	frozen  bool
	waiting []pending
}

type pending struct {
	kind happening
	do   func()
}

// now lets something happen, when the host stands still no more.
func (h *host) now(kind happening, do func()) {
	if h.still.frozen {
		h.still.waiting = append(h.still.waiting, pending{kind, do})
		return
	}
	do()
}

// thaw lets all happen that has waited. Frames, timers and messages come from
// different queues: each keeps its order, and one of them may go first.
func (h *host) thaw(r *rand.Rand) {
	waiting := h.still.waiting
	h.still = stillness{}
	h.w.record.Note(h.w.now, "host %s goes on with %d things", h.name, len(waiting))
	if first := happening(r.IntN(2 * int(numHappenings))); first < numHappenings {
		slices.SortStableFunc(waiting, func(a, b pending) int { return rank(a.kind, first) - rank(b.kind, first) })
	}
	life := h.life
	for _, p := range waiting {
		if h.life == life {
			p.do()
		}
	}
}

func rank(kind, first happening) int {
	if kind == first {
		return 0
	}
	return 1
}

// begins reports whether a PDU is a BGN.
func begins(pdu []byte) bool { return len(pdu) >= 8 && pdu[len(pdu)-4]&0xf == 1 }

// patience is shorter than the no-response time of SSCOP (7 s) by what a poll
// and its answer may take.
const patience = 6 * time.Second

// doSilence lets a wire lose everything one way, for less than the SAAL notices,
// now and then several times.
func (w *World) doSilence(r *rand.Rand) {
	y := w.wires[r.IntN(len(w.wires))]
	i, wait := r.IntN(2), time.Duration(0)
	for range 1 + r.IntN(3)*r.IntN(2) {
		wait += w.silence(y.ways[i], wait, r) + drawTime(r, time.Second, 5*time.Second)
	}
}

// silence lets a way carry nothing after a while, for a time that it returns.
func (w *World) silence(y *way, wait time.Duration, r *rand.Rand) time.Duration {
	d := drawTime(r, 500*time.Millisecond, patience)
	w.at(w.now+wait, func() {
		w.stats.Silences++
		y.silences++
		w.record.Note(w.now, "nothing passes from %s to %s", y.from, y.to.h)
	})
	w.at(w.now+wait+d, func() {
		y.silences--
		w.record.Note(w.now, "frames pass from %s to %s", y.from, y.to.h)
	})
	return wait + d
}

// provoke lets a wire fall silent one way while something goes on between its
// ends, once in so many times: before it is heard or before it is answered.
func (w *World) provoke(y *wire, in int, r *rand.Rand) {
	if w.weather.silence > 0 && !w.healed && r.IntN(in) == 0 {
		longest := 4*w.weather.delay + w.weather.stall
		w.silence(y.ways[r.IntN(2)], time.Duration(r.Int64N(int64(longest))), r)
	}
}

// doFreeze lets a host stand still, mostly for less than the SAAL notices.
func (w *World) doFreeze(r *rand.Rand) {
	h := w.hosts[r.IntN(len(w.hosts))]
	if !h.alive || h.still.frozen {
		return
	}
	d := drawTime(r, 10*time.Millisecond, patience)
	if r.IntN(6) == 0 {
		d = drawTime(r, patience, 30*time.Second)
	}
	w.stats.Freezes++
	w.record.Note(w.now, "host %s stands still", h.name)
	h.still.frozen = true
	life, q := h.life, newRand(r.Uint64(), 6)
	w.at(w.now+d, func() {
		if h.life == life {
			h.thaw(q)
		}
	})
}

// doHang lets the data plane of a host answer nothing for a while: it ends no
// branch and drains none.
func (w *World) doHang(r *rand.Rand) {
	w.hang(w.hosts[r.IntN(len(w.hosts))], r)
}

func (w *World) hang(h *host, r *rand.Rand) {
	if !h.alive {
		return
	}
	d := drawTime(r, time.Second, 5*time.Minute)
	w.stats.Hangs++
	w.record.Note(w.now, "the data plane of %s answers nothing for %v", h.name, d)
	h.hangs = max(h.hangs, w.now+d)
}
