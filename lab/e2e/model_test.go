package e2e_test

import (
	"fmt"
	"slices"
	"strings"

	"callmanager/api/cmdpb"
)

// phase is the state of the call on a VC (the model's 3.2 and 3.3), as its client knows it.
type phase string

// The phases. A VC that was made for an offer is told to be deleted behind the end of its call: between the two it is
// ended.
const (
	idle         phase = "idle"
	proceeding   phase = "proceeding"
	offered      phase = "offered"
	accepted     phase = "accepted"
	connected    phase = "connected"
	modifying    phase = "modifying"
	remoteClosed phase = "remote-closed"
	closing      phase = "closing"
	ended        phase = "ended"
)

// answers are what each operation is answered in each phase.
type answers map[phase]map[string]cmdpb.Status

// vcOperations are the operations on a VC, the columns of the tables.
var vcOperations = []string{"MakeCall", "accept", "refuse", "CloseCall", "DeleteVC", "Alert", "Notify", "Modify", "AddParty"}

// ownCalls is the call on a VC that its client made (3.2, 3.5).
var ownCalls = readAnswers(`
idle           PENDING      FAILURE FAILURE FAILURE SUCCESS      FAILURE FAILURE FAILURE      FAILURE
proceeding     CALL_ACTIVE  FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE SUCCESS FAILURE      NOT_ACCEPTED
connected      CALL_ACTIVE  FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE SUCCESS PENDING      PENDING
modifying      CALL_ACTIVE  FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE SUCCESS NOT_ACCEPTED NOT_SUPPORTED
remote-closed  CALL_ACTIVE  FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE FAILURE FAILURE      FAILURE
closing        CALL_ACTIVE  FAILURE FAILURE CLOSING CLOSING      FAILURE CLOSING CLOSING      CLOSING
`)

// offeredCalls is the call on a VC that was made for an offer (3.3, 3.5).
var offeredCalls = readAnswers(`
offered        NOT_ACCEPTED SUCCESS SUCCESS PENDING NOT_ACCEPTED SUCCESS SUCCESS FAILURE       NOT_SUPPORTED
accepted       NOT_ACCEPTED FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE SUCCESS NOT_SUPPORTED NOT_SUPPORTED
connected      NOT_ACCEPTED FAILURE FAILURE PENDING NOT_ACCEPTED FAILURE SUCCESS NOT_SUPPORTED NOT_SUPPORTED
remote-closed  NOT_ACCEPTED SUCCESS SUCCESS PENDING NOT_ACCEPTED FAILURE FAILURE FAILURE       NOT_SUPPORTED
closing        NOT_ACCEPTED FAILURE FAILURE CLOSING NOT_ACCEPTED FAILURE CLOSING CLOSING       NOT_SUPPORTED
`)

// readAnswers reads a table, whose columns are vcOperations.
func readAnswers(table string) answers {
	out := make(answers)
	for line := range strings.Lines(strings.TrimSpace(table)) {
		cells := strings.Fields(line)
		row := make(map[string]cmdpb.Status)
		for i, name := range vcOperations {
			status, ok := cmdpb.Status_value[cells[i+1]]
			if !ok {
				panic("no status " + cells[i+1])
			}
			row[name] = cmdpb.Status(status)
		}
		out[phase(cells[0])] = row
	}
	return out
}

// partyState is the state of a party (3.4).
type partyState string

// The states of a party that has a handle, and before it has one.
const (
	adding        partyState = "adding"
	active        partyState = "active"
	remoteDropped partyState = "remote-dropped"
	dropping      partyState = "dropping"
)

// dropAnswers are what DropParty is answered; that of the last party is refused (INV-39). The handle of a party that is
// being added is not told before it stands.
var dropAnswers = map[partyState]cmdpb.Status{
	adding: cmdpb.Status_NOT_ACCEPTED,
	active: cmdpb.Status_PENDING, remoteDropped: cmdpb.Status_PENDING, dropping: cmdpb.Status_CLOSING,
}

// family is the state of an address family (3.4).
type family string

// The states of an address family.
const (
	afClosed  family = "closed"
	afOpen    family = "open"
	afClosing family = "closing"
)

// begins are the operations that begin something, which an address family that closes refuses.
var begins = []string{"CreateVC", "RegisterSAP", "MakeCall", "AddParty"}

// visits counts how often each operation was answered in each state.
type visits map[string]int

// visit counts one.
func (v visits) visit(state, operation string) { v[state+" / "+operation]++ }

// wanted are the pairs that there are. Not among them is DropParty of a party that is being added: its handle is not
// told before it stands. Nor are states between two messages of which the daemon sends the second with the first: a VC
// of an offer between the end of its call and its deletion.
func wanted() (pairs []string) {
	add := func(state string, operations ...string) {
		for _, o := range operations {
			pairs = append(pairs, state+" / "+o)
		}
	}
	for p := range ownCalls {
		add("own call "+string(p), vcOperations...)
	}
	for p := range offeredCalls {
		add("offered call "+string(p), vcOperations...)
	}
	for _, what := range []string{"a dead VC", "another client's VC", "no VC"} {
		add(what, vcOperations...)
	}
	add("no VC", "RingDone")
	add("rings held", "RingDone")
	add("rings done", "RingDone")
	add("another client's rings", "RingDone")
	for _, s := range []partyState{active, remoteDropped, dropping} {
		add("party "+string(s), "DropParty")
	}
	add("last party", "DropParty")
	add("a dead party", "DropParty")
	add("another client's party", "DropParty")
	add("a call with parties", "CloseCall")
	add("SAP registered", "RegisterSAP", "DeregisterSAP")
	add("another client's SAP", "RegisterSAP", "DeregisterSAP")
	add("SAP free", "RegisterSAP")
	add("a dead SAP", "DeregisterSAP")
	add("address family closed", append([]string{"OpenAF", "CloseAF", "CloseCall", "RingDone", "DropParty", "DeregisterSAP"}, begins...)...)
	add("address family closing", append([]string{"OpenAF", "CloseAF"}, begins...)...)
	add("address family open", "OpenAF", "CloseAF", "CreateVC")
	add("any call", "AdminClose")
	add("no call", "AdminClose")
	add("a client", "death")
	slices.Sort(pairs)
	return pairs
}

// missed returns the pairs that were not visited.
func (v visits) missed() (pairs []string) {
	for _, p := range wanted() {
		if v[p] == 0 {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// String is the table of all visits.
func (v visits) String() string {
	var b strings.Builder
	for _, p := range wanted() {
		fmt.Fprintf(&b, "%8d  %s\n", v[p], p)
	}
	return b.String()
}
