package nicio

import (
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Attempt exposes the verdicts on refused frames without a device that refuses.
type Attempt struct{ a *attempt }

// A Transmitter is the state that attempts share.
type Transmitter struct{ t transmitter }

// Attempt starts to send frames.
func (x *Transmitter) Attempt(frames []TxFrame) Attempt {
	return Attempt{&attempt{t: &x.t, frames: frames}}
}

// Stats returns the counters.
func (x *Transmitter) Stats() (s Stats) {
	x.t.count.put(&s)
	return s
}

// Sent reports n frames as taken.
func (x Attempt) Sent(n int) { x.a.sent(n) }

// Failed reports the next frame as refused.
func (x Attempt) Failed(errno unix.Errno) bool { return x.a.failed(errno) }

// Consumed returns the number of frames consumed so far.
func (x Attempt) Consumed() int { return x.a.next }

// Settle ends the attempt and returns the number of frames consumed.
func (x Attempt) Settle() int {
	x.a.settle()
	return x.a.next
}

// RecvBufferFor and BufferTime are the sizing rules.
func RecvBufferFor(speed uint64) int { return recvBufferFor(speed) }

// BufferTime is how long a queue lasts.
func BufferTime(octets int, speed uint64) time.Duration { return bufferTime(octets, speed) }

// RefCount exposes the closing rule.
type RefCount struct{ r refCount }

// Open makes the owner's reference.
func (x *RefCount) Open() { x.r.open() }

// Enter takes a reference.
func (x *RefCount) Enter() bool { return x.r.enter() }

// Leave drops one and reports whether it was the last.
func (x *RefCount) Leave() bool { return x.r.leave() }

// Close drops the owner's.
func (x *RefCount) Close() (first, last bool) { return x.r.close() }

// SteerProgram is the program of a fanout, for frames that begin with their Ethernet header.
func SteerProgram(n int) ([]bpf.RawInstruction, error) {
	return steerProgram(labelOffset, sourceTail, n)
}
