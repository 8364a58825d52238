package cm

import "callmanager/signalling/cm/operation"

// The names of package operation, which says more of each.

type (
	// ClientID names one connection of a client to the daemon.
	ClientID = operation.ClientID
	// Credentials tell who is at the other end of a connection, from SO_PEERCRED and SO_PEERGROUPS.
	Credentials = operation.Credentials

	// Request is one of the request types below.
	Request = operation.Request
	// Event is one of the event types below: what a client is told.
	Event = operation.Event

	// OpenAF opens the connection's one address family (INV-15).
	OpenAF = operation.OpenAF
	// CloseAF closes the address family.
	CloseAF = operation.CloseAF
	// RegisterSAP asks for incoming calls.
	RegisterSAP = operation.RegisterSAP
	// DeregisterSAP ends the offers to a SAP; calls already offered live on (INV-18).
	DeregisterSAP = operation.DeregisterSAP
	// CreateVC makes a VC for an outgoing call.
	CreateVC = operation.CreateVC
	// DeleteVC deletes a VC that the client made and that has no call (INV-9, INV-10).
	DeleteVC = operation.DeleteVC
	// MakeCall makes a call on a VC that the client made (INV-21, INV-22).
	MakeCall = operation.MakeCall
	// IncomingCallComplete answers an offer: [Success] accepts, any other status but [Pending] refuses.
	IncomingCallComplete = operation.IncomingCallComplete
	// ModifyCallQoS asks for other rates of a connected call that the client has made (Q.2963.1, Q.2963.2), one
	// change at a time.
	ModifyCallQoS = operation.ModifyCallQoS
	// AddParty adds a party to a connected call that was made with Multipoint (INV-38).
	AddParty = operation.AddParty
	// DropParty drops a party, or releases the handle of one that has gone.
	DropParty = operation.DropParty
	// CloseCall ends a call in any state (INV-56).
	CloseCall = operation.CloseCall
	// Alert tells the caller of an offered call that its answer takes time; the link does so by itself after a
	// second.
	Alert = operation.Alert
	// Notify tells the other user of a call something (Q.2931 5.9).
	Notify = operation.Notify
	// RingDone tells that the client uses the rings of a VC no more; their memory is charged to it until then.
	RingDone = operation.RingDone
	// NotifyCloseAFComplete answers NotifyCloseAF when the client has closed everything (INV-14).
	NotifyCloseAFComplete = operation.NotifyCloseAFComplete
	// AddAddress adds an alias.
	AddAddress = operation.AddAddress
	// DeleteAddress deletes an alias for which no SAP is registered.
	DeleteAddress = operation.DeleteAddress
	// AdminClose closes a call, whoever's it is.
	AdminClose = operation.AdminClose
	// AdminModify is ModifyCallQoS for a call of any client.
	AdminModify = operation.AdminModify
	// AddPVC adds a PVC.
	AddPVC = operation.AddPVC
	// DeletePVC deletes a PVC.
	DeletePVC = operation.DeletePVC

	// Channel names a channel of a link.
	Channel = operation.Channel
	// PVC is what the operator configures of a permanent VC.
	PVC = operation.PVC

	// Reply is the immediate answer to a request.
	Reply = operation.Reply
	// OpenAFResult is what a client learns when it opens the address family.
	OpenAFResult = operation.OpenAFResult
	// MakeCallComplete completes MakeCall.
	MakeCallComplete = operation.MakeCallComplete
	// ModifyCallQoSComplete completes ModifyCallQoS and AdminModify.
	ModifyCallQoSComplete = operation.ModifyCallQoSComplete
	// CloseCallComplete completes CloseCall: the call is closed and the VC deactivated (INV-56).
	CloseCallComplete = operation.CloseCallComplete
	// CloseAFComplete completes CloseAF.
	CloseAFComplete = operation.CloseAFComplete
	// IncomingCall offers a call on a VC that was made for it (INV-5, INV-49).
	IncomingCall = operation.IncomingCall
	// CallConnected tells that the handshake is done and both directions carry data (INV-50).
	CallConnected = operation.CallConnected
	// IncomingCallQoSChange tells that the call has been modified, by the other side if that made it, else by an
	// administrator: the VC carries data by Parameters already (INV-53), and they are always told as changed.
	IncomingCallQoSChange = operation.IncomingCallQoSChange
	// IncomingCloseCall tells that the other side or a fault ended the call; the client owes CloseCall (INV-41).
	IncomingCloseCall = operation.IncomingCloseCall
	// Notification is what the other user or the network has to tell about a call: the contents of a notification
	// indicator.
	Notification = operation.Notification
	// CallProgress tells how far a call under MakeCall is: the called user is being alerted, or the network says
	// by PROGRESS that it interworks.
	CallProgress = operation.CallProgress
	// AddPartyComplete completes AddParty.
	AddPartyComplete = operation.AddPartyComplete
	// DropPartyComplete completes DropParty.
	DropPartyComplete = operation.DropPartyComplete
	// IncomingDropParty tells that a party of the client's call has gone while others remain (INV-40).
	IncomingDropParty = operation.IncomingDropParty
	// DeleteVCIndication tells that a VC that was made for an incoming call is gone (INV-9).
	DeleteVCIndication = operation.DeleteVCIndication
	// RingsGone tells that rings which the client has kept of a VC are not kept, or no longer: the client unmaps
	// them.
	RingsGone = operation.RingsGone
	// NotifyCloseAF tells that the daemon ends: the client closes what it has, in the order of INV-14, and answers
	// with NotifyCloseAFComplete.
	NotifyCloseAF = operation.NotifyCloseAF
	// Goodbye is the last event of a client.
	Goodbye = operation.Goodbye
	// PVCComplete completes AddPVC and DeletePVC.
	PVCComplete = operation.PVCComplete
	// VCStatus tells the user of a connected PVC that the link has gone down or has come up.
	VCStatus = operation.VCStatus
	// StatusIndication tells of a link, or of the addresses, to clients of version 1.3.
	StatusIndication = operation.StatusIndication
	// StatusKind says what a [StatusIndication] is about.
	StatusKind = operation.StatusKind
)

// The kinds of [StatusIndication].
const (
	SignalingEnabled  = operation.SignalingEnabled
	SignalingDisabled = operation.SignalingDisabled
	AddressChange     = operation.AddressChange
	ResetStart        = operation.ResetStart
	ResetEnd          = operation.ResetEnd
)

// DefaultLinger bounds the drain of a CloseCall that names no linger.
const DefaultLinger = operation.DefaultLinger
