package simnet

import (
	"math"
	"math/rand/v2"
	"time"

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
	return w.crash+w.shutdown+w.partition+w.flap+w.operator == 0 && w.refuse == 0 && w.loss == 0
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
	return w
}

// drawTime draws a time between two, each order of magnitude as likely as the
// others.
func drawTime(r *rand.Rand, least, most time.Duration) time.Duration {
	ratio := float64(most) / float64(least)
	return time.Duration(float64(least) * math.Pow(ratio, r.Float64()))
}
