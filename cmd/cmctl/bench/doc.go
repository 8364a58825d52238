// Package bench measures calls from client to client: how much gets through one and what becomes of it, how
// long round trips take, how fast calls are set up. A [Sink] is the called side of all of them; a [Source], a
// [RTT] and [Calls] are calling sides.
//
//	calling side                                 sink
//	  SETUP with B-HLI "cmbench" + verb  ------->  the SAP of this verb
//	  hello    ================================>
//	           <================================  welcome
//	  data 0, 1, 2 ... n-1  ===================>  counts them         (source)
//	  probe 0, 1, 2 ...  <=====================>  sends each back     (rtt)
//	  finish n  ===============================>
//	           <================================  report: what came   (source)
//
// # How the two sides agree
//
// The calling side says what it wants in the B-HLI element of SETUP (Q.2931 clause 4.5.8), which every profile
// of the UNI carries and by which the daemon chooses the SAP: seven octets name this program and its version,
// the eighth the verb. So a sink stands beside other listeners of its host and takes nothing of theirs, and
// a stranger's call never comes to it: the daemon gives that to another listener, or refuses it with cause
// 88, incompatible destination. User-user information would do the same only between clients and only on
// UNI 4.0.
//
// The other way round, a listener that takes whatever comes would get what is meant for a sink. Therefore
// nothing is sent before a sink has answered a hello. Calls that carry nothing, those of [Calls], need no
// answer: they may be made to any listener.
//
// # What an SDU carries
//
//	 0        1..3     4..7      8..15     16..23
//	+--------+--------+---------+---------+--------+----------
//	| kind   | "cmB"  | CRC-32C | number  | time   | body ...
//	+--------+--------+---------+---------+--------+----------
//
// The CRC is that of everything but itself. The body depends on the number, so that a mixture of two SDUs is
// found as well as a broken one. What was damaged is counted as such and, since its number cannot be
// trusted, as lost too. The time is the sender's own and compared with nobody else's.
//
// # What is counted
//
// An SDU is reordered if one with a higher number came before it (RFC 4737), and deepest is by how many numbers
// it was behind the highest. Of the last 65536 numbers it is known which came: a second one is a duplicate.
// Older ones count as reordered. Lost is what was put into the sender's ring and has not come. The variation
// of the delay is that of RFC 3393 without sign: how much longer or shorter an SDU took than the one before
// it, from before the one ring to behind the other. It needs no clocks that agree. SDUs that are moved together
// have one time, so at full speed most of it is 0; at a rate it is that of the way.
//
// A round trip begins when the probe is put into the ring and ends when it has been taken out of the other
// one. The set-up of a call whose beginning the clock sets runs from that time, also if it began late since
// too many others were under way: a slow answer must not hide what waited for it.
//
// Memory does not grow with what is measured. Concurrency: a measurement is run once; its Line may be called
// by any goroutine meanwhile.
package bench
