package nicio

import "time"

// A Port moves Ethernet frames of one EtherType in batches between memory of its caller and a wire.
// [PacketPort] is a NIC; nicio/mem has a wire in memory.
//
// One goroutine at a time may receive (ReadBatch, WaitRead), and one at a time may transmit
// (WriteBatch, WaitWrite); the two may be different ones. All other methods may be called from
// anywhere at any time.
//
// An error of ReadBatch, WriteBatch, WaitRead or WaitWrite is final: it is or wraps
// [net.ErrClosed], or the port is beyond repair. A NIC that is down, absent or congested is no
// error: it is counted in [Stats].
type Port interface {
	// ReadBatch receives up to [BatchSize] frames into frames[0:] in order of arrival, sets their
	// Len and returns their number. It never blocks: 0 means that nothing usable was waiting. Every
	// frame delivered is complete, is addressed to this port's own unicast address and comes from
	// another station; all others are counted by reason and dropped. ReadBatch may exchange
	// elements of frames, so which Buf sits at which index is undefined afterwards.
	ReadBatch(frames []RxFrame) (n int, err error)

	// WriteBatch sends frames in order and returns how many leading ones it has consumed: sent, or
	// dropped and counted. It never blocks. n < len(frames) with a nil error means back-pressure:
	// the port's queue is full, nothing happened to frames[n:], and they are to be offered again,
	// for instance after WaitWrite. While the NIC is down or absent frames are consumed and counted
	// as dropped.
	WriteBatch(frames []TxFrame) (n int, err error)

	// WaitRead returns when a frame may be waiting, when [Port.Wake] was called, or after timeout;
	// negative is for ever, zero only looks. It spins for the port's configured time first, if frames
	// have come since the last WaitRead, and then sleeps. It may return early for no reason; the
	// caller's next step is ReadBatch in any case.
	WaitRead(timeout time.Duration) error

	// WaitWrite returns when WriteBatch may make progress, when [Port.Wake] was called, or after
	// timeout, as WaitRead does. It does not spin.
	WaitWrite(timeout time.Duration) error

	// Unsent returns how much of what WriteBatch has sent still waits on this host, in the queue of
	// the device for instance: 0 if nothing does, else a number of octets that may be larger than
	// those of the frames by what the host adds to them.
	Unsent() int

	// Wake makes a waiting WaitRead and WaitWrite return, or the next call of each if none waits.
	// Calls are not counted: many wake once.
	Wake()

	// MAC returns the port's own unicast address, and the zero MAC while the port has no interface.
	MAC() MAC

	// Stats returns a snapshot of the counters, each exact, the set not of one instant. It may be
	// called while workers run, and never waits for one that sleeps.
	Stats() Stats

	// Close stops the port: waiting calls return, and all later ones return [net.ErrClosed]. It
	// returns after the last call inside the port has left. Closing again is a no-op and returns
	// nil.
	Close() error
}

// Stats counts every outcome of a port since it was opened, in frames unless said otherwise. No
// counter ever decreases.
type Stats struct {
	// Receive. Delivered by ReadBatch are RxFrames; each other frame taken from the queue is
	// counted in exactly one of the Rx drop counters.

	RxFrames    uint64 // Delivered to the caller.
	RxXDP       uint64 // Of RxFrames, those that came by AF_XDP.
	RxOctets    uint64 // Octets of RxFrames, Ethernet header included.
	RxBatches   uint64 // Calls of ReadBatch that delivered at least one frame.
	RxOtherHost uint64 // Dropped: unicast for another station, or of a VLAN that has no interface here.
	RxGroup     uint64 // Dropped: broadcast or multicast.
	RxLoop      uint64 // Dropped: the source is our own address; the wire has a loop or a twin of us.
	RxTruncated uint64 // Dropped: longer than the caller's buffer.
	RxRunt      uint64 // Dropped: shorter than an Ethernet header.
	RxDown      uint64 // Events: the interface went down while receiving (ENETDOWN).
	RxErrors    uint64 // Events: receive calls that failed in any other way.

	// Receive, as the kernel or the wire counts in front of the socket.

	RxQueued  uint64 // Accepted by EtherType and filter, RxOverrun not included.
	RxOverrun uint64 // Dropped: the receive queue was full, or the one in front of an AF_XDP socket gone.
	RxStarved uint64 // Events: the kernel found no free memory for a frame at the AF_XDP socket.

	// Transmit. Each frame consumed by WriteBatch is counted in TxFrames or in exactly one of the
	// Tx drop counters.

	TxFrames   uint64 // Handed to the device.
	TxXDP      uint64 // Of TxFrames, those that left by AF_XDP.
	TxOctets   uint64 // Octets of TxFrames, Ethernet header included.
	TxBatches  uint64 // Calls of WriteBatch that sent at least one frame.
	TxDown     uint64 // Dropped: the interface is down (ENETDOWN), or has no carrier and AF_XDP said so.
	TxAbsent   uint64 // Dropped: there is no such interface (ENXIO).
	TxOversize uint64 // Dropped: longer than the MTU allows (EMSGSIZE).
	TxInvalid  uint64 // Dropped: shorter than a header, or refused as malformed (EINVAL).
	TxNoBuffer uint64 // Dropped: refused for lack of buffers in StuckLimit calls in a row.
	TxErrors   uint64 // Dropped: refused for any other reason.

	// Transmit events; the frames are not lost.

	TxRetryDown     uint64 // A frame was sent again after a first ENETDOWN (the first send after "up").
	TxRetryNoBuffer uint64 // A frame was offered again after ENOBUFS.
	TxBusy          uint64 // Calls of WriteBatch that ended early with back-pressure.
	TxPartial       uint64 // System calls that took a part of their batch.

	// The interface.

	Rebinds uint64 // The port was bound to an interface that it was not bound to before.
}

// RxRefused returns how many frames ReadBatch has taken and dropped.
func (s *Stats) RxRefused() uint64 {
	return s.RxOtherHost + s.RxGroup + s.RxLoop + s.RxTruncated + s.RxRunt
}

// unread returns how many frames of those queued have not been read.
func (s *Stats) unread() int {
	return int(s.RxQueued - s.RxFrames - s.RxRefused()) //nolint:gosec // what a queue holds
}

// Add adds the counters of another port.
func (s *Stats) Add(o Stats) {
	s.RxFrames += o.RxFrames
	s.RxXDP += o.RxXDP
	s.RxOctets += o.RxOctets
	s.RxBatches += o.RxBatches
	s.RxOtherHost += o.RxOtherHost
	s.RxGroup += o.RxGroup
	s.RxLoop += o.RxLoop
	s.RxTruncated += o.RxTruncated
	s.RxRunt += o.RxRunt
	s.RxDown += o.RxDown
	s.RxErrors += o.RxErrors
	s.RxQueued += o.RxQueued
	s.RxOverrun += o.RxOverrun
	s.RxStarved += o.RxStarved
	s.TxFrames += o.TxFrames
	s.TxXDP += o.TxXDP
	s.TxOctets += o.TxOctets
	s.TxBatches += o.TxBatches
	s.TxDown += o.TxDown
	s.TxAbsent += o.TxAbsent
	s.TxOversize += o.TxOversize
	s.TxInvalid += o.TxInvalid
	s.TxNoBuffer += o.TxNoBuffer
	s.TxErrors += o.TxErrors
	s.TxRetryDown += o.TxRetryDown
	s.TxRetryNoBuffer += o.TxRetryNoBuffer
	s.TxBusy += o.TxBusy
	s.TxPartial += o.TxPartial
	s.Rebinds += o.Rebinds
}
