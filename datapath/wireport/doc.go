// Package wireport carries static pseudowires: single channels whose frames have labels and an
// encapsulation that an operator has agreed upon with a router (RFC 4717). It stands between an engine
// and the data port of its NIC and is a port itself: what the engine gives and takes is a frame a
// CPCS-SDU on the label that spells the channel, as for every other channel of a link in frame mode,
// and what the NIC gives and takes of a wire is what the wire's mode says. Frames of anything else pass
// through as they are.
//
//	mode    a frame of the NIC, behind the label            clause
//	VCC     generic control word, cells without VPI and VCI   9.3, one-to-one
//	VPC     generic control word, cells with their VCI        9.4, one-to-one
//	PDU     control word, an AAL5 PDU or a part of one        11.1
//	SDU     control word, an AAL5 SDU                         12.1, the encapsulation of frame mode
//
// Cells and PDUs have AAL5 whole: PAD, trailer and CRC-32 (I.363.5). What is received is judged in
// this order, and counted once: frames by their control word and shape, cells by what they are, PDUs
// by package sar. OAM cells are counted, not answered. See [Port.Counters].
//
// An SDU is sent at once: its cells wait for no others. What the NIC does not take waits in a queue of
// this package, which the engine's transmit worker comes back for ([Port.Due], [Port.Flush]).
//
// Concurrency: as of any port, one goroutine at a time receives, and one transmits.
package wireport
