package cm

import "callmanager/signalling/q2931/ie"

// statusCause is the one table between the causes of the network and the
// statuses of the model. Where several causes share a status, the first row is
// the cause that stands for it. The rows up to the blank line are those that
// the model's status names quote; the others are our choice of the nearest.
var statusCause = []struct {
	cause  ie.CauseValue
	status Status
}{
	{ie.CauseNormalClearing, Success},
	{ie.CauseNoRouteToDestination, NoRouteToDestination},
	{ie.CauseDestinationOutOfOrder, DestOutOfOrder},
	{ie.CauseVPCIVCIUnavailable, VCNotAvailable},
	{ie.CauseNoVPCIVCI, VCNotAvailable},
	{ie.CauseCellRateUnavailable, CellRateNotAvailable},
	{ie.CauseQoSUnavailable, IncompatibleQoS},
	{ie.CauseAALNotSupportedUNI30, AALParamsUnsupported},

	{ie.CauseAALNotSupported, AALParamsUnsupported},
	{ie.CauseCallRejected, NotAccepted},
	{ie.CauseUserBusy, NotAccepted},
	{ie.CauseRejectsCLIR, NotAccepted},
	{ie.CauseInvalidNumberFormat, InvalidAddress},
	{ie.CauseUnallocatedNumber, InvalidAddress},
	{ie.CauseNumberChanged, InvalidAddress},
	{ie.CauseNoRouteToTransit, NoRouteToDestination},
	{ie.CauseInvalidTransitNetwork, NoRouteToDestination},
	{ie.CauseNetworkOutOfOrder, DestOutOfOrder},
	{ie.CauseVPCIVCIUnacceptable, VCNotAvailable},
	{ie.CauseVPCIVCIAssignment, VCNotAvailable},
	{ie.CauseChannelNotAvailable, VCNotAvailable},
	{ie.CauseCellRateNotAvailableUNI30, CellRateNotAvailable},
	{ie.CauseResourceUnavailable, Resources},
	{ie.CauseCongestion, Resources},
	{ie.CauseNoCircuit, Resources},
	{ie.CauseIncompatibleDestination, InvalidSAP},
	{ie.CauseServiceNotAvailable, NotSupported},
	{ie.CauseBearerNotAuthorized, NotSupported},
	{ie.CauseBearerNotAvailable, NotSupported},
	{ie.CauseBearerNotImplemented, NotSupported},
	{ie.CauseFacilityNotImplemented, NotSupported},
	{ie.CauseUnsupportedTraffic, NotSupported},
	{ie.CauseMessageTypeNotImplemented, NotSupported},
	{ie.CauseMessageNotCompatible98, NotSupported},
	{ie.CauseFacilityRejected, NotAccepted},
	{ie.CauseInvalidElementContents, InvalidData},
	{ie.CauseTemporaryFailure, Failure},
}

// StatusOf returns the status that stands for a cause: [Success] for normal
// call clearing, [Failure] for causes without one of their own.
func StatusOf(c ie.CauseValue) Status {
	for _, r := range statusCause {
		if r.cause == c {
			return r.status
		}
	}
	return Failure
}

// failureOf is StatusOf for a call that has not come about, which normal call
// clearing ends as any other cause.
func failureOf(c ie.CauseValue) Status {
	if s := StatusOf(c); s != Success {
		return s
	}
	return Failure
}

// CauseOf returns the cause by which a call is refused with a status: the
// status's own, or 21, call rejected (Q.2931 5.2.5.2) for those that say no
// more than no.
func CauseOf(s Status) ie.CauseValue {
	if s == Failure || s == Success {
		return ie.CauseCallRejected
	}
	for _, r := range statusCause {
		if r.status == s {
			return r.cause
		}
	}
	return ie.CauseCallRejected
}

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
