package uni_test

import (
	"slices"
	"testing"
	"time"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
)

// coordPlaces bring a link to each state of its coordinator.
var coordPlaces = map[uni.CoordState]func(w *world) *host{
	uni.SAALDown: func(w *world) *host {
		h := alone(w)
		h.do(h.link.Status(h.status(false)))
		w.run(10 * time.Second)
		return h
	},
	uni.SAALBackOff: func(w *world) *host {
		h := alone(w)
		for range 100 {
			if uni.CoordOf(h.link) == uni.SAALBackOff {
				break
			}
			w.run(100 * time.Millisecond)
		}
		return h
	},
	uni.SAALEstablishing: alone,
	uni.SAALReleasing: func(w *world) *host {
		h, _ := w.pair()
		up(w.hosts...)
		h.loss = 1
		h.do(h.link.Stop(cause(ie.CauseTemporaryFailure)))
		return h
	},
	uni.SAALUp: func(w *world) *host {
		h, _ := w.pair()
		up(w.hosts...)
		return h
	},
}

// alone is a host whose peer does not answer.
func alone(w *world) *host {
	h := w.host("a", macA, macB, uni.RoleUser)
	h.boot()
	return h
}

// TestEveryCoordinatorCell gives every event to the coordinator in every state: it goes where its table
// says, and what is impossible is counted and changes nothing.
func TestEveryCoordinatorCell(t *testing.T) {
	for state, reach := range coordPlaces {
		for _, ev := range uni.CoordEvents() {
			h := reach(newWorld(t, 1))
			if got := uni.CoordOf(h.link); got != state {
				t.Fatalf("reached %v instead of %v", got, state)
			}
			before := h.counter("impossible")
			effects := uni.Coordinate(h.link, ev)
			after, counted := uni.CoordOf(h.link), h.counter("impossible")-before
			switch kind, next := uni.CoordCell(state, ev); {
			case kind == fsm.Handle && !slices.Contains(next, after):
				t.Errorf("%v, %v: %v, want one of %v", state, ev, after, next)
			case kind != fsm.Handle && (after != state || len(effects) != 0):
				t.Errorf("%v, %v: %v and %v", state, ev, after, effects)
			case counted == 1 != (kind == fsm.Impossible):
				t.Errorf("%v, %v: counted %d times", state, ev, counted)
			}
		}
	}
}
