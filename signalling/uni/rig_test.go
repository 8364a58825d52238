package uni_test

import (
	"container/heap"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"callmanager/signalling/dissect"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
}

// A world is two or more hosts under one virtual clock. Everything that takes
// time is an event; events of one instant happen in the order in which they
// were made.
type world struct {
	t     tester
	now   time.Duration
	seq   int
	steps int
	queue eventQueue
	rng   *rand.Rand
	hosts []*host
}

type event struct {
	at  time.Duration
	seq int
	do  func()
}

type eventQueue []event

func (q *eventQueue) Len() int { return len(*q) }
func (q *eventQueue) Less(i, j int) bool {
	a, b := (*q)[i], (*q)[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}
func (q *eventQueue) Swap(i, j int) { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }
func (q *eventQueue) Push(x any)    { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

func newWorld(t tester, seed uint64) *world {
	return &world{t: t, rng: rand.New(rand.NewPCG(seed, 1))}
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{at: w.now + d, seq: w.seq, do: do})
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	end := w.now + d
	for len(w.queue) > 0 && w.queue[0].at <= end {
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		if w.steps++; w.steps > 1e6 {
			w.t.Fatalf("a million events, and no rest")
		}
		e.do()
	}
	w.now = end
}

// branchState is a branch of a host's data plane.
type branchState struct {
	call     primitive.CallID
	vc       vc.Handle
	spec     vc.BranchSpec
	joined   map[vc.Handle]bool // the VCs that receive; false: on its way off
	transmit bool
	draining bool
	ending   bool
}

// A host is one link with a data plane and a recorder of what it tells. A host
// that dies leaves its events without effect.
type host struct {
	w     *world
	name  string
	life  int
	link  *uni.Link
	peer  *host
	cfg   uni.Config
	mac   vc.MAC
	alive bool

	lastArrival time.Duration
	delay       time.Duration
	loss        float64

	plane       map[vc.ID]*branchState
	maxSDU      uint16
	speed       vc.BitRate
	refuse      error // what Activate fails with
	refuseJoin  error // what Join fails with
	drainTime   time.Duration
	quiesceTime time.Duration

	inds     []primitive.Indication
	offers   []primitive.SetupInd
	states   []uni.Effect
	trans    []uni.Transition
	sent     [][]byte
	log      []string // what has happened, in few words
	restarts []uni.RestartDone
	onInd    func(primitive.Indication)
	onTrace  func(uni.Effect)
	onPDU    func([]byte) // takes the PDUs in place of peer
	timers   map[uni.TimerID]uint64
	started  map[uni.TimerName]time.Duration
	stuck    bool // Deactivate is never answered
	nextOut  primitive.CallID
	edges    bool // check at OpenTransmit that the peer receives
}

var (
	macA = vc.MAC{2, 0, 0, 0, 0, 1}
	macB = vc.MAC{2, 0, 0, 0, 0, 2}
)

func (w *world) host(name string, mac, peer vc.MAC, role uni.Role) *host {
	h := &host{
		w: w, name: name, mac: mac, delay: time.Millisecond,
		cfg:       uni.Config{ID: 1, Role: role, Peer: peer, Capacity: 1e9, Seed: w.rng.Uint64()},
		drainTime: time.Millisecond, quiesceTime: time.Millisecond, nextOut: 1, edges: true, maxSDU: 1492, speed: 1e9,
	}
	w.hosts = append(w.hosts, h)
	return h
}

// pair makes two hosts: a is the network side, b the user side.
func (w *world) pair() (a, b *host) {
	a = w.host("a", macA, macB, uni.RoleAuto)
	b = w.host("b", macB, macA, uni.RoleAuto)
	a.peer, b.peer = b, a
	return a, b
}

// boot starts a host with a fresh link.
func (h *host) boot() {
	h.life++
	h.alive = true
	h.plane = make(map[vc.ID]*branchState)
	h.timers = make(map[uni.TimerID]uint64)
	h.started = make(map[uni.TimerName]time.Duration)
	if h.link != nil {
		h.cfg.SSCOP.InitialSQ = h.link.VTSQ()
		h.cfg.Seed++
	}
	h.link = uni.New(h.cfg)
	h.do(h.link.Start())
	h.do(h.link.Status(h.status(true)))
}

func (h *host) status(up bool) vc.LinkStatus {
	return vc.LinkStatus{Up: up, MAC: h.mac, MaxSDU: h.maxSDU, Speed: h.speed}
}

// die stops a host as kill -9 does.
func (h *host) die() {
	h.life++
	h.alive = false
	h.plane = make(map[vc.ID]*branchState)
	h.timers = make(map[uni.TimerID]uint64)
}

// later runs do unless the host has died meanwhile.
func (h *host) later(d time.Duration, do func()) {
	life := h.life
	h.w.after(d, func() {
		if h.life == life {
			do()
		}
	})
}

// do performs the effects of one input.
func (h *host) do(effects []uni.Effect) {
	var answers []func() []uni.Effect
	for _, e := range effects {
		switch e.Kind {
		case uni.SendPDU:
			if name := dissect.Summarize(e.Octets).Message; name != "" {
				h.note(name)
			}
			h.transmit(slices.Clone(e.Octets))
		case uni.StartTimer:
			h.timers[e.Timer] = e.Gen
			h.started[e.Timer.Name] = h.w.now
			h.later(e.After, func() {
				if h.timers[e.Timer] == e.Gen {
					delete(h.timers, e.Timer)
				}
				h.do(h.link.Expire(e.Timer, e.Gen))
			})
		case uni.StopTimer:
			delete(h.timers, e.Timer)
		case uni.Activate:
			h.note("activate")
			answers = append(answers, func() []uni.Effect { return h.link.Activated(e.Call, h.activate(e)) })
		case uni.Join:
			h.note("join")
			answers = append(answers, func() []uni.Effect { return h.link.Joined(e.Call, e.Party, h.join(e)) })
		case uni.Leave:
			h.note("leave")
			h.leave(e)
		case uni.OpenTransmit:
			h.note("open")
			h.openTransmit(e.ID)
		case uni.Drain:
			h.note("drain")
			h.drain(e)
		case uni.Deactivate:
			h.note(fmt.Sprintf("deactivate quiesce=%v", e.Quiesce))
			h.deactivate(e)
		case uni.Indicate:
			h.inds = append(h.inds, e.Indication)
			h.note(strings.TrimPrefix(fmt.Sprintf("%T", e.Indication), "primitive."))
			if h.onInd != nil {
				h.later(0, func() { h.onInd(e.Indication) })
			}
		case uni.LinkChanged:
			h.states = append(h.states, e)
		case uni.Moved:
			h.trans = append(h.trans, *e.Transition)
			if e.Transition.Side == "" && !uni.CoordDeclared(*e.Transition) {
				h.w.t.Errorf("%s: undeclared transition %+v", h.name, e.Transition)
			}
		case uni.RestartAnswered:
			h.restarts = append(h.restarts, *e.Restart)
		case uni.Trace:
			if h.onTrace != nil {
				h.onTrace(e)
			}
		}
	}
	for _, answer := range answers {
		h.do(answer())
	}
}

func (h *host) note(what string) { h.log = append(h.log, what) }

// takeLog returns what has happened since the last takeLog.
func (h *host) takeLog() []string {
	l := h.log
	h.log = nil
	return l
}

// transmit puts a PDU on the wire: first in, first out, and some are lost.
func (h *host) transmit(pdu []byte) {
	h.sent = append(h.sent, pdu)
	if h.loss > 0 && h.w.rng.Float64() < h.loss || h.peer == nil && h.onPDU == nil {
		return
	}
	at := max(h.w.now+h.delay, h.lastArrival)
	h.lastArrival = at
	h.w.after(at-h.w.now, func() {
		if h.onPDU != nil {
			h.onPDU(pdu)
		} else if p := h.peer; p.alive {
			p.do(p.link.Receive(pdu))
		}
	})
}

func (h *host) activate(e uni.Effect) error {
	if h.refuse != nil {
		return h.refuse
	}
	b := h.plane[e.ID]
	if b == nil {
		b = &branchState{call: e.Call, vc: e.VC, joined: map[vc.Handle]bool{e.VC: true}}
		h.plane[e.ID] = b
	}
	if b.call != e.Call || b.ending {
		h.w.t.Errorf("%s: channel %v activated for call %x while call %x has it", h.name, e.ID, e.Call, b.call)
	}
	b.spec = e.Spec
	return nil
}

func (h *host) join(e uni.Effect) error {
	if h.refuseJoin != nil {
		return h.refuseJoin
	}
	b := h.plane[e.ID]
	if b == nil || b.call != e.Call || b.ending || b.joined[e.VC] {
		h.w.t.Errorf("%s: Join of VC %d to %v, which is %+v", h.name, e.VC, e.ID, b)
		return errPlane
	}
	b.joined[e.VC] = true
	return nil
}

func (h *host) leave(e uni.Effect) {
	b := h.plane[e.ID]
	if b == nil || b.call != e.Call || b.ending || !b.joined[e.VC] {
		h.w.t.Errorf("%s: Leave of VC %d from %v, which is %+v", h.name, e.VC, e.ID, b)
		return
	}
	b.joined[e.VC] = false
	h.later(h.quiesceTime, func() {
		if h.plane[e.ID] == b && !b.ending {
			delete(b.joined, e.VC)
			h.do(h.link.Left(e.Call, e.Party, vc.DrainReport{Dropped: 1}))
		}
	})
}

func (h *host) openTransmit(id vc.ID) {
	b := h.plane[id]
	if b == nil || b.transmit || b.ending {
		h.w.t.Errorf("%s: OpenTransmit of %v, which is %+v", h.name, id, b)
		return
	}
	b.transmit = true
	if p := h.peer; h.edges && p != nil && p.plane[id] == nil {
		h.w.t.Errorf("%s: may send on %v, but %s does not receive", h.name, id, p.name)
	}
}

func (h *host) drain(e uni.Effect) {
	b := h.plane[e.ID]
	if b == nil || b.draining || b.ending || !b.transmit {
		h.w.t.Errorf("%s: Drain of %v, which is %+v", h.name, e.ID, b)
		return
	}
	b.draining = true
	h.later(min(h.drainTime, e.Linger), func() {
		if h.plane[e.ID] == b && b.draining {
			b.draining = false
			h.do(h.link.Drained(e.Call, vc.DrainReport{Sent: 2}))
		}
	})
}

func (h *host) deactivate(e uni.Effect) {
	b := h.plane[e.ID]
	if b == nil || b.ending {
		h.w.t.Errorf("%s: Deactivate of %v, which is %+v", h.name, e.ID, b)
		return
	}
	b.ending, b.draining = true, false
	if h.stuck {
		return
	}
	d := time.Duration(0)
	if e.Quiesce {
		d = h.quiesceTime
	}
	h.later(d, func() {
		delete(h.plane, e.ID)
		h.do(h.link.Deactivated(e.Call, vc.DrainReport{Dropped: 1}))
	})
}

// ask hands a request to the host's link.
func (h *host) ask(r primitive.Request) { h.do(h.link.Request(r)) }

// call asks for a call to the peer and returns its identifier.
func (h *host) call(p primitive.Params) primitive.CallID {
	id := h.nextOut
	h.nextOut++
	h.ask(primitive.SetupReq{Call: id, VC: vc.Handle(id) + 1000, Params: p})
	return id
}

// take returns what has been indicated since the last take.
func (h *host) take() []primitive.Indication {
	i := h.inds
	h.inds = nil
	return i
}

// last returns the last indication of type I, or fails.
func last[I primitive.Indication](h *host) I {
	h.w.t.Helper()
	for _, ind := range slices.Backward(h.inds) {
		if i, ok := ind.(I); ok {
			return i
		}
	}
	var none I
	h.w.t.Fatalf("%s: no %T among %+v", h.name, none, h.inds)
	return none
}

func (h *host) counter(name string) uint64 {
	for _, c := range h.link.Counters() {
		if c.Name == name {
			return c.Value
		}
	}
	h.w.t.Fatalf("no counter %q", name)
	return 0
}

// wantEmpty checks that nothing of a call is left.
func (h *host) wantEmpty() {
	h.w.t.Helper()
	if n := h.link.CallCount(); n != 0 {
		h.w.t.Errorf("%s: %d calls are left: %+v", h.name, n, h.link.Calls())
	}
	if r := h.link.Reserved(); r != (vc.Reservation{}) {
		h.w.t.Errorf("%s: %+v is still reserved", h.name, r)
	}
	if len(h.plane) != 0 {
		h.w.t.Errorf("%s: %d branches are left", h.name, len(h.plane))
	}
	for id := range h.timers {
		if id.Call != 0 {
			h.w.t.Errorf("%s: timer %v of call %x runs", h.name, id.Name, id.Call)
		}
	}
	if n := h.counter("impossible") + h.counter("sscop_impossible") + h.counter("encode_errors"); n != 0 {
		h.w.t.Errorf("%s: %d events that cannot be", h.name, n)
	}
	if n := uni.Leftovers(h.link); n != "" {
		h.w.t.Errorf("%s: left behind: %s", h.name, n)
	}
}

// up boots the hosts and waits for their links.
func up(hosts ...*host) {
	w := hosts[0].w
	w.t.Helper()
	for _, h := range hosts {
		h.boot()
	}
	w.run(time.Second)
	for _, h := range hosts {
		if h.link.State() != uni.LinkUp {
			w.t.Fatalf("%s is %v: %q", h.name, h.link.State(), h.link.LastError())
		}
		h.sent, h.log = nil, nil
	}
}

// flow is a CBR flow for tests.
func flow(pcr vc.CellRate, sdu uint16) vc.Flow { return vc.Flow{PCR: pcr, MaxSDU: sdu} }

func addrOf(m vc.MAC) vc.Addr { return vc.AddrFromMAC(m) }

func paramsTo(m vc.MAC, c vc.Contract) primitive.Params {
	return primitive.Params{Called: addrOf(m).WithSelector(7), Contract: c}
}

var (
	bestEffort = vc.Contract{Category: vc.UBR, Forward: flow(353207, 1400), Backward: flow(353207, 1400)}
	constant   = vc.Contract{Category: vc.CBR, Forward: flow(1000, 1000), Backward: flow(2000, 500)}
)

var errPlane = errors.New("no room")

func cause(v ie.CauseValue) ie.Cause { return ie.Cause{Value: v} }

func (h *host) String() string { return fmt.Sprintf("%s (%v)", h.name, h.link.Role()) }

// unhex reads hexadecimal digits with spaces.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}
