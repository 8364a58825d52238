package status

import "fmt"

// Status is the outcome of an operation, in the names and numbers of the
// client protocol.
type Status uint8

// The statuses. Those from DestOutOfOrder to NoRouteToDestination are causes of
// the network in the names of the model; [Of] translates.
const (
	Success Status = iota
	// Pending tells that exactly one completion follows; no completion carries
	// it (INV-26).
	Pending
	Failure
	Resources
	NotSupported
	NotAccepted
	Closing
	InvalidData
	InvalidSAP
	SAPInUse
	InvalidAddress
	VCNotActivated
	CallActive
	RequestAborted
	DestOutOfOrder
	VCNotAvailable
	CellRateNotAvailable
	IncompatibleQoS
	AALParamsUnsupported
	NoRouteToDestination
	// NotPermitted tells that the caller lacks the right, or names a handle
	// that is not its own.
	NotPermitted
	// VersionMismatch tells that the major versions of the protocol differ.
	VersionMismatch
)

// numStatuses counts the statuses.
const numStatuses = int(VersionMismatch) + 1

// statusNames are the names of the model.
var statusNames = [numStatuses]string{
	Success: "SUCCESS", Pending: "PENDING", Failure: "FAILURE", Resources: "RESOURCES",
	NotSupported: "NOT_SUPPORTED", NotAccepted: "NOT_ACCEPTED", Closing: "CLOSING",
	InvalidData: "INVALID_DATA", InvalidSAP: "INVALID_SAP", SAPInUse: "SAP_IN_USE",
	InvalidAddress: "INVALID_ADDRESS", VCNotActivated: "VC_NOT_ACTIVATED",
	CallActive: "CALL_ACTIVE", RequestAborted: "REQUEST_ABORTED",
	DestOutOfOrder: "DEST_OUT_OF_ORDER", VCNotAvailable: "VC_NOT_AVAILABLE",
	CellRateNotAvailable: "CELLRATE_NOT_AVAILABLE", IncompatibleQoS: "INCOMPATIBLE_QOS",
	AALParamsUnsupported: "AAL_PARAMS_UNSUPPORTED", NoRouteToDestination: "NO_ROUTE_TO_DESTINATION",
	NotPermitted: "NOT_PERMITTED", VersionMismatch: "VERSION_MISMATCH",
}

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool { return int(s) < numStatuses }

// String returns the name of the model, such as NO_ROUTE_TO_DESTINATION.
func (s Status) String() string {
	if s.Valid() {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}
