// Package cm is the client model: what a client of the daemon may ask when,
// what answer it is due, and who gives back what. It is one machine that spans
// all links: address families, SAPs, VCs, the calls on them, handles and
// quotas.
//
// It is no signalling protocol (package uni is) and no socket server (package
// api is). It does no I/O and has no clock, lock, goroutine or logger: inputs
// go in, effects come out.
//
//	client requests --------+                      +-----> Deliver (to a client)
//	client gone ------------+                      |
//	primitive.Indication ---+---> [ Machine ] -----+-----> ToLink (primitive.Request)
//	VCOpened ---------------+                      |
//	links, Violation -------+                      +-----> OpenVC, EndVC, CloseVC
//
// What clients ask and are told is package operation, whose names this package has too; what they may ask
// of a call is package terms.
//
// The specification is the model of connection-oriented NDIS: its operations,
// states (3.1 to 3.5) and invariants INV-1 to INV-63, which comments cite by
// these numbers. The daemon stands where NDIS and an integrated call manager
// stand. Where the model's pages contradict each other the machine follows
// these rules: a call is deactivated before CloseCall completes; a VC of the
// client's own may carry another call afterwards, once RingDone has been said;
// CloseAF pends, releases its SAPs itself and is refused when repeated.
//
// The states of address family, VC and call are tables with one setter each;
// STATES.md is their print. A VC has branches, one call on one link each; a
// point-to-point call has one, and the root of a point-to-multipoint call one for
// each link that leads to its parties. AddParty opens one with the first party on a
// link; it goes with its last party or its link, while the others live on (INV-40), and
// the call ends with the last of them.
//
// What is told to all clients that know of it (version 1.3): the end of the
// daemon, by NotifyCloseAF, which [Machine.NotifyClose] waits for; the state of
// links and addresses, by [StatusIndication].
//
// A PVC is a call without signalling: MakeCall with Permanent and the offers of
// PVCs go through the same tables, and the link answers at once. The operator
// configures them ([Machine.ConfigurePVC], [AddPVC]); the end of a call gives
// one back.
//
// Order: the reply to a request comes before its completion, and everything
// for one client comes in the order in which it happened. After an
// IncomingCloseCall nothing enters the client's ring.
//
// Concurrency: a [Machine] belongs to one goroutine.
//
//	m := cm.New(cm.Config{})
//	m.Link(cm.LinkInfo{ID: 1, Name: "lab", Address: own, MaxSDU: 1492})
//	m.Attach(1, cm.Credentials{})
//	effects := m.Request(1, cm.OpenAF{Request: 1, Major: cm.MajorVersion})
package cm
