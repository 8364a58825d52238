// Package operation holds what clients of the daemon and the client model (package cm) say to each other: the
// operations of the model of connection-oriented NDIS, and what the daemon adds to them. Package api carries
// them over a socket; package primitive does for links what this package does for clients.
//
//	client                    client model
//	   | -------- Request ------->  |
//	   | <-------- Reply ---------  |  at once; PENDING if a completion follows
//	   | <------ completion ------  |
//	   | <------ indication ------  |  at any time
//
// Every request has one reply, but for RingDone with Keep, which is answered only if it is refused. The last
// column is the completion that follows the reply PENDING.
//
//	request                 of            completed by
//	OpenAF                  client
//	CloseAF                 client        CloseAFComplete
//	RegisterSAP             client
//	DeregisterSAP           client
//	CreateVC                client
//	DeleteVC                client
//	MakeCall                client        MakeCallComplete
//	IncomingCallComplete    client
//	ModifyCallQoS           client        ModifyCallQoSComplete
//	AddParty                client        AddPartyComplete
//	DropParty               client        DropPartyComplete
//	CloseCall               client        CloseCallComplete
//	Alert                   client
//	Notify                  client
//	RingDone                client
//	NotifyCloseAFComplete   client
//	AddAddress              administrator
//	DeleteAddress           administrator
//	AdminClose              administrator
//	AdminModify             administrator ModifyCallQoSComplete
//	AddPVC                  administrator PVCComplete
//	DeletePVC               administrator PVCComplete
//
// The indications are IncomingCall, CallConnected, IncomingCallQoSChange, IncomingCloseCall, CallProgress,
// Notification and DeleteVCIndication of a call; IncomingDropParty of a party; VCStatus of a PVC; RingsGone of
// kept rings; StatusIndication of links and addresses; NotifyCloseAF and Goodbye of the daemon.
//
// Concurrency: values are plain data. Who hands one on gives its slices away.
package operation
