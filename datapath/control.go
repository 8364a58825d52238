package datapath

import (
	"bytes"
	"sync"
	"sync/atomic"

	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/lookup"
	"callmanager/datapath/tally"
	"callmanager/nicio"
	"callmanager/vc/tap"
)

// MaxControlSDU is the largest SDU of a control VC in octets: an SSCOP PDU of k = 4096 octets of
// information and its four octets of trailer (DESIGN section 6).
const MaxControlSDU = 4096 + 4

// A controller serves the control VCs of a NIC's links on a port of their own. What it does may
// allocate; it shares nothing with the workers, so no flood of data delays it.
type controller struct {
	e     *Engine
	nic   *nic
	peers lookup.Peers[link]
	tap   *tap.Port
	in    *delayLine // Nil without a delay.

	foreign  atomic.Uint64 // Frames of strangers.
	transmit sync.Mutex    // The port has one sender at a time; links have a goroutine each.
}

func newController(e *Engine, n *nic) *controller {
	c := &controller{e: e, nic: n, peers: lookup.NewPeers(n.links, (*link).station), tap: e.tapControl}
	if d := e.cfg.ControlDelay; d > 0 {
		c.in = newDelayLine(d)
		for _, l := range n.links {
			l.channel.out = newDelayLine(d)
		}
	}
	return c
}

// start runs the delays, if there are any.
func (c *controller) start() {
	if c.in == nil {
		return
	}
	c.e.work.Go(func() { c.in.run(c.e.stop) })
	for _, l := range c.nic.links {
		c.e.work.Go(func() { l.channel.out.run(c.e.stop) })
	}
}

// run receives until the port is closed.
func (c *controller) run() {
	frames := c.buffers()
	for {
		n, err := c.step(frames)
		if err == nil && n == 0 {
			err = c.nic.control.WaitRead(-1)
		}
		if err != nil {
			c.nic.fail(err)
			return
		}
	}
}

// buffers makes the memory of a batch.
func (c *controller) buffers() []nicio.RxFrame {
	frames := make([]nicio.RxFrame, nicio.BatchSize)
	for i := range frames {
		// A frame that does not fit carries more than the limit, and the port counts it.
		frames[i].Buf = make([]byte, nicio.FrameSize(frame.HeadLen+MaxControlSDU))
	}
	return frames
}

// step receives one batch.
func (c *controller) step(frames []nicio.RxFrame) (int, error) {
	n, err := c.nic.control.ReadBatch(frames)
	for i := range frames[:n] {
		c.frame(&frames[i])
	}
	return n, err
}

// frame takes a received frame to its link.
func (c *controller) frame(f *nicio.RxFrame) {
	l := c.peers.Find(lookup.Source(f.Buf))
	if l == nil {
		c.foreign.Add(1)
		return
	}
	l.channel.rx.Frames.Add(1)
	if d := c.receive(l, f.Payload()); d != drop.Delivered {
		l.channel.rx.Drops[d].Add(1)
	}
}

// receive takes the SDU of a frame out and hands it on.
func (c *controller) receive(l *link, payload []byte) drop.Rx {
	label, rest, fault := frame.DecodeLabel(payload)
	if fault != frame.NoFault {
		return drop.Of[fault]
	}
	if label != frame.Signalling {
		return drop.UnknownVC
	}
	w, sdu, fault := frame.DecodeWord(rest)
	if fault.Numbered() {
		v, lost := l.channel.order.Admit(w.Sequence(), rest)
		l.channel.rx.Lost.Add(uint64(lost))
		if v == frame.Late {
			return drop.Late
		}
	}
	if fault != frame.NoFault {
		return drop.Of[fault]
	}
	if len(sdu) > MaxControlSDU {
		return drop.Oversize
	}
	l.sawFrames()
	c.tap.One(controlMeta(l, false), sdu, nil)
	own := bytes.Clone(sdu)
	if c.in != nil {
		if !c.in.put(func() { c.deliver(l, own) }) {
			return drop.NoRoom
		}
		return drop.Delivered
	}
	c.deliver(l, own)
	return drop.Delivered
}

