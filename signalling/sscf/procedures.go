package sscf

// establishLower asks SSCOP for a connection.
func (e *Entity) establishLower(signal) State {
	e.conn.Establish(nil)
	return AwaitingEstablish
}

// establishConfirm ends the establishment or resynchronization that the user asked for.
func (e *Entity) establishConfirm(in signal) State {
	e.emit(Effect{Kind: EstablishConf, UU: in.uu})
	return Established
}

// accept takes every connection that the peer begins.
func (e *Entity) accept(in signal) State {
	e.conn.EstablishResponse(nil)
	e.emit(Effect{Kind: EstablishInd, UU: in.uu})
	return Established
}

// resyncLower asks SSCOP to start anew.
func (e *Entity) resyncLower(signal) State {
	e.conn.Resync(nil)
	return AwaitingResync
}

// resyncAccept takes the resynchronization that the peer began.
func (e *Entity) resyncAccept(in signal) State {
	e.conn.ResyncResponse()
	e.emit(Effect{Kind: EstablishInd, UU: in.uu})
	return Established
}

// recoverAccept takes a recovery, whichever end began it.
func (e *Entity) recoverAccept(signal) State {
	e.conn.RecoverResponse()
	e.emit(Effect{Kind: EstablishInd})
	return Established
}

// releaseLower asks SSCOP to release.
func (e *Entity) releaseLower(signal) State {
	e.conn.Release(nil)
	return AwaitingRelease
}

// releaseConfirm ends the release that the user asked for; in Released there is nothing to do.
func (e *Entity) releaseConfirm(signal) State {
	e.emit(Effect{Kind: ReleaseConf})
	return Released
}

// releaseIndication tells the user that the connection is gone or has not come about.
func (e *Entity) releaseIndication(in signal) State {
	e.emit(Effect{Kind: ReleaseInd, UU: in.uu, Source: in.source})
	return Released
}

// dataRequest sends assured data.
func (e *Entity) dataRequest(in signal) State {
	e.conn.Data(in.sdu)
	return e.state
}

// data delivers assured data. Layer 3 keeps no queue here, so the credit goes back at once.
func (e *Entity) data(in signal) State {
	e.conn.Grant(1)
	e.emit(Effect{Kind: DataInd, SDU: in.sdu})
	return e.state
}

// unitDataRequest sends unassured data.
func (e *Entity) unitDataRequest(in signal) State {
	e.conn.UnitData(in.sdu)
	return e.state
}

// unitData delivers unassured data.
func (e *Entity) unitData(in signal) State {
	e.emit(Effect{Kind: UnitDataInd, SDU: in.sdu})
	return e.state
}
