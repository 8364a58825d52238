package uni

import (
	"math/rand/v2"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscf"
	"callmanager/signalling/uni/channel"
	"callmanager/signalling/uni/permanent"
	"callmanager/vc"
)

// Link is the signalling entity of one link.
type Link struct {
	cfg Config
	rng *rand.Rand

	// system are the addresses of the system's other links too.
	system []vc.Addr

	// The port and the side.
	role Role // RoleAuto while undecided
	side q2931.Side
	port vc.LinkStatus
	told bool // the port's state has been told at all

	// The SAAL.
	saal     *sscf.Entity
	sscopK   int
	coord    coordState
	started  bool
	stopping bool
	stopped  bool
	stopWith ie.Cause
	attempts int // to establish the SAAL, since it was up
	inbox    []signal
	worked   int // signals of the inbox that are worked off

	// The restart procedure.
	start, respond *q2931.Process
	restarted      bool                          // calls are taken
	clearing       map[primitive.CallID]struct{} // what the peer's RESTART waits for
	deferred       [][]byte                      // messages that wait for calls to be taken, or for a channel
	restarts       []*restartJob                 // an operator's that wait
	job            *restartJob                   // the one under way
	audits         []primitive.CallID            // calls to be enquired about
	enquired       map[primitive.CallID]struct{} // calls whose enquiry is under way

	// The calls.
	calls    map[primitive.CallID]*call
	byRef    map[msg.CallRef]*call // by the reference as this side writes it
	nextRef  uint32
	nextCall primitive.CallID
	pending  [2]int
	buckets  [2]bucket
	channels *channel.Table
	awaiting []primitive.CallID // calls whose response names a channel that rests
	capacity vc.Capacity

	pvcs *permanent.Table

	// What is wrong.
	errSAAL, errPeer, errRestart string
	state                        LinkState
	lastError                    string
	resets, toldResets           resetState

	timers   map[TimerID]timer
	gen      uint64
	out      []Effect
	moves    []Transition
	arena    []byte
	octets   []byte         // of the message that is written
	steps    []q2931.Effect // of the calls' machines that are being performed
	decoders []*msg.Decoder // that no message is in
	counters counters
}

// New returns the entity of a link. Nothing happens before [Link.Start].
func New(cfg Config) *Link {
	cfg = cfg.normal()
	l := &Link{
		cfg:      cfg,
		rng:      rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.ID))), //nolint:gosec // no secret: it spreads values
		clearing: make(map[primitive.CallID]struct{}),
		enquired: make(map[primitive.CallID]struct{}),
		calls:    make(map[primitive.CallID]*call),
		byRef:    make(map[msg.CallRef]*call),
		nextCall: primitive.IncomingCall + 1,
		channels: channel.New(cfg.ID),
		timers:   make(map[TimerID]timer),
	}
	l.pvcs = permanent.New(permanentLink{l}, l.channels, &l.capacity)
	l.nextRef = 1 + l.rng.Uint32N(msg.DummyCallRef-1)
	for i := range l.buckets {
		l.buckets[i].tokens = cfg.SetupBurst
	}
	l.decideRole()
	return l
}

// mostReused bounds the effects whose memory is used again.
const mostReused = 1024

// begin begins an input.
func (l *Link) begin() {
	l.out = l.out[:0] // what they name stays until others take their place
	if cap(l.out) > mostReused {
		l.out = nil
	}
	l.moves = l.moves[:0]
	l.arena = l.arena[:0]
}

// end ends an input: what the SAAL has told is worked off, and the state of
// the link is compared with what the runner knows.
func (l *Link) end() []Effect {
	l.work()
	l.workRestarts()
	state, text := l.condition()
	if state != LinkUp {
		l.beginReset()
	}
	changed := state != l.state || text != l.lastError
	l.state, l.lastError = state, text
	l.endReset()
	if changed || l.resets != l.toldResets {
		l.toldResets = l.resets
		l.emit(Effect{Kind: LinkChanged, State: state, LastError: text})
	}
	return l.out
}

func (l *Link) emit(e Effect) { l.out = append(l.out, e) }

func (l *Link) indicate(i primitive.Indication) { l.emit(Effect{Kind: Indicate, Indication: i}) }

func (l *Link) moved(t Transition) {
	l.moves = append(l.moves, t) // what it moves away from keeps the earlier ones
	l.emit(Effect{Kind: Moved, Transition: &l.moves[len(l.moves)-1]})
}

