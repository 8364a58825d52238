package datapath

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"callmanager/datapath/frame"
	"callmanager/datapath/mailbox"
	"callmanager/datapath/ring"
	"callmanager/datapath/setup"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// What an engine joins is in package setup.
type (
	// Config says what an engine joins.
	Config = setup.Config
	// LinkConfig is one link of it.
	LinkConfig = setup.LinkConfig
	// Cells says how the frames of a link carry cells.
	Cells = setup.Cells
	// NIC gives an engine the ports of an interface.
	NIC = setup.NIC
	// Wire is a static pseudowire of a link.
	Wire = setup.Wire
	// Transport carries one link that is no NIC.
	Transport = setup.Transport
)

// MaxSpin is the longest time that a worker may look for work before it sleeps.
const MaxSpin = setup.MaxSpin

// PeerAddress stands for the peer of a link that is no NIC.
var PeerAddress = setup.PeerAddress

// ErrConfig matches, by errors.Is, every error of [New] that another configuration would avoid.
var ErrConfig = setup.ErrConfig

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
	if err := e.cfg.Check(); err != nil {
		e.adoptNICs()
		return err
	}
	byName := e.adoptNICs()
	for name, n := range byName {
		n.carryCells(setup.CellPeers(e.cfg.Links, name), func() int64 { return e.now() })
		n.carryWires(setup.WiresOn(e.cfg.Links, name), func() int64 { return e.now() })
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
	peers := setup.CellPeers(e.cfg.Links, lc.Interface)
	n, err := openNIC(e.stop, lc, peers, &e.cfg)
	if err != nil {
		return nil, err
	}
	n.carryCells(peers, func() int64 { return e.now() })
	n.carryWires(setup.WiresOn(e.cfg.Links, lc.Interface), func() int64 { return e.now() })
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
