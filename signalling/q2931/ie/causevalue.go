package ie

import "fmt"

// CauseValue is a cause (Q.2610, Q.850, UNI 3.0 to 4.0), 7 bits.
type CauseValue uint8

// The causes.
const (
	CauseUnallocatedNumber         CauseValue = 1
	CauseNoRouteToTransit          CauseValue = 2
	CauseNoRouteToDestination      CauseValue = 3
	CauseSpecialTone               CauseValue = 4
	CauseChannelUnacceptable       CauseValue = 6
	CauseVPCIVCIUnacceptable       CauseValue = 10
	CauseNormalClearing            CauseValue = 16
	CauseUserBusy                  CauseValue = 17
	CauseNoUserResponding          CauseValue = 18
	CauseNoAnswer                  CauseValue = 19
	CauseSubscriberAbsent          CauseValue = 20
	CauseCallRejected              CauseValue = 21
	CauseNumberChanged             CauseValue = 22
	CauseRejectsCLIR               CauseValue = 23
	CauseExchangeRoutingError      CauseValue = 25
	CauseNonSelectedUserClearing   CauseValue = 26
	CauseDestinationOutOfOrder     CauseValue = 27
	CauseInvalidNumberFormat       CauseValue = 28
	CauseFacilityRejected          CauseValue = 29
	CauseStatusEnquiryResponse     CauseValue = 30
	CauseNormalUnspecified         CauseValue = 31
	CauseTooManyAddPartyQ2971      CauseValue = 32
	CauseNoCircuit                 CauseValue = 34
	CauseVPCIVCIUnavailable        CauseValue = 35
	CauseVPCIVCIAssignment         CauseValue = 36
	CauseCellRateUnavailable       CauseValue = 37
	CauseNetworkOutOfOrder         CauseValue = 38
	CausePermanentOutOfService     CauseValue = 39
	CausePermanentOperational      CauseValue = 40
	CauseTemporaryFailure          CauseValue = 41
	CauseCongestion                CauseValue = 42
	CauseAccessInfoDiscarded       CauseValue = 43
	CauseChannelNotAvailable       CauseValue = 44
	CauseNoVPCIVCI                 CauseValue = 45
	CauseResourceUnavailable       CauseValue = 47
	CauseQoSUnavailable            CauseValue = 49
	CauseFacilityNotSubscribed     CauseValue = 50
	CauseCellRateNotAvailableUNI30 CauseValue = 51
	CauseCUGBarredOutgoing         CauseValue = 53
	CauseCUGBarredIncoming         CauseValue = 55
	CauseBearerNotAuthorized       CauseValue = 57
	CauseBearerNotAvailable        CauseValue = 58
	CauseInconsistentAccessInfo    CauseValue = 62
	CauseServiceNotAvailable       CauseValue = 63
	CauseBearerNotImplemented      CauseValue = 65
	CauseChannelTypeNotImplemented CauseValue = 66
	CauseFacilityNotImplemented    CauseValue = 69
	CauseRestrictedDigitalOnly     CauseValue = 70
	CauseUnsupportedTraffic        CauseValue = 73
	CauseAALNotSupported           CauseValue = 78
	CauseInvalidCallReference      CauseValue = 81
	CauseChannelDoesNotExist       CauseValue = 82
	CauseNotMemberOfCUG            CauseValue = 87
	CauseIncompatibleDestination   CauseValue = 88
	CauseInvalidEndpointRef        CauseValue = 89
	CauseNonExistentCUG            CauseValue = 90
	CauseInvalidTransitNetwork     CauseValue = 91
	CauseTooManyAddParty           CauseValue = 92
	CauseAALNotSupportedUNI30      CauseValue = 93
	CauseInvalidMessage            CauseValue = 95
	CauseMandatoryMissing          CauseValue = 96
	CauseMessageTypeNotImplemented CauseValue = 97
	CauseMessageNotCompatible98    CauseValue = 98
	CauseElementNotImplemented     CauseValue = 99
	CauseInvalidElementContents    CauseValue = 100
	CauseMessageNotCompatible      CauseValue = 101
	CauseTimerExpiry               CauseValue = 102
	CauseParameterPassedOn         CauseValue = 103
	CauseIncorrectLength           CauseValue = 104
	CauseUnrecognizedParameter     CauseValue = 110
	CauseProtocolError             CauseValue = 111
	CauseInterworking              CauseValue = 127
)

