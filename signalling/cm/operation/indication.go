package operation

import "callmanager/vc"

// StatusKind says what a [StatusIndication] is about. The zero value is none.
type StatusKind uint8

// The kinds, in the numbers of the client protocol.
const (
	_ StatusKind = iota
	// SignalingEnabled tells that a link takes calls, SignalingDisabled that it does not.
	SignalingEnabled
	SignalingDisabled
	// AddressChange tells that the daemon's addresses have changed.
	AddressChange
	// ResetStart and ResetEnd bracket a reset of a link. Handles stay valid (INV-63).
	ResetStart
	ResetEnd
)

// StatusIndication tells of a link, or of the addresses, to clients of version 1.3.
type StatusIndication struct {
	Kind StatusKind
	// Link is the link's name; empty for [AddressChange].
	Link string
	// Up and Resetting are the state of the link by now, Detail says why.
	Up, Resetting bool
	Detail        string
	// Addresses are all of the daemon's after [AddressChange].
	Addresses []vc.Addr
}
