package datapath

import (
	"sync"
	"sync/atomic"

	"callmanager/datapath/frame"
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
	peers peerTable
	tap   *tap.Port
	in    *delayLine // Nil without a delay.

	foreign  atomic.Uint64 // Frames of strangers.
	transmit sync.Mutex    // The port has one sender at a time; links have a goroutine each.
}

func newController(e *Engine, n *nic) *controller {
	c := &controller{e: e, nic: n, peers: newPeers(n.links), tap: e.tapControl}
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
	l := c.peers.find(sourceKey(f.Buf))
	if l == nil {
		c.foreign.Add(1)
		return
	}
	l.channel.rx.frames.Add(1)
	if d := c.receive(l, f.Payload()); d != Delivered {
		l.channel.rx.drops[d].Add(1)
	}
}

// receive takes the SDU of a frame out and hands it on.
func (c *controller) receive(l *link, payload []byte) Drop {
	label, rest, fault := frame.DecodeLabel(payload)
	if fault != frame.NoFault {
		return dropOf[fault]
	}
	if label != frame.Signalling {
		return DropUnknownVC
	}
	w, sdu, fault := frame.DecodeWord(rest)
	if fault.Numbered() {
		v, lost := l.channel.order.Admit(w.Sequence(), rest)
		l.channel.rx.lost.Add(uint64(lost))
		if v == frame.Late {
			return DropLate
		}
	}
	if fault != frame.NoFault {
		return dropOf[fault]
	}
	if len(sdu) > MaxControlSDU {
		return DropOversize
	}
	l.sawFrames()
	c.tap.One(controlMeta(l, false), sdu, nil)
	own := append([]byte(nil), sdu...)
	if c.in != nil {
		if !c.in.put(func() { c.deliver(l, own) }) {
			return DropNoRoom
		}
		return Delivered
	}
	c.deliver(l, own)
	return Delivered
}

func (c *controller) deliver(l *link, sdu []byte) {
	l.channel.rx.sdus.Add(1)
	l.channel.rx.octets.Add(uint64(len(sdu)))
	c.e.cfg.Receive(l.id, sdu)
}

// A Channel is the control VC of a link, VPI 0 and VCI 5: the ControlChannel of the signalling
// package.
type Channel struct {
	link  *link
	out   *delayLine // Nil without a delay.
	order frame.Order

	number frame.Numbering // Guarded by the controller's lock, like head.
	head   [headLen]byte

	rx linkReceived
	tx linkSent
}

func newChannel(l *link) *Channel { return &Channel{link: l} }

// Send hands one CPCS-SDU to the link: it copies the octets and does not block. An SDU that is
// empty, larger than [MaxControlSDU] or than the link carries, or that meets a full queue of the
// NIC, is dropped and counted: SSCOP recovers it. It may be called from any goroutine.
func (c *Channel) Send(sdu []byte) {
	if c.out == nil {
		c.count(len(sdu), c.transmit(sdu))
		return
	}
	own := append([]byte(nil), sdu...)
	if !c.out.put(func() { c.count(len(own), c.transmit(own)) }) {
		c.count(len(own), TxBusy)
	}
}

// count adds an SDU to the counters.
func (c *Channel) count(n int, how TxDrop) {
	if how != Sent {
		c.tx.drops[how].Add(1)
		return
	}
	c.tx.sdus.Add(1)
	c.tx.octets.Add(uint64(n))
}

// transmit sends an SDU in a frame of its own.
func (c *Channel) transmit(sdu []byte) TxDrop {
	switch n := len(sdu); {
	case n == 0:
		return TxEmptySDU
	case n > MaxControlSDU || int64(n) > c.link.maxSDU.Load():
		return TxOversize
	}
	ctl := c.link.nic.ctl
	ctl.transmit.Lock()
	defer ctl.transmit.Unlock()
	copy(c.head[:nicio.HeaderLen], c.link.ether.Load()[:])
	w := frame.NewWord(0, len(sdu), c.number.Next())
	frame.PutHead((*[frame.HeadLen]byte)(c.head[nicio.HeaderLen:]), frame.NewEntry(frame.Signalling), w)
	m := controlMeta(c.link, true)
	if ctl.tap.Running() != nil {
		m.Time = ctl.tap.Now() // The peer may answer before the port's call returns.
	}
	n, err := ctl.nic.control.WriteBatch([]nicio.TxFrame{{Head: c.head[:], Body: sdu}})
	switch {
	case err != nil:
		return TxPortFailed
	case n == 0:
		return TxBusy
	}
	ctl.tap.One(m, sdu, nil)
	return Sent
}

// Limit returns the largest SDU in octets that the control VC carries now.
func (c *Channel) Limit() int { return int(min(c.link.maxSDU.Load(), MaxControlSDU)) }