// keep copies octets that must live until the next input.
func (l *Link) keep(b []byte) []byte {
	n := len(l.arena)
	l.arena = append(l.arena, b...)
	return l.arena[n:len(l.arena):len(l.arena)]
}

// Receive takes one SSCOP PDU from the control channel. It keeps nothing of
// sdu.
func (l *Link) Receive(sdu []byte) []Effect {
	l.begin()
	if l.saal == nil || l.stopped {
		l.count(countNotStarted)
		return l.end()
	}
	if l.cfg.Trace {
		l.emit(Effect{Kind: Trace, Octets: l.keep(sdu)})
	}
	l.lower(l.saal.Receive(sdu))
	return l.end()
}

// Request takes a request of the client model.
func (l *Link) Request(r primitive.Request) []Effect {
	l.begin()
	l.request(r)
	return l.end()
}

// Start lets the link establish its SAAL whenever its port is up.
func (l *Link) Start() []Effect {
	l.begin()
	l.started = true
	l.portChanged()
	return l.end()
}

// Stop ends the link in order: every call that is left is released with cause
// (active ones without drain), and when none is left the SAAL is released and
// the link is down for good. [Link.Stopped] reports the end.
func (l *Link) Stop(cause ie.Cause) []Effect {
	l.begin()
	if !l.stopping {
		l.stopping, l.stopWith = true, cause
		l.failRestarts("the link is stopping")
		l.resumeOffers()
		for _, c := range l.sorted() {
			l.clearCall(c, reason{cause: cause, detail: "the link is stopping"})
		}
		l.pvcs.Stop(cause, "the link is stopping")
	}
	return l.end()
}

// stopWhenEmpty takes the SAAL down when the link is stopping and has no call
// left, nor a PVC in use.
func (l *Link) stopWhenEmpty() {
	if l.stopping && !l.stopped && len(l.calls) == 0 && l.pvcs.Uses() == 0 {
		l.coordinate(reqStop)
	}
}

// finished ends the link for good: the SAAL is released. A peer that has begun
// anew meanwhile is told by one END; what it says is not heard any more.
func (l *Link) finished() {
	l.stopped = true
	if l.saal != nil && l.saal.State() == sscf.Established {
		l.lower(l.saal.Release())
	}
	l.inbox, l.worked = l.inbox[:0], 0
	for id := range l.timers {
		l.stopTimer(id)
	}
}

// Stopped reports whether Stop has come to its end.
func (l *Link) Stopped() bool { return l.stopped }

// State returns the state of the link.
func (l *Link) State() LinkState { return l.state }

// LastError says in words what is wrong with the link or was last wrong with
// it; empty when all is well.
func (l *Link) LastError() string { return l.lastError }

// Role returns the side that the link plays, or RoleAuto while undecided.
func (l *Link) Role() Role { return l.role }

// CallCount returns how many calls there are.
func (l *Link) CallCount() int { return len(l.calls) }

// Reserved returns what the calls have reserved in each direction, in wire
// bits a second.
func (l *Link) Reserved() vc.Reservation { return l.capacity.Reserved() }

// Capacity returns the link's capacity in each direction in wire bits a
// second; zero while unknown.
func (l *Link) Capacity() vc.BitRate { return l.capacity.Total() }

// VTSQ returns SSCOP's VT(SQ), which the runner keeps over restarts.
func (l *Link) VTSQ() uint8 {
	if l.saal == nil {
		return l.cfg.SSCOP.InitialSQ
	}
	return l.saal.VTSQ()
}

// Addresses returns the link's own addresses.
func (l *Link) Addresses() []vc.Addr {
	if len(l.cfg.Addresses) > 0 {
		return slices.Clone(l.cfg.Addresses)
	}
	if l.port.MAC == (vc.MAC{}) {
		return nil
	}
	return []vc.Addr{vc.AddrFromMAC(l.port.MAC)}
}

// SetSystem tells the addresses of the whole system: a call may come over this
// link to that of another one. The slice is not changed any more.
func (l *Link) SetSystem(addrs []vc.Addr) { l.system = addrs }

// ours reports whether an address is the system's, whatever its selector.
func (l *Link) ours(a vc.Addr) bool {
	same := func(own vc.Addr) bool { return own.SameSystem(a) }
	return slices.ContainsFunc(l.Addresses(), same) || slices.ContainsFunc(l.system, same)
}

// raise makes a cause of this side.
func (l *Link) raise(v ie.CauseValue, diagnostic ...byte) ie.Cause {
	return ie.Cause{Location: l.side.Location(), Value: v, Diagnostic: diagnostic}
}
