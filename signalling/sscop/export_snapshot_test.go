package sscop

import "fmt"

// Image is a connection written down: all that its future depends on, in a canonical form, so that
// two connections that cannot be told apart by what they do have the same image. Variables that the
// state has no use for are zero; numbers are small because the tests that use it send little.
//
// Left out are what never changes (cfg, lim, the run times of timers), what only counts (stats and
// the generations of timers), and what is empty between two events (in, list, out, next, arena).
// User-to-user data are left out too: those tests send none.
type Image struct {
	State                State
	S, PS, A, PA, MS, PD uint8
	CC, TSQ              uint8
	R, H, MR, RSQ        uint8
	RSQKnown, Credit     bool
	Timers               uint8 // a bit each
	Tx                   [imageSDs]ImageSD
	Rx                   [imageSDs]byte // data of SDs held, by index; 0 for none
	N                    uint8          // SDs in Tx
}

// ImageSD is an SD to be sent or acknowledged. Data is its one octet.
type ImageSD struct {
	Data, Tag     uint8
	Marked, Acked bool
}

// imageSDs is how many SDs an image holds each way.
const imageSDs = 4

// Image writes c down. All effects must have been taken.
func (c *Conn) Image() Image {
	if len(c.out) != 0 || len(c.uu) != 0 || len(c.uuAck) != 0 {
		panic("sscop: a connection in the middle of something has no image")
	}
	m := Image{State: c.state, TSQ: c.vtSQ, RSQ: c.vrSQ, RSQKnown: c.vrSQKnown}
	for t := range c.timers {
		if c.timers[t].running {
			m.Timers |= 1 << t
		}
	}
	switch c.state {
	case OutgoingConnectionPending, OutgoingDisconnectionPending, OutgoingResyncPending, OutgoingRecoveryPending:
		m.CC, m.MR = small(c.vtCC), c.vrMR.small()
	case IncomingConnectionPending, IncomingResyncPending, IncomingRecoveryPending:
		m.MS = c.vtMS.small()
	case RecoveryResponsePending:
		m.MS, m.MR = c.vtMS.small(), c.vrMR.small()
	case DataTransferReady:
		c.imageReady(&m)
	case Idle:
	}
	return m
}

// imageReady writes down what only Data Transfer Ready has.
func (c *Conn) imageReady(m *Image) {
	m.S, m.PS, m.A, m.PA, m.MS = c.vtS.small(), c.vtPS.small(), c.vtA.small(), c.vtPA.small(), c.vtMS.small()
	m.PD = small(c.vtPD)
	m.R, m.H, m.MR, m.Credit = c.vrR.small(), c.vrH.small(), c.vrMR.small(), c.credit
	m.N = small(c.tx.len())
	for i := range c.tx.len() {
		sd := c.tx.at(i)
		m.Tx[i].Data = sd.buf[0]
		if i < c.Unacked() {
			m.Tx[i].Tag, m.Tx[i].Marked, m.Tx[i].Acked = sd.tag.small(), sd.marked, sd.acked
		}
	}
	for i := range c.rx.size {
		if c.rx.has(i) {
			m.Rx[i] = c.rx.at(i).buf[0]
		}
	}
}

// Restore makes c, a connection of the same configuration, the one that m was written down from.
func (c *Conn) Restore(m *Image) {
	*c = Conn{
		cfg: c.cfg, lim: c.lim, state: m.State, timers: c.timers,
		vtS: seqOf(m.S), vtPS: seqOf(m.PS), vtA: seqOf(m.A), vtPA: seqOf(m.PA), vtMS: seqOf(m.MS),
		vtPD: int(m.PD), vtCC: int(m.CC), vtSQ: m.TSQ,
		vrR: seqOf(m.R), vrH: seqOf(m.H), vrMR: seqOf(m.MR), vrSQ: m.RSQ, vrSQKnown: m.RSQKnown, credit: m.Credit,
		tx: txBuffer{limit: c.cfg.Queue}, rx: rxBuffer{size: c.cfg.Window},
		out: c.out[:0], arena: c.arena[:0],
	}
	for t := range c.timers {
		c.timers[t].running = m.Timers&(1<<t) != 0
	}
	for i := range int(m.N) {
		sd := &m.Tx[i]
		c.tx.push(c.vtA.Add(i), []byte{sd.Data})
		c.tx.at(i).tag, c.tx.at(i).acked = seqOf(sd.Tag), sd.Acked
		if sd.Marked {
			c.tx.mark(i)
		}
	}
	for i, data := range m.Rx {
		if data != 0 {
			c.rx.put(i, []byte{data})
		}
	}
}

func seqOf(n uint8) Seq { return NewSeq(uint32(n)) }

// small returns a number that an image can hold.
func (s Seq) small() uint8 { return small(int(s.n)) }

func small(n int) uint8 {
	if n < 0 || n > 255 {
		panic(fmt.Sprintf("sscop: %d does not fit an image", n))
	}
	return uint8(n)
}

// Small returns a number that is known to be small.
func (s Seq) Small() uint8 { return s.small() }
