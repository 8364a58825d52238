package datapath

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"callmanager/datapath/frame"
	"callmanager/datapath/mailbox"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// LinkConfig says who a link joins: the NIC that it leaves by and the peer behind it, or a transport
// of its own. Several links may share one NIC; no two have the same interface and peer.
type LinkConfig struct {
	// ID names the link everywhere else. It is not zero and not that of another link.
	ID vc.LinkID
	// Name is the configured name, for messages to people.
	Name string
	// Interface is the name of the NIC. It need not exist yet.
	Interface string
	// Peer is the peer's Ethernet address on that NIC's segment.
	Peer vc.MAC
	// Transmit is how data leaves that NIC, the same for all links on it; zero means AF_PACKET. Where
	// AF_XDP is not to be had it is AF_PACKET as well, see [Config]. Signalling leaves by AF_PACKET.
	Transmit nicio.Path
	// Receive is how data comes from that NIC, likewise: by AF_PACKET, by AF_XDP, or by that if it is zero-copy.
	// Signalling comes by AF_PACKET.
	Receive nicio.Path
	// Transport carries the link in place of a NIC; Interface and Peer then say nothing. The engine
	// owns it.
	Transport Transport
	// Cells says how a link in cell mode carries cells over the NIC; nil in frame mode.
	Cells *Cells
	// Wires are its static pseudowires; a link in frame mode over a NIC may have some.
	Wires []Wire
	// Capacity is the configured capacity in wire bits a second; zero takes the NIC's speed. What
	// the VCs send together is held to it.
	Capacity vc.BitRate
	// Unpoliced lets everything in that fits the VC's ring, whatever its contract says.
	Unpoliced bool
}

// Cells says how the frames of a link carry cells (RFC 4717 clause 8).
type Cells struct {
	// Label is that of the frames, 16 to 65535, both ways.
	Label uint32
	// Bare says that they have no control word.
	Bare bool
	// PerFrame bounds the cells of a frame; 0: as many as the MTU takes.
	PerFrame int
	// Delay is how long cells may wait for others to share a frame with them; 0: not at all.
	Delay time.Duration
}

// A NIC gives an engine the ports of an interface, in place of those that it would open itself: a
// wire in memory, for tests and simulations. The engine closes both ports.
type NIC struct {
	// Data carries everything but the control VC: its filter refuses label 0x10005, and of links in cell
	// mode the frames that begin with a cell of 0/5.
	Data nicio.Port
	// More are data ports like it, each for one more worker: what comes is dealt out among Data and these as
	// [nicio.SteerFrame] does. Without, one worker has it all.
	More []nicio.Port
	// Control carries the control VC alone: its filter accepts what that of Data refuses.
	Control nicio.Port
	// MTU is the largest payload of a frame in octets; zero means 1500.
	MTU int
	// Speed is the speed in wire bits a second; zero means unknown.
	Speed vc.BitRate
	// Changes reports the later states of the interface; nil means that there are none. Until the
	// first one the interface is up. Index, MAC and Name of a state are not looked at.
	Changes <-chan rtnl.Link
}

