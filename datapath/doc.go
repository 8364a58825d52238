// Package datapath moves AAL5 SDUs between the rings of clients and the NICs of links. Its [Engine]
// is the data plane on which the call manager activates VCs, and the carrier of the control VCs.
//
// It sets up no call and chooses no identifier, and it does not decide what a contract may be: it
// is told. It speaks the frame mode of RFC 4717 (clause 12, see package frame) to peers known by
// their address; how frames enter and leave a NIC is package nicio's business, how clients reach
// their SDUs that of package ring.
//
//	       control SDUs                         a client's rings
//	        ▲        │                            ▲         │
//	┌───────┴────────▼───────┐            ┌───────┴───┐ ┌───▼─────────┐
//	│       controller       │            │ receiver  │ │ transmitter │
//	│  one a NIC, may lock   │            │ N a NIC   │ │ N, pace     │
//	└───────▲────────┬───────┘            └───────▲───┘ └───┬─────────┘
//	        │        │   source address ─▶ link   │         │
//	        │        │   label ─▶ branch ─▶ VC    │         │
//	control port (label 0x10005)          data ports (everything else)
//
// A circuit is a client's VC: rings and counters. A branch joins it to one channel of one link. A
// received frame finds its link by its source address and its branch by its label, through arrays
// of atomic pointers; its SDU is copied once, into the ring, which becomes visible at the end of
// the batch. An SDU to be sent stays in its ring: the kernel reads it from there, and then its
// memory is released.
//
// A channel may feed several VCs of this host, the leaves of a point-to-multipoint call: the branch
// then has a fan, and each further VC gets a copy (see fan). One that has no room loses its copy
// alone. A branch without a fan pays one comparison a frame for it.
//
// The root of a point-to-multipoint call has a branch on each link that leads to its leaves. A replicator takes what
// its client sends out of the ring and gives each branch a copy (see replicator).
//
// An SDU that does not fit a frame goes in several, one after the other with numbers in a row (RFC 4623),
// each held to the contract by itself. At the other end a joiner puts it together in memory of the
// worker's own, which is bounded, as the time is that an SDU may be under way.
//
// A link in cell mode has, between the engine and its NIC, ports that cut and join (package cellport): the
// engine gives and takes SDUs there as in frame mode.
//
// A link that is no NIC has a [Transport] in place of ports on an interface: it takes and gives
// frames of the same form, batch by batch, so that everything above it, the code of the hot path
// included, is one for all links. Packages atmtcp and udpcell have one each; what they have in common
// is in package carrier.
//
// # Pacing
//
// Every VC is held to its peak cell rate, and one of a VBR category to its sustainable cell rate and
// burst size too, by one GCRA each (package gcra) whose tolerance is [BurstTolerance] beyond the burst's. A VC that
// has to wait is set aside until its time, so it costs nothing meanwhile.
//
// The VCs that can send are ranked by their service category: CBR, rt-VBR, nrt-VBR, UBR within a
// minimum desired cell rate, other UBR. None is served while one of a better rank can send, and one
// that comes waits for at most a batch of worse ones; within a rank VCs take turns by deficit round
// robin. A VC with a minimum is thus sent that before any best effort, and beyond it has its share
// among the best effort like others. Ranks and queues are those of package rounds.
//
// What the VCs of a link send together is held to the link's capacity, so that a flood of best
// effort waits in its rings and fills no queue behind them, where it would take the room of the VCs
// with a contract. CBR does not wait for it: what is admitted fits. VCs of different workers have the
// order of their ranks by it, too: see Workers.
//
// # Policing
//
// What comes in is held to the receive flow of its branch, in whole SDUs and by the same buckets as
// what goes out (package police). One in excess is dropped, or goes on with the loss priority set if the
// contract asks for tagging. An SDU of either loss priority is charged alike, as contracts here have
// rates of CLP 0+1 alone; frame discard changes nothing, since a frame is an SDU. The tolerance is
// [police.Tolerance], beside which what a peer's pacing and all delays on the way do is small.
//
// # Counting
//
// Every frame and every SDU is counted once on its link, where it is delivered, sent or dropped,
// and once on its VC if that is known, or on each of its VCs. Names of drops are those of [Drop] and [TxDrop]. What a port
// drops below is counted there, see [nicio.Stats]. Package tally has the counters of links and lists them all by name.
//
// # Captures
//
// [Engine.Tap] is where captures are attached (package vc/tap). Without one a worker looks at an atomic
// pointer once a batch. With one it copies what passes into a ring of that capture, which takes what it
// has room for and counts the rest.
//
// # Concurrency
//
// Methods of Engine may be called from any goroutine and do not wait for a worker. State that a
// frame needs belongs to one worker: the receive side of a branch to a receiver of its NIC, the
// transmit side to a transmitter. Commands reach them through a mailbox that costs them one
// atomic load a batch. A branch is forgotten, and its ring's memory released, only after each
// worker has been between two batches without it. Workers call no foreign code: callbacks run on a
// goroutine of their own, one after the other.
//
// # Workers
//
// There are [Config].Workers transmitters, and as many receivers on each NIC, each with a port of its own. With one
// nothing below costs anything.
//
// What comes in is dealt out among the ports by label, or by peer on a link in cell mode ([nicio.Steer]). When a
// branch is made the same rule in Go says which worker owns its receive side, and which its transmit side, for
// good. So a VC has one receiver and one transmitter, its frames keep their order in both, and what the end of a
// call waits for is looked at with its own worker alone: its socket, its grace period, its joins. A link
// in cell mode is all one worker's, as its frames mix VCs and are numbered together; so is a transport, which
// has one port. Such are dealt out among the transmitters. The VCs that join a channel are with its receiver.
//
// A worker that gets a frame of another's VC drops it and counts that (DropWrongWorker). It happens while a NIC
// goes down or up, when the kernel has a part of the ports only.
//
// Workers share tables that are only read, counters, of which each has its own, and the capacity of a link: a
// bucket in one word (see [gcra.Shared]). A rank may run ahead of it a little further than the next worse one, so that
// what a better one wants to send takes the room before a worse one of whatever worker finds any. On a link of
// unknown capacity, and for the time of the processor, ranks hold within a worker.
//
// # Example
//
//	e, err := datapath.New(datapath.Config{Links: links, Receive: manager.Receive, Status: manager.LinkStatus})
//	e.Start()
//	ports, err := e.OpenVC(h, vc.RingSpec{Send: flow, Receive: flow})
//	err = e.Activate(id, h, vc.BranchSpec{Send: flow, Receive: flow})
//	e.OpenTransmit(id)
//
// # Design notes
//
// The branches of a point-to-multipoint VC have a queue each, which costs a copy of the SDU, so that they need not be
// with one worker, and none of them holds memory of the client's ring while its port is full. A port that is full is set aside like a VC that has to wait, so it holds up no other.
//
// The receive worker is told of the end of a call by a frame on another socket, which may have come
// in on another processor. Before a branch goes, its worker therefore empties its socket twice, and
// in between the processors have gone through the frames that they held back, once for each virtual
// link and bridge of this host that a frame may cross (package softnet).
//
// What leaves goes in groups: calls that end at the same time share their looks at the socket and
// their grace period (see exits), each of which wakes the worker up.
package datapath
