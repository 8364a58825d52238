package sim

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Wire joins two control channels.
type Wire struct {
	a, b End
}

// End is one end of a wire. It implements signalling.ControlChannel.
type End struct {
	order sync.Mutex // taken before mu

	mu      sync.Mutex
	rng     *rand.Rand
	delay   time.Duration
	loss    float64
	cut     bool
	receive func(sdu []byte)
	queue   [][]byte
	sent    uint64
	lost    uint64
	far     *End
}

// NewWire makes a wire that delivers after delay and loses SDUs with the given
// probability, each direction by itself. The seed decides which.
func NewWire(delay time.Duration, loss float64, seed uint64) *Wire {
	w := &Wire{}
	for i, e := range []*End{&w.a, &w.b} {
		e.rng = rand.New(rand.NewPCG(seed, uint64(i)))
		e.delay, e.loss = delay, loss
	}
	w.a.far, w.b.far = &w.b, &w.a
	return w
}

// A returns one end.
func (w *Wire) A() *End { return &w.a }

// B returns the other end.
func (w *Wire) B() *End { return &w.b }

// Cut parts the wire, or joins it again. What is under way is lost.
func (w *Wire) Cut(cut bool) {
	for _, e := range []*End{&w.a, &w.b} {
		e.mu.Lock()
		e.cut = cut
		e.mu.Unlock()
	}
}

// OnReceive sets what takes the SDUs that arrive at this end. It replaces what
// was set before; nil drops them. f owns what it is given and is called from a
// goroutine of the wire, one SDU at a time and in order.
func (e *End) OnReceive(f func(sdu []byte)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.receive = f
}

// Send implements signalling.ControlChannel.
func (e *End) Send(sdus ...[]byte) {
	for _, sdu := range sdus {
		e.send(sdu)
	}
}

func (e *End) send(sdu []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent++
	if e.cut || e.loss > 0 && e.rng.Float64() < e.loss {
		e.lost++
		return
	}
	e.queue = append(e.queue, append([]byte(nil), sdu...))
	time.AfterFunc(e.delay, e.deliver)
}

// deliver hands the first SDU on its way to the far end. None overtakes
// another: order is held until the SDU has been taken.
func (e *End) deliver() {
	e.order.Lock()
	defer e.order.Unlock()
	e.mu.Lock()
	sdu, cut := e.queue[0], e.cut
	e.queue = e.queue[1:]
	e.mu.Unlock()
	e.far.mu.Lock()
	receive := e.far.receive
	e.far.mu.Unlock()
	if cut {
		return
	}
	if receive != nil {
		receive(sdu)
	}
}

// Counts returns how many SDUs this end has sent, and how many of them the wire
// has lost.
func (e *End) Counts() (sent, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent, e.lost
}
