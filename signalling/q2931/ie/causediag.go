package ie

// diagnosticForm is the form of a cause's diagnostic.
type diagnosticForm uint8

const (
	formNone diagnosticForm = iota
	formCondition
	formRejection
	formElements
	formMessageType
	formTimer
	formChannel
)

// diagnosticForms are the forms of the diagnostics that have an accessor (Q.2610).
var diagnosticForms = [256]diagnosticForm{
	CauseUnallocatedNumber:         formCondition,
	CauseNoRouteToDestination:      formCondition,
	CauseNormalClearing:            formCondition,
	CauseQoSUnavailable:            formCondition,
	CauseCallRejected:              formRejection,
	CauseAccessInfoDiscarded:       formElements,
	CauseIncompatibleDestination:   formElements,
	CauseMandatoryMissing:          formElements,
	CauseElementNotImplemented:     formElements,
	CauseInvalidElementContents:    formElements,
	CauseMessageTypeNotImplemented: formMessageType,
	CauseMessageNotCompatible98:    formMessageType,
	CauseMessageNotCompatible:      formMessageType,
	CauseTimerExpiry:               formTimer,
	CauseChannelDoesNotExist:       formChannel,
}

// has reports whether the cause has diagnostics of the form, at least one octet.
func (e *Cause) has(f diagnosticForm) bool {
	return diagnosticForms[e.Value] == f && len(e.Diagnostic) > 0
}

// Condition tells why and how long a cause holds: the diagnostic of the causes 1, 3, 16 and 49
// (Q.2610).
//
//	   8     7   6   5     4     3     2   1
//	+-----+-----------+-----+-----+-----------+
//	|  1  |   spare   | p/u | n/a | condition |
//	+-----+-----------+-----+-----+-----------+
type Condition struct {
	User     bool  // raised by the service user, not the provider
	Abnormal bool  // abnormal condition
	Duration uint8 // 0 unknown, 1 permanent, 2 transient
}

// Octets returns the diagnostic.
func (d Condition) Octets() []byte {
	o := 0x80 | d.Duration&3
	if d.User {
		o |= 0x08
	}
	if d.Abnormal {
		o |= 0x04
	}
	return []byte{o}
}

// Condition returns the diagnostic of a cause that has one of this form.
func (e *Cause) Condition() (Condition, bool) {
	if !e.has(formCondition) || e.Diagnostic[0]&0x80 == 0 {
		return Condition{}, false
	}
	o := e.Diagnostic[0]
	return Condition{User: o&0x08 != 0, Abnormal: o&0x04 != 0, Duration: o & 3}, true
}

// Rejection is the diagnostic of cause 21.
//
//	   8     7   6   5   4   3     2   1
//	+-----+-------------------+-----------+
//	|  1  |      reason       | condition |
//	+-----+-------------------+-----------+
type Rejection struct {
	Reason   uint8  // 0 user specific, 1 element missing, 2 element contents not sufficient
	Duration uint8  // 0 unknown, 1 permanent, 2 transient
	More     []byte // octets of the user, or the identifier of the element
}

// Octets returns the diagnostic.
func (d Rejection) Octets() []byte {
	return append([]byte{0x80 | d.Reason&0x1f<<2 | d.Duration&3}, d.More...)
}

// Rejection returns the diagnostic of cause 21. More shares memory with the cause.
func (e *Cause) Rejection() (Rejection, bool) {
	if !e.has(formRejection) || e.Diagnostic[0]&0x80 == 0 {
		return Rejection{}, false
	}
	o := e.Diagnostic[0]
	return Rejection{Reason: o >> 2 & 0x1f, Duration: o & 3, More: e.Diagnostic[1:]}, true
}

// Elements returns the identifiers that the causes 43, 88, 96, 99 and 100 complain about.
func (e *Cause) Elements() []ID {
	if !e.has(formElements) {
		return nil
	}
	ids := make([]ID, len(e.Diagnostic))
	for i, o := range e.Diagnostic {
		ids[i] = ID(o)
	}
	return ids
}

// MessageType returns the message type that the causes 97, 98 and 101 complain about.
func (e *Cause) MessageType() (uint8, bool) {
	if !e.has(formMessageType) {
		return 0, false
	}
	return e.Diagnostic[0], true
}

// Timer returns the timer of cause 102, such as "308", or "".
func (e *Cause) Timer() string {
	if !e.has(formTimer) {
		return ""
	}
	return string(e.Diagnostic)
}

// Channel returns the VPCI and VCI of cause 82.
func (e *Cause) Channel() (vpci, vci uint16, ok bool) {
	if d := e.Diagnostic; e.has(formChannel) && len(d) == 4 {
		return uint16(d[0])<<8 | uint16(d[1]), uint16(d[2])<<8 | uint16(d[3]), true
	}
	return 0, 0, false
}
