package uni

import (
	"fmt"

	"callmanager/signalling/fsm"
	"callmanager/signalling/fsm/fsmtest"
	"callmanager/signalling/primitive"
)

// Leftovers tells what a link without calls still holds.
func Leftovers(l *Link) string {
	if len(l.calls) > 0 {
		return ""
	}
	if len(l.byRef) != 0 || l.channels.InUse() != 0 || l.pending != [2]int{} || len(l.clearing) != 0 || len(l.enquired) != 0 ||
		l.channels.Resting() != 0 || len(l.awaiting) != 0 || l.job != nil || len(l.restarts) != 0 {
		return fmt.Sprintf("%d references, %d channels, pending %v, %d clearing, %d enquired, %d ending, %d awaiting, %d restarts (one under way: %v)",
			len(l.byRef), l.channels.InUse(), l.pending, len(l.clearing), len(l.enquired), l.channels.Resting(), len(l.awaiting), len(l.restarts), l.job != nil)
	}
	return ""
}

// SetNextRef sets the call reference of the next outgoing call.
func SetNextRef(l *Link, v uint32) { l.nextRef = v }

// CoordDeclared reports whether a transition of the coordinator stands in its
// table.
func CoordDeclared(t Transition) bool {
	for _, s := range coordTable.States() {
		for _, e := range coordTable.Events() {
			if s.String() != t.From || e.String() != t.Event {
				continue
			}
			for _, n := range coordTable.At(s, e).Next {
				if n.String() == t.To {
					return true
				}
			}
		}
	}
	return false
}

// SetNextPartyRef sets the endpoint reference of the next party of a call.
func SetNextPartyRef(l *Link, id primitive.CallID, v uint16) { l.calls[id].parties.nextRef = v }

// Tables are the tables that the tests must cover.
func Tables() map[string]fsmtest.Table { return map[string]fsmtest.Table{"coordinator": coordTable} }

// CoordState and CoordEvent are those of the coordinator.
type (
	CoordState = coordState
	CoordEvent = coordEvent
)

// The states of the coordinator.
const (
	SAALDown         = saalDown
	SAALBackOff      = saalBackOff
	SAALEstablishing = saalEstablishing
	SAALReleasing    = saalReleasing
	SAALUp           = saalUp
)

// CoordEvents returns the events of the coordinator.
func CoordEvents() []CoordEvent { return coordTable.Events() }

// CoordCell returns what the coordinator does on an event.
func CoordCell(s CoordState, e CoordEvent) (kind fsm.Kind, next []CoordState) {
	c := coordTable.At(s, e)
	return c.Kind, c.Next
}

// CoordOf returns the state of a link's coordinator.
func CoordOf(l *Link) CoordState { return l.coord }

// Coordinate gives an event to a link's coordinator.
func Coordinate(l *Link, e CoordEvent) []Effect {
	l.begin()
	l.coordinate(e)
	return l.end()
}
