package cm

import (
	"cmp"
	"fmt"
	"slices"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// LinkInfo is what the client model knows of a link.
type LinkInfo struct {
	ID   vc.LinkID
	Name string
	// Peer is the MAC of the other end; zero on a link without MACs.
	Peer vc.MAC
	// Address is this end's; the zero value while unknown.
	Address vc.Addr
	// Prefixes are the addresses reached over the link.
	Prefixes []vc.Prefix
	// Capacity is in wire bits a second; zero while unknown.
	Capacity vc.BitRate
	// MaxSDU is the largest SDU that the link carries in one piece; zero while
	// unknown. A call has it that names no size.
	MaxSDU uint16
	// Largest is the largest SDU that the link carries at all; zero if that is
	// MaxSDU.
	Largest uint16
	// Plain tells that the link speaks UNI 3.x, which carries neither user-user
	// information nor notifications.
	Plain bool
	// Up tells whether the link takes calls; Reason why not.
	Up     bool
	Reason string
	// Resets counts the resets that have begun while the link was up; Resetting tells that the last
	// one is under way.
	Resets    uint64
	Resetting bool
}

type link struct{ LinkInfo }

// Link makes a link known, or what has changed of it, and tells clients of that.
func (m *Machine) Link(info LinkInfo) []Effect {
	l := m.links[info.ID]
	if l == nil {
		l = &link{LinkInfo{ID: info.ID, Resets: info.Resets}}
		m.links[info.ID] = l
		m.byID = append(m.byID, l)
		slices.SortFunc(m.byID, func(a, b *link) int { return cmp.Compare(a.ID, b.ID) })
	}
	was := l.LinkInfo
	l.LinkInfo = info
	m.announce(l, was)
	return m.take()
}

// Addresses returns the daemon's own addresses in the order of the links, each
// once, and then the aliases.
func (m *Machine) Addresses() []vc.Addr {
	var as []vc.Addr
	for _, l := range m.byID {
		if l.Address.IsValid() && !slices.Contains(as, l.Address) {
			as = append(as, l.Address)
		}
	}
	for _, a := range m.aliases {
		if !slices.Contains(as, a) {
			as = append(as, a)
		}
	}
	return as
}

// ours reports whether a names this system.
func (m *Machine) ours(a vc.Addr) bool {
	for _, l := range m.links {
		if l.Address.IsValid() && l.Address.SameSystem(a) {
			return true
		}
	}
	return slices.ContainsFunc(m.aliases, a.SameSystem)
}

// resolve reads the called party of MakeCall: an address or a name of [hosts].
func (m *Machine) resolve(called string) (vc.Addr, *refusal) {
	if a, ok := m.hosts[called]; ok {
		return a, nil
	}
	a, err := vc.ParseAddr(called)
	if err != nil {
		return vc.Addr{}, refuse(InvalidAddress, fmt.Sprintf("%q is neither a name of [hosts] nor an address: %v", called, err))
	}
	return a, nil
}

// route finds the link to a called address (DESIGN 6): the one whose peer's MAC
// is the end system identifier, or else that with the longest prefix. Among
// equals one that is up goes first, then the one configured first.
func (m *Machine) route(called vc.Addr) (*link, *refusal) {
	if m.ours(called) {
		return nil, refuseCause(ie.CauseNoRouteToDestination,
			called.String()+" is this host's own address: calls within one host are not carried")
	}
	var best *link
	most := 0
	for _, l := range m.byID {
		n := l.reach(called)
		if n > most || n == most && n > 0 && l.Up && !best.Up {
			best, most = l, n
		}
	}
	if best == nil {
		return nil, refuseCause(ie.CauseNoRouteToDestination, fmt.Sprintf(
			"no link leads to %s: its end system identifier is no link's peer, and no link has a prefix of it (set prefixes of a [[link]])", called))
	}
	return best, nil
}

// reach returns how well the link leads to a: above every prefix if a is its
// peer, else the length of its longest prefix of a, 0 for not at all.
func (l *link) reach(a vc.Addr) int {
	if esi, ok := a.ESI(); ok && l.Peer != (vc.MAC{}) && vc.MAC(esi) == l.Peer {
		return 2*vc.AESALen + 1
	}
	n := 0
	for _, p := range l.Prefixes {
		if p.Len() > n && p.Match(a) {
			n = p.Len()
		}
	}
	return n
}

// contract completes what a client asks of a call over the link: without a rate
// best effort at the link's capacity in both directions, without a size the
// largest SDU that goes in one piece. Sizes beyond what the link carries at all
// are lowered, which changed tells.
func (l *link) contract(c vc.Contract) (out vc.Contract, changed bool, ref *refusal) {
	if l.MaxSDU == 0 {
		return c, false, refuseCause(ie.CauseDestinationOutOfOrder, fmt.Sprintf("link %s is down: %s", l.Name, l.Reason))
	}
	c, changed = c.Complete(l.Capacity, l.MaxSDU, l.Largest)
	if err := c.Validate(); err != nil {
		return c, false, invalid(err)
	}
	return c, changed, nil
}

// oneWay completes the contract of a point-to-multipoint call in the same way:
// nothing flows backward (UNI 4.0 section 5).
func (l *link) oneWay(c vc.Contract) (out vc.Contract, changed bool, ref *refusal) {
	c, err := terms.OneWay(c, l.Capacity)
	if err != nil {
		return c, false, invalid(err)
	}
	return l.contract(c)
}
