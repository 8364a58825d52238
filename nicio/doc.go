// Package nicio moves Ethernet frames between a NIC and memory in batches. It is the lowest layer
// of the data path and knows nothing of what the frames carry.
//
//	  datapath worker                     control plane
//	   │ ReadBatch   ▲ WaitRead            │ Rebind, Stats
//	   ▼ WriteBatch  │ WaitWrite           ▼
//	┌──────────────────────────────────────────────┐   ┌──────────────────┐
//	│ PacketPort: recvmmsg / sendmmsg by 64        │   │ rtnl: link state │
//	│ AF_PACKET, SOCK_RAW, EtherType, BPF filter   │   │ by rtnetlink     │
//	│ or xsk: AF_XDP, with divert to receive by it │   │                  │
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
// Where [Config].Receive says so, and the NIC's driver can, a port receives what is for it alone by AF_XDP: an XDP
// program, see package divert, takes it off one queue of the NIC before the host makes anything of it. All the rest, frames
// of other queues, of other stations, too long ones and all protocols of others, passes, and the AF_PACKET socket goes on
// to receive of that what is the port's: no frame comes twice, and each is counted as ever. Unlike AF_PACKET that takes
// the frames away from the host: neither tcpdump nor a second port sees them. What is not to be had, see
// [PacketPort.Receive] for why, is AF_PACKET's. Changing between the two loses no frame and keeps their order.
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
// 2026-11-29. The default stays AF_PACKET, because AF_XDP passes by what an
// operator may have set up: bands and shapers of tc, tcpdump on this host, an owner of the NIC's queue.
//
// 2026-11-30. Receiving by AF_XDP is for NICs whose drivers do it zero-copy. In copy mode the frame is copied
// twice, into the socket and to the reader, where AF_PACKET copies it once: over a veth, sender and reader on one thread, it
// made 0.8 to 1.2 of AF_PACKET's rate (medians of 7 runs), and a prototype with a process each half of it. Generic XDP
// makes the kernel's buffer as well and is not used. It is one socket on one queue, for one reader. A socket gets frames of its queue alone, so several
// workers, whose frames are dealt out by label, cannot have a queue each.
//
// 2026-11-30. A port that both sends and receives by AF_XDP has two sockets with one memory on one queue, in copy mode,
// since that is what the sender's back-pressure rests on. Zero-copy is for a port that sends by AF_PACKET.
//
// 2026-11-30. The program looks at what the frame has. A VLAN tag that the NIC has taken out is out of its sight without
// a call that the kernel keeps for programs under the GPL, so such a NIC is refused until the operator has it leave them.
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
