// Package sar cuts AAL5 PDUs into cells and joins them again: the segmentation and reassembly of
// ITU-T I.363.5 (08/96), both sublayers in one, as no octet moves between them. It moves no cell,
// owns no memory, starts no timer and reads no clock: the time comes in as nanoseconds.
//
//	         SDU                                              cells of many VCs
//	          |                                                       |
//	  +-------v-------+                                       +-------v-------+
//	  |   Segmenter   |  one a VC                             |  Reassembler  |  one a VC
//	  +-------+-------+                                       +-------+-------+
//	          | SDU, PAD and trailer, cell by cell                    | in place
//	+---------v----------+                              +-------------v-------------+
//	|  cell.Builder      |  frames, any VCs mixed       |  memory of the caller     |  ring or buffer
//	+--------------------+                              +---------------------------+
//
// What a PDU ends with, package aal5 says.
//
// # Sending
//
//	s.Start(header, sdu, uu)
//	for !s.Fill(&builder, quantum) {
//		... if builder.Room() == 0, send its frame and begin another; or it is another VC's turn
//	}
//
// # Receiving
//
//	if r.Starts(now, &counters) {                 // this cell begins a PDU: give it memory
//		r.Begin(h, buf, now, &counters)           // shorter than r.Need(h): the PDU is dropped, to its end
//	}
//	sdu, v := r.Add(h, body, &counters)
//	switch v {
//	case sar.More:
//		r.AddRun(h, &cells, &counters)            // what follows of it in the frame
//	case sar.Whole:
//		... the SDU is in buf, and r.Trailer() tells the rest
//	}
//
// # Concurrency
//
// A [Segmenter], a [Reassembler] and its [Counters] belong to one goroutine at a time.
//
// # Design notes
//
// Reassembly happens in memory that the caller gives when a PDU begins and has back when it ends,
// whole or not: a buffer of its own, or a record of a ring, in which the SDU is written once, where its
// reader finds it. An idle VC costs a Reassembler of 64 octets at most and nothing else. A reader that
// writes to the ring meanwhile spoils its own SDU alone: the length is read from the cell.
//
// Until its last cell comes nobody knows how long a PDU will be, so the memory must have room for the VC's
// largest one. A PDU of one cell tells at once and asks for no more than that cell.
//
// A PDU whose length does not fit its cells is told from one that ran into the next, as the remedies
// differ: the CRC of the cells that the length speaks of decides. Neither is delivered, though the
// second half of the latter could be: I.363.5 knows one PDU there, and its receiver drops it.
//
// The CRC is taken over the whole PDU when its last cell is there: one call a PDU is several times
// faster than one for each 48 octets.
package sar
