package ring

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// SpinTime is how long a party looks at its ring, yielding the processor between looks, before it sleeps, where there are
// processors enough. While it looks nobody has to ring for it.
const SpinTime = 20 * time.Microsecond

// spareProcessors is how many processors there are at least where parties spin: as many as threads that an SDU passes
// through, the two clients and a worker of each daemon. With fewer the one that spins takes the processor from one that
// has to move the SDU: on two of them it cost a quarter of the SDUs of 1492 octets and brought a round trip nothing.
const spareProcessors = 4

// WaitReadable blocks until Rx has a record or an error to return. It spins for SpinTime and then sleeps until the other
// party rings. It returns nil when there is something to read; the context's error; net.ErrClosed after Close;
// ErrPeerGone when the other party is gone and all it published has been read. Only the owner of Rx may call
// it, between Enter and Leave; WaitWritable may run at the same time in another goroutine. It must not be
// mixed with a poll set of the caller's own on the doorbell's descriptor.
func (e *Endpoint) WaitReadable(ctx context.Context) error {
	rx := e.Rx
	if rx.Readable() || Spin(rx.Readable) {
		return nil
	}
	return e.sleep(ctx, forRecord)
}

// WaitWritable flushes Tx and then blocks until a payload of n octets has room, or never will have: Reserve
// tells. Everything else is as in WaitReadable, for the owner of Tx.
func (e *Endpoint) WaitWritable(ctx context.Context, n int) error {
	tx := e.Tx
	tx.Flush()
	ready := func() bool { return tx.Writable(n) }
	if ready() || Spin(ready) {
		return nil
	}
	return e.sleep(ctx, max(n, 0))
}

// Send copies one record into Tx and publishes it, waiting for room as long as the context allows. It returns the errors
// of TryPush and WaitWritable, and never ErrFull. It enters and leaves by itself. One goroutine at a time may send.
func (e *Endpoint) Send(ctx context.Context, rec Record) error {
	if !e.Enter() {
		return net.ErrClosed
	}
	defer e.Leave()
	for {
		err := e.Tx.TryPush(rec)
		if err == nil {
			e.Tx.Flush()
			return nil
		}
		if !errors.Is(err, ErrFull) {
			return err
		}
		if err := e.WaitWritable(ctx, len(rec.Payload)); err != nil {
			return err
		}
	}
}

// Receive waits for one record, copies its payload into buf, releases it, and returns the payload's length. It returns
// io.EOF at the end of file, the CorruptError, and the errors of WaitReadable. If buf is too short it returns the
// length needed with io.ErrShortBuffer and leaves the record in the ring. It enters and leaves by itself. One
// goroutine at a time may receive, and must have released what it took from Rx itself.
func (e *Endpoint) Receive(ctx context.Context, buf []byte) (n int, m Meta, err error) {
	if !e.Enter() {
		return 0, Meta{}, net.ErrClosed
	}
	defer e.Leave()
	for {
		rec, ok := e.Rx.Next()
		switch {
		case ok && len(rec.Payload) > len(buf):
			e.Rx.Rewind()
			return len(rec.Payload), rec.Meta, io.ErrShortBuffer
		case ok:
			n = copy(buf, rec.Payload)
			e.Rx.Release()
			return n, rec.Meta, nil
		case e.Rx.Err() != nil:
			return 0, Meta{}, e.Rx.Err()
		}
		if err := e.WaitReadable(ctx); err != nil {
			return 0, Meta{}, err
		}
	}
}

// forRecord tells sleep to wait for a record of Rx instead of for room in Tx.
const forRecord = -1

// sleep blocks until Tx has room for n octets, or until Rx is readable if n is forRecord.
func (e *Endpoint) sleep(ctx context.Context, n int) error {
	if e.pair.bell != nil {
		if b := e.pair.ears.lie(); b != nil {
			if err := e.doze(ctx, n, b); !errors.Is(err, errListen) {
				return err
			}
		}
	}
	if err := e.listen(); err != nil {
		return err
	}
	rung := e.readable
	if n != forRecord {
		rung = e.writable
	}
	for !e.arm(n) {
		var err error
		select {
		case <-rung:
			continue
		case <-e.pair.gone:
			if e.arm(n) {
				return nil // What it published before it went is still to be read.
			}
			err = ErrPeerGone
		case <-e.gate.stop:
			err = net.ErrClosed
		case <-ctx.Done():
			err = ctx.Err()
		}
		e.disarm(n)
		return err
	}
	return nil
}

// arm arms the ring that sleep waits for.
func (e *Endpoint) arm(n int) bool {
	if n == forRecord {
		return e.Rx.Arm()
	}
	return e.Tx.Arm(n)
}

// disarm undoes arm.
func (e *Endpoint) disarm(n int) {
	if n == forRecord {
		e.Rx.Disarm()
		return
	}
	e.Tx.Disarm()
}

// Spin calls ready until it returns true or SpinTime has passed, and returns what it returned last; on a machine with
// few processors it returns false at once. Between two looks it yields to other threads, not to other goroutines: that
// would have the scheduler look for a thread for this one. WaitReadable and WaitWritable spin by themselves; a party
// that sleeps in Doorbell.Poll or in a poll set of its own spins first, then arms its rings, then sleeps.
func Spin(ready func() bool) bool {
	if runtime.NumCPU() < spareProcessors {
		return false
	}
	return spin(ready)
}

// spin is Spin where there are processors enough.
func spin(ready func() bool) bool {
	end := time.Now().Add(SpinTime) //nolint:forbidigo // an idle side bounds its spinning by real time
	for {
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		if ready() {
			return true
		}
		if time.Now().After(end) { //nolint:forbidigo // as above
			return false
		}
	}
}
