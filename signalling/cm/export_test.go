package cm

// Faults returns how many impossible events the machine has met.
func (m *Machine) Faults() uint64 { return m.stats.Faults }

// Leaks names what a machine without clients and calls should not hold.
func (m *Machine) Leaks() []string {
	var left []string
	for name, n := range map[string]int{
		"clients": len(m.clients), "VCs": len(m.conns), "SAPs": len(m.saps), "calls": len(m.calls),
		"calls in progress": m.inProgress, "closing address families": len(m.closing),
		"slots": len(m.handles.slots) - len(m.handles.free),
	} {
		if n != 0 {
			left = append(left, name)
		}
	}
	return left
}

// RingBytes returns what is charged to a client.
func (m *Machine) RingBytes(id ClientID) int64 { return m.clients[id].ringBytes }
