package cellport

import (
	"math"
	"time"

	"callmanager/nicio"
)

// Config is what the ports of a NIC with links in cell mode have in common.
type Config struct {
	// Peers are the links in cell mode, at least one, none with the address of another.
	Peers []Peer
	// MTU is that of the NIC at the beginning, in octets.
	MTU int
	// Now is the clock, in nanoseconds.
	Now func() int64
	// OtherMode tells that a peer has begun to send frames of frame mode, or cells again. It is called by the
	// receiving goroutine and must not block. May be nil.
	OtherMode func(peer nicio.MAC, frames bool)
	// Missing tells that a frame of data leaves which is not full, and the octets of its head that its cells do not
	// pay for ([vc.Framing.Missing]). It is called by the transmitting goroutine and must not block. May be nil.
	Missing func(peer nicio.MAC, octets int)
}

// A Port is a port of cells on a NIC's port of frames. It owns that port.
type Port struct {
	nicio.Port
	size size
	rx   joiner
	_    [128]byte
	tx   packer
}

// NewData returns the port of everything but the control VCs.
func NewData(p nicio.Port, cfg Config) *Port { return newPort(p, cfg, false) }

// NewControl returns the port of the control VCs, whose cells wait for no others.
func NewControl(p nicio.Port, cfg Config) *Port { return newPort(p, cfg, true) }

func newPort(under nicio.Port, cfg Config, control bool) *Port {
	p := &Port{Port: under}
	p.SetMTU(cfg.MTU)
	p.rx.init(under, &cfg, &p.size, control)
	p.tx.init(under, &cfg, &p.size, control)
	return p
}

// HandTo gives the port of the same peers' control VCs what of theirs comes behind data. It is called before
// either is used.
func (p *Port) HandTo(control *Port) { p.rx.to = &control.rx }

// SetMTU tells of another MTU. It may be called by any goroutine.
func (p *Port) SetMTU(octets int) { p.size.mtu.Store(int64(octets)) }

// ReadBatch implements [nicio.Port]. It returns 0 when no frame of the NIC waits, or when very many in a row
// have ended no PDU.
func (p *Port) ReadBatch(frames []nicio.RxFrame) (int, error) { return p.rx.read(frames) }

// WaitRead implements [nicio.Port].
func (p *Port) WaitRead(timeout time.Duration) error {
	if p.rx.more() {
		return nil
	}
	if due := p.rx.due(); due >= 0 && (timeout < 0 || due < timeout) {
		timeout = due
	}
	return p.Port.WaitRead(timeout)
}

// WriteBatch implements [nicio.Port].
func (p *Port) WriteBatch(frames []nicio.TxFrame) (int, error) { return p.tx.write(frames) }

// Due returns when Flush is to be called, in nanoseconds of the clock, or never: [Never]. It belongs to the
// transmitting goroutine.
func (p *Port) Due() int64 { return p.tx.due }

// Never is no time at which anything is due.
const Never = math.MaxInt64

// Flush sends what is due. It belongs to the transmitting goroutine.
func (p *Port) Flush(now int64) error { return p.tx.flush(now) }

// Stats implements [nicio.Port]. Of the frames of peers that are not in cell mode those are truncated, as the NIC
// would have found them, that do not fit the caller's buffers.
func (p *Port) Stats() nicio.Stats { return p.rx.batch.Stats() }

// Unsent implements [nicio.Port].
func (p *Port) Unsent() int { return p.Port.Unsent() + int(p.tx.held.Load()) }
