package cm

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/status"
)

// Status is the outcome of an operation, in the names and numbers of the client
// protocol.
type Status = status.Status

// The statuses; package status says what they are.
const (
	Success              = status.Success
	Pending              = status.Pending
	Failure              = status.Failure
	Resources            = status.Resources
	NotSupported         = status.NotSupported
	NotAccepted          = status.NotAccepted
	Closing              = status.Closing
	InvalidData          = status.InvalidData
	InvalidSAP           = status.InvalidSAP
	SAPInUse             = status.SAPInUse
	InvalidAddress       = status.InvalidAddress
	VCNotActivated       = status.VCNotActivated
	CallActive           = status.CallActive
	RequestAborted       = status.RequestAborted
	DestOutOfOrder       = status.DestOutOfOrder
	VCNotAvailable       = status.VCNotAvailable
	CellRateNotAvailable = status.CellRateNotAvailable
	IncompatibleQoS      = status.IncompatibleQoS
	AALParamsUnsupported = status.AALParamsUnsupported
	NoRouteToDestination = status.NoRouteToDestination
	NotPermitted         = status.NotPermitted
	VersionMismatch      = status.VersionMismatch
)

// failureOf is the status of a call that has not come about, or that a fault has
// ended.
func failureOf(c ie.CauseValue) Status { return status.OfFailure(c) }

// maxDiagnostic is what a cause element leaves for its diagnostic: 34 octets
// less the header and octets 5 and 6 (Q.2931 4.5.15).
const maxDiagnostic = 28

// givenCause returns the cause that a client wants to be sent, or that of
// value if it names none. The location is this end, whatever the client says.
// It reports whether the cause can be sent at all.
func givenCause(c ie.Cause, value ie.CauseValue) (ie.Cause, bool) {
	if c.Value == 0 {
		return cause(value), len(c.Diagnostic) == 0
	}
	ok := c.Value < 128 && len(c.Diagnostic) <= maxDiagnostic
	return ie.Cause{Location: ie.LocationUser, Value: c.Value, Diagnostic: c.Diagnostic}, ok
}

// cause returns a cause raised here.
func cause(v ie.CauseValue) ie.Cause {
	return ie.Cause{Location: ie.LocationUser, Value: v}
}
