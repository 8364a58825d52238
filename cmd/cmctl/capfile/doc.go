// Package capfile reads and writes files of captured signalling and data: pcap, pcapng and text in
// hexadecimal.
//
//	pcap, pcapng          link type 252  exported PDU: a dissector's name, then the octets
//	       │                        123  SunATM: direction, VPI, VCI, then the AAL5 SDU
//	       ▼                     1, 147  Ethernet: MPLS label, control word, then the AAL5 SDU
//	text ──▶ Read ──▶ Packet
//	         lines "time A>B vpi/vci length octets", or octets alone
//
//	captured packets ──▶ Writer ──▶ pcapng, link type 252
//
// A [Writer] makes what Wireshark decodes with no plugin and no option. Both kinds of packet are
// exported PDUs of an interface named as their link: signalling for the dissector sscop, which finds
// the Q.2931 messages, and data for mpls_pw_atm_aal5_sdu, which reads the control word of RFC 4717
// and the payload behind it. The plain Ethernet frame would be the other choice for data, but without
// being told label by label Wireshark takes what is behind an unknown label for something else. What
// the frame tells and the exported PDU does not, the channel, stands in the packet's comment
// ("VC 0/32"; frame.comment as a filter). Times are in nanoseconds, the direction is in the flags of
// the packet, and the statistics of each interface tell what did not fit.
//
// A computed label spells its channel. What [Read] does not know is the channel of a label that was set
// by hand; [Labels] tell it.
//
// Readers and writers are for one goroutine at a time.
package capfile
