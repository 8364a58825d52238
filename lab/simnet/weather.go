package simnet

import (
	"math"
	"math/rand/v2"
	"time"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// weather is what a run is made of besides its clients: how bad the wires are
// and what happens to the hosts.
type weather struct {
	// loss, dup and hold are the probabilities that a frame is lost, arrives
	// twice, and is overtaken by later ones.
	loss, dup, hold float64
	// delay and jitter are those of the wires; frames keep their order in the
	// jitter.
	delay, jitter time.Duration
	// stall bounds how long a message waits between the goroutines that the
	// daemon would have.
	stall time.Duration
	// plane bounds how long the data plane takes to end a branch. DESIGN 7 bounds
	// what it takes in after a RELEASE to 100 ms; a busy one may answer later.
	plane time.Duration
	// pace is the mean time between two actions.
	pace time.Duration
	// actions is how many there are.
	actions int
	// refuse is the probability that a data plane refuses what it is asked for.
	refuse float64
	// stale delivers the expiries of stopped timers all the same, as a runner
	// may.
	stale bool
	// crash, shutdown, partition, flap and operator are the weights of troubles among the actions; a client's actions together weigh some 100.
	crash, shutdown, partition, flap, operator int
	// silence, freeze and hang are those of a wire that carries nothing one way,
	// of a host that stands still, and of a data plane that answers nothing.
	silence, freeze, hang int
	// timers are those of the links in place of the standard's; nil takes these.
	timers *q2931.Timers
	// capacity is a link's at one end; the other has twice as much, so that
	// either may refuse what the other admits.
	capacity vc.BitRate
	// setupRate is the links' limit of set-ups a second; zero takes the default.
	setupRate int
	// profile is the edition of the UNI that all links speak.
	profile msg.Profile
	// nearWrap lets sequence numbers of the wires start shortly before they
	// begin again.
	nearWrap bool
}

// faultless reports whether nothing but the clients disturbs a call.
func (w *weather) faultless() bool {
	return w.crash+w.shutdown+w.partition+w.flap+w.operator+w.silence+w.freeze+w.hang == 0 &&
		w.refuse == 0 && w.loss == 0 && w.timers == nil
}

// drawWeather draws the weather of a run.
func drawWeather(r *rand.Rand) weather {
	w := weather{
		delay: time.Duration(10+r.IntN(2000)) * time.Microsecond, pace: drawTime(r, time.Millisecond, time.Second),
		actions: 150 + r.IntN(250), stall: drawTime(r, 10*time.Microsecond, 20*time.Millisecond), capacity: 1e9,
		plane: drawTime(r, 100*time.Microsecond, 3*time.Second), stale: r.IntN(4) == 0, nearWrap: r.IntN(4) == 0,
	}
	if r.IntN(4) == 0 {
		w.capacity = 4e6
	}
	if r.IntN(10) == 0 {
		w.setupRate = 20
	}
	if r.IntN(3) == 0 {
		w.delay = drawTime(r, time.Millisecond, 100*time.Millisecond)
	}
	w.jitter = time.Duration(r.Int64N(int64(w.delay)))
	if r.IntN(4) == 0 {
		w.profile = []msg.Profile{msg.UNI31, msg.UNI30}[r.IntN(2)]
	}
	kind := r.IntN(10)
	if kind >= 3 { // the wires are bad
		w.loss = r.Float64() * r.Float64() * 0.3
		w.dup = r.Float64() * 0.1
		w.hold = r.Float64() * 0.1
	}
	if kind >= 6 { // and things happen to the hosts
		w.refuse = float64(r.IntN(2)) * 0.1
		w.crash, w.shutdown, w.partition, w.flap = r.IntN(3), r.IntN(2), r.IntN(3), r.IntN(3)
		w.operator = r.IntN(4)
	}
	if kind >= 4 { // what is shorter than the patience of the SAAL, or none of its business
		w.silence, w.freeze, w.hang = r.IntN(4), r.IntN(3), r.IntN(2)
		if r.IntN(2) == 0 {
			w.timers = drawTimers(r)
		}
	}
	return w
}

// drawTimers draws run times below the standard's, each by itself: what is shorter
// than the patience of the SAAL then outlasts many a timer. What the peer's
// signalling answers at once cannot be late by the standard's values.
func drawTimers(r *rand.Rand) *q2931.Timers {
	t := q2931.DefaultTimers([]q2931.Side{q2931.User, q2931.Network}[r.IntN(2)])
	for _, d := range []*time.Duration{
		&t.T301, &t.T303, &t.T308, &t.T309, &t.T310, &t.T313, &t.T316, &t.T317, &t.T322, &t.T360, &t.T361, &t.T397, &t.T398,
		&t.T399,
	} {
		if r.IntN(3) > 0 {
			*d = drawTime(r, min(500*time.Millisecond, *d/4), *d)
		}
	}
	t.T317 = min(t.T317, t.T316*3/4) // Q.2931 7: it is less than T316
	return &t
}

// drawTime draws a time between two, each order of magnitude as likely as the
// others.
func drawTime(r *rand.Rand, least, most time.Duration) time.Duration {
	ratio := float64(most) / float64(least)
	return time.Duration(float64(least) * math.Pow(ratio, r.Float64()))
}
