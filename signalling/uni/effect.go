package uni

import (
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// Effect is one of the effect types below: something that a link asks of its
// runner. Effects are performed in order, all of one input before the next
// input.
type Effect interface{ effect() }

// SendPDU hands one SSCOP PDU to the control channel (VPI 0, VCI 5) as one
// AAL5 CPCS-SDU. The octets are valid until the link's next input.
type SendPDU struct{ Octets []byte }

// StartTimer runs a timer for After and then calls [Link.Expire] with ID and
// Gen. It replaces a timer of the same identifier that still runs.
type StartTimer struct {
	ID    TimerID
	After time.Duration
	Gen   uint64
}

// StopTimer tells that a timer no longer matters. An expiry that comes all the
// same is dropped by its generation.
type StopTimer struct{ ID TimerID }

// Activate joins a channel to a client's VC and opens its receive side; on an
// active branch it changes the parameters. The runner performs it at once,
// before or after the other effects of this input, and answers with
// [Link.Activated] before any other input of the link. No Deactivate of the
// same call comes before that answer.
type Activate struct {
	Call primitive.CallID
	ID   vc.ID
	VC   vc.Handle
	Spec vc.BranchSpec
}

// OpenTransmit lets an activated branch send.
type OpenTransmit struct{ ID vc.ID }

// Drain sends what the client has put into its ring so far, for at most
// Linger. The runner answers with [Link.Drained], unless Deactivate comes
// first: then the answer to that stands for both.
type Drain struct {
	Call   primitive.CallID
	ID     vc.ID
	Linger time.Duration
}

// Deactivate removes a branch, and takes every VC off that joined it. With Quiesce what has arrived is taken in
// first. The runner answers with [Link.Deactivated].
type Deactivate struct {
	Call    primitive.CallID
	ID      vc.ID
	Quiesce bool
}

// Join lets one more VC of this end receive what comes on an active channel:
// a further leaf of the call. The VC has a receive ring of its own, fed from the
// same channel; when it has no room the SDU is dropped and counted there, and
// the other VCs are not affected. The runner performs it at once, as Activate,
// and answers with [Link.Joined]; no Leave of that VC and no Deactivate of the
// call comes before.
type Join struct {
	Call  primitive.CallID
	Party primitive.PartyID
	ID    vc.ID
	VC    vc.Handle
}

// Leave takes one VC off an active channel, which lives on for the others: the
// branch belongs to the channel and to its call, and the VC that it was
// activated into may leave like any other, even if it is the only one at the
// moment. What has arrived is taken in first. Nothing reaches the VC any more
// when the runner answers with [Link.Left]. Deactivate may come first: it takes
// all VCs off, its answer stands for this one too, and a late Left does nothing.
// Join may follow for another VC at any time.
type Leave struct {
	Call  primitive.CallID
	Party primitive.PartyID
	ID    vc.ID
	VC    vc.Handle
}

// Indicate hands an indication to the client model.
type Indicate struct{ Indication primitive.Indication }

// LinkChanged tells that the state of the link or its last error has changed.
type LinkChanged struct {
	State     LinkState
	LastError string
}

// Transition is a record for the log: the call machine of a call, the machine
// of a party of it, the restart machines (CallRef 0) or the SAAL coordinator
// (empty Side) has changed its state.
type Transition struct {
	CallRef msg.CallRef
	// Party is the endpoint reference of the party in decimal, empty for the
	// call itself.
	Party string
	// Side is "user" or "network".
	Side string
	// From, Event and To are names of the standard, such as U1, CALL PROCEEDING
	// and U3.
	From, Event, To string
	// Cause is the cause of a clearing; zero elsewhere.
	Cause ie.CauseValue
}

// Trace shows one SSCOP PDU that the link has sent or received. It is given
// for every PDU when [Config.Trace] is set. The octets are valid until the
// link's next input; package dissect puts them into words.
type Trace struct {
	Sent bool
	PDU  []byte
}

func (SendPDU) effect()      {}
func (StartTimer) effect()   {}
func (StopTimer) effect()    {}
func (Activate) effect()     {}
func (OpenTransmit) effect() {}
func (Drain) effect()        {}
func (Deactivate) effect()   {}
func (Join) effect()         {}
func (Leave) effect()        {}
func (Indicate) effect()     {}
func (LinkChanged) effect()  {}
func (Transition) effect()   {}
func (Trace) effect()        {}
