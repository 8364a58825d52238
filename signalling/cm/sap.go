package cm

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// sap is one registered SAP.
type sap struct {
	handle vc.Handle
	owner  *client
	spec   RegisterSAP
	// offered counts the calls offered to it.
	offered uint64
}

// Sizes of the contents of B-HLI and B-LLI (octet 5 on), and how many B-LLI an
// offer may list (Q.2931 4.5.8, 4.5.9, 4.5.19).
const (
	maxBHLI  = 9
	maxBLLI  = 13
	maxBLLIs = 3
)

// registerSAP serves RegisterSAP.
func (m *Machine) registerSAP(c *client, r RegisterSAP) {
	if ref := m.checkSAP(c, &r); ref != nil {
		m.refuse(c, r, ref)
		return
	}
	s := &sap{owner: c, spec: r}
	s.handle = m.handles.Add(object{sap: s})
	c.saps[s.handle] = s
	m.saps[s.handle] = s
	m.reply(c, Reply{Request: r.Request, Handle: s.handle})
	m.offerPVCs()
}

// checkSAP normalizes a SAP and checks it (INV-16).
func (m *Machine) checkSAP(c *client, r *RegisterSAP) *refusal {
	r.Address = r.Address.WithSelector(0)
	if r.AnySelector || r.Address.Kind() == vc.E164 {
		r.AnySelector, r.Selector = true, 0
	}
	switch {
	case r.Address.IsValid() && !m.ours(r.Address):
		return refuse(InvalidSAP, r.Address.String()+" is no address of this daemon")
	case len(r.BHLI) > maxBHLI:
		return refuse(InvalidSAP, fmt.Sprintf("the B-HLI has %d octets, at most %d fit", len(r.BHLI), maxBHLI))
	case len(r.BLLI) > maxBLLI:
		return refuse(InvalidSAP, fmt.Sprintf("the B-LLI has %d octets, at most %d fit", len(r.BLLI), maxBLLI))
	case len(c.saps) >= m.limits.SAPs:
		return refuse(Resources, fmt.Sprintf("the client has its %d SAPs", m.limits.SAPs))
	}
	if ref := checkAsked(r.SendRing, r.ReceiveRing); ref != nil {
		return ref
	}
	for _, s := range m.saps {
		if s.same(r) {
			return refuse(SAPInUse, fmt.Sprintf("the SAP is registered by %q (process %d)", s.owner.name, s.owner.cred.PID))
		}
	}
	return nil
}

// same reports whether s serves exactly the calls that r asks for.
func (s *sap) same(r *RegisterSAP) bool {
	return s.spec.Address == r.Address && s.spec.Selector == r.Selector && s.spec.AnySelector == r.AnySelector &&
		bytes.Equal(s.spec.BHLI, r.BHLI) && bytes.Equal(s.spec.BLLI, r.BLLI)
}

// deregisterSAP serves DeregisterSAP. Calls already offered live on (INV-18).
func (m *Machine) deregisterSAP(c *client, r DeregisterSAP) {
	s := c.saps[r.SAP]
	if s == nil {
		ref := refuse(Failure, "there is no SAP "+r.SAP.String()+", or no longer")
		if o, named := m.handles.Find(r.SAP); named && (o.vc == nil || o.vc.owner != c) {
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

// findSAP returns the most specific SAP for a call, or nil: one with the
// address before one for any address, then one with the selector before one
// for any, then one that names the B-HLI, then one that names a B-LLI, of these
// the one that the caller prefers (Q.2931 Annex C). Those are left out that skip tells.
func (m *Machine) findSAP(p *primitive.Params, skip func(*sap) bool) *sap {
	var best *sap
	most := -1
	for _, s := range m.saps {
		if n := s.match(p); !skip(s) && (n > most || n == most && n >= 0 && s.handle < best.handle) {
			best, most = s, n
		}
	}
	return best
}

// match returns how specifically s matches a call, or -1.
func (s *sap) match(p *primitive.Params) int {
	n := 0
	if s.spec.Address.IsValid() {
		if !s.spec.Address.SameSystem(p.Called) {
			return -1
		}
		n += 32
	}
	if !s.spec.AnySelector {
		if s.spec.Selector != p.Called.Selector() {
			return -1
		}
		n += 16
	}
	if len(s.spec.BHLI) > 0 {
		if !bytes.Equal(s.spec.BHLI, p.BHLI) {
			return -1
		}
		n += 8
	}
	if len(s.spec.BLLI) > 0 {
		i := slices.IndexFunc(p.BLLI, func(b []byte) bool { return bytes.Equal(b, s.spec.BLLI) })
		if i < 0 {
			return -1
		}
		n += maxBLLIs - i
	}
	return n
}
