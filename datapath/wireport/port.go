package wireport

import (
	"math"
	"sync/atomic"
	"time"

	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// Config is what a port is made of.
type Config struct {
	// Wires have different labels and channels, as far as they have the same peer.
	Wires []Wire
	// MTU is that of the NIC at the beginning, in octets.
	MTU int
	// Now is the clock, in nanoseconds.
	Now func() int64
}

// A Port is a port with pseudowires on a NIC's port of frames. It owns that port.
type Port struct {
	nicio.Port
	mtu atomic.Int64
	rx  receiver
	_   [128]byte
	tx  transmitter
}

// New returns the port of everything but the control VCs.
func New(under nicio.Port, cfg Config) *Port {
	p := &Port{Port: under}
	p.SetMTU(cfg.MTU)
	p.rx.init(under, &cfg, &p.mtu)
	p.tx.init(under, &cfg, &p.mtu)
	return p
}

// SetMTU tells of another MTU. It may be called by any goroutine.
func (p *Port) SetMTU(octets int) { p.mtu.Store(int64(octets)) }

// ReadBatch implements [nicio.Port]. It returns 0 when no frame of the NIC waits, or when very many in a
// row have ended no PDU.
func (p *Port) ReadBatch(frames []nicio.RxFrame) (int, error) { return p.rx.read(frames) }

// WaitRead implements [nicio.Port].
func (p *Port) WaitRead(timeout time.Duration) error {
	if p.rx.more() {
		return nil
	}
	return p.Port.WaitRead(timeout)
}

// WriteBatch implements [nicio.Port].
func (p *Port) WriteBatch(frames []nicio.TxFrame) (int, error) { return p.tx.write(frames) }

// Due returns when Flush is to be called, in nanoseconds of the clock, or never: [Never]. It belongs to
// the transmitting goroutine.
func (p *Port) Due() int64 { return p.tx.due }

// Never is no time at which anything is due.
const Never = math.MaxInt64

// Flush offers the NIC again what it has not taken. It belongs to the transmitting goroutine.
func (p *Port) Flush(int64) error {
	err := p.tx.send()
	p.tx.settle()
	return err
}

// Stats implements [nicio.Port]. Frames handed on that do not fit the caller's buffers are truncated, as the NIC would
// have found them.
func (p *Port) Stats() nicio.Stats { return p.rx.batch.Stats() }

// Unsent implements [nicio.Port].
func (p *Port) Unsent() int { return p.Port.Unsent() + int(p.tx.held.Load()) }

// sduAt is where the SDU begins in a frame of the engine, and wordAt where the control word does in any.
const (
	wordAt = nicio.HeaderLen + frame.EntryLen
	sduAt  = nicio.HeaderLen + frame.HeadLen
)
