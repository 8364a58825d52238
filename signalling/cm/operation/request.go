package operation

import (
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/status"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// DefaultLinger bounds the drain of a CloseCall that names no linger.
const DefaultLinger = 30 * time.Second

// Request is one of the requests of this package. The machine keeps slices that a
// request carries, so the caller gives them away.
type Request interface {
	// Number returns the number that the client gave the request; the reply and
	// the completion carry it again.
	Number() uint64
	request()
}

// OpenAF opens the connection's one address family (INV-15).
type OpenAF struct {
	Request      uint64
	Major, Minor uint32
	// Name says who the client is, for lists.
	Name string
}

// CloseAF closes the address family. Its SAPs are released at once; the
// completion follows when the last call is closed (INV-12).
type CloseAF struct{ Request uint64 }

// RegisterSAP asks for incoming calls.
type RegisterSAP struct {
	Request uint64
	// Address is one of the daemon's own; the zero value means any of them. Its
	// selector is ignored.
	Address vc.Addr
	// Selector is the last octet of the called AESA to match, unless
	// AnySelector is set.
	Selector    uint8
	AnySelector bool
	// BHLI and BLLI restrict the SAP to calls with these contents (octet 5 on);
	// empty matches every call. MoreBLLI are up to two alternatives to BLLI.
	BHLI, BLLI []byte
	MoreBLLI   [][]byte
	// BHLIAbsent and BLLIAbsent restrict it to calls without such an element.
	BHLIAbsent, BLLIAbsent bool
	// SendRing and ReceiveRing ask for the ring sizes in octets of the VCs of its
	// offers; 0 takes the default for the contract. A call for which the client's
	// quota has no such rings left is offered with the default ones.
	SendRing, ReceiveRing uint32
}

// DeregisterSAP ends the offers to a SAP; calls already offered live on
// (INV-18).
type DeregisterSAP struct {
	Request uint64
	SAP     vc.Handle
}

// CreateVC makes a VC for an outgoing call. It is never answered [status.Pending]
// (INV-1).
type CreateVC struct{ Request uint64 }

// DeleteVC deletes a VC that the client made and that has no call (INV-9,
// INV-10).
type DeleteVC struct {
	Request uint64
	VC      vc.Handle
}

// MakeCall makes a call on a VC that the client made (INV-21, INV-22). Without a VC
// it makes one, whose handle is in the reply and which goes with the call.
type MakeCall struct {
	Request uint64
	VC      vc.Handle
	// Called is an address as [vc.ParseAddr] reads it, or a name of the
	// daemon's hosts.
	Called string
	// CalledSelector replaces the selector of the called AESA; nil keeps it. An
	// E.164 number has none.
	CalledSelector *uint8
	// Permanent makes the call on a PVC: the one of Channel, or else one whose destination
	// is Called. Its contract is the operator's, whatever is asked for.
	Permanent bool
	Channel   *Channel
	// Calling is one of the daemon's own addresses with any selector; the zero
	// value takes the outgoing link's.
	Calling vc.Addr
	// Multipoint makes the call point-to-multipoint: the called address is its
	// first party, and nothing flows backward.
	Multipoint bool
	// Contract is what the call may carry. Without a rate it asks for best
	// effort at the link's capacity.
	Contract vc.Contract
	// Flowspec tells that the contract is asked for in the model's units, Rounded that a rate
	// of it is not quite what was asked for, which is told as changed.
	Flowspec, Rounded bool
	// Fallback is what is acceptable in place of the contract when that cannot be
	// had (Q.2962): lower rates down to a minimum, or an alternative.
	Fallback vc.Fallback
	// QoS is what is asked of the way; its sums are ignored.
	QoS vc.QoS
	// BHLI and BLLI are the contents of the B-HLI element and of up to three
	// B-LLI elements (octet 5 on).
	BHLI []byte
	BLLI [][]byte
	// UserUser is the user-user information of SETUP: the protocol discriminator
	// first, 128 octets at most; empty for none. It is refused on a link of UNI
	// 3.x.
	UserUser []byte
	// SendRing and ReceiveRing ask for ring sizes in octets; 0 takes the
	// default for the contract.
	SendRing, ReceiveRing uint32
}

// IncomingCallComplete answers an offer: [status.Success] accepts, any other status
// but [status.Pending] refuses.
type IncomingCallComplete struct {
	Request uint64
	VC      vc.Handle
	Status  status.Status
	// Changed tells that Parameters alter the offer (INV-51). Only the maximum
	// SDU sizes (downwards), the rates as far as the offer's Fallback allows and the
	// choice among the offered B-LLI may differ. Zero fields of Parameters keep what
	// was offered.
	Changed    bool
	Parameters primitive.Params
	// Flowspecs alter the contract in the model's units, in place of that of Parameters; nil does not.
	Flowspecs *flowspec.Change
	// UserUser goes into CONNECT, or into the message of the refusal; as in
	// [MakeCall].
	UserUser []byte
	// Cause is what the caller is told on a refusal; its zero value takes the
	// status's cause (package status).
	Cause ie.Cause
}

// ModifyCallQoS asks for other rates of a connected call that the client has made
// (Q.2963.1, Q.2963.2), one change at a time. While it is pending, and if it
// fails, the old ones are in force (INV-44).
type ModifyCallQoS struct {
	Request uint64
	VC      vc.Handle
	// Contract is what the call may carry from then on. Its zero fields are those
	// in force. Rates and bursts alone may differ from those.
	Contract vc.Contract
	// Flowspecs ask in the model's units, in place of Contract; nil does not.
	Flowspecs *flowspec.Change
	// Fallback is acceptable in place of the contract.
	Fallback vc.Fallback
}

// AddParty adds a party to a connected call that was made with Multipoint
// (INV-38). It has the call's contract (INV-35).
type AddParty struct {
	Request uint64
	VC      vc.Handle
	// Called and CalledSelector are those of [MakeCall]. The party may be reached
	// over any link.
	Called         string
	CalledSelector *uint8
	// BHLI is the contents of the B-HLI element, BLLI that of at most one B-LLI
	// element (octet 5 on).
	BHLI []byte
	BLLI [][]byte
}

// DropParty drops a party, or releases the handle of one that has gone. The
// last one is for CloseCall (INV-39).
type DropParty struct {
	Request uint64
	Party   vc.Handle
	// Cause is what the leaf is told; its zero value takes 16, normal call
	// clearing.
	Cause ie.Cause
}

// CloseCall ends a call in any state (INV-56). Of a point-to-multipoint call all
// parties but one have been dropped before.
type CloseCall struct {
	Request uint64
	VC      vc.Handle
	// Linger bounds the drain of what the client has put into its ring; nil
	// means [DefaultLinger], 0 drops what is left.
	Linger *time.Duration
	// Cause is the one sent in RELEASE; its zero value takes 16, normal call
	// clearing.
	Cause ie.Cause
	// CloseData is the user-user information of RELEASE, as in [MakeCall]
	// (INV-57). It is dropped when the other side has released the call already.
	CloseData []byte
}

// Alert tells the caller of an offered call that its answer takes time; the
// link does so by itself after a second.
type Alert struct {
	Request uint64
	VC      vc.Handle
	// UserUser goes into ALERTING, as in [MakeCall].
	UserUser []byte
}

// Notify tells the other user of a call something (Q.2931 5.9). A link of UNI
// 3.x does not support it.
type Notify struct {
	Request uint64
	VC      vc.Handle
	// Info are the contents of the notification indicator: 1 to 128 octets.
	Info []byte
}

// RingDone tells that the client uses the rings of a VC no more; their memory
// is charged to it until then. The VC itself may be deleted already.
type RingDone struct {
	Request uint64
	VC      vc.Handle
	// Keep tells that the client has not unmapped them: another VC may have them. A
	// reply comes then only if the request is refused.
	Keep bool
}

// NotifyCloseAFComplete answers NotifyCloseAF when the client has closed everything (INV-14). A status
// other than [status.Success] leaves the rest to the daemon.
type NotifyCloseAFComplete struct {
	Request uint64
	Status  status.Status
}

// AddAddress adds an alias. It needs [Credentials].Admin.
type AddAddress struct {
	Request uint64
	// Address is what [vc.ParseAddr] reads; its selector is ignored.
	Address string
}

// DeleteAddress deletes an alias for which no SAP is registered. It needs [Credentials].Admin.
type DeleteAddress struct {
	Request uint64
	Address string
}

// AdminClose closes a call, whoever's it is. It needs [Credentials].Admin.
type AdminClose struct {
	Request uint64
	VC      vc.Handle
}

// AdminModify is ModifyCallQoS for a call of any client. It needs
// [Credentials].Admin. The call's owner is told by IncomingCallQoSChange what it
// has led to.
type AdminModify struct {
	Request uint64
	VC      vc.Handle
	// Contract, Flowspecs and Fallback are those of [ModifyCallQoS].
	Contract  vc.Contract
	Flowspecs *flowspec.Change
	Fallback  vc.Fallback
}
