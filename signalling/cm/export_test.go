package cm

import (
	"fmt"
	"slices"

	"callmanager/vc"
)

// Faults returns how many impossible events the machine has met.
func (m *Machine) Faults() uint64 { return m.stats.Faults }

// MaxKept is how many pairs of rings are kept for a client.
const MaxKept = maxKept

// MaxAliases is how many aliases there may be.
const MaxAliases = maxAliases

// Leaks names what a machine without clients and calls should not hold.
func (m *Machine) Leaks() []string {
	var left []string
	for name, n := range map[string]int{
		"clients": len(m.clients), "VCs": len(m.conns), "SAPs": len(m.saps), "calls": len(m.calls), "calls with leaves": len(m.leaves),
		"calls in progress": m.inProgress, "closing address families": len(m.closing), "users with VCs": len(m.userVCs),
		"slots": m.handles.Len(),
	} {
		if n != 0 {
			left = append(left, name)
		}
	}
	for _, p := range m.pvcs {
		if p.user != nil || p.asker != nil || p.adding || p.deleting {
			left = append(left, fmt.Sprintf("PVC %+v", p.id))
		}
	}
	return left
}

// PartyHandles returns the handles of all parties, in order.
func (m *Machine) PartyHandles() []vc.Handle {
	var hs []vc.Handle
	for _, v := range m.conns {
		for _, p := range v.parties {
			hs = append(hs, p.handle)
		}
	}
	slices.Sort(hs)
	return hs
}

// Modifier returns the client that has asked for the modification of a VC by AdminModify, if one has.
func (m *Machine) Modifier(h vc.Handle) (ClientID, bool) {
	by := m.conns[h].modifier
	if by == nil {
		return 0, false
	}
	return by.id, true
}

// PartyOwner returns the client whose party h is.
func (m *Machine) PartyOwner(h vc.Handle) ClientID { return m.handles.Find(h).owner().id }

// PartyState returns what the party h is at.
func (m *Machine) PartyState(h vc.Handle) vc.PartyState { return m.handles.Find(h).party.state }

// Parties returns how many parties are charged to a client.
func (m *Machine) Parties(id ClientID) int { return m.clients[id].parties }

// RingBytes returns what is charged to a client.
func (m *Machine) RingBytes(id ClientID) int64 { return m.clients[id].ringBytes }