// Config says what an engine joins. All callbacks run on one goroutine of the engine, in the order
// of what they tell, and must not block; they may call the engine. Receive alone runs on the
// goroutine of its NIC's control port.
type Config struct {
	// Links are the links, at least one.
	Links []LinkConfig
	// NICs overrides how the interfaces of these names are reached. Others are opened with
	// AF_PACKET in the network namespace of the thread that calls [New].
	NICs map[string]NIC

	// Workers is how many transmit workers there are, and how many receive workers each interface has that the
	// engine opens, at most [nicio.MaxMembers]; zero means 1.
	Workers int
	// CPUs are the processors of the workers, one for each: worker i, what it receives on each NIC and what it
	// sends, runs on CPUs[i] alone. Empty lets the system choose.
	CPUs []int
	// Spin is how long a worker that has run out of work looks for more before it sleeps, at most [MaxSpin]:
	// what takes the processor of the time that a frame would wait for a wake-up. Zero means
	// [nicio.DefaultSpin], negative sleeps at once.
	Spin time.Duration

	// Receive takes an SDU of a link's control VC. The octets belong to the callee. Required.
	Receive func(link vc.LinkID, sdu []byte)
	// Status takes the state of a link: the first one soon after Start, and then every change. May
	// be nil.
	Status func(link vc.LinkID, st vc.LinkStatus)
	// Transmit tells how data leaves a NIC that is to be left by AF_XDP, when the NIC is there first
	// and at each change: with an error, why it is not AF_XDP. Of several workers each has a transmit queue
	// of its own, from 0; one that finds no queue sends by AF_PACKET, and the first such is told of. May be nil.
	Transmit func(nic string, by nicio.Path, err error)
	// Arrival tells likewise how data comes from a NIC that is to be heard by AF_XDP. It never is with several
	// workers. May be nil.
	Arrival func(nic string, by nicio.Path, err error)
	// Violation tells that a client broke the rules of its ring: its VC neither sends nor receives
	// any more. It is called once a VC. May be nil.
	Violation func(h vc.Handle, err error)

	// ControlDelay holds every SDU of the control VCs back for this time, in both directions and in
	// order. It exists to test that the edges of a call hold when the control plane is slow and the
	// data plane is not.
	ControlDelay time.Duration
}

// An Engine is the data plane of the daemon. It implements the Plane of the signalling package: its
// methods return at once and may be called from any goroutine.
type Engine struct {
	cfg   Config
	now   clock
	links map[vc.LinkID]*link
	nics  []*nic
	txs   []*transmitter
	tap   *tap.Tap
	// tapControl is the place at the tap of all control VCs.
	tapControl *tap.Port
	notice     *mailbox.Board
	stop       context.Context //nolint:containedctx // ends the engine's goroutines, none of which is a request
	cancel     context.CancelFunc
	wires      sync.WaitGroup // Workers, which end when their ports are closed.
	work       sync.WaitGroup // Goroutines that end with stop.
	notices    sync.WaitGroup // The one of the notice board.

	mu       sync.Mutex
	phase    phase
	circuits map[vc.Handle]*circuit
	kept     map[vc.Handle]*ring.Endpoint // Retired, by the VC that they were of.
	branches map[vc.ID]*branch
	// numbers are those of the channels that have had permanent branches. They are kept for good: the
	// peer goes on where the last one ended, and there are no more than an operator configures.
	numbers map[vc.ID]*frame.Numbering
}

// phase is the stage of an engine's life.
type phase uint8

const (
	_ phase = iota
	made
	running
	closed
)

// ErrConfig matches, by errors.Is, every error of [New] that another configuration would avoid.
var ErrConfig = errors.New("datapath: unusable configuration")

// New opens the ports of all links. An interface that does not exist is no error: its links are
// down until it does. Opening takes CAP_NET_RAW; without it the error wraps unix.EPERM. The engine
// owns the ports of cfg.NICs from the call on, also when it fails.
func New(cfg Config) (*Engine, error) {
	e := &Engine{
		cfg: cfg, now: systemClock(), phase: made, notice: mailbox.NewBoard(),
		links:    make(map[vc.LinkID]*link),
		circuits: make(map[vc.Handle]*circuit),
		kept:     make(map[vc.Handle]*ring.Endpoint),
		branches: make(map[vc.ID]*branch),
		numbers:  make(map[vc.ID]*frame.Numbering),
	}
	e.tap = newTap(cfg.Links)
	e.tapControl = e.tap.Port(controlLane)
	e.stop, e.cancel = context.WithCancel(context.Background())
	if err := e.open(); err != nil {
		e.cancel()
		err = errors.Join(err, e.closePorts())
		for _, t := range e.txs {
			err = errors.Join(err, t.poll.Close())
		}
		e.unwatch()
		return nil, err
	}
	return e, nil
}

