package msg

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// Decision is what is to be done with a received message as a whole (Q.2931 5.6, 5.7).
type Decision uint8

// The decisions.
const (
	// Accept: process the message.
	Accept Decision = iota
	// AcceptAndReport: process the message without the bad elements, then send STATUS with the
	// cause, the diagnostics and the call state after the message. For a RELEASE the cause goes
	// into the RELEASE COMPLETE instead.
	AcceptAndReport
	// DiscardAndReport: discard the message and send STATUS with the cause.
	DiscardAndReport
	// DiscardSilently: discard the message, no answer.
	DiscardSilently
	// ClearCall: clear the call with the cause.
	ClearCall
	// Reject: refuse the SETUP with RELEASE COMPLETE, the ADD PARTY with ADD PARTY REJECT, and
	// the cause.
	Reject
)

var decisionNames = [...]string{
	Accept: "accept", AcceptAndReport: "accept and report", DiscardAndReport: "discard and report",
	DiscardSilently: "discard", ClearCall: "clear call", Reject: "reject",
}

// String returns the decision in words.
func (d Decision) String() string {
	if int(d) < len(decisionNames) {
		return decisionNames[d]
	}
	return fmt.Sprintf("decision %d", uint8(d))
}

// Kind says what is wrong with an element.
type Kind uint8

// The kinds of finding.
const (
	OK               Kind = iota
	BadContent            // contents that the standard does not allow
	TooLong               // longer than its maximum: as BadContent
	UnknownElement        // identifier, coding standard or codeset not known
	Unexpected            // known element that the message does not carry: as UnknownElement
	MissingMandatory      // mandatory element absent or empty
	Repeated              // one copy more than the message may carry: ignored
	Misplaced             // repeat indicator not directly before the first BLLI: ignored
	Empty                 // no contents: as if it were absent
)

var kindNames = [...]string{
	OK: "ok", BadContent: "bad content", TooLong: "too long", UnknownElement: "unknown",
	Unexpected: "unexpected", MissingMandatory: "missing", Repeated: "repeated",
	Misplaced: "misplaced", Empty: "empty",
}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Finding is the judgement of one element.
type Finding struct {
	ID        ie.ID
	Kind      Kind
	Header    ie.Header
	Mandatory bool
	Offset    int    // of the element in the message; -1 for a missing one
	Raw       []byte // the whole element as it came; nil for a missing one
	Err       error  // why, for BadContent and TooLong
}

// Ruling is a decision with its cause.
type Ruling struct {
	Decision    Decision
	Cause       ie.CauseValue // 0 if the decision needs none
	Diagnostics []byte        // for the cause element
}

// Verdict is the judgement of a message.
type Verdict struct {
	Ruling
	// UnknownType tells that the message type is not known or not of the profile.
	UnknownType bool
	// LengthMismatch tells that the length field did not fit the octets; those there were read.
	LengthMismatch bool
	// Findings are the elements in wire order, then the missing ones.
	Findings []Finding
}

// Options is the context of a received message: what is mandatory may depend on it. The zero
// value asks for what the message must carry always.
type Options struct {
	Profile Profile
	// FromNetwork: the sender is the network side (a SETUP must carry a connection identifier).
	FromNetwork bool
	// FirstResponse: no response to our SETUP has come before this message.
	FirstResponse bool
	// SetupHadConnID: our SETUP carried a connection identifier.
	SetupHadConnID bool
	// SetupHadEndpointRef: our SETUP carried an endpoint reference (point-to-multipoint).
	SetupHadEndpointRef bool
	// EnquiryHadEndpointRef: our STATUS ENQUIRY carried an endpoint reference.
	EnquiryHadEndpointRef bool
	// FirstClearing: no RELEASE was sent or received before this RELEASE COMPLETE, so it must
	// carry a cause.
	FirstClearing bool
}
