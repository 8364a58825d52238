package signalling

import (
	"time"

	"callmanager/vc"
)

// ControlChannel carries AAL5 SDUs on the control VC of one link (VPI 0,
// VCI 5). What comes in arrives through [Manager.Receive].
type ControlChannel interface {
	// Send hands CPCS-SDUs to the link, in their order. It copies the octets,
	// does not block and may be called from one goroutine. An SDU that cannot be
	// sent is dropped and counted below: SSCOP recovers it.
	Send(sdus ...[]byte)
}

// Plane is the data plane as the call manager sees it: VCs with rings that
// clients hold, and branches that join a VC to a channel of a link. Methods do
// not block on the network or on a client. Those of one branch are called from
// its link's goroutine; those of a VC from the manager's. A done function is
// called once, from any goroutine, and must not block.
type Plane interface {
	// OpenVC creates the rings of a client's VC and returns the client's
	// descriptors, which the caller owns. It returns none if the rings are kept
	// ones, which the client has; an error gives those back.
	OpenVC(h vc.Handle, spec vc.RingSpec) (vc.Ports, error)

	// Activate joins a channel to a VC and opens its receive side: from its
	// return on, frames of the channel enter the VC's ring. Nothing is sent
	// yet. Activating an active branch changes its parameters; an error leaves
	// the old ones in force. A VC has one branch; the root of a point-to-multipoint
	// call, whose branches say so, has any number at a time. A VC that EndVC has
	// ended is activated like any other, and takes nothing in: the manager may end
	// it while its link sets the call up or modifies it, and it is for the release
	// that follows to say why.
	Activate(id vc.ID, h vc.Handle, spec vc.BranchSpec) error

	// OpenTransmit lets the branch send what the client puts into its ring: all of
	// it, or of a point-to-multipoint call a copy from then on.
	OpenTransmit(id vc.ID)

	// Drain sends what the client has put into the ring so far, paced as ever,
	// and calls done when the kernel has accepted the last frame, or when
	// linger has passed; then the rest is dropped and counted. A linger of 0
	// drops at once.
	Drain(id vc.ID, linger time.Duration, done func(vc.DrainReport))

	// Join lets one more VC receive what comes on an active channel: a further
	// leaf of a point-to-multipoint call. From its return on, a copy of each
	// frame enters that VC's ring, too; a copy that finds no room there is
	// dropped and counted there, and the others do not notice. The VC has no
	// other branch. It may have ended, as with Activate.
	Join(id vc.ID, h vc.Handle) error

	// Leave takes one VC off a channel, also the one that the branch was
	// activated into; the branch lives on, with or without another VC. What has
	// already arrived is taken in first. When done is called no frame of the
	// channel reaches the VC any more, and nothing that its client had put into
	// its ring for sending will be sent. Deactivate takes all VCs off; a Leave
	// under way then ends before it, and both done functions are called.
	Leave(id vc.ID, h vc.Handle, done func(vc.DrainReport))

	// Deactivate stops the branch's transmit side at once, ends a drain under
	// way, and removes the branch. With quiesce its receive side takes in
	// first what has already arrived, but no flood without end. When done is
	// called no frame of the channel reaches the VC any more.
	Deactivate(id vc.ID, quiesce bool, done func(vc.DrainReport))

	// EndVC marks the end of the file that the client reads: what is in the
	// ring stays readable, and nothing enters it any more.
	EndVC(h vc.Handle)

	// CloseVC gives the VC's memory back to the system. Its branches are
	// inactive.
	CloseVC(h vc.Handle)

	// KeepVC ends a VC as CloseVC does, but for its rings: those are kept under
	// its handle for an OpenVC that names it. CloseVC gives kept ones back.
	KeepVC(h vc.Handle)

	// Traffic returns the counters of a VC; ok is false for an unknown one.
	Traffic(h vc.Handle) (t vc.Traffic, ok bool)

	// Copies returns what has become of a point-to-multipoint call's SDUs on one of its
	// branches; ok is false for an unknown one, and for that of another call.
	Copies(id vc.ID) (n vc.Copies, ok bool)

	// LinkCounters returns the counters of a link, in a stable order.
	LinkCounters(link vc.LinkID) []vc.Counter
}