// open makes the NICs, the links and the transmit workers.
func (e *Engine) open() error {
	if err := e.cfg.check(); err != nil {
		e.adoptNICs()
		return err
	}
	byName := e.adoptNICs()
	for name, n := range byName {
		n.carryCells(cellPeers(e.cfg.Links, name), func() int64 { return e.now() })
		n.carryWires(wiresOn(e.cfg.Links, name), func() int64 { return e.now() })
	}
	for i := range e.cfg.Links {
		lc := &e.cfg.Links[i]
		n, err := e.carrierOf(lc, byName)
		if err != nil {
			return err
		}
		l := newLink(lc, n)
		n.links = append(n.links, l)
		e.links[lc.ID] = l
	}
	for _, n := range e.nics {
		for i := range n.data {
			n.rx = append(n.rx, newReceiver(e, n, i))
		}
		n.ctl = newController(e, n)
	}
	var err error
	e.txs, err = newTransmitters(e)
	return err
}

// carrierOf returns what a link leaves by. An interface is opened once.
func (e *Engine) carrierOf(lc *LinkConfig, byName map[string]*nic) (*nic, error) {
	if lc.Transport != nil {
		i := slices.IndexFunc(e.nics, func(n *nic) bool { return n.transport == lc.Transport })
		return e.nics[i], nil
	}
	if n := byName[lc.Interface]; n != nil {
		return n, nil
	}
	peers := cellPeers(e.cfg.Links, lc.Interface)
	n, err := openNIC(e.stop, lc, peers, &e.cfg)
	if err != nil {
		return nil, err
	}
	n.carryCells(peers, func() int64 { return e.now() })
	n.carryWires(wiresOn(e.cfg.Links, lc.Interface), func() int64 { return e.now() })
	byName[lc.Interface] = n
	e.nics = append(e.nics, n)
	return n, nil
}

// adoptNICs takes over the ports and the transports that were given.
func (e *Engine) adoptNICs() map[string]*nic {
	for i := range e.cfg.Links {
		if lc := &e.cfg.Links[i]; lc.Transport != nil {
			e.nics = append(e.nics, newCarrier(lc.Name, lc.Transport))
		}
	}
	byName := make(map[string]*nic)
	for name, given := range e.cfg.NICs {
		n := newNIC(name, given)
		byName[name] = n
		e.nics = append(e.nics, n)
	}
	return byName
}

// check refuses a configuration that names no sensible set of links.
func (c *Config) check() error {
	if err := c.checkWorkers(); err != nil {
		return err
	}
	if len(c.Links) == 0 {
		return fmt.Errorf("%w: no links", ErrConfig)
	}
	if c.Receive == nil {
		return fmt.Errorf("%w: nobody takes control SDUs", ErrConfig)
	}
	for name, n := range c.NICs {
		if n.Data == nil || n.Control == nil || slices.Contains(n.More, nil) {
			return fmt.Errorf("%w: interface %s is given without both of its ports", ErrConfig, name)
		}
	}
	type place struct {
		nic  string
		peer vc.MAC
	}
	ids, places, transports := make(map[vc.LinkID]string), make(map[place]string), make(map[Transport]string)
	first := make(map[string]*LinkConfig)
	for i := range c.Links {
		l := &c.Links[i]
		if l.ID == 0 {
			return fmt.Errorf("%w: link %q has no identifier", ErrConfig, l.Name)
		}
		if other, ok := ids[l.ID]; ok {
			return fmt.Errorf("%w: links %q and %q have the same identifier %d", ErrConfig, other, l.Name, l.ID)
		}
		ids[l.ID] = l.Name
		if l.Transport != nil {
			if other, ok := transports[l.Transport]; ok {
				return fmt.Errorf("%w: links %q and %q have the same transport", ErrConfig, other, l.Name)
			}
			transports[l.Transport] = l.Name
			continue
		}
		if err := l.check(); err != nil {
			return err
		}
		p := place{l.Interface, l.Peer}
		if other, ok := places[p]; ok {
			return fmt.Errorf("%w: links %q and %q have the same peer %s on %s", ErrConfig, other, l.Name, l.Peer, l.Interface)
		}
		places[p] = l.Name
		switch other := first[l.Interface]; {
		case other == nil:
			first[l.Interface] = l
		case other.Transmit != l.Transmit || other.Receive != l.Receive:
			return fmt.Errorf("%w: links %q and %q transmit in different ways on %s", ErrConfig, other.Name, l.Name, l.Interface)
		}
	}
	return c.checkWires()
}

