package cm

import (
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// Effect is one of the effect types below. The runner performs the effects of
// an input in their order, before it gives the machine another input.
type Effect interface{ effect() }

// Deliver hands an event to a client. Ports names the VC whose descriptors
// travel with it; zero means none.
type Deliver struct {
	Client ClientID
	Event  Event
	Ports  vc.Handle
}

// ToLink hands a request to a link.
type ToLink struct {
	Link    vc.LinkID
	Request primitive.Request
}

// OpenVC creates the rings of a VC. The runner answers with
// [Machine.VCOpened] before any other input.
type OpenVC struct {
	VC   vc.Handle
	Spec vc.RingSpec
}

// EndVC marks the end of what the client of a VC reads.
type EndVC struct{ VC vc.Handle }

// CloseVC gives the memory of a VC's rings back, also of rings that were kept.
type CloseVC struct{ VC vc.Handle }

// KeepVC ends a VC whose rings the client keeps: they stay under its handle for an
// [OpenVC] whose specification names it, or until [CloseVC].
type KeepVC struct{ VC vc.Handle }

func (Deliver) effect() {}
func (ToLink) effect()  {}
func (OpenVC) effect()  {}
func (EndVC) effect()   {}
func (CloseVC) effect() {}
func (KeepVC) effect()  {}

// Transition is a record for the log: the call on a VC has changed its state.
type Transition struct {
	VC       vc.Handle
	Client   ClientID
	From, To vc.CallState
	// Event is the event in the names of the model or the standard.
	Event string
}

// Fault reports an event that the machine's tables hold to be impossible. The
// runner logs it as an error of the daemon.
type Fault struct{ Text string }

func (Transition) effect() {}
func (Fault) effect()      {}
