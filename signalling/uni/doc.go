// Package uni is the signalling entity of one link: it joins SSCF and SSCOP,
// the call machines, the restart processes, the table of channels and the
// account of the capacity into the one thing that a runner drives. It plays the
// user or the network side of the ATM Forum's UNI 4.0 (af-sig-0061 with ITU-T
// Q.2931, Q.2971, Q.2610, Q.2130, Q.2110), 3.1 or 3.0 for point-to-point and
// point-to-multipoint calls. What it exchanges with the client model is package
// primitive's.
//
//	   client model                     runner, one goroutine a link
//	 Request |    ^ Indication          (Activate, Drain, Deactivate ... to the data plane)
//	         v    |                             ^
//	+---------------------------------------------------------------+
//	| calls by call reference: q2931.Call each     restart processes |
//	|  parties by endpoint reference: q2931.Party each               |
//	| admission, channel.Table, vc.Capacity        overload control  |
//	| coordinator of the SAAL (CU0 to CU3)         audits            |
//	| sscf.Entity over sscop.Conn                                    |
//	+---------------------------------------------------------------+
//	  SendPDU |    ^ Receive
//	          v    |      VPI 0 / VCI 5
//
// A [Link] is sans-IO: no goroutine, socket, lock or clock. Each input returns
// the effects that it asks for, in order; the slice and the octets in it are
// valid until the next input. The runner performs all effects of one input
// before the next, and answers Activate at once.
//
// # Where to find what
//
//	Q.2931 5.1, 5.2       establishment     outgoing.go: this side calls; incoming.go: the peer does
//	       5.4            clearing          clearing.go
//	       5.5            restart           restart.go; restartjob.go: what an operator asks for
//	       5.6.1 - 5.6.7  errors            message.go: finds the call, judges the message
//	       5.6.8, 5.6.9   SAAL              coordinator.go
//	       5.6.11         STATUS ENQUIRY    audit.go
//	       5.9            notification      supplementary.go
//	       7              timers            timer.go
//	Q.2971 9.2            adding a party    addparty.go: at the root; offerparty.go, partyjoin.go: at a leaf
//	                      dropping one      partyend.go
//	       9.5            errors, audits    partymessage.go
//	Q.2962, Q.2963        rates             negotiate.go, modify.go
//	UNI 4.0 6             a leaf's request  leafsetup.go
//	UNI 3.x               what differs      profile.go
//
// link.go, call.go and party.go drive the machines, which are package q2931's.
// No standard has branch.go (the data plane), deferred.go (messages before their
// time) and overload.go. What needs no link to be understood is a package:
//
//	primitive   what the client model and a link say to each other
//	params      call parameters to information elements and back, negotiation
//	channel     VPI and VCI: which are free, how messages name them
//
// # Edges of a call
//
// A branch receives before anything is sent that lets the peer transmit. A
// calling side activates it as soon as its channel is known, a called side
// before CONNECT. The calling side opens its transmit side before it sends
// CONNECT ACKNOWLEDGE, the called side when that has come. A called network
// side is in N10 at once, as Q.2931 5.1.6 says, but waits all the same for
// CONNECT ACKNOWLEDGE, at most 4 s ([GuardTime]), before it opens its transmit
// side and gives CompleteInd: until then the caller's branch may not be open.
//
// ReleaseReq drains an active branch before RELEASE. On a received RELEASE the
// branch is deactivated, what has arrived is taken in, and only then RELEASE
// COMPLETE goes out. A channel is free again when its branch is gone and the
// handshake is over. A peer that gives it to another call between the two waits
// for its answer until then.
//
// # Parties
//
// A point-to-multipoint call has a root, the side that calls, and parties, each
// with a machine of its own. The first one is that of the SETUP, the others are
// added and dropped one by one. Data flows from the root alone.
//
//	client model             root link           leaf link           client model
//	     | AddPartyReq        |                      |                      |
//	     |------------------->| ADD PARTY            |                      |
//	     |                    |--------------------->| AddPartyInd          |
//	     | PartyProceedingInd |       PARTY ALERTING |--------------------->|
//	     |<-------------------|<---------------------| (after 1 s)          |
//	     |                    |                      |       AcceptPartyReq |
//	     |                    |            Join ... Joined <----------------|
//	     |       AddPartyConf | ADD PARTY ACKNOWLEDGE| CompleteInd          |
//	     |<-------------------|<---------------------|--------------------->|
//
// At the root the parties have no VC of their own: there is one branch, that of
// the call. At a leaf each party has a VC. The one that is accepted first has the
// branch activated into it; further ones Join the channel before ADD PARTY
// ACKNOWLEDGE, and Leave it before DROP PARTY ACKNOWLEDGE, or when their own
// DROP PARTY is acknowledged. The branch belongs to the channel: the VC that it
// was activated into leaves like any other while the call lives on. Deactivate
// takes all of them off.
//
// With the last party, that is, when none is active or being added, the call is
// cleared: RELEASE with the cause of that party goes out in place of DROP PARTY,
// DROP PARTY ACKNOWLEDGE or ADD PARTY REJECT (Q.2971 9.2.4). A calling network
// side without an active party falls back from N10 to N7 while others are being
// added. When the SAAL is lost, active parties survive with their call, and
// after its return each is enquired about, one at a time.
//
// A party that is added while the first one is alerted may answer before it:
// the CONNECT names that party, and the first one is acknowledged later.
//
// A leaf that asks to join (LEAF SETUP REQUEST) is refused by LEAF SETUP FAILURE:
// no call of ours can be joined so.
//
// # Design notes
//
//   - The network side sends CALL PROCEEDING with the connection identifier
//     within 20 ms ([ProceedingDelay]) of the SETUP: at once with the client's
//     acceptance, and not at all when the client model refuses outright, which
//     is then RELEASE COMPLETE as the first response (Q.2931 5.1.2.3).
//   - Both sides send ALERTING when the client has not answered within 1 s, so
//     that a slow acceptor does not die of the caller's T310. UNI 3.x has no
//     ALERTING: a user side sends CALL PROCEEDING, which ends T303; a network
//     side has sent it.
//   - The messages that a link makes are those of UNI 4.0. What its profile
//     lacks is left out of them on the way out, and counted; profile.go has the
//     procedures that differ.
//   - A SETUP that comes while our RESTART is not acknowledged, or the peer's is
//     being carried out, waits until calls are taken: a peer that does not know
//     RESTART, as linux-atm, may call at once and is served after 2 s.
//   - A link that stops waits 500 ms at most for the end of its SAAL, and not at
//     all for one that has not come about.
//   - Active calls are audited a second time 2 s after T309, counted from the
//     return of the SAAL: a peer that does not stop T309 gives them up without a
//     word.
//   - The RESTART that brings a link up is not repeated on T316 while there are
//     calls: the repetition would clear them at the peer. SSCOP does not lose the
//     first one. An operator's is repeated: its channels have no calls.
//   - One restart at a time, as the one start process of Q.2931 5.5.1 has it:
//     an operator's wait for each other, and for the one that brings the link up.
//   - A peer that refuses RESTART, or does not answer, gets RELEASE COMPLETE for
//     each call that was cleared here.
//   - A reset of the SAAL begins every enquiry anew: it may have taken one along.
//   - A SETUP or MODIFY REQUEST with both a minimum and an alternative traffic
//     descriptor is refused with cause 73: only one of them may be there.
//   - The network side counts the link's part of transit delay and delay variation,
//     whichever side calls, so that it is counted once.
//   - A called side asks for CONNECTION AVAILABLE in every MODIFY ACKNOWLEDGE, and
//     keeps the larger reservation until that has come, at most for T361.
//   - A MODIFY REQUEST that a loss or reset of the SAAL leaves open is repeated when
//     the SAAL is back: either answer settles what both sides have.
//   - While the SAAL is down a call is cleared locally; the audit by STATUS
//     ENQUIRY after its return clears it at the peer.
//   - An ADD PARTY ACKNOWLEDGE in N7 is taken when the call has fallen back to it,
//     and makes it active again: the peer, a called user, is in U10 all the time
//     and has no CONNECT to send.
//   - A STATUS about a party without its endpoint reference, in answer to STATUS
//     ENQUIRY with one, ends the enquiry all the same: old peers leave it out.
//   - A STATUS about a party that is none here gets DROP PARTY ACKNOWLEDGE 101
//     unless its state is null, as RELEASE COMPLETE would do for a call.
//
// User-user information, notifications and PROGRESS pass through unread, in both
// directions (supplementary.go).
//
// A caller may accept other rates than it asks for, and ask for a quality of
// service; each end takes of it what its link can do. How parameters go into
// information elements and come out of them is package params.
//
// The side that made a point-to-point call may modify its rates while it is
// active (modify.go).
//
// Concurrency: a Link belongs to one goroutine.
//
//	l := uni.New(cfg)
//	perform(l.Start())
//	perform(l.Status(status))
//	perform(l.Receive(sdu))
package uni
