package simnet

import "time"

// Fits reports whether the states of a caller and of its called end may stand
// when nothing is under way.
func Fits(caller, called string) bool {
	a, b := stageOf(caller), stageOf(called)
	if called == "N10" {
		b = active
	}
	return fits(a, b)
}

// FitsAfter reports the same of a caller that has fallen back from N10, or that T308 has made null.
func FitsAfter(caller, called string, fallen, gaveUp bool) bool {
	var x pair
	x.ends[0] = end{state: caller, stage: stageOf(caller), fallen: fallen, gaveUp: gaveUp}
	x.ends[1] = end{state: called, stage: stageOf(called)}
	return x.fits()
}

// Deliver sends frames over a way of bad weather between two ports without
// machines and returns how many pass the filter; a frame that is late or a
// duplicate and passes is a violation.
func Deliver(seed uint64, frames int, y Weather) (passed int, v *Violation) {
	w := &World{cfg: Config{Seed: seed}, rng: newRand(seed, 1)}
	w.weather = weather{loss: y.Loss, dup: y.Dup, hold: y.Hold, delay: time.Millisecond, jitter: time.Millisecond, nearWrap: y.NearWrap}
	w.hosts = []*host{{w: w, name: "a"}, {w: w, name: "b", alive: true}}
	w.join(0, 1)
	way := w.wires[0].ways[0]
	way.afresh()
	way.to.sink = func([]byte) { passed++ }
	for range frames {
		way.send([]byte{1, 2, 3, 4})
		w.pass(drawPause(w.rng, time.Millisecond))
	}
	w.pass(time.Minute)
	return passed, w.violation
}

// Weather is that of a way.
type Weather struct {
	Loss, Dup, Hold float64
	NearWrap        bool
}
