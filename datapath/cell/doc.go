// Package cell is the ATM cell and what carries it over a packet network: the header of ITU-T I.361
// (02/99) with its check (I.432.1, 02/99), the OAM cells of I.610 (02/99), and the cell modes of RFC
// 4717 (December 2006) behind the label of a pseudowire. It moves no cell, holds no table and keeps
// no time. What a PDU is made of, package sar knows.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-----------------------+-------------------------------+-----+-+
//	|          VPI          |              VCI              | PTI |C|  48 octets follow
//	+-----------------------+-------------------------------+-----+-+
//
// A frame, from the octet behind the label on, is a control word and cells in one of these formats:
//
//	format      control word     each cell                     octets at MTU 1500
//	NToOne      preferred        header 4, body 48             28 cells of 52
//	NToOneBare  none             header 4, body 48             28 cells of 52
//	VCC         generic          (atm 1), body 48              30 cells of 49
//	VPC         generic          (atm 1), VCI 2, body 48       29 cells of 51
//	PDU         generic, M=1     body 48                       31 cells of 48
//	PathPDU     generic, M=1     (VCI 2 once), body 48         31 cells of 48
//	Line        none             header 4, HEC 1, body 48      28 cells of 53, for cells on other carriers
//
//	+-------+-------+---+-----------+-------------------------------+
//	|0 0 0 0| 0 0 0 0 0 0 0 0 0 0 0 |        sequence number        |  preferred: N-to-one
//	+-------+-------+---+-----------+---------------+---------------+
//	|0 0 0 0| res   |        sequence number        |      atm      |  generic: all others
//	+-------+-------+-------------------------------+---------------+
//	                                      M=0: |M|V|res|  PTI  |C|     the first cell's
//	                                      M=1: |M|V| res |U|E|C|       of the PDU or its fragment
//
// The atm octet of the first cell is the last of the control word, and that of each further cell
// stands in front of it. So the cells of every format lie at equal distances, and reader and
// builder are one for all.
//
// # Receiving
//
//	sequence, cells, fault := cell.NToOne.Decode(rest, 0)  // fault.Numbered(): sequence is valid
//	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
//		... look up h.Channel(); h.Kind() tells user cells from OAM
//	}
//
// # Sending
//
//	b.Begin(cell.NToOne, frame, 28)
//	body := b.Append(h)                // nil: full, finish this frame and begin another
//	payload := b.Finish(numbering.Next())
//
// # Concurrency
//
// Functions are pure. A [Cells] and a [Builder] belong to one goroutine at a time.
//
// # Design notes
//
// A frame is judged before its first cell is handed out, the atm octet of every cell included, so a
// frame gives all of its cells or none and reading them cannot fail.
//
// Reserved bits that are set refuse the frame: nobody sends them, and what looks like it is the
// frame of a peer in another mode. The preferred control word's length may be 0, as RFC 4717 has
// it, or tell of the one cell that is short enough for it, as RFC 4385 has it.
package cell
