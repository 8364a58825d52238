package cm

import (
	"maps"
	"slices"
)

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
