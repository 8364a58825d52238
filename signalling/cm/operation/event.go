package operation

import (
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/status"
	"callmanager/vc"
)

// Event is one of the events of this package: what a client is told. Slices that an
// event carries are the receiver's to read and not to change.
type Event interface{ event() }

// Reply is the immediate answer to a request. With [status.Pending] exactly one
// completion follows.
type Reply struct {
	Request uint64
	Status  status.Status
	// Detail says in words what was wrong and what to do; empty on success.
	Detail string
	// Cause accompanies a call that failed at once; zero otherwise.
	Cause ie.Cause
	// Handle is the new SAP or VC; zero otherwise.
	Handle vc.Handle
	// Kept is, of MakeCall, the VC whose kept rings are used; zero for new ones.
	Kept vc.Handle
	// OpenAF is the result of OpenAF; nil otherwise.
	OpenAF *OpenAFResult
}

// OpenAFResult is what a client learns when it opens the address family.
type OpenAFResult struct {
	Major, Minor uint32
	// Client is the minor version that the client has said.
	Client uint32
	// Version is the daemon's version.
	Version string
	// Addresses are the daemon's own, one a link and each once.
	Addresses []vc.Addr
}

// MakeCallComplete completes MakeCall. On [status.Success] the VC is active and data
// may flow (INV-24).
type MakeCallComplete struct {
	Request uint64
	VC      vc.Handle
	Status  status.Status
	Detail  string
	// Cause is the network's on a failure; zero on success.
	Cause ie.Cause
	// Parameters are those in force; Changed tells that they differ from the
	// request's (INV-29).
	Parameters primitive.Params
	Changed    bool
	// ID is the call's channel; zero if there was none. Link is its link's
	// name.
	ID   vc.ID
	Link string
	// Flowspec is the request's.
	Flowspec bool
	// Party is the first party of a point-to-multipoint call; zero otherwise
	// (INV-32, INV-33).
	Party vc.Handle
	// UserUser came with CONNECT, or with the end of a call that has not come
	// about; empty for none.
	UserUser []byte
}

// ModifyCallQoSComplete completes ModifyCallQoS and AdminModify. The call goes on whatever the
// status is, unless its end is told too.
type ModifyCallQoSComplete struct {
	Request uint64
	VC      vc.Handle
	Status  status.Status
	Detail  string
	// Cause is why the parameters have not changed; zero on success.
	Cause ie.Cause
	// Parameters are those in force; Changed tells that they differ from the
	// request's (INV-29).
	Parameters primitive.Params
	Changed    bool
	// Flowspec tells that the request was in the model's units, Incoming that the other side has made
	// the call.
	Flowspec, Incoming bool
}

// CloseCallComplete completes CloseCall: the call is closed and the VC
// deactivated (INV-56).
type CloseCallComplete struct {
	Request uint64
	VC      vc.Handle
	Status  status.Status
	Cause   ie.Cause
	// Drain counts what became of the SDUs in the client's ring.
	Drain vc.DrainReport
	// UserUser came with the other side's answer to RELEASE, or with its own
	// RELEASE if that has crossed CloseCall; empty for none, and for what
	// [IncomingCloseCall] has told.
	UserUser []byte
}

// CloseAFComplete completes CloseAF.
type CloseAFComplete struct {
	Request uint64
	Status  status.Status
}

// IncomingCall offers a call on a VC that was made for it (INV-5, INV-49).
type IncomingCall struct {
	VC, SAP    vc.Handle
	Parameters primitive.Params
	ID         vc.ID
	Link       string
	// Kept is the VC whose kept rings are used; zero for new ones.
	Kept vc.Handle
	// Flowspec tells that the client knows the model's units.
	Flowspec bool
}

// CallConnected tells that the handshake is done and both directions carry
// data (INV-50).
type CallConnected struct{ VC vc.Handle }

