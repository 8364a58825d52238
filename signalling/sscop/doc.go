// Package sscop is the Service Specific Connection Oriented Protocol, ITU-T Q.2110 (07/94): assured
// transfer over AAL5 with selective retransmission. It has the codec of all fifteen PDUs and the
// connection machine with its ten states, five timers and every MAA-ERROR. It is no AAL5 and keeps
// no clock; the coordination function above it is package sscf.
//
//	 1 Idle  --EST.req-->  2 OutConn      --BGAK, BGN-->  10 Ready
//	         --BGN------>  3 InConn       --EST.resp--->  10 Ready
//	10 Ready --REL.req-->  4 OutDisc      --ENDAK, END->   1 Idle
//	         --RSY.req-->  5 OutResync    --RSAK, RS--->  10 Ready
//	         --RS------->  6 InResync     --RSY.resp--->  10 Ready
//	         --error---->  7 OutRecovery  --ERAK, ER--->   8 RecoveryResponse --REC.resp--> 10 Ready
//	         --ER------->  9 InRecovery   --REC.resp--->  10 Ready
//	any      --END, ENDAK, BGREJ, MaxCC, NO-RESPONSE-->    1 Idle
//
// The complete table is STATES.md, printed from the one that runs. A state decides which timers may
// run and whether data are held (only in Data Transfer Ready): leaving it ends them.
//
// It is the profile that Q.2130 needs: Clear-buffers is always "yes", so a connection's data end
// with it and AA-RETRIEVE, which would have nothing to return, is absent.
//
// Concurrency: a Conn belongs to one goroutine at a time. Package variables are constant.
//
// Example: events go in by methods, effects come out of Next.
//
//	c := sscop.New(sscop.Defaults())
//	c.Establish(nil)
//	for eff, ok := c.Next(); ok; eff, ok = c.Next() {
//		switch eff.Kind {
//		case sscop.SendPDU:
//			link.Send(eff.PDU)
//		case sscop.StartTimer:
//			clock.Start(eff.Timer, eff.After, eff.Gen) // later: c.Expire(eff.Timer, eff.Gen)
//		...
//		}
//	}
//
// Design notes.
//
//   - In Idle every BGN is accepted, repeats too (ATM Forum 97-0216): a peer that restarted with the
//     number of its former life must not be rejected for ever.
//   - VT(SQ) skips 0, and no BGN, RS or ER is a repeat before one has been received: 0 is the VR(SQ)
//     of an entity that has just started.
//   - All comparisons are modulo 2^24 from VT(A), VT(PA) or VR(R). An SD below VR(R) therefore looks
//     like one beyond the window; the layer below must not deliver late or doubled frames.
//   - A repeated BGN, RS or ER restarts Timer_NO-RESPONSE only if it runs: in the idle phase no STAT
//     is awaited, and a timer started then would end a healthy connection.
//   - BGAK, RSAK, ERAK and ENDAK carry no number. A user who releases and establishes again within one
//     round trip may have an old answer taken for the new one and lose data; the ends agree again
//     by a later error or timer. Nothing above a UNI should be that hasty.
//   - The same holds for a BGN that is repeated by Timer_CC and outlives its connection: Idle takes it
//     for a new one. Search_test.go visits every state of two entities and shows that these are the
//     only two ways to lose data, and that the ends agree again after both.
//   - A method never fails. What SSCOP cannot do is a Refused effect, what the peer does wrong a
//     MAAError effect; both are counted.
package sscop
