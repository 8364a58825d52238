package cm

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
)

// Limits bound what clients may hold.
type Limits = quota.Limits

// limited refuses what is beyond a limit with RESOURCES, and counts it.
func (m *Machine) limited(k quota.Kind) *refusal {
	m.stats.Limited[k]++
	return refuse(Resources, k.Reached(m.limits.Of(k)))
}

// roomForVC refuses a VC for which there is no room.
func (m *Machine) roomForVC(c *client) *refusal {
	if k := m.fullOfVCs(c); k != 0 {
		return m.limited(k)
	}
	return nil
}

// fullOfVCs returns the limit of VCs that c, or its user, has reached; zero if there is room.
func (m *Machine) fullOfVCs(c *client) quota.Kind {
	switch {
	case len(c.vcs) >= m.limits.VCs:
		return quota.VCs
	case !c.cred.Admin && m.userVCs[c.cred.UID] >= m.limits.UserVCs:
		return quota.UserVCs
	}
	return 0
}

// countVC adds so many VCs to those of c's user, unless it is an administrator.
func (m *Machine) countVC(c *client, n int) {
	if c.cred.Admin {
		return
	}
	m.userVCs[c.cred.UID] += n
	if m.userVCs[c.cred.UID] == 0 {
		delete(m.userVCs, c.cred.UID)
	}
}

// roomForCall refuses a call for which there is no room.
func (m *Machine) roomForCall(v *conn) *refusal {
	switch {
	case v.owner.inProgress >= m.limits.CallsInProgress:
		return m.limited(quota.Calls)
	case m.inProgress >= m.limits.Backlog:
		ref := m.limited(quota.Backlog)
		ref.cause = cause(ie.CauseCongestion)
		return ref
	}
	return nil
}

// fullFor returns the limit for which no call can be offered to s; zero if one can.
func (m *Machine) fullFor(s *sap) quota.Kind {
	if s.owner.inProgress >= m.limits.CallsInProgress {
		return quota.Calls
	}
	return m.fullOfVCs(s.owner)
}

// fullCause refuses an incoming call for a limit of its client.
func (m *Machine) fullCause(k quota.Kind) ie.Cause {
	m.stats.Limited[k]++
	if k == quota.Calls {
		return cause(ie.CauseUserBusy)
	}
	return cause(ie.CauseResourceUnavailable)
}
