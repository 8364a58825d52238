package sscf

import "callmanager/signalling/fsm"

// action handles an event and returns the next state.
type action func(e *Entity, in signal) State

type (
	cell = fsm.Cell[State, action]
	row  = map[event]cell
)

// table decides every event in every state (Q.2130 clause 7, table of state transitions). It is
// built by init, not by an initialiser, because the entity's methods look it up themselves.
var table *fsm.Table[State, event, action]

func init() {
	states := []State{Released, AwaitingEstablish, AwaitingRelease, Established, AwaitingResync}
	events := make([]event, 0, numEvents-1)
	for ev := reqEstablish; int(ev) < numEvents; ev++ {
		events = append(events, ev)
	}
	table = fsm.New(states, events, map[State]row{
		Released:          released,
		AwaitingEstablish: awaitingEstablish,
		AwaitingRelease:   awaitingRelease,
		Established:       established,
		AwaitingResync:    awaitingResync,
	})
}

// on is a cell that runs do and ends in the state next.
func on(do action, text string, next State) cell {
	return fsm.On(text, clause, do, next)
}

// protest is a cell whose request is not valid in the state and is refused; data are discarded.
func protest() cell {
	return cell{Kind: fsm.Protest, Text: "refused", Clause: clause}
}

// impossible is a cell whose signal SSCOP does not give while this entity is in the state: it ends
// one procedure, by RELEASE.indication or confirm, before it begins another.
func impossible() cell {
	return cell{Kind: fsm.Impossible}
}

// clause is where Q.2130 has the table.
const clause = "7"

var released = row{
	reqEstablish:  on((*Entity).establishLower, "AA-ESTABLISH.request(BR=yes)", AwaitingEstablish),
	reqRelease:    on((*Entity).releaseConfirm, "AAL-RELEASE.confirm", Released),
	reqData:       protest(),
	reqUnitData:   on((*Entity).unitDataRequest, "AA-UNITDATA.request", Released),
	indEstablish:  on((*Entity).accept, "AA-ESTABLISH.response(BR=yes), AAL-ESTABLISH.indication", Established),
	confEstablish: impossible(),
	indRelease:    impossible(),
	confRelease:   impossible(),
	indData:       impossible(),
	indUnitData:   on((*Entity).unitData, "AAL-UNITDATA.indication", Released),
	indResync:     impossible(),
	confResync:    impossible(),
	indRecover:    impossible(),
}

var awaitingEstablish = row{
	reqEstablish:  protest(),
	reqRelease:    on((*Entity).releaseLower, "AA-RELEASE.request", AwaitingRelease),
	reqData:       protest(),
	reqUnitData:   on((*Entity).unitDataRequest, "AA-UNITDATA.request", AwaitingEstablish),
	indEstablish:  impossible(),
	confEstablish: on((*Entity).establishConfirm, "AAL-ESTABLISH.confirm", Established),
	indRelease:    on((*Entity).releaseIndication, "AAL-RELEASE.indication", Released),
	confRelease:   impossible(),
	indData:       impossible(),
	indUnitData:   on((*Entity).unitData, "AAL-UNITDATA.indication", AwaitingEstablish),
	indResync:     impossible(),
	confResync:    impossible(),
	indRecover:    impossible(),
}

var awaitingRelease = row{
	reqEstablish:  on((*Entity).establishLower, "AA-ESTABLISH.request(BR=yes)", AwaitingEstablish),
	reqRelease:    protest(),
	reqData:       protest(),
	reqUnitData:   on((*Entity).unitDataRequest, "AA-UNITDATA.request", AwaitingRelease),
	indEstablish:  impossible(),
	confEstablish: impossible(),
	indRelease:    impossible(),
	confRelease:   on((*Entity).releaseConfirm, "AAL-RELEASE.confirm", Released),
	indData:       impossible(),
	indUnitData:   on((*Entity).unitData, "AAL-UNITDATA.indication", AwaitingRelease),
	indResync:     impossible(),
	confResync:    impossible(),
	indRecover:    impossible(),
}

var established = row{
	reqEstablish:  on((*Entity).resyncLower, "AA-RESYNC.request", AwaitingResync),
	reqRelease:    on((*Entity).releaseLower, "AA-RELEASE.request", AwaitingRelease),
	reqData:       on((*Entity).dataRequest, "AA-DATA.request", Established),
	reqUnitData:   on((*Entity).unitDataRequest, "AA-UNITDATA.request", Established),
	indEstablish:  impossible(),
	confEstablish: impossible(),
	indRelease:    on((*Entity).releaseIndication, "AAL-RELEASE.indication", Released),
	confRelease:   impossible(),
	indData:       on((*Entity).data, "AAL-DATA.indication, credit +1", Established),
	indUnitData:   on((*Entity).unitData, "AAL-UNITDATA.indication", Established),
	indResync:     on((*Entity).resyncAccept, "AA-RESYNC.response, AAL-ESTABLISH.indication", Established),
	confResync:    impossible(),
	indRecover:    on((*Entity).recoverAccept, "AA-RECOVER.response, AAL-ESTABLISH.indication", Established),
}

var awaitingResync = row{
	reqEstablish:  protest(),
	reqRelease:    on((*Entity).releaseLower, "AA-RELEASE.request", AwaitingRelease),
	reqData:       protest(),
	reqUnitData:   on((*Entity).unitDataRequest, "AA-UNITDATA.request", AwaitingResync),
	indEstablish:  impossible(),
	confEstablish: impossible(),
	indRelease:    on((*Entity).releaseIndication, "AAL-RELEASE.indication", Released),
	confRelease:   impossible(),
	indData:       impossible(),
	indUnitData:   on((*Entity).unitData, "AAL-UNITDATA.indication", AwaitingResync),
	indResync:     impossible(),
	confResync:    on((*Entity).establishConfirm, "AAL-ESTABLISH.confirm", Established),
	indRecover:    impossible(),
}
