package vc

import (
	"math/bits"
	"os"
)

// RingSpec sizes the rings of a client's VC: one that the client fills (Send)
// and one that the daemon fills (Receive).
type RingSpec struct {
	// Send is what the client may send. It paces the transmit side and sizes
	// its ring.
	Send Flow
	// Receive is what the client may be sent.
	Receive Flow
	// SendBytes and ReceiveBytes ask for ring sizes in octets; zero takes 100 ms
	// at the flow's peak rate, within the bounds that the ring package states.
	SendBytes, ReceiveBytes int
	// Kept, if it is not zero, names a VC whose rings were kept: they are to be used.
	// Their sizes are those asked for.
	Kept Handle
}

// Ports are the descriptors by which a client reaches its VC: the sealed
// memory of its rings and its end of the doorbell. Whoever holds the value owns
// both files and closes them once they have been passed on. Of kept rings, which
// the client has already, both are nil.
type Ports struct {
	Memory   *os.File
	Doorbell *os.File
}

// None reports whether there is nothing to pass on.
func (p Ports) None() bool { return p.Memory == nil && p.Doorbell == nil }

// Close closes both files. The first error is returned.
func (p Ports) Close() error {
	if p.None() {
		return nil
	}
	err := p.Memory.Close()
	if e := p.Doorbell.Close(); err == nil {
		err = e
	}
	return err
}

// BranchSpec is what one branch may carry, from this end's point of view.
type BranchSpec struct {
	// Category is that of the contract: it orders what is sent.
	Category Category
	Send     Flow
	Receive  Flow
	// Permanent tells that the other end does not learn when the branch begins and ends: what is
	// numbered goes on from the last branch of the channel.
	Permanent bool
	// Multipoint tells that the branch is one of the root of a point-to-multipoint
	// call, which may have several. Nothing is received on it.
	Multipoint bool
}

// A branch of a point-to-multipoint call has a queue of its own, between its root's
// ring and its link. It holds what the link falls behind the others.
const (
	minQueue = 256 << 10
	maxQueue = 2 << 20
	// queueSDUs largest ones fit at least: two wherever the queue's indices stand, in the
	// half of it that is free when the others do not wait for it any more.
	queueSDUs = 5
	// queuePerSecond is the part of a second at the peak rate that it holds.
	queuePerSecond = 100
)

// QueueBytes returns the size of the queue of a branch of a point-to-multipoint call with
// this flow, in octets: 10 ms at the peak rate, at least 256 KiB and at most 2 MiB.
func QueueBytes(f Flow) int {
	const recordRoom = 16
	n := max(minQueue, queueSDUs*(int(f.MaxSDU)+recordRoom), int(min(f.PCR.Bytes()/queuePerSecond, maxQueue)))
	return 1 << bits.Len(uint(n-1))
}

// Copies are the counters of one branch of a point-to-multipoint call since it was
// opened.
type Copies struct {
	// Offered counts the SDUs that the root's client sent meanwhile. Each is in
	// TxSDUs, in TxDropped, or in the queue of the branch.
	Offered          uint64
	TxSDUs, TxOctets uint64
	// TxDropped counts those that the branch has not sent: its queue was full while
	// other branches had room, the link could not carry them, or the branch ended.
	TxDropped uint64
}

// DrainReport says what became of the SDUs that a client had put into its ring
// when its branch stopped sending.
type DrainReport struct {
	// Sent counts the SDUs handed to the NIC while draining.
	Sent uint64
	// Dropped counts the SDUs that were left when the linger ended or the
	// branch was cut off. They are counted on the VC as well.
	Dropped uint64
}

// Traffic are the counters of one VC since its creation. Octets are those of
// SDUs. Every SDU that came in or went out is in exactly one of them.
type Traffic struct {
	TxSDUs, TxOctets uint64
	// TxDropped counts SDUs of the client that were never sent: oversize, sent
	// after the call's end, or cut off by a linger.
	TxDropped        uint64
	RxSDUs, RxOctets uint64
	// RxNoRoom counts SDUs dropped because the client's ring was full.
	RxNoRoom uint64
	// RxLate counts frames behind the expected sequence number: late ones and
	// duplicates, which ATM never delivers.
	RxLate uint64
	// RxLost counts the gaps in the sequence numbers, in frames.
	RxLost uint64
	// RxOversize counts SDUs above the negotiated maximum, and RxBad those
	// whose control word is unusable.
	RxOversize, RxBad uint64
	// RxPoliced counts SDUs dropped because they were in excess of the contract, RxTagged
	// those, among the others, that got the loss priority for that.
	RxPoliced, RxTagged uint64
}

// Counter is one named count. Names are in snake_case and stable.
type Counter struct {
	Name  string
	Value uint64
}

// LinkStatus is what the data plane knows of a link's port.
type LinkStatus struct {
	// Up tells whether frames can be sent: the NIC exists, is up and has a
	// carrier.
	Up bool
	// MAC is the NIC's address; zero while the NIC is absent.
	MAC MAC
	// MaxSDU is the largest SDU in octets that the link carries in one piece.
	MaxSDU uint16
	// Largest is the largest SDU in octets that the link carries in several frames (RFC 4623); zero where
	// it cuts none.
	Largest uint16
	// Speed is the NIC's speed in wire bits a second; zero when unknown.
	Speed BitRate
	// Framing is how the link lays SDUs on its wire.
	Framing Framing
	// ReceiveBuffer is the time in milliseconds that the socket buffer granted
	// by the kernel holds of 1500-octet frames at line rate.
	ReceiveBuffer uint32
	// Reason says in words why the link is down, or what is wrong with a link
	// that is up (a peer in another mode, say). Empty when all is well.
	Reason string
}

// Limit returns the largest SDU in octets that the link carries, in one piece or in several.
func (s *LinkStatus) Limit() uint16 { return max(s.MaxSDU, s.Largest) }
