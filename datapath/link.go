package datapath

import (
	"sync/atomic"

	"callmanager/datapath/cellport"
	"callmanager/datapath/frame"
	"callmanager/datapath/gcra"
	"callmanager/datapath/lookup"
	"callmanager/datapath/ring"
	"callmanager/datapath/tally"
	"callmanager/nicio"
	"callmanager/vc"
)

// cacheLines keeps what two goroutines write apart: two lines, as processors fetch them in pairs.
type cacheLines [128]byte

// etherHeader is what begins every frame to a link's peer.
type etherHeader [nicio.HeaderLen]byte

// A link is a peer reached through a NIC, with a whole space of channels.
type link struct {
	id        vc.LinkID
	name      string
	peer      vc.MAC
	capacity  vc.BitRate
	unpoliced bool
	nic       *nic
	channel   *Channel

	table  lookup.Channels[branch]     // Written with the engine's lock held, read by the receive worker.
	ether  atomic.Pointer[etherHeader] // Replaced when the NIC's address changes.
	maxSDU atomic.Int64                // What fits the NIC's MTU in one frame.
	cells  *cellport.Peer              // Nil unless it is in cell mode.
	whole  bool                        // SDUs are never cut: the carrier takes them as they are.
	// userBits are those of the CPCS user-to-user octet that the link carries: one in frame mode.
	userBits uint8
	// framing is how SDUs lie on the wire.
	framing atomic.Pointer[vc.Framing]
	// carries is the capacity in wire bits a second; 0 while unknown.
	carries atomic.Uint64

	// otherMode says that the peer sends what looks like cells, or on a link in cell mode like frames of
	// single SDUs.
	otherMode atomic.Bool

	rx []*tally.Received // By the receive workers, each its own.
	tx []*tally.Sent     // By the transmit workers, by their outlets on the NIC, each its own.
	// lines are the transmit workers' too, likewise.
	lines  []*line
	_      cacheLines
	bucket gcra.Shared // They all fill it.
	_      cacheLines
}

func newLink(c *LinkConfig, n *nic) *link {
	l := &link{
		id: c.ID, name: c.Name, peer: c.Peer, capacity: c.Capacity, unpoliced: c.Unpoliced, nic: n, cells: c.CellPeer(),
	}
	if n.transport != nil {
		l.peer, l.whole = vc.MAC(PeerAddress), true
	}
	l.userBits = n.userBits(l.cells != nil)
	for range n.data {
		l.rx = append(l.rx, new(tally.Received))
	}
	l.address(n.data[0].MAC())
	l.maxSDU.Store(int64(l.maxSDUAt(n.mtu)))
	l.framing.Store(l.framingAt(n.mtu))
	l.setBucket(l.capacityAt(n.speed))
	l.carries.Store(uint64(l.capacityAt(n.speed)))
	l.channel = newChannel(l)
	return l
}

// station returns the address of the link's peer.
func (l *link) station() vc.MAC { return l.peer }

// workerOf returns which of n workers of the NIC, from 0, has the VC of a label: the one to which the frames of
// the label are dealt out, and on a link in cell mode all that comes from the peer.
func (l *link) workerOf(label frame.Label, n int) int {
	if l.cells != nil {
		label = 0 // Cells of all VCs have one label, and go by their source as all of those labels do.
	}
	return nicio.Steer(nicio.MAC(l.peer), uint32(label), n)
}

// address takes over the NIC's address.
func (l *link) address(own nicio.MAC) {
	h := new(etherHeader)
	nicio.PutHeader(h[:], nicio.MAC(l.peer), own, nicio.EtherTypeMPLS)
	l.ether.Store(h)
}

// allUserBits is a whole user-to-user octet.
const allUserBits = 0xFF

// userBits returns which bits of the user-to-user octet a link carries.
func (n *nic) userBits(cells bool) uint8 {
	switch {
	case n.transport != nil:
		return n.transport.UserBits()
	case cells:
		return allUserBits
	}
	return uint8(frame.U)
}

// entry returns the label stack entry of a frame whose SDU has this user-to-user octet. Where it does not
// meet the wire and the carrier has room for all of the octet, the entry tells it.
func (l *link) entry(e frame.Entry, uu uint8) frame.Entry {
	if l.userBits == allUserBits {
		return e.WithUser(uu)
	}
	return e
}

// meta returns what travels beside an SDU in a ring: what the control word tells, and the user-to-user octet
// of a link that has all of it in the label stack entry, which ends with the octet given.
func (l *link) meta(f frame.Flags, last uint8) ring.Meta {
	m := metaOf(f)
	if l.userBits == allUserBits {
		m.UU = last
	}
	return m
}

// maxSDUOf returns the largest SDU in octets that frame mode carries in one frame of an MTU.
func maxSDUOf(mtu int) int {
	return min(max(mtu-frame.HeadLen, 0), vc.MaxSDULen)
}

// largest returns the largest SDU that the link carries for a client, in several frames if need be. What
// fits no frame at all does not fit several.
func (l *link) largest() int64 {
	n := l.maxSDU.Load()
	if l.whole || n == 0 {
		return n
	}
	return vc.MaxSDULen
}

// sawCells notes that the peer seems to be in cell mode, and has it told once.
func (l *link) sawCells() {
	if !l.otherMode.Load() && !l.otherMode.Swap(true) {
		l.nic.attend()
	}
}

// sawFrames notes that the peer is in frame mode after all.
func (l *link) sawFrames() {
	if l.otherMode.Load() && l.otherMode.Swap(false) {
		l.nic.attend()
	}
}
