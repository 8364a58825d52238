package cm

import (
	"maps"
	"slices"

	"callmanager/vc"
)

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

func (StatusIndication) event() {}

// announce tells what has changed of a link.
func (m *Machine) announce(l *link, was LinkInfo) {
	tell := func(k StatusKind) {
		m.broadcast(StatusIndication{Kind: k, Link: l.Name, Up: l.Up, Resetting: l.Resetting, Detail: l.Reason})
	}
	if l.Resets != was.Resets {
		tell(ResetStart)
	}
	switch {
	case l.Up && !was.Up:
		tell(SignalingEnabled)
	case !l.Up && was.Up:
		tell(SignalingDisabled)
	}
	if !l.Resetting && (was.Resetting || l.Resets != was.Resets) {
		tell(ResetEnd)
	}
	m.noteAddresses()
}

// noteAddresses tells of the addresses, if they have changed.
func (m *Machine) noteAddresses() {
	now := m.Addresses()
	if slices.Equal(now, m.known) {
		return
	}
	m.known = now
	m.emit(Effect{Kind: NewAddresses})
	m.broadcast(StatusIndication{Kind: AddressChange, Addresses: now})
}

// broadcast tells every client that knows indications.
func (m *Machine) broadcast(ev StatusIndication) {
	for _, id := range slices.Sorted(maps.Keys(m.clients)) {
		if c := m.clients[id]; c.models() {
			m.deliver(c, ev)
		}
	}
}
