package simnet

import (
	"math/rand/v2"
	"time"

	"callmanager/datapath/frame"
)

const (
	// maxHeld bounds the copies that later frames may overtake, in each
	// direction: the rule of package frame takes three late frames in a row for
	// a peer that has started afresh. For the same reason no frame overtakes
	// those before it.
	maxHeld = 2
	// maxOvertaken bounds how many frames overtake one: half of the window in
	// which the rule knows a frame as late.
	maxOvertaken = 32
)

// wire joins two ports.
type wire struct {
	index int
	ends  [2]*port
	ways  [2]*way // ways[i] leads away from ends[i]
	calls ledger
	cuts  int // partitions that have not ended
	// muddled tells that a BGN has waited at a host that stood still. BGAK does not
	// say which BGN it answers (Q.2110 7.2.2): when several attempts are answered at
	// once the ends may take different ones for theirs, and one of them loses what
	// the other has sent without a word, until SSCOP meets sequence numbers that
	// cannot be and recovers.
	muddled bool
}

// way is one direction of a wire: a channel that loses, repeats, delays and
// overtakes, and behind it the datapath's filter of sequence numbers.
type way struct {
	w        *World
	from, to *port
	rng      *rand.Rand

	numbering frame.Numbering // of the sender's life
	sent      uint64          // frames of all lives
	order     frame.Order     // of the receiver's life
	admitted  uint64          // the last frame that passed the filter in that life
	last      time.Duration   // when the last frame that is not held arrives
	held      []*parcel
	flying    int
	silences  int // that have not ended
}

// parcel is one copy of a frame on its way.
type parcel struct {
	seq    uint64 // truth: what the number should say
	number uint16
	octets []byte
	given  bool // up as lost: too many frames have overtaken it
}

// afresh begins a life of the sending host: numbers begin at 1.
func (y *way) afresh() {
	y.numbering = frame.Numbering{}
	if y.w.weather.nearWrap && y.sent == 0 {
		for range 65500 + y.rng.IntN(35) {
			y.numbering.Next()
		}
	}
}

// receiverAfresh begins a life of the receiving host.
func (y *way) receiverAfresh() { y.order, y.admitted = frame.Order{}, 0 }

// send puts one PDU on the wire.
func (y *way) send(pdu []byte) {
	y.sent++
	y.w.stats.Frames++
	pdu = y.swap(pdu)
	p := &parcel{seq: y.sent, number: y.numbering.Next(), octets: append([]byte(nil), pdu...)}
	y.overtake()
	if y.broken() || y.hit(y.w.weather.loss) {
		y.w.stats.Lost++
		y.w.record.Frame(y.w.now, y.from.h, y.to.h, p.octets, "lost")
		return
	}
	fate := ""
	if y.hit(y.w.weather.dup) && len(y.held) < maxHeld {
		y.w.stats.Duplicated++
		y.hold(&parcel{seq: p.seq, number: p.number, octets: p.octets})
		fate = "twice"
	}
	if y.hit(y.w.weather.hold) && len(y.held) < maxHeld {
		y.w.stats.Held++
		y.hold(p)
		fate += " slow"
	} else {
		at := max(y.last, y.w.now+y.flight())
		y.last = at
		y.flying++
		y.w.at(at, func() { y.arrive(p) })
	}
	y.w.record.Frame(y.w.now, y.from.h, y.to.h, p.octets, fate)
}

func (y *way) broken() bool {
	return y.w.wireOf(y).cuts+y.silences > 0 || !y.from.up || !y.to.up || !y.to.h.alive
}

func (y *way) hit(p float64) bool { return p > 0 && !y.w.healed && y.rng.Float64() < p }

// flight draws how long a frame takes.
func (y *way) flight() time.Duration {
	d := y.w.weather.delay
	if j := int64(y.w.weather.jitter); j > 0 {
		d += time.Duration(y.rng.Int64N(j))
	}
	return d
}

// hold lets a copy take longer than its time, and than the frames before it.
func (y *way) hold(p *parcel) {
	y.held = append(y.held, p)
	y.flying++
	extra := time.Duration(y.rng.Int64N(int64(3*y.w.weather.delay + 5*time.Millisecond)))
	y.w.at(max(y.last, y.w.now+y.flight())+extra, func() {
		for i, q := range y.held {
			if q == p {
				y.held = append(y.held[:i], y.held[i+1:]...)
				break
			}
		}
		y.arrive(p)
	})
}

// overtake gives up held copies that too many frames have overtaken.
func (y *way) overtake() {
	for _, p := range y.held {
		p.given = p.given || y.sent-p.seq > maxOvertaken
	}
}

// maxFlight bounds how long any copy is under way.
func (w *weather) maxFlight() time.Duration {
	return 5*w.delay + 3*w.jitter + 5*time.Millisecond
}

// arrive takes a copy off the wire, through the filter.
func (y *way) arrive(p *parcel) {
	y.flying--
	if y.broken() || p.given {
		y.w.stats.Lost++
		y.w.record.Frame(y.w.now, y.from.h, y.to.h, p.octets, "lost on arrival")
		return
	}
	if v, _ := y.order.Admit(p.number, p.octets); v == frame.Late {
		y.w.stats.Late++
		y.w.record.Frame(y.w.now, y.from.h, y.to.h, p.octets, "late: dropped")
		return
	}
	if p.seq <= y.admitted {
		y.w.violate("late frame", "%s: a PDU that is late or a duplicate reaches SSCOP (DESIGN 5): frame %d after %d", y.to, p.seq, y.admitted)
	}
	y.admitted = p.seq
	y.to.receive(p.octets)
	y.w.checkQuiet(y.w.wireOf(y))
}
