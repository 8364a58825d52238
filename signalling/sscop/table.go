package sscop

import "callmanager/signalling/fsm"

// action handles an event and returns the next state.
type action func(c *Conn, in *PDU) State

type (
	cell = fsm.Cell[State, action]
	row  = map[event]cell
)

// table decides every event in every state (Q.2110 clause 8). It is built by init, not by an
// initialiser, because its actions look it up themselves.
var table *fsm.Table[State, event, action]

func init() {
	states := make([]State, 0, numStates-1)
	for s := Idle; s <= DataTransferReady; s++ {
		states = append(states, s)
	}
	events := make([]event, 0, numEvents-1)
	for e := msgBGN; int(e) < numEvents; e++ {
		events = append(events, e)
	}
	table = fsm.New(states, events, map[State]row{
		Idle:                         idle,
		OutgoingConnectionPending:    outgoingConnection,
		IncomingConnectionPending:    incomingConnection,
		OutgoingDisconnectionPending: outgoingDisconnection,
		OutgoingResyncPending:        outgoingResync,
		IncomingResyncPending:        incomingResync,
		OutgoingRecoveryPending:      outgoingRecovery,
		RecoveryResponsePending:      recoveryResponse,
		IncomingRecoveryPending:      incomingRecovery,
		DataTransferReady:            dataTransferReady,
	})
}

// on is a cell that runs do and may end in the states next.
func on(do action, text, clause string, next ...State) cell {
	return fsm.On(text, clause, do, next...)
}

// ignore is a cell whose PDU is discarded.
func ignore() cell {
	return cell{Kind: fsm.Ignore, Clause: pdus}
}

// protest is a cell whose event is an error: MAA-ERROR with the letter of an inappropriate PDU, or
// a request refused.
func protest(text, clause string) cell {
	return cell{Kind: fsm.Protest, Text: text, Clause: clause}
}

// impossible is a cell whose event cannot come: the timer does not run in the state.
func impossible() cell {
	return cell{Kind: fsm.Impossible}
}

// The rows cite the Recommendation by these clauses.
const (
	signals    = "6.1 AA signals"
	management = "6.2 MAA signals"
	pdus       = "7.1 PDUs, 8 SDL"
	sequence   = "7.4.2 VR(SQ), 8 SDL"
	timers     = "7.6 timers, 8 SDL"
	robust     = "7.4.2 VR(SQ), ATM Forum 97-0216"
)

// idle is state 1, Idle.
var idle = row{
	msgBGN:        on((*Conn).bgnIdle, "VR(SQ), MS, EST.ind (repeats too)", robust, IncomingConnectionPending),
	msgBGAK:       on((*Conn).strayIdle, "EC, END(1)", pdus, Idle),
	msgBGREJ:      protest("ED", pdus),
	msgEND:        on((*Conn).endIdle, "ENDAK", pdus, Idle),
	msgENDAK:      ignore(),
	msgRS:         on((*Conn).strayIdle, "EJ, END(1)", pdus, Idle),
	msgRSAK:       on((*Conn).strayIdle, "EK, END(1)", pdus, Idle),
	msgER:         on((*Conn).strayIdle, "EL, END(1)", pdus, Idle),
	msgERAK:       on((*Conn).strayIdle, "EM, END(1)", pdus, Idle),
	msgSD:         on((*Conn).strayIdle, "EA, END(1)", pdus, Idle),
	msgPOLL:       on((*Conn).strayIdle, "EG, END(1)", pdus, Idle),
	msgSTAT:       on((*Conn).strayIdle, "EH, END(1)", pdus, Idle),
	msgUSTAT:      on((*Conn).strayIdle, "EI, END(1)", pdus, Idle),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, Idle),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, Idle),
	reqEstablish:  on((*Conn).establishRequest, "VT(CC)=1, VT(SQ)++, MR, BGN, cc", signals, OutgoingConnectionPending),
	rspEstablish:  protest("refused", signals),
	reqRelease:    protest("refused", signals),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, Idle),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, Idle),
	expCC:         impossible(),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// outgoingConnection is state 2, OutgoingConnectionPending.
