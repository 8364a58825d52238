package cm

import (
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// EffectKind says what an [Effect] is. The zero value is none.
type EffectKind uint8

// The effects of the machine.
const (
	_ EffectKind = iota
	// Deliver hands Event to Client. VC names the one whose descriptors travel with it; zero means none.
	Deliver
	// ToLink hands Request to Link.
	ToLink
	// OpenVC creates the rings of VC by Spec. The runner answers with [Machine.VCOpened] when it has performed
	// the other effects, before any other input.
	OpenVC
	// EndVC marks the end of what the client of VC reads.
	EndVC
	// CloseVC gives the memory of VC's rings back, also of rings that were kept.
	CloseVC
	// KeepVC ends a VC whose rings the client keeps: they stay under its handle for an OpenVC whose Spec names
	// it, or until CloseVC.
	KeepVC
	// NewAddresses tells that [Machine.Addresses] has changed: links take calls to all of them.
	NewAddresses
	// Transition is a record for the log: the call on VC, which is Client's, has changed from From to To by the
	// event that Text names in the words of the model or the standard.
	Transition
	// Fault reports an event that the machine's tables hold to be impossible: Text. The runner logs it as an
	// error of the daemon.
	Fault
)

// Effect is one thing that the machine asks of its runner. The runner performs the effects of an input in their
// order, before it gives the machine another input. Only the fields that the kind names are set. Effects lie in
// memory of the machine that the next input uses again; what Event, Request and Text hold is the receiver's.
//
// They are of one type, and not an interface each, because boxing them was a sixth of all that a call allocated.
type Effect struct {
	Kind     EffectKind
	From, To vc.CallState
	Link     vc.LinkID
	Client   ClientID
	VC       vc.Handle
	Event    Event
	Request  primitive.Request
	Text     string
	Spec     vc.RingSpec
}
