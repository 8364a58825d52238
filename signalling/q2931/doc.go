// Package q2931 is the call control of the ATM UNI: the machine of one call for
// the user and for the network side (ITU-T Q.2931 (02/95) clauses 5.1 to 5.6
// with ATM Forum UNI 4.0 (af-sig-0061) section 2) with its modification by the
// side that made it (Q.2963.1, Q.2963.2), the machine of one party of a
// point-to-multipoint call (ITU-T Q.2971 (10/95), UNI 4.0 section 5), and the
// two processes of the restart procedure (Q.2931 clause 5.5).
//
//	            call control (package uni)
//	   Req..., Rsp...  |            ^  effects: Setup, Connect, Release, ...
//	                   v            |
//	         +----------------------------+
//	Msg... ->|  Call: state x event table | -> effect Send
//	Exp... ->|  Party: P0 to P7           | -> effects StartTimer, StopTimer
//	         |  Process: RESTART          |
//	         +----------------------------+
//
// A machine holds no channel, no bandwidth and no octets: it is handed decoded
// messages ([callmanager/signalling/q2931/msg]) with the verdict on their
// elements already taken, and hands back messages to send. Which channel a call
// has, whether it is admitted and when the data plane is ready is the owner's
// business: it holds a CONNECT back, say, until the branch is active, because
// the machine answers it at once.
//
// A call and its parties know nothing of each other: the owner joins them. What
// the state of a call says about the messages of parties stands in the call
// tables, and an accepted one comes back as the effect PartyMessage; the owner
// finds the party by its endpoint reference. The owner also decides what the
// last party means: when no party is left that keeps the call alive, the call
// is cleared in place of the message that would end the party.
//
// The tables stand in user.go, network.go, partytable.go and restart.go, one
// line an event, one column a state, as the Recommendation draws them; STATES.md
// is their printed form. modification.go and modificationcells.go have what the
// modification adds to the first two. Every cell is one of four kinds: Handle
// runs an action and names its clause and all states it may end in; Ignore
// discards; Protest
// answers STATUS by the rules of clause 5.6; Impossible is a defect of the
// owner, reported as the effect Defect and otherwise without consequence.
//
// Timers belong to states: a second table names those that may run in each,
// and leaving a state stops all that the next one does not have.
//
// What an owner must do beside performing effects, so that no half of a call is
// left behind, was found by visiting every state of two sides (search_test.go):
// enquire about what is left when the SAAL is back, about every call when it was
// reset or a RESTART is given up; clear its own side before it sends a RESTART,
// and what the peer offers until the acknowledgement with it; and send CALL
// PROCEEDING or ALERTING for an offer that lies, because a SETUP that T303 has
// repeated may be of a caller that is gone.
//
// Concurrency: a machine belongs to one goroutine. Nothing here blocks, reads a
// clock or keeps what it was handed, but for the SETUP, RELEASE and MODIFY REQUEST
// that may have to be repeated.
//
//	c := q2931.NewCall(q2931.User, ref, timers)
//	for _, e := range c.Step(q2931.ReqSetup, q2931.Input{Msg: setup}) {
//		switch e.Kind {
//		case q2931.Send: // give e.Msg to the SAAL
//		case q2931.StartTimer: // run e.Timer for e.After, then Step(e.Timer.Expiry(), ...)
//		}
//	}
package q2931
