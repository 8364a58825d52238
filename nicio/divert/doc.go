// Package divert takes the frames of a port off a network interface, into an AF_XDP socket, with an XDP
// program that it assembles. It serves package nicio and knows nothing of the socket but its descriptor.
//
//	NIC ──▶ program ──▶ ours? ── no ──────────────────▶ XDP_PASS: the host, AF_PACKET sockets too
//	          │          yes
//	   own MAC, count    └──▶ map of one socket ──▶ AF_XDP socket
//	          │
//	   array in user space
//
// # What is ours
//
// A frame is ours, and nobody else on the host gets it, if all of this is true:
//
//   - it came on the receive queue of the rule, and a socket is in the map;
//   - it is no longer than the rule allows;
//   - its destination is the address set last, its EtherType, untagged, that of the rule;
//   - the classic BPF program of the rule keeps it.
//
// All else passes as if there were no program: other protocols, group addresses, short and long frames,
// frames with a VLAN tag. That takes a NIC that leaves the tags in the frames: a program of a licence
// that is not the GPL's cannot ask the driver for a tag that was taken out.
//
// # How it ends
//
// Program and maps live as long as their descriptors: they are attached by a link of the kernel, which
// goes with its process, whatever ends that. Nothing is pinned.
//
// The statement of the interface is include/uapi/linux/bpf.h and Documentation/networking/af_xdp.rst of
// the kernel (6.18). It takes Linux 5.18, a driver with native XDP, and CAP_BPF and CAP_NET_ADMIN. Generic
// XDP is not used: there the kernel has made the buffer already that is to be saved, and AF_PACKET is faster.
// Frames that a driver hands over in pieces, which none does that are shorter than a page, take Linux 6.6.
//
// Any goroutine may call the methods of a [Program] until Close.
//
//	p, err := divert.Load(divert.Rule{EtherType: 0x8847, MaxFrame: 1792})
//	err = p.Attach(index)
//	err = p.SetAddress(mac)
//	err = p.Divert(socket)
package divert
