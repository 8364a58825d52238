package datapath

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"callmanager/datapath/cellport"
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

// A nic is an interface with its two ports and the workers on them. The links on it share them.
type nic struct {
	name          string
	data, control nicio.Port
	sockets       []*nicio.PacketPort // The same two ports, data first; nil for given ones.
	xdp           bool                // Data is to leave by AF_XDP.
	transport     Transport           // In place of an interface; nil if it is one.
	cells         []*cellport.Port    // The same two ports, data first, if a link of theirs is in cell mode.
	changes       <-chan rtnl.Link
	attention     chan struct{}
	failure       atomic.Pointer[error] // Why a port is of no use any more, for good.

	mtu   int        // At the start; the watch follows it from then on.
	speed vc.BitRate // Likewise.

	links []*link
	peers peerTable // The receive worker's; the controller has its own.
	rx    *receiver
	out   *outlet // The transmit worker's.
	ctl   *controller
	exits *exits
}

// newNIC wraps given ports.
func newNIC(name string, given NIC) *nic {
	n := &nic{
		name: name, data: given.Data, control: given.Control, changes: given.Changes,
		mtu: given.MTU, speed: given.Speed, attention: make(chan struct{}, 1),
	}
	if n.mtu == 0 {
		n.mtu = defaultMTU
	}
	return n
}

// openNIC opens both ports of an interface, in the network namespace of the calling thread, and
// watches it. Data leaves as told.
func openNIC(ctx context.Context, name string, transmit nicio.Path, peers []cellport.Peer) (*nic, error) {
	signalling := controlMatches(peers)
	reject, err := nicio.RejectMatches(signalling...)
	if err != nil {
		return nil, fmt.Errorf("datapath: %w", err)
	}
	accept, err := nicio.AcceptMatches(signalling...)
	if err != nil {
		return nil, fmt.Errorf("datapath: %w", err)
	}
	data, err := nicio.Open(nicio.Config{Interface: name, Filter: reject, Transmit: transmit})
	if err != nil {
		return nil, fmt.Errorf("datapath: data port: %w", err)
	}
	control, err := nicio.Open(nicio.Config{
		Interface: name, Filter: accept, Priority: controlPriority, RecvBuffer: controlBuffer,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("datapath: control port: %w", err), data.Close())
	}
	changes, err := rtnl.Watch(ctx, name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("datapath: watch %s: %w", name, err), data.Close(), control.Close())
	}
	n := newNIC(name, NIC{Data: data, Control: control, Changes: changes})
	n.sockets = []*nicio.PacketPort{data, control}
	n.xdp = transmit == nicio.PathXDP
	return n, nil
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
