package datapath

import (
	"errors"
	"runtime"
	"sync/atomic"

	"callmanager/datapath/aged"
	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/lookup"
	"callmanager/datapath/mailbox"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc/tap"
)

// frameSlack is what a receive buffer has beyond the MTU, in octets. It also keeps neighbouring
// buffers off the same cache sets, as a distance that is a power of two would not.
const frameSlack = 192

// A receiver is a receive worker of a NIC: it takes data frames from its port in batches and puts their
// SDUs into the rings of the VCs. It owns the receive side of the branches on its NIC whose labels its
// port gets: all, if there is one worker.
type receiver struct {
	e     *Engine
	nic   *nic
	port  nicio.Port
	index int // Among the workers of the NIC.
	box   mailbox.Box
	exits *exits
	peers lookup.Peers[link]

	tap     *tap.Port
	frames  []nicio.RxFrame
	size    int         // Octets of each buffer.
	touched []*listener // Rings with something to flush.
	waits   []emptyWait
	joins   aged.Set[joining]
	warmer  warmer

	read int64 // When the batch was read, once somebody wants to know; 0 before.

	current      *link  // Link of the latest frames.
	pending      uint64 // How many of them are not counted yet,
	sdus, octets uint64 // and the SDUs among them that a VC has taken.

	foreign atomic.Uint64 // Frames of strangers.
}

// newReceiver makes the worker of one of a NIC's data ports.
func newReceiver(e *Engine, n *nic, index int) *receiver {
	r := &receiver{
		e: e, nic: n, port: n.data[index], index: index, peers: lookup.NewPeers(n.links, (*link).station), tap: e.tap.Port(dataLane),
		frames:  make([]nicio.RxFrame, nicio.BatchSize),
		touched: make([]*listener, 0, nicio.BatchSize),
		joins:   aged.New[joining](maxJoins),
	}
	r.box.Wake = r.port.Wake
	r.exits = newExits(r)
	r.resize(n.frameOctets(max(n.mtu, defaultMTU)))
	return r
}

// resize makes receive buffers for frames of so many octets. Buffers only grow.
func (r *receiver) resize(octets int) {
	octets = (octets + frameSlack) &^ 63
	if octets <= r.size {
		return
	}
	r.size = octets
	slab := make([]byte, octets*len(r.frames))
	for i := range r.frames {
		r.frames[i] = nicio.RxFrame{Buf: slab[i*octets : (i+1)*octets : (i+1)*octets]}
	}
}

// fit makes the buffers fit an MTU. Any goroutine may call it.
func (r *receiver) fit(mtu int) {
	r.box.Post(func() { r.resize(r.nic.frameOctets(mtu)) })
}

// run receives until the port is closed. It keeps its thread, which was worth 5 % of the frame rate, and
// lets it end with it.
func (r *receiver) run() {
	runtime.LockOSThread()
	r.e.cfg.Pin(r.index)
	for {
		r.box.Run()
		n, err := r.step()
		if err == nil && n == 0 && len(r.waits) == 0 {
			err = r.port.WaitRead(r.expire())
		}
		if err != nil {
			r.box.Adopt()
			r.nic.fail(err)
			return
		}
	}
}

// step receives one batch.
func (r *receiver) step() (int, error) {
	var refused uint64
	if len(r.waits) > 0 {
		refused = r.refused()
	}
	n, err := r.port.ReadBatch(r.frames)
	taken := n
	if len(r.waits) > 0 {
		taken += int(r.refused() - refused) //nolint:gosec // of one batch
	}
	if n == 0 {
		r.took(taken)
		return 0, err
	}
	if s := r.tap.Running(); s != nil {
		r.copyTo(s, n)
	}
	r.warmer.ahead(r, r.frames[:n])
	for i := range r.frames[:n] {
		r.frame(&r.frames[i])
	}
	r.flush()
	if r.joins.Len() > 0 {
		r.expire()
	}
	r.took(taken)
	return n, err
}

// refused returns how many frames the port itself has dropped: a batch of nothing else is no empty
// socket.
func (r *receiver) refused() uint64 {
	s := r.port.Stats()
	return s.RxRefused()
}

// frame finds the link of a frame by its source.
func (r *receiver) frame(f *nicio.RxFrame) {
	l := r.peers.Find(lookup.Source(f.Buf))
	if l == nil {
		r.foreign.Add(1)
		return
	}
	if l != r.current {
		r.settle()
		r.current = l
	}
	r.pending++
	if d := r.label(l, f.Payload()); d != drop.Delivered {
		l.rx[r.index].Drops[d].Add(1)
	}
}