var outgoingConnection = row{
	msgBGN:        on((*Conn).bgnConnecting, "repeat: -; new: MS, MR, BGAK, EST.conf, I", sequence, OutgoingConnectionPending, DataTransferReady),
	msgBGAK:       on((*Conn).bgakConnecting, "MS, EST.conf, I", pdus, DataTransferReady),
	msgBGREJ:      on((*Conn).bgrejConnecting, "REL.ind(UU, U)", pdus, Idle),
	msgEND:        ignore(),
	msgENDAK:      ignore(),
	msgRS:         ignore(),
	msgRSAK:       ignore(),
	msgER:         ignore(),
	msgERAK:       ignore(),
	msgSD:         ignore(),
	msgPOLL:       ignore(),
	msgSTAT:       ignore(),
	msgUSTAT:      ignore(),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, OutgoingConnectionPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, OutgoingConnectionPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, OutgoingConnectionPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, OutgoingConnectionPending),
	expCC:         on((*Conn).ccConnecting, "VT(CC)>=MaxCC: EO, END(1), REL.ind(S); else ++, BGN, cc", timers, Idle, OutgoingConnectionPending),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// incomingConnection is state 3, IncomingConnectionPending.
var incomingConnection = row{
	msgBGN:        on((*Conn).bgnOffered, "repeat: -; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending),
	msgBGAK:       protest("EC", pdus),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         protest("EJ", pdus),
	msgRSAK:       protest("EK", pdus),
	msgER:         protest("EL", pdus),
	msgERAK:       protest("EM", pdus),
	msgSD:         on((*Conn).kill, "EA, END(1), REL.ind(S)", pdus, Idle),
	msgPOLL:       on((*Conn).kill, "EG, END(1), REL.ind(S)", pdus, Idle),
	msgSTAT:       on((*Conn).kill, "EH, END(1), REL.ind(S)", pdus, Idle),
	msgUSTAT:      on((*Conn).kill, "EI, END(1), REL.ind(S)", pdus, Idle),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, IncomingConnectionPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, IncomingConnectionPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  on((*Conn).establishResponse, "MR, BGAK, I", signals, DataTransferReady),
	reqRelease:    on((*Conn).rejectRequest, "BGREJ(UU)", signals, Idle),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, IncomingConnectionPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, IncomingConnectionPending),
	expCC:         impossible(),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// outgoingDisconnection is state 4, OutgoingDisconnectionPending.
var outgoingDisconnection = row{
	msgBGN:        on((*Conn).bgnDisconnecting, "repeat: BGAK, END again; new: MS, REL.conf, EST.ind", sequence, IncomingConnectionPending, OutgoingDisconnectionPending),
	msgBGAK:       ignore(),
	msgBGREJ:      on((*Conn).released, "REL.conf", pdus, Idle),
	msgEND:        on((*Conn).endDisconnecting, "ENDAK, REL.conf", pdus, Idle),
	msgENDAK:      on((*Conn).released, "REL.conf", pdus, Idle),
	msgRS:         ignore(),
	msgRSAK:       ignore(),
	msgER:         ignore(),
	msgERAK:       ignore(),
	msgSD:         ignore(),
	msgPOLL:       ignore(),
	msgSTAT:       ignore(),
	msgUSTAT:      ignore(),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, OutgoingDisconnectionPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, OutgoingDisconnectionPending),
	reqEstablish:  on((*Conn).establishRequest, "VT(CC)=1, VT(SQ)++, MR, BGN, cc", signals, OutgoingConnectionPending),
	rspEstablish:  protest("refused", signals),
	reqRelease:    protest("refused", signals),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, OutgoingDisconnectionPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, OutgoingDisconnectionPending),
	expCC:         on((*Conn).ccDisconnecting, "VT(CC)>=MaxCC: EO, REL.conf; else ++, END, cc", timers, Idle, OutgoingDisconnectionPending),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// outgoingResync is state 5, OutgoingResyncPending.
var outgoingResync = row{
	msgBGN:        on((*Conn).bgnResyncing, "repeat: BGAK, RS again; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, OutgoingResyncPending),
	msgBGAK:       ignore(),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsResyncing, "repeat: -; new: MS, MR, RSAK, RSY.conf, I", sequence, OutgoingResyncPending, DataTransferReady),
	msgRSAK:       on((*Conn).rsakResyncing, "MS, RSY.conf, I", pdus, DataTransferReady),
	msgER:         ignore(),
	msgERAK:       ignore(),
	msgSD:         ignore(),
	msgPOLL:       ignore(),
	msgSTAT:       ignore(),
	msgUSTAT:      ignore(),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, OutgoingResyncPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, OutgoingResyncPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, OutgoingResyncPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, OutgoingResyncPending),
	expCC:         on((*Conn).ccResyncing, "VT(CC)>=MaxCC: EO, END(1), REL.ind(S); else ++, RS, cc", timers, Idle, OutgoingResyncPending),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// incomingResync is state 6, IncomingResyncPending.
