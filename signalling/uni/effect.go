package uni

import (
	"fmt"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// EffectKind says what an [Effect] is. The zero value is none.
type EffectKind uint8

// The effects of a link.
const (
	_ EffectKind = iota

	// SendPDU hands Octets, one SSCOP PDU, to the control channel (VPI 0, VCI 5)
	// as one AAL5 CPCS-SDU.
	SendPDU

	// StartTimer runs Timer for After and then calls [Link.Expire] with it and
	// Gen. It replaces a timer of the same identifier that still runs.
	StartTimer

	// StopTimer tells that Timer no longer matters. An expiry that comes all the
	// same is dropped by its generation.
	StopTimer

	// Activate joins the channel ID to a client's VC and opens its receive side;
	// on an active branch it changes the parameters to Spec. The runner performs
	// it at once, when it has performed the other effects of this input, and
	// answers with [Link.Activated] of Call before any other input of the link.
	// No Deactivate of the same call comes before that answer.
	Activate

	// OpenTransmit lets the activated branch of the channel ID send.
	OpenTransmit

	// Drain sends what the client of Call has put into its ring so far over the
	// channel ID, for at most Linger. The runner answers with [Link.Drained],
	// unless Deactivate comes first: then the answer to that stands for both.
	Drain

	// Deactivate removes the branch of Call on the channel ID, and takes every VC
	// off that joined it. With Quiesce what has arrived is taken in first. The
	// runner answers with [Link.Deactivated].
	Deactivate

	// Join lets one more VC of this end, Party of Call, receive what comes on the
	// active channel ID: a further leaf of the call. The VC has a receive ring of
	// its own, fed from the same channel; when it has no room the SDU is dropped
	// and counted there, and the other VCs are not affected. The runner performs
	// it when it does Activate, and answers with [Link.Joined]; no Leave of that VC
	// and no Deactivate of the call comes before.
	Join

	// Leave takes a VC, Party of Call, off the active channel ID, which lives on
	// for the others: the branch belongs to the channel and to its call, and the
	// VC that it was activated into may leave like any other, even if it is the
	// only one at the moment. What has arrived is taken in first. Nothing reaches
	// the VC any more when the runner answers with [Link.Left]. Deactivate may come
	// first: it takes all VCs off, its answer stands for this one too, and a late
	// Left does nothing. Join may follow for another VC at any time.
	Leave

	// Indicate hands Indication to the client model.
	Indicate

	// LinkChanged tells that the State of the link, its LastError or its Resets have changed.
	LinkChanged

	// Moved is a record for the log: see Transition.
	Moved

	// RestartAnswered answers [Link.Restart]: see Restart.
	RestartAnswered

	// Trace shows one SSCOP PDU, Octets, that the link has Sent or received. It is
	// given for every PDU when [Config.Trace] is set; package dissect puts them
	// into words.
	Trace
)

var effectNames = [...]string{
	SendPDU: "SendPDU", StartTimer: "StartTimer", StopTimer: "StopTimer", Activate: "Activate", OpenTransmit: "OpenTransmit",
	Drain: "Drain", Deactivate: "Deactivate", Join: "Join", Leave: "Leave", Indicate: "Indicate", LinkChanged: "LinkChanged",
	Moved: "Moved", RestartAnswered: "RestartAnswered", Trace: "Trace",
}

// String returns the name of the kind.
func (k EffectKind) String() string {
	if int(k) < len(effectNames) && effectNames[k] != "" {
		return effectNames[k]
	}
	return fmt.Sprintf("EffectKind(%d)", uint8(k))
}

// Effect is something that a link asks of its runner. Effects are performed in
// order, all of one input before the next input. Only the fields that the kind
// names are set. Effects, Octets and Transition lie in memory of the link that
// its next input uses again; an Indication and a RestartDone are the receiver's.
//
// They are of one type, and not an interface each, because boxing them was an
// eighth of all that a call allocated.
type Effect struct {
	Kind       EffectKind
	Sent       bool
	Quiesce    bool
	State      LinkState
	Party      primitive.PartyID
	Call       primitive.CallID
	ID         vc.ID
	VC         vc.Handle
	Timer      TimerID
	After      time.Duration
	Gen        uint64
	Linger     time.Duration
	Spec       vc.BranchSpec
	Octets     []byte
	Indication primitive.Indication
	LastError  string
	Transition *Transition
	Restart    *RestartDone
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