// label finds the VC of a frame.
func (r *receiver) label(l *link, payload []byte) drop.Rx {
	label, rest, fault := frame.DecodeLabel(payload)
	if fault != frame.NoFault {
		return drop.Of[fault]
	}
	b := l.table.Find(label)
	if b == nil {
		if looksLikeCells(label, rest) {
			l.sawCells()
			return drop.OtherMode
		}
		return drop.UnknownVC
	}
	if b.rx != r {
		return drop.WrongWorker
	}
	d := r.word(b, payload[frame.EntryLen-1], rest)
	if d != drop.Delivered {
		b.drop(d)
	}
	return d
}

// looksLikeCells reports whether a frame on a label of no channel may be one of cell mode: a
// control word and whole cells of 52 octets (RFC 4717 clause 8).
func looksLikeCells(label frame.Label, rest []byte) bool {
	const cell = 52
	cells := len(rest) - frame.WordLen
	return label.ByHand() && cells >= cell && cells%cell == 0 && rest[0]>>4 == 0
}

// word takes the SDU of a frame out and puts it into its VC's ring. last is the octet before the control word.
func (r *receiver) word(b *branch, last uint8, rest []byte) drop.Rx {
	w, sdu, fault := frame.DecodeWord(rest)
	if fault.Numbered() {
		v, lost := b.order.Admit(w.Sequence(), rest)
		if lost > 0 {
			b.miss(uint64(lost))
		}
		if v == frame.Late {
			return drop.Late
		}
	}
	switch {
	case fault == frame.Fragment:
		return r.part(b, w, sdu)
	case fault != frame.NoFault:
		return drop.Of[fault]
	case b.joining != nil:
		r.giveUp(b.joining, drop.Fragment) // Its last part is lost.
	}
	return r.deliver(b, b.link.meta(w.Flags(), last), sdu)
}

// deliver puts an SDU into its VC's ring, or into those of its VCs. It becomes visible by flush.
func (r *receiver) deliver(b *branch, m ring.Meta, sdu []byte) drop.Rx {
	if int64(len(sdu)) > b.maxSDU.Load() {
		return drop.Oversize
	}
	var d drop.Rx
	if b.policer.On() {
		if m, d = r.police(b, m, len(sdu)); d != drop.Delivered {
			return d
		}
	}
	if fan := b.fan.Load(); fan != nil {
		d = r.fanOut(b, fan, m, sdu)
	} else {
		d = r.put(&b.listener, m, sdu)
	}
	if d == drop.Delivered {
		r.sdus++
		r.octets += uint64(len(sdu))
	}
	return d
}

// put puts an SDU into the ring of one VC.
func (r *receiver) put(l *listener, m ring.Meta, sdu []byte) drop.Rx {
	c := l.circuit
	if d := c.refuses(); d != drop.Delivered {
		return d
	}
	if !l.touched {
		l.touched = true
		r.touched = append(r.touched, l)
	}
	mem, ok := c.into.Reserve(len(sdu))
	if !ok {
		c.into.CountDrop(len(sdu))
		return r.repelled(c)
	}
	copy(mem, sdu)
	c.into.Commit(m)
	l.sdus++
	l.octets += uint64(len(sdu))
	return drop.Delivered
}

// repelled finds out why a ring took nothing.
func (r *receiver) repelled(c *circuit) drop.Rx {
	if err := c.into.Err(); err != nil {
		if errors.Is(err, ring.ErrCorrupt) {
			r.e.poison(c, err)
			return drop.Violated
		}
		return drop.Ended
	}
	return drop.NoRoom
}

// metaOf translates the flags of a control word to those of a ring's record.
func metaOf(f frame.Flags) ring.Meta {
	m := ring.Meta{UU: uint8(f & frame.U)}
	if f&frame.C != 0 {
		m.Flags |= ring.CLP
	}
	if f&frame.E != 0 {
		m.Flags |= ring.EFCI
	}
	return m
}

// flush publishes what was put into rings, rings each doorbell at most once, and adds the sums to
// the counters.
func (r *receiver) flush() {
	for i, l := range r.touched {
		r.touched[i] = nil
		l.circuit.into.Flush()
		l.circuit.rx.sdus.Add(l.sdus)
		l.circuit.rx.octets.Add(l.octets)
		l.sdus, l.octets, l.touched = 0, 0, false
	}
	r.touched = r.touched[:0]
	r.read = 0
	r.settle()
}

// settle counts the frames of the current link, and the SDUs that one VC at least has taken.
func (r *receiver) settle() {
	if r.pending > 0 {
		c := r.current.rx[r.index]
		c.Frames.Add(r.pending)
		c.SDUs.Add(r.sdus)
		c.Octets.Add(r.octets)
		r.pending, r.sdus, r.octets = 0, 0, 0
	}
}