// check refuses a link over a NIC that leads nowhere.
func (l *LinkConfig) check() error {
	if c := l.Cells; c != nil && !frame.Label(c.Label).ByHand() {
		return fmt.Errorf("%w: link %q: label %d is none for cells", ErrConfig, l.Name, c.Label)
	}
	if l.Peer == (vc.MAC{}) || l.Peer[0]&1 != 0 {
		return fmt.Errorf("%w: link %q: peer %s is no address of one host", ErrConfig, l.Name, l.Peer)
	}
	return nil
}

// Start lets the workers run. It is called once.
func (e *Engine) Start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.phase != made {
		return
	}
	e.phase = running
	e.notices.Go(e.notice.Run)
	for _, t := range e.txs {
		e.wires.Go(t.run)
	}
	for _, n := range e.nics {
		for _, r := range n.rx {
			e.wires.Go(r.run)
		}
		e.wires.Go(n.ctl.run)
		n.ctl.start()
		if n.transport != nil {
			e.work.Go(func() { e.runTransport(n) })
			continue
		}
		e.work.Go(func() { e.runWatch(n) })
	}
}

// Channel returns the control channel of a link, or nil for an unknown one.
func (e *Engine) Channel(id vc.LinkID) *Channel {
	if l := e.links[id]; l != nil {
		return l.channel
	}
	return nil
}

// Close stops the workers and gives back all memory, ports and descriptors. Branches end at once,
// and done functions that wait are called before it returns. VCs that are still open are closed. It
// is idempotent, and must not be called by a callback.
func (e *Engine) Close() error {
	e.mu.Lock()
	was := e.phase
	e.phase = closed
	e.mu.Unlock()
	if was == closed {
		return nil
	}
	e.cancel()
	for _, t := range e.txs {
		t.halt()
	}
	err := e.closePorts()
	e.wires.Wait()
	// The workers are gone. What they were asked to do is done now by whoever asks.
	for _, t := range e.txs {
		t.ebbAll()
		t.box.Adopt()
	}
	for r := range e.receivers() {
		r.box.Adopt()
	}
	e.abandon()
	e.work.Wait()
	for r := range e.receivers() {
		r.exits.backlog.Close()
	}
	e.unwatch()
	e.notice.Close()
	if was == running {
		e.notices.Wait()
	} else {
		e.notice.Run()
	}
	for _, t := range e.txs {
		err = errors.Join(err, t.poll.Close())
	}
	return err
}

// receivers returns the receive workers of all NICs.
func (e *Engine) receivers() iter.Seq[*receiver] {
	return func(yield func(*receiver) bool) {
		for _, n := range e.nics {
			for _, r := range n.rx {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// unwatch waits until the interfaces are not followed any more.
func (e *Engine) unwatch() {
	for _, n := range e.nics {
		n.unwatch()
	}
}

// abandon ends all branches and VCs that are left. No worker runs.
func (e *Engine) abandon() {
	e.mu.Lock()
	for _, b := range e.branches {
		if !b.leaving {
			b.leaving = true
			e.deactivate(b, false, func(vc.DrainReport) {})
		}
	}
	circuits, kept := slices.Collect(maps.Values(e.circuits)), slices.Collect(maps.Values(e.kept))
	clear(e.circuits)
	clear(e.kept)
	e.mu.Unlock()
	for _, c := range circuits {
		e.isolate(c)
		c.release()
	}
	for _, end := range kept {
		_ = end.Close() // Never fails.
	}
}

// closePorts closes the ports of all NICs, which ends their workers.
func (e *Engine) closePorts() error {
	var errs []error
	for _, n := range e.nics {
		errs = append(errs, n.close())
	}
	return errors.Join(errs...)
}
