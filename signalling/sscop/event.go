package sscop

// event is what may happen to a connection. The prefix tells where it comes from: msg a PDU of the
// peer, req and rsp the user (AA signals) or layer management, exp a timer. The PDU events have the
// numbers of their PDU types.
type event uint8

const (
	msgBGN   = event(BGN)
	msgBGAK  = event(BGAK)
	msgEND   = event(END)
	msgENDAK = event(ENDAK)
	msgRS    = event(RS)
	msgRSAK  = event(RSAK)
	msgBGREJ = event(BGREJ)
	msgSD    = event(SD)
	msgER    = event(ER)
	msgPOLL  = event(POLL)
	msgSTAT  = event(STAT)
	msgUSTAT = event(USTAT)
	msgUD    = event(UD)
	msgMD    = event(MD)
	msgERAK  = event(ERAK)
)

const (
	reqEstablish event = iota + 16 // AA-ESTABLISH.request
	rspEstablish                   // AA-ESTABLISH.response
	reqRelease                     // AA-RELEASE.request
	reqData                        // AA-DATA.request
	reqResync                      // AA-RESYNC.request
	rspResync                      // AA-RESYNC.response
	rspRecover                     // AA-RECOVER.response
	reqUnitData                    // AA-UNITDATA.request
	reqMgmtData                    // MAA-UNITDATA.request
	expCC                          // the timers, in the order of Timer
	expPoll
	expKeepAlive
	expNoResponse
	expIdle
)

// numEvents is the size of an array indexed by event.
const numEvents = int(expIdle) + 1

// expiry returns the event of a timer.
func expiry(t Timer) event {
	return expCC + event(t)
}

// String returns the name of the Recommendation.
func (e event) String() string {
	names := [...]string{
		"AA-ESTABLISH.request", "AA-ESTABLISH.response", "AA-RELEASE.request", "AA-DATA.request",
		"AA-RESYNC.request", "AA-RESYNC.response", "AA-RECOVER.response", "AA-UNITDATA.request",
		"MAA-UNITDATA.request", "Timer_CC", "Timer_POLL", "Timer_KEEP-ALIVE", "Timer_NO-RESPONSE",
		"Timer_IDLE",
	}
	if e < reqEstablish {
		return PDUType(e).String()
	}
	return names[e-reqEstablish]
}
