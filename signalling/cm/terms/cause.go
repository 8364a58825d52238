package terms

import (
	"errors"

	"callmanager/signalling/q2931/ie"
)

// maxDiagnostic is what a cause element leaves for its diagnostic: 34 octets
// less the header and octets 5 and 6 (Q.2931 4.5.15).
const maxDiagnostic = 28

var errCause = errors.New("a cause has a value of 1 to 127 and at most 28 octets of diagnostic")

// Cause returns the cause that a client wants to be sent, or that of value if it
// names none. The location is this end, whatever the client says. It fails if the
// cause cannot be sent.
func Cause(c ie.Cause, value ie.CauseValue) (ie.Cause, error) {
	given := ie.Cause{Location: ie.LocationUser, Value: c.Value, Diagnostic: c.Diagnostic}
	switch {
	case c.Value >= 128 || len(c.Diagnostic) > maxDiagnostic || c.Value == 0 && len(c.Diagnostic) > 0:
		return ie.Cause{}, errCause
	case c.Value == 0:
		given.Value = value
	}
	return given, nil
}