var incomingResync = row{
	msgBGN:        on((*Conn).bgnRecovering, "repeat: EB; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, IncomingResyncPending),
	msgBGAK:       protest("EC", pdus),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsOffered, "repeat: -; new: EJ", sequence, IncomingResyncPending),
	msgRSAK:       protest("EK", pdus),
	msgER:         protest("EL", pdus),
	msgERAK:       protest("EM", pdus),
	msgSD:         on((*Conn).kill, "EA, END(1), REL.ind(S)", pdus, Idle),
	msgPOLL:       on((*Conn).kill, "EG, END(1), REL.ind(S)", pdus, Idle),
	msgSTAT:       on((*Conn).kill, "EH, END(1), REL.ind(S)", pdus, Idle),
	msgUSTAT:      on((*Conn).kill, "EI, END(1), REL.ind(S)", pdus, Idle),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, IncomingResyncPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, IncomingResyncPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       protest("refused", signals),
	reqResync:     protest("refused", signals),
	rspResync:     on((*Conn).resyncResponse, "MR, RSAK, I", signals, DataTransferReady),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, IncomingResyncPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, IncomingResyncPending),
	expCC:         impossible(),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// outgoingRecovery is state 7, OutgoingRecoveryPending.
var outgoingRecovery = row{
	msgBGN:        on((*Conn).bgnRecovering, "repeat: EB; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, OutgoingRecoveryPending),
	msgBGAK:       protest("EC", pdus),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsRecovering, "repeat: EJ; new: MS, RSY.ind", sequence, IncomingResyncPending, OutgoingRecoveryPending),
	msgRSAK:       protest("EK", pdus),
	msgER:         on((*Conn).erRecovering, "repeat: EL; new: MS, MR, ERAK, REC.ind", sequence, OutgoingRecoveryPending, RecoveryResponsePending),
	msgERAK:       on((*Conn).erakRecovering, "MS, REC.ind", pdus, RecoveryResponsePending),
	msgSD:         ignore(),
	msgPOLL:       ignore(),
	msgSTAT:       ignore(),
	msgUSTAT:      ignore(),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, OutgoingRecoveryPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, OutgoingRecoveryPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       on((*Conn).dataRecovering, "drop (Clear-buffers = yes)", signals, OutgoingRecoveryPending),
	reqResync:     on((*Conn).resyncRequest, "VT(CC)=1, VT(SQ)++, MR, RS, cc", signals, OutgoingResyncPending),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, OutgoingRecoveryPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, OutgoingRecoveryPending),
	expCC:         on((*Conn).ccRecovering, "VT(CC)>=MaxCC: EO, END(1), REL.ind(S); else ++, ER, cc", timers, Idle, OutgoingRecoveryPending),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// recoveryResponse is state 8, RecoveryResponsePending.
var recoveryResponse = row{
	msgBGN:        on((*Conn).bgnRecovering, "repeat: EB; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, RecoveryResponsePending),
	msgBGAK:       protest("EC", pdus),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsRecovering, "repeat: EJ; new: MS, RSY.ind", sequence, IncomingResyncPending, RecoveryResponsePending),
	msgRSAK:       protest("EK", pdus),
	msgER:         on((*Conn).erRecovered, "repeat: ERAK; new: EL", sequence, RecoveryResponsePending),
	msgERAK:       ignore(),
	msgSD:         ignore(),
	msgPOLL:       ignore(),
	msgSTAT:       on((*Conn).kill, "EH, END(1), REL.ind(S)", pdus, Idle),
	msgUSTAT:      on((*Conn).kill, "EI, END(1), REL.ind(S)", pdus, Idle),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, RecoveryResponsePending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, RecoveryResponsePending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       protest("refused", signals),
	reqResync:     on((*Conn).resyncRequest, "VT(CC)=1, VT(SQ)++, MR, RS, cc", signals, OutgoingResyncPending),
	rspResync:     protest("refused", signals),
	rspRecover:    on((*Conn).recoverResponse, "I", signals, DataTransferReady),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, RecoveryResponsePending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, RecoveryResponsePending),
	expCC:         impossible(),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// incomingRecovery is state 9, IncomingRecoveryPending.
