package uni

import (
	"fmt"
	"slices"
	"strings"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/vc"
)

// counter names one of a link's counters.
type counter uint8

const (
	countBadMessage    counter = iota // octets that are no message
	countDummy                        // messages with the dummy call reference
	countLength                       // messages whose length field is wrong
	countUnknownType                  // messages of an unknown type
	countUnexpected                   // messages that the state does not expect
	countNoCall                       // messages of no call
	countDiscarded                    // messages discarded for their elements
	countReported                     // messages processed in part
	countCleared                      // messages that cleared or refused a call for their elements
	countNotify                       // NOTIFY messages
	countStatus                       // STATUS messages that changed nothing
	countChannel                      // responses with a channel that cannot be used
	countDeferred                     // messages kept until calls are taken
	countForgotten                    // deferred messages that a restart has overtaken
	countUnitData                     // unassured data, which nobody takes
	countNotStarted                   // PDUs before the start and after the end
	countNotSent                      // messages that the SAAL did not take
	countEncode                       // messages that could not be written
	countLeftOut                      // messages sent without elements that the profile lacks
	countActivation                   // branches that the data plane refused
	countModified                     // modifications of calls
	countModifyRefused                // modifications that were refused
	countRestartFailed                // restarts that came to nothing
	countStaleExpiry                  // expiries of timers that were stopped
	countBadRequest                   // requests that make no sense
	countNoParty                      // messages of no party
	countLeafSetup                    // messages of leaf initiated join that could not be answered
	countJoin                         // leaves that the data plane refused
	countPVCRefused                   // PVCs that there was no room for
	countLateAnswer                   // answers that nothing waits for any more
	countImpossible                   // events that cannot be: a defect if not 0
	numCounters        = int(countImpossible) + 1
)

var counterNames = [numCounters]string{
	countBadMessage:    "bad_messages",
	countDummy:         "dummy_call_references",
	countLength:        "wrong_lengths",
	countUnknownType:   "unknown_message_types",
	countUnexpected:    "unexpected_messages",
	countNoCall:        "messages_without_call",
	countDiscarded:     "discarded_messages",
	countReported:      "reported_messages",
	countCleared:       "clearing_messages",
	countNotify:        "notifies",
	countStatus:        "statuses",
	countChannel:       "unusable_channels",
	countDeferred:      "deferred_messages",
	countForgotten:     "forgotten_messages",
	countUnitData:      "unit_data",
	countNotStarted:    "pdus_not_started",
	countNotSent:       "messages_not_sent",
	countEncode:        "encode_errors",
	countLeftOut:       "messages_cut_to_profile",
	countActivation:    "activation_failures",
	countModified:      "modifications",
	countModifyRefused: "modifications_refused",
	countRestartFailed: "restart_failures",
	countStaleExpiry:   "stale_expiries",
	countBadRequest:    "bad_requests",
	countNoParty:       "messages_without_party",
	countLeafSetup:     "unanswered_leaf_setups",
	countJoin:          "join_failures",
	countPVCRefused:    "pvcs_refused",
	countLateAnswer:    "late_answers",
	countImpossible:    "impossible",
}

// refusal is a reason for which calls are refused before they begin.
type refusal uint8

const (
	refusedAddress refusal = iota
	refusedOverload
	refusedCapacity
	refusedChannel
	refusedTraffic
	refusedAAL
	refusedLink
	refusedMessage
	refusedOther
	numRefusals = int(refusedOther) + 1
)

var refusalNames = [numRefusals]string{
	refusedAddress:  "refused_address",
	refusedOverload: "refused_overload",
	refusedCapacity: "refused_capacity",
	refusedChannel:  "refused_channel",
	refusedTraffic:  "refused_traffic",
	refusedAAL:      "refused_aal",
	refusedLink:     "refused_link",
	refusedMessage:  "refused_message",
	refusedOther:    "refused_other",
}

// counters are the counters of a link.
type counters struct {
	plain   [numCounters]uint64
	refused [numRefusals]uint64
	in, out messageCounts
}

// messageCounts count messages by type; those of unknown type are one.
type messageCounts [len(messageTypes) + 1]uint64

