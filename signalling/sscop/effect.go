package sscop

import "time"

// Kind says what an Effect asks its owner to do. The zero value is no effect.
type Kind uint8

// The effects: work for the layer below and the clock, AA signals to the user (Q.2110 clause 6.1)
// and MAA signals to layer management (clause 6.2).
const (
	_             Kind = iota
	SendPDU            // give PDU to the layer below
	StartTimer         // run Timer for After, then call Expire(Timer, Gen); replaces a running one
	StopTimer          // Timer no longer matters
	EstablishInd       // AA-ESTABLISH.indication with UU; answer with EstablishResponse or Release
	EstablishConf      // AA-ESTABLISH.confirm with UU
	ReleaseInd         // AA-RELEASE.indication with UU and Source
	ReleaseConf        // AA-RELEASE.confirm
	DataInd            // AA-DATA.indication with SDU; give the credit back with Grant
	ResyncInd          // AA-RESYNC.indication with UU; answer with ResyncResponse
	ResyncConf         // AA-RESYNC.confirm
	RecoverInd         // AA-RECOVER.indication; answer with RecoverResponse
	UnitDataInd        // AA-UNITDATA.indication with SDU
	MgmtDataInd        // MAA-UNITDATA.indication with SDU
	MAAError           // MAA-ERROR.indication with Code and, for code V, Count
	Refused            // the request just made was not accepted, for Reason
)

// Effect is one thing that a connection asks of its owner. Only the fields that its kind names are
// set. PDU, SDU and UU belong to the connection or alias the PDU given to Receive: they are valid
// until the next event goes into the connection, and no longer than that PDU is left untouched.
type Effect struct {
	Kind   Kind
	Timer  Timer
	Source Source
	Code   ErrorCode
	Reason Refusal
	Count  int           // SD PDUs newly marked for retransmission (Code V)
	After  time.Duration // run time of Timer
	Gen    uint64        // generation of Timer: hand it back with Expire
	PDU    []byte
	SDU    []byte
	UU     []byte
}

// Source tells who released a connection: the S bit of an END PDU (Q.2110 clause 7.2). The values
// are those on the wire.
type Source uint8

// Who released.
const (
	SourceUser  Source = 0 // the user of SSCOP
	SourceSSCOP Source = 1 // SSCOP itself, by a protocol error or a timer
)

// String returns "user" or "SSCOP".
func (s Source) String() string {
	if s == SourceUser {
		return "user"
	}
	return "SSCOP"
}

// Refusal is why a request was not accepted. The zero value is no refusal.
type Refusal uint8

// The reasons.
const (
	_         Refusal = iota
	BadState          // the signal is not valid in the present state
	TooLong           // more than K octets of data or J octets of user-to-user data
	QueueFull         // Config.Queue SDUs are held already: the SDU is not taken
)

// String returns the reason in words.
func (r Refusal) String() string {
	switch r {
	case BadState:
		return "not valid in this state"
	case TooLong:
		return "too long"
	case QueueFull:
		return "transmission queue full"
	}
	return "no refusal"
}