var incomingRecovery = row{
	msgBGN:        on((*Conn).bgnRecovering, "repeat: EB; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, IncomingRecoveryPending),
	msgBGAK:       protest("EC", pdus),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsRecovering, "repeat: EJ; new: MS, RSY.ind", sequence, IncomingResyncPending, IncomingRecoveryPending),
	msgRSAK:       protest("EK", pdus),
	msgER:         on((*Conn).erOffered, "repeat: -; new: EL", sequence, IncomingRecoveryPending),
	msgERAK:       protest("EM", pdus),
	msgSD:         on((*Conn).kill, "EA, END(1), REL.ind(S)", pdus, Idle),
	msgPOLL:       on((*Conn).kill, "EG, END(1), REL.ind(S)", pdus, Idle),
	msgSTAT:       on((*Conn).kill, "EH, END(1), REL.ind(S)", pdus, Idle),
	msgUSTAT:      on((*Conn).kill, "EI, END(1), REL.ind(S)", pdus, Idle),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, IncomingRecoveryPending),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, IncomingRecoveryPending),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       protest("refused", signals),
	reqResync:     on((*Conn).resyncRequest, "VT(CC)=1, VT(SQ)++, MR, RS, cc", signals, OutgoingResyncPending),
	rspResync:     protest("refused", signals),
	rspRecover:    on((*Conn).recoverAccept, "MR, ERAK, I", signals, DataTransferReady),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, IncomingRecoveryPending),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, IncomingRecoveryPending),
	expCC:         impossible(),
	expPoll:       impossible(),
	expKeepAlive:  impossible(),
	expNoResponse: impossible(),
	expIdle:       impossible(),
}

// dataTransferReady is state 10, DataTransferReady.
var dataTransferReady = row{
	msgBGN:        on((*Conn).bgnReady, "repeat: NO-RESPONSE again, BGAK; new: MS, REL.ind(U), EST.ind", sequence, IncomingConnectionPending, DataTransferReady),
	msgBGAK:       ignore(),
	msgBGREJ:      on((*Conn).drop, "ED, REL.ind(S)", pdus, Idle),
	msgEND:        on((*Conn).endReceived, "ENDAK, REL.ind(UU, S bit)", pdus, Idle),
	msgENDAK:      on((*Conn).drop, "EF, REL.ind(S)", pdus, Idle),
	msgRS:         on((*Conn).rsReady, "repeat: NO-RESPONSE again, RSAK; new: MS, RSY.ind(UU)", sequence, IncomingResyncPending, DataTransferReady),
	msgRSAK:       ignore(),
	msgER:         on((*Conn).erReady, "repeat: NO-RESPONSE again, ERAK; new: MS, REC.ind", sequence, IncomingRecoveryPending, DataTransferReady),
	msgERAK:       ignore(),
	msgSD:         on((*Conn).sdReady, "deliver, buffer or discard, USTAT for a new gap; in the buffer already: EQ, recovery", pdus, OutgoingRecoveryPending, DataTransferReady),
	msgPOLL:       on((*Conn).pollReady, "N(S)<VR(H): EQ, recovery; else VR(H), STAT", pdus, OutgoingRecoveryPending, DataTransferReady),
	msgSTAT:       on((*Conn).statReady, "acknowledge, mark, EV, EW/EX, timers, SEND; bad: ER or ES, recovery", pdus, OutgoingRecoveryPending, DataTransferReady),
	msgUSTAT:      on((*Conn).ustatReady, "acknowledge, mark, EV, SEND; bad: ET, recovery", pdus, OutgoingRecoveryPending, DataTransferReady),
	msgUD:         on((*Conn).unitData, "AA-UNITDATA.ind", pdus, DataTransferReady),
	msgMD:         on((*Conn).mgmtData, "MAA-UNITDATA.ind", management, DataTransferReady),
	reqEstablish:  protest("refused", signals),
	rspEstablish:  protest("refused", signals),
	reqRelease:    on((*Conn).releaseRequest, "VT(CC)=1, END(0), cc", signals, OutgoingDisconnectionPending),
	reqData:       on((*Conn).dataRequest, "queue, SEND", signals, DataTransferReady),
	reqResync:     on((*Conn).resyncRequest, "VT(CC)=1, VT(SQ)++, MR, RS, cc", signals, OutgoingResyncPending),
	rspResync:     protest("refused", signals),
	rspRecover:    protest("refused", signals),
	reqUnitData:   on((*Conn).unitDataRequest, "UD", signals, DataTransferReady),
	reqMgmtData:   on((*Conn).mgmtDataRequest, "MD", management, DataTransferReady),
	expCC:         impossible(),
	expPoll:       on((*Conn).pollExpired, "VT(PS)++, POLL, VT(PD)=0, SETPOLL", timers, DataTransferReady),
	expKeepAlive:  on((*Conn).pollExpired, "VT(PS)++, POLL, VT(PD)=0, SETPOLL", timers, DataTransferReady),
	expNoResponse: on((*Conn).noResponse, "EP, END(1), REL.ind(S)", timers, Idle),
	expIdle:       on((*Conn).idleExpired, "start NO-RESPONSE, VT(PS)++, POLL, VT(PD)=0, SETPOLL", timers, DataTransferReady),
}