func (c *controller) deliver(l *link, sdu []byte) {
	l.channel.rx.SDUs.Add(1)
	l.channel.rx.Octets.Add(uint64(len(sdu)))
	c.e.cfg.Receive(l.id, sdu)
}

// A Channel is the control VC of a link, VPI 0 and VCI 5: the ControlChannel of the signalling
// package.
type Channel struct {
	link  *link
	out   *delayLine // Nil without a delay.
	order frame.Order

	number frame.Numbering // Guarded by the controller's lock, like the rest of the block.
	frames [nicio.BatchSize]nicio.TxFrame
	heads  [nicio.BatchSize][headLen]byte

	rx tally.Received
	tx tally.Sent
}

func newChannel(l *link) *Channel { return &Channel{link: l} }

// Send hands CPCS-SDUs to the link, in their order: it copies the octets and does not block. An SDU
// that is empty, larger than [MaxControlSDU] or than the link carries, or that meets a full queue of
// the NIC, is dropped and counted: SSCOP recovers it. It may be called from any goroutine.
func (c *Channel) Send(sdus ...[]byte) {
	if c.out == nil {
		c.transmit(sdus)
		return
	}
	for _, sdu := range sdus {
		own := [][]byte{bytes.Clone(sdu)}
		if !c.out.put(func() { c.transmit(own) }) {
			c.tx.Drops[drop.TxBusy].Add(1)
		}
	}
}

// transmit sends SDUs in frames of their own, as many with one call of the port as it takes, and
// counts them.
func (c *Channel) transmit(sdus [][]byte) {
	ctl := c.link.nic.ctl
	ctl.transmit.Lock()
	defer ctl.transmit.Unlock()
	n := 0
	for _, sdu := range sdus {
		if why := c.judge(sdu); why != drop.Sent {
			c.tx.Drops[why].Add(1)
			continue
		}
		head := &c.heads[n]
		copy(head[:nicio.HeaderLen], c.link.ether.Load()[:])
		w := frame.NewWord(0, len(sdu), c.number.Next())
		entry := c.link.entry(frame.NewEntry(frame.Signalling), 0) // What SAAL sets and does not look at.
		frame.PutHead((*[frame.HeadLen]byte)(head[nicio.HeaderLen:]), entry, w)
		c.frames[n] = nicio.TxFrame{Head: head[:], Body: sdu}
		if n++; n == len(c.frames) {
			c.flush(n)
			n = 0
		}
	}
	c.flush(n)
}

// judge tells why an SDU cannot be sent, or Sent.
func (c *Channel) judge(sdu []byte) drop.Tx {
	switch n := len(sdu); {
	case n == 0:
		return drop.TxEmptySDU
	case n > MaxControlSDU || int64(n) > c.link.maxSDU.Load():
		return drop.TxOversize
	}
	return drop.Sent
}

// flush sends the first frames of the block.
func (c *Channel) flush(n int) {
	if n == 0 {
		return
	}
	frames := c.frames[:n]
	defer clear(frames)
	ctl := c.link.nic.ctl
	m := controlMeta(c.link, true)
	if ctl.tap.Running() != nil {
		m.Time = ctl.tap.Now() // The peer may answer before the port's call returns.
	}
	taken, err := ctl.nic.control.WriteBatch(frames)
	why := drop.TxBusy
	if err != nil {
		why = drop.TxPortFailed
	}
	c.tx.Drops[why].Add(uint64(n - taken))
	c.tx.SDUs.Add(uint64(taken))
	for i := range frames[:taken] {
		c.tx.Octets.Add(uint64(len(frames[i].Body)))
		ctl.tap.One(m, frames[i].Body, nil)
	}
}

// Limit returns the largest SDU in octets that the control VC carries now.
func (c *Channel) Limit() int { return int(min(c.link.maxSDU.Load(), MaxControlSDU)) }
