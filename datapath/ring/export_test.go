package ring

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Shared are the words of one ring that a peer may write, for the tests that play a hostile one.
type Shared struct {
	Tail, Head           *atomic.Uint64
	Closed, Waits, Sleep *atomic.Uint32
	Words                []uint64
}

func (v *view) shared() Shared {
	return Shared{
		Tail: &v.ctl.tail, Head: &v.ctl.head,
		Closed: &v.ctl.closed, Waits: &v.ctl.producerWaits, Sleep: &v.ctl.consumerSleeps,
		Words: v.words,
	}
}

// Shared returns the words of the ring that p writes.
func (p *Producer) Shared() Shared { return p.shared() }

// Shared returns the words of the ring that c reads.
func (c *Consumer) Shared() Shared { return c.shared() }

// Offset returns a consumer's cursor, for tests that aim at a position.
func (c *Consumer) Offset() uint64 { return c.next & (c.size() - 1) }

// Header packs the header of a record, with any flags, reserved ones too.
func Header(length uint32, m Meta, reserved uint16) uint64 {
	return uint64(length) | uint64(m.UU)<<32 | uint64(m.Flags)<<40 | uint64(reserved)<<48
}

// Internals for layout_test.go.
type (
	// Preamble is the read-only start of the file.
	Preamble = preamble
	// Control is a ring's control block.
	Control = control
)

// Layout constants for layout_test.go and the tests of Open.
const (
	HeaderOctets   = headerOctets
	ToDaemonOffset = toDaemonOffset
	ToClientOffset = toClientOffset
	Magic          = magic
	FlagPad        = flagPad
)

// SleepReadable is WaitReadable without the spinning.
func (e *Endpoint) SleepReadable(ctx context.Context) error { return e.sleep(ctx, forRecord) }

// SleepWritable is WaitWritable without the spinning.
func (e *Endpoint) SleepWritable(ctx context.Context, n int) error {
	e.Tx.Flush()
	return e.sleep(ctx, n)
}

// Equal lets go-cmp compare records by what they carry.
func (r Record) Equal(o Record) bool {
	return r.Meta == o.Meta && bytes.Equal(r.Payload, o.Payload)
}

// StoreWord writes a word of a ring atomically, as a peer does while it is read.
func StoreWord(words []uint64, i int, v uint64) { atomic.StoreUint64(&words[i], v) }

// RefusesDescriptors reports whether the kernel refuses what the peer attaches to a ring.
func (d *Doorbell) RefusesDescriptors() bool { return !d.wary }

// AdmitDescriptors makes a doorbell as it is on a kernel that cannot refuse descriptors.
func (d *Doorbell) AdmitDescriptors(tb testing.TB) {
	tb.Helper()
	if !d.wary {
		if err := unix.SetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_PASSRIGHTS, 1); err != nil {
			tb.Fatal(err)
		}
	}
	d.wary = true
}

// TakenBerths counts those who sleep at doorbells themselves.
func TakenBerths() int {
	berths.mu.Lock()
	defer berths.mu.Unlock()
	return berths.made - len(berths.free)
}

// Listens reports whether the listener of an endpoint's doorbell runs.
func (e *Endpoint) Listens() bool {
	e.pair.ears.mu.Lock()
	defer e.pair.ears.mu.Unlock()
	return e.pair.ears.file != nil
}

// SpinAnywhere is Spin, however few processors there are.
func SpinAnywhere(ready func() bool) bool { return spin(ready) }
