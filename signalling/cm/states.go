package cm

import (
	"fmt"
	"strings"

	"callmanager/vc"
)

// States prints the state tables as Markdown, the text of STATES.md.
func States() string {
	var b strings.Builder
	b.WriteString("# States of the client model\n\n")
	b.WriteString("Printed by cm.States from the tables that run; a test fails when this file is stale.\n")
	b.WriteString("A cell names the states that may follow and the rule; a status is the answer to the\n")
	b.WriteString("request, with no change; - cannot happen and is counted as a fault.\n\n")
	b.WriteString(markdown("Address family", afStateNames[:], afEventNames[:],
		func(s, e int) string { return words(afTable[s][e]) }))
	b.WriteString(markdown("VC in the data plane", namesOf[vc.State](numVCStates), vcEventNames[:],
		func(s, e int) string { return words(vcTable[s][e]) }))
	b.WriteString(markdown("Call on a VC that its client made", namesOf[vc.CallState](numCallStates), callEventNames[:],
		func(s, e int) string { return words(outgoing[s][e]) }))
	b.WriteString(markdown("Call on a VC that was made for an offer", namesOf[vc.CallState](numCallStates), callEventNames[:],
		func(s, e int) string { return words(incoming[s][e]) }))
	b.WriteString(markdown("Party of a call that its client made", namesOf[vc.PartyState](numPartyStates), partyEventNames[:],
		func(s, e int) string { return words(partyTable[s][e]) }))
	return strings.TrimSuffix(b.String(), "\n")
}

// namesOf returns the names of the first n states of a type.
func namesOf[S interface {
	~uint8
	fmt.Stringer
}](n int) []string {
	names := make([]string, n)
	for s := range names {
		names[s] = S(s).String()
	}
	return names
}

// init refuses a broken table: every cell is decided, and one that is handled
// names what follows.
func init() {
	for s := range numAFStates {
		for e := range numAFEvents {
			mustDecide(afTable[s][e], tableAF, s, e)
		}
	}
	for s := range numVCStates {
		for e := range numVCEvents {
			mustDecide(vcTable[s][e], tableVC, s, e)
		}
	}
	for s := range numPartyStates {
		for e := range numPartyEvents {
			mustDecide(partyTable[s][e], tableParty, s, e)
		}
	}
	for s := range numCallStates {
		for e := range numCallEvents {
			mustDecide(outgoing[s][e], tableOutgoing, s, e)
			mustDecide(incoming[s][e], tableIncoming, s, e)
		}
	}
}

func mustDecide[S comparable, A any](c cell[S, A], table string, state, event int) {
	ok := false
	switch c.kind {
	case handleIt:
		ok = len(c.next) > 0 && c.text != ""
	case ignoreIt:
		ok = c.text != ""
	case refuseIt:
		ok = c.status != Success && c.status != Pending && c.text != ""
	case impossibleIt:
		ok = true
	}
	if !ok {
		panic(fmt.Sprintf("cm: the %s table leaves state %d, event %d undecided", table, state, event))
	}
}
