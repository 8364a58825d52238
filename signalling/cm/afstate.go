package cm

// afState is the state of a client's address family (the model's 3.4). Opening
// is answered at once, so there is no state for it.
type afState uint8

const (
	afClosed afState = iota
	afOpen
	// afNotified is open still, but is to be closed: the daemon ends.
	afNotified
	// afClosing waits for the last call to be closed.
	afClosing
)

const numAFStates = int(afClosing) + 1

var afStateNames = [numAFStates]string{afClosed: "closed", afOpen: "open", afNotified: "notified", afClosing: "closing"}

// String returns the state in lower case.
func (s afState) String() string { return afStateNames[s] }

// afEvent is what an address family meets.
type afEvent uint8

const (
	afReqOpen afEvent = iota
	afReqClose
	// afReqBegin is what begins something: CreateVC, RegisterSAP, MakeCall.
	afReqBegin
	// afReqUse is what concerns something there is: the other requests.
	afReqUse
	// afNotify is NotifyCloseAF.
	afNotify
	// afDrained tells that no call is left.
	afDrained
)

const numAFEvents = int(afDrained) + 1

var afEventNames = [numAFEvents]string{
	afReqOpen: "OpenAF", afReqClose: "CloseAF", afReqBegin: "CreateVC, RegisterSAP, MakeCall",
	afReqUse: "other requests", afNotify: "NotifyCloseAF", afDrained: "last call closed",
}

// String names the event as the model does.
func (e afEvent) String() string { return afEventNames[e] }

type afCell = cell[afState, struct{}]

func afTo(next afState, text string) afCell {
	return afCell{kind: handleIt, next: []afState{next}, text: text}
}

func afNo(text string) afCell { return afCell{kind: refuseIt, status: Failure, text: text} }

const notOpen = "no address family is open on this connection: send OpenAF first"

// afTable is the address family of the model's sections 3.4 and 3.5. CloseAF
// is refused where it is repeated and pends where calls are left (section 9,
// point 7).
var afTable = [numAFStates][numAFEvents]afCell{
	afClosed: {
		afReqOpen: afTo(afOpen, "INV-15"), afReqClose: afNo(notOpen), afReqBegin: afNo(notOpen), afReqUse: afNo(notOpen),
		afNotify: {kind: impossibleIt}, afDrained: {kind: impossibleIt},
	},
	afOpen: {
		afReqOpen:  afNo("the connection has an open address family already: one connection, one address family"),
		afReqClose: afTo(afClosing, "INV-12"), afReqBegin: afTo(afOpen, "3.4"), afReqUse: afTo(afOpen, "3.4"),
		afNotify:  afTo(afNotified, "2.1, 5"),
		afDrained: {kind: ignoreIt, text: "only CloseAF ends it"},
	},
	afNotified: {
		afReqOpen:  afNo("the connection has an open address family already, which is to be closed: the daemon is stopping"),
		afReqClose: afTo(afClosing, "INV-12, INV-14"),
		afReqBegin: {kind: refuseIt, status: Closing, text: "the daemon is stopping"},
		afReqUse:   afTo(afNotified, "3.4"),
		afNotify:   {kind: impossibleIt},
		afDrained:  {kind: ignoreIt, text: "only CloseAF ends it"},
	},
	afClosing: {
		afReqOpen:  afNo("the address family is closing: wait for CloseAFComplete"),
		afReqClose: afNo("CloseAF is under way already"),
		afReqBegin: afNo("the address family is closing"),
		afReqUse:   afTo(afClosing, "3.4"),
		afNotify:   {kind: impossibleIt},
		afDrained:  afTo(afClosed, "INV-12"),
	},
}

// stepAF is the one place where the state of an address family changes. It
// returns the refusal of an event that the state does not allow.
func (m *Machine) stepAF(c *client, ev afEvent) *refusal {
	at := &afTable[c.af][ev]
	note(tableAF, c.af, ev)
	switch at.kind {
	case handleIt:
		c.af = at.next[0]
	case refuseIt:
		return at.refusal()
	case ignoreIt:
	case impossibleIt:
		m.fault("client %d: %s in state %s", c.id, ev, c.af)
	}
	return nil
}