// IncomingCallQoSChange tells that the call has been modified, by the other side
// if that made it, else by an administrator: the VC carries data by Parameters
// already (INV-53), and they are always told as changed. A client that does not
// agree closes the call.
type IncomingCallQoSChange struct {
	VC         vc.Handle
	Parameters primitive.Params
	// Flowspec tells that the client knows the model's units, Incoming that the other side has made
	// the call.
	Flowspec, Incoming bool
}

// IncomingCloseCall tells that the other side or a fault ended the call; the
// client owes CloseCall (INV-41).
type IncomingCloseCall struct {
	VC vc.Handle
	// Status is [status.Success] when the other side asked, else the fault.
	Status status.Status
	Cause  ie.Cause
	Detail string
	// UserUser came with RELEASE; empty for none.
	UserUser []byte
}

// Notification is what the other user or the network has to tell about a call:
// the contents of a notification indicator.
type Notification struct {
	VC   vc.Handle
	Info []byte
}

// CallProgress tells how far a call under MakeCall is: the called user is being
// alerted, or the network says by PROGRESS that it interworks.
type CallProgress struct {
	VC         vc.Handle
	Alerting   bool
	Indicators []ie.Progress
	UserUser   []byte
}

// AddPartyComplete completes AddParty. On [status.Success] the leaf receives what the
// client sends.
type AddPartyComplete struct {
	Request uint64
	VC      vc.Handle
	// Party is the new party; zero on a failure (INV-27, INV-34).
	Party  vc.Handle
	Status status.Status
	Detail string
	Cause  ie.Cause
	// Parameters are those of the party; Changed tells that they differ from
	// the request's and the call's.
	Parameters primitive.Params
	Changed    bool
	// Link is the name of the link of its branch, and ID the channel there.
	Link string
	ID   vc.ID
}

// DropPartyComplete completes DropParty.
type DropPartyComplete struct {
	Request   uint64
	VC, Party vc.Handle
	Status    status.Status
	Cause     ie.Cause
}

// IncomingDropParty tells that a party of the client's call has gone while
// others remain (INV-40). The client owes DropParty, or CloseCall if it is by
// then the last (INV-41).
type IncomingDropParty struct {
	VC, Party vc.Handle
	// Status is [status.Success] when the leaf asked, else the fault.
	Status status.Status
	Cause  ie.Cause
	Detail string
}

// DeleteVCIndication tells that a VC that was made for an incoming call is
// gone (INV-9). The client owes RingDone.
type DeleteVCIndication struct{ VC vc.Handle }

// RingsGone tells that rings which the client has kept of a VC are not kept, or no
// longer: the client unmaps them.
type RingsGone struct{ VC vc.Handle }

// NotifyCloseAF tells that the daemon ends: the client closes what it has, in the order of
// INV-14, and answers with NotifyCloseAFComplete. After Timeout the daemon ends the rest.
type NotifyCloseAF struct {
	Reason  string
	Timeout time.Duration
	// Cause is the one for the other sides of the calls, Linger how long their drains may last.
	Cause  ie.Cause
	Linger time.Duration
}

// Goodbye is the last event of a client.
type Goodbye struct{ Reason string }

func (Reply) event()                 {}
func (MakeCallComplete) event()      {}
func (CloseCallComplete) event()     {}
func (CloseAFComplete) event()       {}
func (IncomingCall) event()          {}
func (CallConnected) event()         {}
func (IncomingCloseCall) event()     {}
func (DeleteVCIndication) event()    {}
func (Notification) event()          {}
func (CallProgress) event()          {}
func (NotifyCloseAF) event()         {}
func (Goodbye) event()               {}
func (RingsGone) event()             {}
func (ModifyCallQoSComplete) event() {}
func (IncomingCallQoSChange) event() {}
func (AddPartyComplete) event()      {}
func (DropPartyComplete) event()     {}
func (IncomingDropParty) event()     {}
func (PVCComplete) event()           {}
func (VCStatus) event()              {}
func (StatusIndication) event()      {}