// causeWords are the causes in words (Q.2610).
var causeWords = [128]string{
	CauseUnallocatedNumber:         "unallocated (unassigned) number",
	CauseNoRouteToTransit:          "no route to specified transit network",
	CauseNoRouteToDestination:      "no route to destination",
	CauseSpecialTone:               "send special information tone",
	CauseChannelUnacceptable:       "channel unacceptable",
	CauseVPCIVCIUnacceptable:       "VPCI/VCI unacceptable",
	CauseNormalClearing:            "normal call clearing",
	CauseUserBusy:                  "user busy",
	CauseNoUserResponding:          "no user responding",
	CauseNoAnswer:                  "no answer from user (user alerted)",
	CauseSubscriberAbsent:          "subscriber absent",
	CauseCallRejected:              "call rejected",
	CauseNumberChanged:             "number changed",
	CauseRejectsCLIR:               "user rejects all calls with calling line identification restriction",
	CauseExchangeRoutingError:      "exchange routing error",
	CauseNonSelectedUserClearing:   "non-selected user clearing",
	CauseDestinationOutOfOrder:     "destination out of order",
	CauseInvalidNumberFormat:       "invalid number format (address incomplete)",
	CauseFacilityRejected:          "facility rejected",
	CauseStatusEnquiryResponse:     "response to STATUS ENQUIRY",
	CauseNormalUnspecified:         "normal, unspecified",
	CauseTooManyAddPartyQ2971:      "too many pending add party requests",
	CauseNoCircuit:                 "no circuit/channel available",
	CauseVPCIVCIUnavailable:        "requested VPCI/VCI not available",
	CauseVPCIVCIAssignment:         "VPCI/VCI assignment failure",
	CauseCellRateUnavailable:       "user cell rate not available",
	CauseNetworkOutOfOrder:         "network out of order",
	CausePermanentOutOfService:     "permanent frame mode connection out of service",
	CausePermanentOperational:      "permanent frame mode connection operational",
	CauseTemporaryFailure:          "temporary failure",
	CauseCongestion:                "switching equipment congestion",
	CauseAccessInfoDiscarded:       "access information discarded",
	CauseChannelNotAvailable:       "requested circuit/channel not available",
	CauseNoVPCIVCI:                 "no VPCI/VCI available",
	CauseResourceUnavailable:       "resource unavailable, unspecified",
	CauseQoSUnavailable:            "quality of service unavailable",
	CauseFacilityNotSubscribed:     "requested facility not subscribed",
	CauseCellRateNotAvailableUNI30: "user cell rate not available (UNI 3.0)",
	CauseCUGBarredOutgoing:         "outgoing calls barred within closed user group",
	CauseCUGBarredIncoming:         "incoming calls barred within closed user group",
	CauseBearerNotAuthorized:       "bearer capability not authorized",
	CauseBearerNotAvailable:        "bearer capability not presently available",
	CauseInconsistentAccessInfo:    "inconsistency in designated outgoing access information and subscriber class",
	CauseServiceNotAvailable:       "service or option not available, unspecified",
	CauseBearerNotImplemented:      "bearer capability not implemented",
	CauseChannelTypeNotImplemented: "channel type not implemented",
	CauseFacilityNotImplemented:    "requested facility not implemented",
	CauseRestrictedDigitalOnly:     "only restricted digital information bearer capability is available",
	CauseUnsupportedTraffic:        "unsupported combination of traffic parameters",
	CauseAALNotSupported:           "AAL parameters cannot be supported (UNI 3.1)",
	CauseInvalidCallReference:      "invalid call reference value",
	CauseChannelDoesNotExist:       "identified channel does not exist",
	CauseNotMemberOfCUG:            "user not member of closed user group",
	CauseIncompatibleDestination:   "incompatible destination",
	CauseInvalidEndpointRef:        "invalid endpoint reference",
	CauseNonExistentCUG:            "non-existent closed user group",
	CauseInvalidTransitNetwork:     "invalid transit network selection",
	CauseTooManyAddParty:           "too many pending add party requests (ATM Forum)",
	CauseAALNotSupportedUNI30:      "AAL parameters cannot be supported",
	CauseInvalidMessage:            "invalid message, unspecified",
	CauseMandatoryMissing:          "mandatory information element is missing",
	CauseMessageTypeNotImplemented: "message type non-existent or not implemented",
	CauseMessageNotCompatible98:    "message not compatible with call state or not implemented",
	CauseElementNotImplemented:     "information element non-existent or not implemented",
	CauseInvalidElementContents:    "invalid information element contents",
	CauseMessageNotCompatible:      "message not compatible with call state",
	CauseTimerExpiry:               "recovery on timer expiry",
	CauseParameterPassedOn:         "parameter non-existent or not implemented, passed on",
	CauseIncorrectLength:           "incorrect message length",
	CauseUnrecognizedParameter:     "message with unrecognized parameter, discarded",
	CauseProtocolError:             "protocol error, unspecified",
	CauseInterworking:              "interworking, unspecified",
}

// String returns the cause in words, or its number.
func (v CauseValue) String() string {
	if s := causeWords[v&0x7f]; s != "" && v < 128 {
		return s
	}
	return fmt.Sprintf("cause %d", uint8(v))
}
