// Package frame is the encapsulation of frame mode: RFC 4717 (December 2006) clause 12, "AAL5
// CPCS-SDU mode", behind one MPLS label stack entry (RFC 3032). It reads and writes the octets
// between the Ethernet header and the SDU, and it numbers and orders frames. It moves no frame,
// holds no table and knows no client.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-------+-------------------------------+-----+-+---------------+
//	| VPI+1 |              VCI              | TC  |S|      TTL      |  label stack entry
//	+-------+-------+-------+---+-----------+-----+-+---------------+
//	|0 0 0 0|T E C U|FRG|  length   |       sequence number         |  control word
//	+-------+-------+---+-----------+-------------------------------+
//	|                          CPCS-SDU                             |  no PAD, no trailer
//	+---------------------------------------------------------------+
//
// T says that an OAM cell stands in place of the SDU. E is the congestion indication (EFCI) of the
// SDU's last cell, C its loss priority (CLP), U the least significant bit of its user-to-user
// octet. Of that octet the others travel where the frame meets no wire, see [Entry]. FRG tells which part of an SDU the frame carries (RFC 4623): one that does not fit a frame goes in
// several, with numbers in a row. Length covers control word and what is behind it.
//
// # Receiving
//
//	label, rest, fault := frame.DecodeLabel(payload)   // then look up the VC
//	word, sdu, fault := frame.DecodeWord(rest)         // fault.Numbered(): word is valid
//	verdict, lost := order.Admit(word.Sequence(), rest)
//
// A frame whose control word can be read takes part in the ordering even if it is of no use
// otherwise, since its number was consumed.
//
// # Concurrency
//
// Functions are pure. An [Order] and a [Numbering] belong to one goroutine at a time.
//
// # Design notes
//
// Number 1 sets a new base, as a peer that started afresh begins with it. Within the late window
// that is ambiguous: a duplicated or overtaken first frame has the same number. There, number 1 is
// taken for a new start only if a frame of that number was admitted already and had other contents;
// else it is late. A peer that started afresh is recognised by its third frame at the latest.
//
// Three late frames in a row count only if their numbers ascend, as those of a peer that started
// afresh do: a frame that the wire repeats three times stays a duplicate.
package frame
