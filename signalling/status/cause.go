package status

import "callmanager/signalling/q2931/ie"

// way says in which direction a row of the table holds. The zero value is refused
// by the tests.
type way uint8

const (
	_ way = iota
	// both: the cause stands for the status, and the status for the cause.
	both
	// fromCause: the nearest status of a cause.
	fromCause
	// fromStatus: what the caller of an offer is told that is refused with a status
	// to which no cause leads by itself.
	fromStatus
)

// table is the one table between the causes of the network and the statuses of
// the model. The first group are the pairs that the model's status names quote;
// the others are our choice of the nearest.
var table = [...]struct {
	cause  ie.CauseValue
	status Status
	way    way
}{
	{ie.CauseNoRouteToDestination, NoRouteToDestination, both},
	{ie.CauseDestinationOutOfOrder, DestOutOfOrder, both},
	{ie.CauseVPCIVCIUnavailable, VCNotAvailable, both},
	{ie.CauseNoVPCIVCI, VCNotAvailable, fromCause},
	{ie.CauseCellRateUnavailable, CellRateNotAvailable, both},
	{ie.CauseQoSUnavailable, IncompatibleQoS, both},
	{ie.CauseAALNotSupportedUNI30, AALParamsUnsupported, both},

	{ie.CauseNormalClearing, Success, both},
	{ie.CauseAALNotSupported, AALParamsUnsupported, fromCause},
	{ie.CauseCallRejected, NotAccepted, both},
	{ie.CauseUserBusy, NotAccepted, fromCause},
	{ie.CauseRejectsCLIR, NotAccepted, fromCause},
	{ie.CauseFacilityRejected, NotAccepted, fromCause},
	{ie.CauseInvalidNumberFormat, InvalidAddress, both},
	{ie.CauseUnallocatedNumber, InvalidAddress, fromCause},
	{ie.CauseNumberChanged, InvalidAddress, fromCause},
	{ie.CauseNoRouteToTransit, NoRouteToDestination, fromCause},
	{ie.CauseInvalidTransitNetwork, NoRouteToDestination, fromCause},
	{ie.CauseNetworkOutOfOrder, DestOutOfOrder, fromCause},
	{ie.CauseVPCIVCIUnacceptable, VCNotAvailable, fromCause},
	{ie.CauseVPCIVCIAssignment, VCNotAvailable, fromCause},
	{ie.CauseChannelNotAvailable, VCNotAvailable, fromCause},
	{ie.CauseCellRateNotAvailableUNI30, CellRateNotAvailable, fromCause},
	{ie.CauseResourceUnavailable, Resources, both},
	{ie.CauseCongestion, Resources, fromCause},
	{ie.CauseNoCircuit, Resources, fromCause},
	{ie.CauseIncompatibleDestination, InvalidSAP, both},
	{ie.CauseServiceNotAvailable, NotSupported, both},
	{ie.CauseFacilityNotSubscribed, NotSupported, fromCause},
	{ie.CauseBearerNotAuthorized, NotSupported, fromCause},
	{ie.CauseBearerNotAvailable, NotSupported, fromCause},
	{ie.CauseBearerNotImplemented, NotSupported, fromCause},
	{ie.CauseFacilityNotImplemented, NotSupported, fromCause},
	{ie.CauseUnsupportedTraffic, NotSupported, fromCause},
	{ie.CauseMessageTypeNotImplemented, NotSupported, fromCause},
	{ie.CauseMessageNotCompatible98, NotSupported, fromCause},
	{ie.CauseInvalidElementContents, InvalidData, both},
	{ie.CauseTemporaryFailure, Failure, fromCause},

	{ie.CauseCallRejected, Failure, fromStatus},
	{ie.CauseCallRejected, NotPermitted, fromStatus},
	{ie.CauseUserBusy, CallActive, fromStatus},
	{ie.CauseUserBusy, SAPInUse, fromStatus},
	{ie.CauseDestinationOutOfOrder, Closing, fromStatus},
	{ie.CauseTemporaryFailure, VCNotActivated, fromStatus},
	{ie.CauseNormalUnspecified, RequestAborted, fromStatus},
	{ie.CauseIncompatibleDestination, VersionMismatch, fromStatus},
}

// Of returns the status that stands for a cause: [Success] for normal call
// clearing, [Failure] for causes without a row.
func Of(c ie.CauseValue) Status {
	for i := range table {
		if r := &table[i]; r.cause == c && r.way != fromStatus {
			return r.status
		}
	}
	return Failure
}

// OfFailure is Of for a call that has not come about, which normal call clearing
// ends as any other cause.
func OfFailure(c ie.CauseValue) Status {
	if s := Of(c); s != Success {
		return s
	}
	return Failure
}

// CauseOf returns the cause by which a call is refused with a status: the
// status's own, or 21, call rejected (Q.2931 5.2.5.2), for [Success] and [Pending],
// which refuse nothing.
func CauseOf(s Status) ie.CauseValue {
	for i := range table {
		if r := &table[i]; r.status == s && r.way != fromCause && s != Success {
			return r.cause
		}
	}
	return ie.CauseCallRejected
}