var messageTypes = [...]msg.Type{
	msg.Setup, msg.CallProceeding, msg.Alerting, msg.Connect, msg.ConnectAck, msg.Release, msg.ReleaseComplete,
	msg.Status, msg.StatusEnquiry, msg.Notify, msg.Progress, msg.Restart, msg.RestartAck,
	msg.ModifyRequest, msg.ModifyAck, msg.ModifyReject, msg.ConnectionAvailable,
	msg.AddParty, msg.AddPartyAck, msg.AddPartyReject, msg.PartyAlerting, msg.DropParty, msg.DropPartyAck,
	msg.LeafSetupRequest, msg.LeafSetupFailure,
}

func (m *messageCounts) add(t msg.Type) {
	for i, u := range messageTypes {
		if t == u {
			m[i]++
			return
		}
	}
	m[len(messageTypes)]++
}

func (m *messageCounts) rows(direction string, rows []vc.Counter) []vc.Counter {
	for i, t := range messageTypes {
		name := strings.ReplaceAll(strings.ToLower(t.String()), " ", "_")
		rows = append(rows, vc.Counter{Name: "messages_" + direction + "_" + name, Value: m[i]})
	}
	return append(rows, vc.Counter{Name: "messages_" + direction + "_other", Value: m[len(messageTypes)]})
}

func (l *Link) count(c counter) { l.counters.plain[c]++ }

// refused counts a call refused for a cause.
func (l *Link) refused(v ie.CauseValue) { l.counters.refused[refusalOf(v)]++ }

func refusalOf(v ie.CauseValue) refusal {
	for r, causes := range refusalCauses {
		if slices.Contains(causes, v) {
			return refusal(r)
		}
	}
	return refusedOther
}

var refusalCauses = [numRefusals][]ie.CauseValue{
	refusedAddress:  {ie.CauseNoRouteToDestination, ie.CauseInvalidNumberFormat},
	refusedOverload: {ie.CauseCongestion},
	refusedCapacity: {ie.CauseCellRateUnavailable, ie.CauseResourceUnavailable},
	refusedChannel:  {ie.CauseVPCIVCIUnavailable, ie.CauseNoVPCIVCI, ie.CauseChannelTypeNotImplemented},
	refusedTraffic:  {ie.CauseUnsupportedTraffic, ie.CauseBearerNotImplemented},
	refusedAAL:      {ie.CauseAALNotSupportedUNI30},
	refusedLink:     {ie.CauseNetworkOutOfOrder, ie.CauseTemporaryFailure},
	refusedMessage:  {ie.CauseMandatoryMissing, ie.CauseElementNotImplemented, ie.CauseInvalidElementContents},
}

// Counters returns the counters in a stable order.
func (l *Link) Counters() []vc.Counter {
	var rows []vc.Counter
	rows = l.counters.in.rows("in", rows)
	rows = l.counters.out.rows("out", rows)
	for i, n := range counterNames {
		rows = append(rows, vc.Counter{Name: n, Value: l.counters.plain[i]})
	}
	for i, n := range refusalNames {
		rows = append(rows, vc.Counter{Name: n, Value: l.counters.refused[i]})
	}
	return append(rows, l.sscopCounters()...)
}

// maaErrors are the letters of the errors that SSCOP reports.
const maaErrors = "ABCDFGHIJKLMOPQRSTUVWX"

func (l *Link) sscopCounters() []vc.Counter {
	var s sscop.Stats
	if l.saal != nil {
		s = l.saal.Stats()
	}
	rows := []vc.Counter{
		{Name: "sscop_retransmitted", Value: s.Retransmitted},
		{Name: "sscop_discarded", Value: s.Discarded},
		{Name: "sscop_overflow", Value: s.Overflow},
		{Name: "sscop_dropped", Value: s.Dropped},
		{Name: "sscop_impossible", Value: s.Impossible},
	}
	for _, letter := range []byte(maaErrors) {
		rows = append(rows, vc.Counter{
			Name:  fmt.Sprintf("sscop_error_%c", letter+'a'-'A'),
			Value: s.Error(sscop.ErrorCode(letter)),
		})
	}
	return rows
}
