package datapath

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"callmanager/datapath/cellport"
	"callmanager/datapath/setup"
	"callmanager/datapath/wireport"
	"callmanager/nicio"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

const (
	// controlPriority is the SO_PRIORITY of signalling: the highest that takes no capability.
	controlPriority = 6
	// controlBuffer is the receive queue of the control socket in octets. It is its own, so data
	// never fills it.
	controlBuffer = 4 << 20
	// defaultMTU is that of Ethernet.
	defaultMTU = 1500
)

// A nic is an interface with its ports and the workers on them. The links on it share them.
type nic struct {
	name      string
	data      []nicio.Port // One for each worker, among which frames are dealt out as by [nicio.Steer].
	control   nicio.Port
	sockets   []socket         // The same ports, data first; nil for given ones.
	xdp, hear bool             // Data is to leave, and to come, by AF_XDP.
	transport Transport        // In place of an interface; nil if it is one.
	cells     []*cellport.Port // The same ports, data first, if a link of theirs is in cell mode.
	wires     *wireport.Port   // The one data port, if a link has pseudowires.
	changes   <-chan rtnl.Link
	attention chan struct{}
	failure   atomic.Pointer[error] // Why a port is of no use any more, for good.

	mtu   int        // At the start; the watch follows it from then on.
	speed vc.BitRate // Likewise.

	links []*link
	rx    []*receiver
	outs  []*outlet // One for each transmit worker that sends by it.
	ctl   *controller
}

// A socket is a port on an interface.
type socket interface {
	nicio.Port
	// Rebind has it follow the name of the interface.
	Rebind() error
	Transmit() (nicio.Path, error)
	Receive() (nicio.Path, error)
	Buffers() nicio.Buffers
}

// newNIC wraps given ports.
func newNIC(name string, given NIC) *nic {
	n := &nic{
		name: name, data: append([]nicio.Port{given.Data}, given.More...), control: given.Control, changes: given.Changes,
		mtu: given.MTU, speed: given.Speed, attention: make(chan struct{}, 1),
	}
	if n.mtu == 0 {
		n.mtu = defaultMTU
	}
	return n
}

// openNIC opens the ports of an interface, in the network namespace of the calling thread, and
// watches it. Data leaves as a link on it says.
func openNIC(ctx context.Context, l *LinkConfig, peers []cellport.Peer, cfg *Config) (*nic, error) {
	name := l.Interface
	signalling := controlMatches(peers)
	reject, err := nicio.RejectMatches(signalling...)
	if err != nil {
		return nil, fmt.Errorf("datapath: %w", err)
	}
	accept, err := nicio.AcceptMatches(signalling...)
	if err != nil {
		return nil, fmt.Errorf("datapath: %w", err)
	}
	workers := cfg.WorkerCount()
	if len(setup.WiresOn(cfg.Links, name)) > 0 {
		workers = 1
	}
	sockets, err := openData(nicio.Config{Interface: name, Filter: reject, Transmit: l.Transmit, Receive: l.Receive, Spin: cfg.Spin}, workers)
	if err != nil {
		return nil, fmt.Errorf("datapath: data port: %w", err)
	}
	n := newNIC(name, NIC{})
	n.data, n.xdp, n.hear = nil, l.Transmit == nicio.PathXDP, l.Receive > nicio.PathPacket
	for _, s := range sockets {
		n.data = append(n.data, s)
	}
	control, err := nicio.Open(nicio.Config{
		Interface: name, Filter: accept, Priority: controlPriority, RecvBuffer: controlBuffer,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("datapath: control port: %w", err), n.close())
	}
	n.control, n.sockets = control, append(sockets, control)
	n.changes, err = rtnl.Watch(ctx, name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("datapath: watch %s: %w", name, err), n.close())
	}
	return n, nil
}

// openData opens a data port for each worker. One alone is in no group, and pays for none.
func openData(cfg nicio.Config, workers int) ([]socket, error) {
	if workers == 1 {
		p, err := nicio.Open(cfg)
		return []socket{p}, err
	}
	f, err := nicio.OpenFanout(cfg, workers)
	if err != nil {
		return nil, err
	}
	var all []socket
	for _, m := range f.Members() {
		all = append(all, m)
	}
	return all, nil
}

// close closes the ports, which ends their workers.
func (n *nic) close() error {
	var errs []error
	for _, p := range append(slices.Clone(n.data), n.control) {
		if p != nil { // Else there is an error already.
			errs = append(errs, p.Close())
		}
	}
	if n.transport != nil {
		errs = append(errs, n.transport.Close())
	}
	return errors.Join(errs...)
}

// fail notes that a port is closed or beyond repair.
func (n *nic) fail(err error) {
	n.failure.CompareAndSwap(nil, &err)
	n.attend()
}

// unwatch waits until nothing follows the interface any more; the context of openNIC has ended.
func (n *nic) unwatch() {
	if len(n.sockets) == 0 {
		return
	}
	for range n.changes { // What comes now concerns nobody.
	}
}

// attend has the state of the NIC's links looked at.
func (n *nic) attend() {
	select {
	case n.attention <- struct{}{}:
	default:
	}
}
