package params

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// Error tells why the parameters of a call cannot be used.
type Error struct {
	// Cause is what the other user is told.
	Cause ie.CauseValue
	// Reason says it in words.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("params: parameters of a call: %s (%s)", e.Reason, e.Cause)
}
