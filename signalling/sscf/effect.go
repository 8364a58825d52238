package sscf

import (
	"time"

	"callmanager/signalling/sscop"
)

// Kind says what an Effect asks its owner to do. The zero value is no effect.
type Kind uint8

// The effects: work for the layer below and the clock, AAL signals to layer 3 (Q.2130 clause 6) and
// MAA signals to layer management.
const (
	_             Kind = iota
	SendPDU            // give PDU to AAL5 as one CPCS-SDU
	StartTimer         // run Timer for After, then call Expire(Timer, Gen); replaces a running one
	StopTimer          // Timer no longer matters
	EstablishInd       // AAL-ESTABLISH.indication with UU: up, or up anew (see Entity)
	EstablishConf      // AAL-ESTABLISH.confirm with UU
	ReleaseInd         // AAL-RELEASE.indication with UU and Source
	ReleaseConf        // AAL-RELEASE.confirm
	DataInd            // AAL-DATA.indication with SDU
	UnitDataInd        // AAL-UNITDATA.indication with SDU
	MgmtDataInd        // MAA-UNITDATA.indication with SDU
	MAAError           // MAA-ERROR.indication with Code and, for code V, Count
	Refused            // the request just made was not accepted, for Reason
)

// String returns the name of the signal.
func (k Kind) String() string {
	switch k {
	case SendPDU:
		return "send PDU"
	case StartTimer:
		return "start timer"
	case StopTimer:
		return "stop timer"
	case EstablishInd:
		return "AAL-ESTABLISH.indication"
	case EstablishConf:
		return "AAL-ESTABLISH.confirm"
	case ReleaseInd:
		return "AAL-RELEASE.indication"
	case ReleaseConf:
		return "AAL-RELEASE.confirm"
	case DataInd:
		return "AAL-DATA.indication"
	case UnitDataInd:
		return "AAL-UNITDATA.indication"
	case MgmtDataInd:
		return "MAA-UNITDATA.indication"
	case MAAError:
		return "MAA-ERROR.indication"
	case Refused:
		return "refused"
	}
	return "no effect"
}

// Effect is one thing that an entity asks of its owner; effects are to be carried out in order.
// Only the fields that its kind names are set. PDU, SDU and UU belong to the entity or alias the PDU
// given to Receive: they are valid until the next call of the entity, and no longer than that PDU
// is left untouched. Who needs them longer copies them.
type Effect struct {
	Kind   Kind
	Timer  sscop.Timer
	Source sscop.Source    // who released: user or SSCOP
	Code   sscop.ErrorCode // letter of Q.2110
	Reason sscop.Refusal
	Count  int           // SD PDUs newly marked for retransmission (Code V)
	After  time.Duration // run time of Timer
	Gen    uint64        // generation of Timer: hand it back with Expire
	PDU    []byte
	SDU    []byte
	UU     []byte
}
