package msg

import (
	"slices"

	"callmanager/signalling/q2931/ie"
)

// maxDiagnostics is what the diagnostics of a cause have room for (Q.2610: 34 octets in all).
const maxDiagnostics = 28

// bad reports whether the contents are to blame.
func (k Kind) bad() bool { return k == BadContent || k == TooLong }

// unrecognized reports whether the receiver does not know what to do with the element.
func (k Kind) unrecognized() bool { return k == UnknownElement || k == Unexpected }

// treatment is what is done about an element that is bad or not recognised.
type treatment uint8

const (
	regular   treatment = iota // by the rules of Q.2931 5.6
	clearCall                  // 5.7: the explicit instructions from here on
	discardElement
	discardAndReport
	discardMessage
	discardMessageAndReport
)

// treatment returns what the element's instruction field asks for.
func (f *Finding) treatment() treatment {
	if !f.Header.Flag {
		return regular
	}
	switch f.Header.Action {
	case ie.ActionClear:
		return clearCall
	case ie.ActionDiscard:
		return discardElement
	case ie.ActionDiscardMessage:
		return discardMessage
	case ie.ActionDiscardMessageReport:
		return discardMessageAndReport
	case ie.ActionDiscardReport:
	}
	return discardAndReport
}

// A rule of Q.2931 5.6 and 5.7: findings that match make the decision.
type rule struct {
	match     func(*Finding) bool
	mandatory bool // about mandatory elements: some messages are refused instead
	decision  Decision
	cause     ie.CauseValue
}

// rules stand in the order in which they are tried; one decision is made for each message.
var rules = [...]rule{
	{func(f *Finding) bool { return f.Kind == MissingMandatory }, true, DiscardAndReport, ie.CauseMandatoryMissing},
	{asks(Kind.unrecognized, clearCall), false, ClearCall, ie.CauseElementNotImplemented},
	{asks(Kind.bad, clearCall), false, ClearCall, ie.CauseInvalidElementContents},
	{asks(Kind.unrecognized, discardMessageAndReport), false, DiscardAndReport, ie.CauseElementNotImplemented},
	{asks(Kind.bad, discardMessageAndReport), false, DiscardAndReport, ie.CauseInvalidElementContents},
	{asks(Kind.wrong, discardMessage), false, DiscardSilently, 0},
	// A mandatory element cannot be left out, whatever its own instruction says.
	{func(f *Finding) bool { return f.Mandatory && f.Kind.bad() }, true, DiscardAndReport, ie.CauseInvalidElementContents},
	{asks(Kind.bad, regular, discardAndReport), false, AcceptAndReport, ie.CauseInvalidElementContents},
	{asks(Kind.unrecognized, regular, discardAndReport), false, AcceptAndReport, ie.CauseElementNotImplemented},
}

// wrong reports whether the kind is bad or unrecognised.
func (k Kind) wrong() bool { return k.bad() || k.unrecognized() }

// asks matches the findings of a kind that ask for one of the treatments.
func asks(kind func(Kind) bool, by ...treatment) func(*Finding) bool {
	return func(f *Finding) bool { return kind(f.Kind) && slices.Contains(by, f.treatment()) }
}

// policy is how a message departs from the rules.
type policy uint8

const (
	plain      policy = iota
	refusable         // SETUP: refused instead of cleared, and if a mandatory element is wrong
	addParty          // ADD PARTY: refused if a mandatory element is wrong but the reference
	partyGone         // a party goes away: a bad cause is tolerated, a bad reference clears the call
	clearing          // RELEASE: processed whatever its elements look like
	clearingUp        // RELEASE COMPLETE: the same, and nothing is reported
)

// decide makes the decision on the message.
func (v *Verdict) decide(m *Message, p policy) {
	if v.UnknownType {
		v.Ruling = OnUnexpected(m, ie.CauseMessageTypeNotImplemented)
		return
	}
	for i := range rules {
		if p != clearingUp && v.apply(&rules[i], p) {
			break
		}
	}
	// An ADD PARTY that names no party cannot be rejected (Q.2971 9.5.5).
	if p == addParty && v.Decision == Reject && m.EndpointRef == nil {
		v.Decision = DiscardAndReport
	}
}

// apply tries one rule and reports whether it made the decision.
func (v *Verdict) apply(r *rule, p policy) bool {
	access, party := true, false
	var diagnostics []byte
	for i := range v.Findings {
		f := &v.Findings[i]
		if f.Kind == OK || !r.match(f) || p == partyGone && f.ID == ie.IDCause && f.Mandatory {
			continue
		}
		party = party || f.ID == ie.IDEndpointRef
		if inf := ie.Lookup(f.ID); inf == nil || !inf.Access {
			access = false
		}
		if len(diagnostics) < maxDiagnostics && !slices.Contains(diagnostics, byte(f.ID)) {
			diagnostics = append(diagnostics, byte(f.ID))
		}
	}
	if diagnostics == nil {
		return false
	}
	v.Ruling = Ruling{Decision: r.decide(p, party), Cause: r.cause, Diagnostics: diagnostics}
	switch {
	case v.Decision == Accept || v.Decision == DiscardSilently:
		v.Cause, v.Diagnostics = 0, nil
	case access && r.decision == AcceptAndReport && r.cause == ie.CauseInvalidElementContents:
		v.Cause = ie.CauseAccessInfoDiscarded
	}
	return true
}

// decide turns the general decision into that of the message. party tells that the endpoint
// reference is among the elements to blame.
func (r *rule) decide(p policy, party bool) Decision {
	switch p {
	case refusable:
		if r.mandatory || r.decision == ClearCall {
			return Reject
		}
	case addParty:
		if r.mandatory && !party {
			return Reject
		}
	case partyGone:
		if r.mandatory && party {
			return ClearCall
		}
	case clearing:
		if r.decision == DiscardSilently {
			return Accept
		}
		return AcceptAndReport
	case plain, clearingUp:
	}
	return r.decision
}

// OnUnexpected is the decision on a message that is not known (cause 97) or not expected in the
// state of its call (cause 101), by the message's own instruction (Q.2931 5.6.4, 5.7.1). The
// caller ignores ClearCall in the release states.
func OnUnexpected(m *Message, cause ie.CauseValue) Ruling {
	r := Ruling{Decision: DiscardAndReport, Cause: cause, Diagnostics: []byte{byte(m.Type)}}
	if !m.Action.Flag {
		return r
	}
	switch m.Action.Action {
	case ActionClear:
		r.Decision = ClearCall
	case ActionDiscard:
		return Ruling{Decision: DiscardSilently}
	case ActionDiscardReport, ActionReserved:
	}
	return r
}
