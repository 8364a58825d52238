// Package signalling is the call manager: it owns the machines of the client
// model (package cm) and of every link (package uni), runs them and performs
// what they ask for. The machines decide; this package queues, keeps time,
// sends, logs and traces.
//
// It moves no frame and knows no socket. The data plane is behind [Plane], a
// link's control VC behind [ControlChannel], and a client behind [Sink], so
// whole call managers run in a simulation (package sim).
//
//	 Submit, Detach        Deliver (events, descriptors)
//	      |                    ^
//	      v                    |
//	+------------------------------+   OpenVC, EndVC, CloseVC
//	|  manager goroutine: cm       |------------------------------> Plane
//	+------------------------------+
//	   | requests       ^ indications
//	   v                |
//	+------------------------------+   Activate, OpenTransmit, Drain, ...
//	|  link goroutine: uni.Link    |------------------------------> Plane
//	|  (one a link)                |------> ControlChannel.Send
//	+------------------------------+<------ Receive, LinkStatus
//
// The client model is that of connection-oriented NDIS; the signalling is
// Q.2931 (02/95) with the ATM Forum's UNI 4.0 over Q.2130 and Q.2110.
//
// Concurrency: one goroutine owns the cm machine and one each link's machine;
// they share nothing and talk by queues that never block the sender. Each
// serves all that waits in one turn and hands on at its end what that has led
// to: PDUs in one call of the control channel, inputs of the other goroutines
// with one wake-up. A list from outside sees what came before it handed on. What
// comes from outside is bounded: SDUs by the queue of their link (beyond it
// they are dropped and counted, and SSCOP recovers), requests by a window a
// client. Clients are served in turn, one request of each: one that floods waits
// for itself. Methods of [Manager] may be called from any goroutine, with the
// exceptions that their comments name.
//
//	m, err := signalling.New(signalling.Config{Links: links, Plane: plane})
//	...
//	m.Start()
//	id := m.Attach(cm.Credentials{PID: pid}, sink)
//	m.Submit(id, cm.OpenAF{Request: 1, Major: cm.MajorVersion, Name: "demo"})
package signalling
