package cm

import (
	"callmanager/signalling/cm/page"
	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// VCRow is one VC in a list.
type VCRow struct {
	Handle vc.Handle
	// ID is the channel of the call, and Link the name of its link; both are
	// zero without a call. A point-to-multipoint call may have several Branches: they
	// are those of the first.
	ID        vc.ID
	Link      string
	Branches  []BranchRow
	State     vc.State
	CallState vc.CallState
	Owner     string
	Cred      Credentials
	Incoming  bool
	// Parameters are without the user-user information of an offer.
	Parameters primitive.Params
	Changed    bool
	// Parties counts those of a call that the client has made.
	Parties int
}

// SAPRow is one SAP in a list.
type SAPRow struct {
	Handle  vc.Handle
	Filter  filter.Filter
	Owner   string
	Cred    Credentials
	Offered uint64
}

// Counts are the sizes of the machine's tables.
type Counts struct {
	Clients, SAPs, VCs int
	// Calls counts branches that their links have not ended yet.
	Calls, InProgress int
	// Handles counts the handles that name something: SAPs and VCs.
	Handles int
	// ClosingAFs counts the clients whose CloseAF is pending.
	ClosingAFs int
	// PVCs counts the permanent VCs, in use or not.
	PVCs int
	// Parties counts those of the calls that clients have made.
	Parties int
	// RingBytes is the ring memory charged to the clients that are there.
	RingBytes int64
}

// Counts returns the sizes of the tables.
func (m *Machine) Counts() Counts {
	n := Counts{
		Clients: len(m.clients), SAPs: len(m.saps), VCs: len(m.conns),
		Calls: len(m.calls), InProgress: m.inProgress, PVCs: len(m.pvcs),
		Handles: m.handles.Len(), ClosingAFs: len(m.closing),
	}
	for _, c := range m.leaves {
		n.Calls += len(c.leaves)
	}
	for _, c := range m.clients {
		n.Parties += c.parties
		n.RingBytes += c.ringBytes
	}
	return n
}

// Stats returns what has happened since the start.
func (m *Machine) Stats() Stats { return m.stats }

// VCs returns up to limit VCs with handles above after, in order, and whether
// there are more.
func (m *Machine) VCs(after vc.Handle, limit int) (rows []VCRow, more bool) {
	hs, more := page.Of(m.conns, after, limit)
	for _, h := range hs {
		r := m.conns[h].row()
		r.Parameters.UserUser = nil // it is for the owner alone
		rows = append(rows, r)
	}
	return rows, more
}

func (v *conn) row() VCRow {
	r := VCRow{
		Handle: v.handle, State: v.state, CallState: v.call, Owner: v.owner.name, Cred: v.owner.cred,
		Incoming: v.incoming, Parameters: v.params, Changed: v.changed, Parties: len(v.parties),
	}
	if len(v.branches) > 0 {
		r.Branches = v.branchRows()
		r.ID, r.Link = r.Branches[0].ID, r.Branches[0].Link
	}
	return r
}

// Inspect returns the row of a VC that a client may ask about: its own, or any if it is an
// administrator. Another status than [Success] comes with a detail.
func (m *Machine) Inspect(id ClientID, h vc.Handle) (r VCRow, s Status, detail string) {
	c := m.clients[id]
	if c == nil {
		return r, Failure, "the client is gone"
	}
	v, ref := m.ownVC(c, h)
	if other := m.conns[h]; other != nil && c.cred.Admin {
		v, ref = other, nil
	}
	if ref != nil {
		return r, ref.status, ref.detail
	}
	r = v.row()
	if v.owner != c {
		r.Parameters.UserUser = nil
	}
	return r, Success, ""
}

// SAPs returns up to limit SAPs with handles above after, in order, and
// whether there are more.
func (m *Machine) SAPs(after vc.Handle, limit int) (rows []SAPRow, more bool) {
	hs, more := page.Of(m.saps, after, limit)
	for _, h := range hs {
		s := m.saps[h]
		rows = append(rows, SAPRow{Handle: h, Filter: s.filter, Owner: s.owner.name, Cred: s.owner.cred, Offered: s.offered})
	}
	return rows, more
}
