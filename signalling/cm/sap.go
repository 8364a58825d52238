package cm

import (
	"fmt"
	"maps"
	"slices"

	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// sap is one registered SAP.
type sap struct {
	handle vc.Handle
	owner  *client
	filter filter.Filter
	// send and receive are the ring sizes that are asked for its offers.
	send, receive uint32
	// offered counts the calls offered to it.
	offered uint64
}

// registerSAP serves RegisterSAP.
func (m *Machine) registerSAP(c *client, r RegisterSAP) {
	f, ref := m.checkSAP(c, &r)
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	s := &sap{owner: c, filter: f, send: r.SendRing, receive: r.ReceiveRing}
	s.handle = m.handles.Add(object{sap: s})
	c.saps[s.handle] = s
	m.saps[s.handle] = s
	m.reply(c, Reply{Request: r.Request, Handle: s.handle})
	m.offerPVCs()
}

// checkSAP checks a SAP (INV-16) and returns its filter.
func (m *Machine) checkSAP(c *client, r *RegisterSAP) (filter.Filter, *refusal) {
	f, err := filter.Normal(filterOf(r))
	switch {
	case err != nil:
		return f, refuse(InvalidSAP, err.Error())
	case f.Address.IsValid() && !m.ours(f.Address):
		return f, refuse(InvalidSAP, f.Address.String()+" is no address of this daemon")
	case len(c.saps) >= m.limits.SAPs:
		return f, m.limited(quota.SAPs)
	}
	if ref := checkAsked(r.SendRing, r.ReceiveRing); ref != nil {
		return f, ref
	}
	for _, s := range m.saps {
		if s.filter.Overlaps(&f) {
			return f, refuse(SAPInUse, fmt.Sprintf("the SAP is registered by %q (process %d)", s.owner.name, s.owner.cred.PID))
		}
	}
	return f, nil
}

// filterOf returns what the client wants, as it is asked for.
func filterOf(r *RegisterSAP) filter.Filter {
	f := filter.Filter{
		Address: r.Address, Selector: r.Selector, AnySelector: r.AnySelector,
		BHLI: r.BHLI, BHLIAbsent: r.BHLIAbsent, BLLIAbsent: r.BLLIAbsent,
	}
	if len(r.BLLI) > 0 {
		f.BLLI = append(f.BLLI, r.BLLI)
	}
	f.BLLI = append(f.BLLI, r.MoreBLLI...)
	return f
}

// deregisterSAP serves DeregisterSAP. Calls already offered live on (INV-18).
func (m *Machine) deregisterSAP(c *client, r DeregisterSAP) {
	s := c.saps[r.SAP]
	if s == nil {
		ref := refuse(Failure, "there is no SAP "+r.SAP.String()+", or no longer")
		if o := m.handles.Find(r.SAP); o != nil && o.owner() != c {
			ref = refuse(NotPermitted, r.SAP.String()+" belongs to another client")
		}
		m.refuse(c, r, ref)
		return
	}
	m.dropSAP(s)
	m.reply(c, Reply{Request: r.Request})
}

func (m *Machine) dropSAP(s *sap) {
	m.handles.Remove(s.handle)
	delete(m.saps, s.handle)
	delete(s.owner.saps, s.handle)
	m.forgetTurns(s)
}

// dropSAPs releases all SAPs of a client.
func (m *Machine) dropSAPs(c *client) {
	for _, h := range slices.Sorted(maps.Keys(c.saps)) {
		m.dropSAP(c.saps[h])
	}
}

// findSAP returns the most specific SAP for a call ([filter.Filter.Match]), or nil. Those are left
// out that skip tells.
func (m *Machine) findSAP(p *primitive.Params, skip func(*sap) bool) *sap {
	var best *sap
	most := -1
	for _, s := range m.saps {
		if n := s.filter.Match(p.Called, p.BHLI, p.BLLI); !skip(s) && (n > most || n == most && n >= 0 && s.handle < best.handle) {
			best, most = s, n
		}
	}
	return best
}
