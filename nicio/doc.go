// Package nicio moves Ethernet frames between a NIC and memory in batches. It is the lowest layer
// of the data path and knows nothing of what the frames carry.
//
//	  datapath worker                     control plane
//	   │ ReadBatch   ▲ WaitRead            │ Rebind, Stats
//	   ▼ WriteBatch  │ WaitWrite           ▼
//	┌──────────────────────────────────────────────┐   ┌──────────────────┐
//	│ PacketPort: recvmmsg / sendmmsg by 64        │   │ rtnl: link state │
//	│ AF_PACKET, SOCK_RAW, EtherType, BPF filter   │   │ by rtnetlink     │
//	│ or, transmitting alone, xsk: AF_XDP          │   │                  │
//	└──────────────────────────────────────────────┘   └──────────────────┘
//	                     NIC                                kernel
//
// A [Port] is the interface that the data path is written against. [PacketPort] implements it on a
// NIC, package nicio/mem on a wire in memory with faults. Package nicio/rtnl follows the state of a
// NIC.
//
// # Receiving
//
// The socket type is SOCK_RAW: a frame arrives with its Ethernet header, and all offsets, those of
// BPF filters included, count from there: destination at 0, source at 6, EtherType at 12, payload
// at 14. That puts the source address at a fixed place in the buffer and makes the two directions
// alike; SOCK_DGRAM would save 14 octets of copying and put the addresses into a separate
// structure. What an octet cannot tell, the packet type, is read from the socket address that comes
// with each message: the kernel strips the VLAN tag of a frame for a VLAN without an interface
// here, and only the type OTHERHOST then says that it is not ours.
//
// What is not a complete frame for this station alone from another station is counted by reason
// and dropped in ReadBatch. The frames that do arrive need no check but their contents'.
//
// Where one reader is not enough a [Fanout] has several ports on one NIC, among which the kernel deals out what
// comes by label, or by source (see [Steer]), so that what belongs together keeps its order.
//
// # Transmitting
//
// A frame is two pieces, header and body, so that the body is taken by the kernel from where it
// lies. Congestion is back-pressure and not loss: WriteBatch takes fewer frames. The exceptions are
// counted one by one, see [Stats].
//
// Where [Config].Transmit says so a port sends through an AF_XDP socket of its own, see [PathXDP]: a
// third faster, and past the queueing discipline and tcpdump, see package nicio/xsk. The contract and
// the counters are the same, with one difference: a frame for a device without carrier counts as
// TxDown, where AF_PACKET takes it for sent. A frame lost on an interface on top of another, for want
// of room below, is offered again like one refused with ENOBUFS. Receiving, frames longer than the MTU
// was and everything for which AF_XDP is not to be had go through the AF_PACKET socket as ever.
//
// # When things go wrong
//
// What a NIC does is no error of a port. "Down" is reported by the kernel once for each direction
// and lifted when the NIC comes up; the first frame after that is sent again. An oversize frame
// dies alone. An interface that is deleted and created again is bound by name with the same socket,
// by [PacketPort.Rebind] from any goroutine while the workers run; they see no error and no new
// descriptor. The statement is the kernel's own: bind(2) on a packet socket may be repeated
// (packet(7)), Linux 4.20 or later is needed for PACKET_IGNORE_OUTGOING.
//
// # Concurrency
//
// One goroutine receives and one transmits; they may be one. Everything else may be called from
// anywhere. The package starts no goroutine, does not log and, in ReadBatch, WriteBatch and both
// waits, does not allocate. The workers do not use the Go runtime's network poller: they spin for a
// short while and then sleep in ppoll(2), see WaitRead; [Poller] does the same for many
// descriptors.
//
// # Design notes
//
// 2026-11-20. The socket is opened through github.com/mdlayher/packet with its filter, then
// duplicated, and the original is closed. The duplicate is not registered with the runtime's
// poller. With the registration every frame that arrives and every buffer that is freed runs the
// poller's callback and wakes its thread: 64-octet frames over veth in batches of 64, medians of 15
// runs, 517 k/s registered, 588 k/s taken out, 595 k/s never registered.
//
// 2026-11-20. After the NIC was created anew the socket is bound again rather than replaced.
// Filter, queues, counters and descriptor stay, no worker takes part, and what was queued is not
// lost. While nobody has the configured name a filter that keeps nothing is attached, since a
// renamed interface stays bound.
//
// 2026-11-30. A member of a PACKET_FANOUT group can neither be bound again nor leave it, so a [Member] has its
// receiving socket replaced where a [PacketPort] has it bound to the new NIC, and sends by another one. One
// socket a worker with a filter for its part of the labels would do without, and has every frame go
// through all filters.
//
// 2026-11-29. AF_XDP transmits only. The default stays AF_PACKET, because AF_XDP passes by what an
// operator may have set up: bands and shapers of tc, tcpdump on this host, an owner of the NIC's queue.
// Receiving by it takes a program on the NIC and, on veth, loses half the rate.
//
// # Example
//
//	port, err := nicio.Open(nicio.Config{Interface: "eth1", Filter: control})
//	...
//	for {
//		n, err := port.ReadBatch(frames)
//		if err != nil {
//			return err // Closed.
//		}
//		for i := range frames[:n] {
//			handle(frames[i].Source(), frames[i].Payload())
//		}
//		if n == 0 {
//			err = port.WaitRead(time.Second)
//		}
//	}
package nicio
