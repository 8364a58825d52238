package mem

import (
	"math/rand/v2"
	"slices"
	"time"

	"callmanager/nicio"
)

// A path is one direction between two stations: the faults apply to it and order is kept on it. Its
// methods are called with the wire locked.
type path struct {
	wire *Wire
	to   *Station
	rng  *rand.Rand
	last time.Time // Due time of the latest frame.
	held []held
}

// held is a frame that waits for others to overtake it.
type held struct {
	frame     []byte
	wait      int  // Frames still to go ahead.
	overtaken bool // At least one did.
	until     time.Time
}

// A transit is a frame on its way.
type transit struct {
	path   *path
	frame  []byte
	due    time.Time
	serial uint64
}

func newPath(w *Wire, from, to *Station) *path {
	// The addresses differ in one of the two words for any two paths.
	src := rand.NewPCG(w.seed^from.mac.Uint64()<<16, to.mac.Uint64()<<16^from.mac.Uint64())
	return &path{wire: w, to: to, rng: rand.New(src)}
}

// enter applies the faults to a frame. The number of draws does not depend on their outcome, so one
// probability can be changed without shuffling the other choices.
func (p *path) enter(frame []byte) {
	f, stats := &p.wire.faults, &p.wire.stats
	lose := p.rng.Float64() < f.Loss
	corrupt := p.rng.Float64() < f.Corrupt
	double := p.rng.Float64() < f.Duplicate
	hold := p.rng.Float64() < f.Reorder
	bit, span := p.rng.Uint64(), p.rng.Uint64()
	jitter := p.rng.Float64()
	if lose {
		stats.Lost++
		p.wire.recycle(frame)
		return
	}
	if corrupt && flip(frame, bit) {
		stats.Corrupted++
	}
	stats.InFlight++
	var twin []byte
	if double {
		stats.Duplicated++
		stats.InFlight++
		twin = p.wire.frame(frame, nil)
	}
	if hold {
		p.hold(frame, int(span%uint64(f.ReorderSpan))+1)
	} else {
		p.pass(frame, jitter)
	}
	if double {
		p.pass(twin, jitter)
	}
}

// flip inverts one bit behind the Ethernet header and reports whether there is one.
func flip(frame []byte, bit uint64) bool {
	payload := frame[min(nicio.HeaderLen, len(frame)):]
	if len(payload) == 0 {
		return false
	}
	bit %= uint64(len(payload)) * 8
	payload[bit/8] ^= 1 << (bit % 8)
	return true
}

// hold keeps a frame until wait others have passed, or for the time that the faults say.
func (p *path) hold(frame []byte, wait int) {
	until := p.wire.clock.Now().Add(p.wire.faults.ReorderTime)
	p.held = append(p.held, held{frame: frame, wait: wait, until: until})
	p.wire.arm(until)
}

// pass sends a frame on and then the held ones that enough frames have overtaken.
func (p *path) pass(frame []byte, jitter float64) {
	p.depart(frame, jitter)
	p.overtake(len(p.held))
	p.release(func(h *held) bool { return h.wait <= 0 })
}

// overtake notes that a later frame has gone ahead of the n frames held longest.
func (p *path) overtake(n int) {
	for i := range p.held[:n] {
		p.held[i].wait--
		p.held[i].overtaken = true
	}
}

// release sends the held frames on that ready picks, the earliest first. One that goes may be the
// last that an earlier one waited for.
func (p *path) release(ready func(h *held) bool) {
	for i := 0; i < len(p.held); {
		if !ready(&p.held[i]) {
			i++
			continue
		}
		h := p.held[i]
		p.held = slices.Delete(p.held, i, i+1)
		if h.overtaken {
			p.wire.stats.Reordered++
		}
		p.depart(h.frame, 0)
		p.overtake(i)
		i = 0
	}
}

// depart delivers a frame now or puts it in transit, never ahead of an earlier one. Whoever made
// frames depart calls settle afterwards.
func (p *path) depart(frame []byte, jitter float64) {
	w := p.wire
	delay := w.faults.Delay + time.Duration(jitter*float64(w.faults.Jitter))
	if delay == 0 && p.last.IsZero() {
		w.arrive(transit{path: p, frame: frame})
		return
	}
	due := w.clock.Now().Add(delay)
	if due.Before(p.last) {
		due = p.last
	}
	p.last = due
	w.serial++
	w.transit.push(transit{path: p, frame: frame, due: due, serial: w.serial})
}

// arrive ends the transit of a frame. The wire is locked.
func (w *Wire) arrive(t transit) {
	w.stats.InFlight--
	t.path.to.accept(t.frame)
	w.recycle(t.frame)
}

// arm makes sure that the wire runs at a time. The wire is locked.
func (w *Wire) arm(at time.Time) {
	if !w.armed.IsZero() && !at.Before(w.armed) {
		return
	}
	w.armed = at
	w.clock.AfterFunc(at.Sub(w.clock.Now()), func() { w.expire(at) })
}

// expire is the end of a timer.
func (w *Wire) expire(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed.Equal(at) {
		w.armed = time.Time{}
	}
	w.run(w.clock.Now())
}

// run ends holding back where the time is over, then settles. The wire is locked.
func (w *Wire) run(now time.Time) {
	for _, from := range w.stations {
		for _, to := range w.stations {
			p := from.paths[to]
			if p == nil || len(p.held) == 0 {
				continue
			}
			p.release(func(h *held) bool { return !h.until.After(now) })
			for i := range p.held {
				w.arm(p.held[i].until)
			}
		}
	}
	w.settle()
}

// settle delivers what is due and arms the timer for the rest. The wire is locked.
func (w *Wire) settle() {
	if len(w.transit) == 0 {
		return
	}
	now := w.clock.Now()
	for len(w.transit) > 0 && !w.transit[0].due.After(now) {
		w.arrive(w.transit.pop())
	}
	if len(w.transit) > 0 {
		w.arm(w.transit[0].due)
	}
}

// A transitHeap is a binary heap by due time, equal ones in order of departure.
type transitHeap []transit

func (h *transitHeap) less(i, j int) bool {
	a, b := &(*h)[i], &(*h)[j]
	if a.due.Equal(b.due) {
		return a.serial < b.serial
	}
	return a.due.Before(b.due)
}

func (h *transitHeap) push(t transit) {
	*h = append(*h, t)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(i, up) {
			return
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

func (h *transitHeap) pop() transit {
	s := *h
	top, last := s[0], len(s)-1
	s[0], s[last] = s[last], transit{}
	*h = s[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < last && h.less(down+1, down) {
			down++
		}
		if down >= last || !h.less(down, i) {
			break
		}
		s[i], s[down] = s[down], s[i]
		i = down
	}
	return top
}
