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
//		buf, _ := producer.Reserve(r.Need(h))
//		r.Begin(h, buf, now, &counters)           // none or too short: the PDU is dropped, to its end
//	}
//	if sdu, v := r.Add(h, body, &counters); v == sar.Whole {
//		producer.CommitN(len(sdu), meta(r.Trailer()))
//	}
//
// # Concurrency
//
// A [Segmenter], a [Reassembler] and its [Counters] belong to one goroutine at a time.
//
// # Design notes
//
// Reassembly happens in memory that the caller gives when a PDU begins and has back when it ends,
// whole or not. The datapath gives the next record of the VC's own ring: the SDU is written once,
// where the client reads it, and an idle VC costs a Reassembler of 64 octets and nothing else.
// What bounds the memory is then the rings, which are there anyway. The control VC, which has no
// ring, gives a buffer of its own.
//
// The price is room: until its last cell comes nobody knows how long a PDU will be, so the ring must
// have room for the VC's largest one. A PDU of one cell tells at once and asks for no more than
// that cell. A flush of the ring forgets the reservation, but nothing is committed within a PDU, so
// the same reservation made again is the same octets: the datapath makes it again for the VCs that
// are within a PDU when a batch ends.
//
// A client may write to its ring at any time. The trailer is read from the cell and not from the
// ring, so a client can spoil no length; if it writes into the SDU meanwhile the CRC fails, or
// what it wrote passes, and in both cases the harm is its own.
//
// A PDU whose length does not fit its cells is told from one that ran into the next, as the remedies
// differ: the CRC of the cells that the length speaks of decides. Neither is delivered, though the
// second half of the latter could be: I.363.5 knows one PDU there, and its receiver drops it.
//
// The CRC is taken over the whole PDU when its last cell is there: one call a PDU is several times
// faster than one for each 48 octets.
package sar
