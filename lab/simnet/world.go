package simnet

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"callmanager/lab/simnet/agenda"
	"callmanager/lab/simnet/ladder"
)

// Config is what a run follows from.
type Config struct {
	Seed uint64
	// Skip leaves out the actions with these numbers; nil leaves out none.
	Skip map[int]bool
	// Record takes down what happens; nil takes down nothing.
	Record *ladder.Record
}

// Violation is a rule that a run has broken.
type Violation struct {
	// Rule names the check, in a few words that do not depend on the run.
	Rule string
	// Text says what was wrong, where and when.
	Text string
	// Actions is how many actions had been taken.
	Actions int
}

// String is the rule and the text.
func (v *Violation) String() string { return v.Rule + ": " + v.Text }

// Result is what came of a run.
type Result struct {
	Violation *Violation // nil if all is well
	Stats     Stats
	// Summary says in a line what the run was made of.
	Summary string
}

// World is one run.
type World struct {
	cfg     Config
	weather weather
	rng     *rand.Rand
	now     time.Duration
	queue   agenda.Queue
	hosts   []*host
	wires   []*wire
	stats   Stats
	record  *ladder.Record

	// letters are what clients have written, posted those that daemons have taken.
	letters    map[string]*letter
	posted     []*letter
	lastLetter uint64
	leaves     map[uint32]*letter // those that ask to join, by their numbers

	// acted counts the actions taken.
	acted int
	// healed ends all troubles; settling lets clients close what they have.
	healed, settling bool
	violation        *Violation
}

// Run makes one run.
func Run(cfg Config) (res Result) {
	w := &World{cfg: cfg, rng: newRand(cfg.Seed, 1), record: cfg.Record, letters: make(map[string]*letter), leaves: make(map[uint32]*letter)}
	w.weather = drawWeather(w.rng)
	w.build()
	defer func() {
		if p := recover(); p != nil {
			w.violate("panic", "%v\n%s", p, debug.Stack())
		}
		w.collect()
		res = Result{Violation: w.violation, Stats: w.stats, Summary: w.String()}
	}()
	w.run()
	return res
}

// String says what the run is made of.
func (w *World) String() string {
	y := &w.weather
	return fmt.Sprintf("%d hosts, %d links, %d actions every %v; loss %.3f, twice %.3f, slow %.3f, delay %v + %v, stall %v; "+
		"crash %d, shutdown %d, partition %d, port %d, operator %d, silence %d, freeze %d, hang %d, refused %.2f; timers %+v",
		len(w.hosts), len(w.wires), y.actions, y.pace, y.loss, y.dup, y.hold, y.delay, y.jitter, y.stall,
		y.crash, y.shutdown, y.partition, y.flap, y.operator, y.silence, y.freeze, y.hang, y.refuse, y.timers)
}

// violate records the first violation; the run ends with the event under way.
func (w *World) violate(rule, format string, args ...any) {
	if w.violation != nil {
		return
	}
	text := fmt.Sprintf("at %v: "+format, append([]any{w.now}, args...)...)
	w.violation = &Violation{Rule: rule, Text: text, Actions: w.acted}
	w.record.Note(w.now, "!!! %s: %s", rule, text)
}

// at lets something happen at a time.
func (w *World) at(t time.Duration, do func()) {
	w.queue.Push(t, do)
}

// pass lets time pass, until a violation at most.
func (w *World) pass(d time.Duration) {
	end := w.now + d
	for w.queue.Next(end) && w.violation == nil {
		at, do := w.queue.Pop()
		w.now = at
		if w.stats.Steps++; w.stats.Steps > maxSteps {
			w.violate("no rest", "%d steps, and no end", w.stats.Steps)
		}
		do()
	}
	w.now = end
}

// maxSteps is more than a run takes; one that goes on has begun to turn in a
// circle.
const maxSteps = 2_000_000

// lane is a queue between two parties: what is sent arrives in its order.
type lane struct{ last time.Duration }

// post puts a message on a lane.
func (w *World) post(l *lane, do func()) {
	l.last = max(l.last, w.now+w.stall())
	w.at(l.last, do)
}

// stall draws how long a message waits for the other party's turn.
func (w *World) stall() time.Duration {
	switch n := w.rng.IntN(16); {
	case n < 10:
		return time.Duration(w.rng.IntN(20)) * time.Microsecond
	case n < 15:
		return time.Duration(w.rng.IntN(300)) * time.Microsecond
	}
	return time.Duration(w.rng.Int64N(int64(w.weather.stall)))
}

// run is the whole of a run: the hosts start, actions are taken, and the
// network comes to rest twice: with the calls that are left, and without.
func (w *World) run() {
	for _, h := range w.hosts {
		w.at(w.now+time.Duration(w.rng.IntN(500))*time.Millisecond, h.boot)
	}
	w.pass(time.Second)
	for i := range w.weather.actions {
		if w.violation != nil {
			return
		}
		r := newRand(w.cfg.Seed, uint64(i)<<8|2)
		w.pass(drawPause(r, w.weather.pace))
		if !w.cfg.Skip[i] {
			w.acted = i + 1
			w.act(r)
		}
	}
	w.heal()
	w.rest()
}

// newRand makes a source of choices for one purpose of a run.
func newRand(seed, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose)) //nolint:gosec // no secret: a run follows from its seed
}

// drawPause draws a time around a mean; most are short.
func drawPause(r *rand.Rand, mean time.Duration) time.Duration {
	return time.Duration(r.ExpFloat64() * float64(mean))
}

// wireOf returns the wire that a way is of.
func (*World) wireOf(y *way) *wire { return y.from.wire }
