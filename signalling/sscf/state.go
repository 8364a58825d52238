package sscf

// State is a state of the SSCF (Q.2130 clause 7). The zero value is no state.
type State uint8

// The states. The numbers in parentheses are those of the AAL connection endpoint and of the SSCOP
// connection endpoint in Q.2130.
const (
	Released          State = iota + 1 // (1/1) no connection
	AwaitingEstablish                  // (2/2) asked SSCOP to establish
	AwaitingRelease                    // (3/4) asked SSCOP to release
	Established                        // (4/10) data may flow
	AwaitingResync                     // (2/5) asked SSCOP to resynchronize
)

// String returns the name of the state.
func (s State) String() string {
	switch s {
	case Released:
		return "Released"
	case AwaitingEstablish:
		return "Awaiting Establish"
	case AwaitingRelease:
		return "Awaiting Release"
	case Established:
		return "Established"
	case AwaitingResync:
		return "Awaiting Resync"
	}
	return "invalid state"
}
