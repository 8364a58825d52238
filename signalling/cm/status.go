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

// cause returns a cause raised here.
func cause(v ie.CauseValue) ie.Cause {
	return ie.Cause{Location: ie.LocationUser, Value: v}
}
