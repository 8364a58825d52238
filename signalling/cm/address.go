package cm

import (
	"fmt"
	"slices"

	"callmanager/vc"
)

// Aliases: addresses of the daemon beside those of its links, until it ends. Incoming calls to them and
// SAPs for them are taken, and calls may come from them. Nobody is told of them: how peers route
// to them is the peers' configuration.

// maxAliases bounds the aliases.
const maxAliases = 256

// OwnAddress is an address of the daemon and the names of the links that have it; an alias has none.
type OwnAddress struct {
	Address vc.Addr
	Links   []string
}

// OwnAddresses returns the daemon's addresses as [Machine.Addresses] does, with their links.
func (m *Machine) OwnAddresses() []OwnAddress {
	var own []OwnAddress
	for _, a := range m.Addresses() {
		o := OwnAddress{Address: a}
		for _, l := range m.byID {
			if l.Address == a {
				o.Links = append(o.Links, l.Name)
			}
		}
		own = append(own, o)
	}
	return own
}

// aliasNamed reads the address of a request.
func aliasNamed(c *client, address string) (vc.Addr, *refusal) {
	if !c.cred.Admin {
		return vc.Addr{}, refuse(NotPermitted, "configuring addresses needs root or group cmd-admin")
	}
	a, err := vc.ParseAddr(address)
	if err != nil {
		return a, refuse(InvalidAddress, err.Error())
	}
	return a.WithSelector(0), nil
}

// addAddress serves AddAddress.
func (m *Machine) addAddress(c *client, r AddAddress) {
	a, ref := aliasNamed(c, r.Address)
	switch {
	case ref != nil:
	case m.ours(a):
		ref = refuse(Failure, a.String()+" is an address of the daemon already")
	case len(m.aliases) >= maxAliases:
		ref = refuse(Resources, fmt.Sprintf("the daemon has its %d aliases", maxAliases))
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	m.aliases = append(m.aliases, a)
	m.reply(c, Reply{Request: r.Request})
	m.noteAddresses()
}

// deleteAddress serves DeleteAddress.
func (m *Machine) deleteAddress(c *client, r DeleteAddress) {
	a, ref := aliasNamed(c, r.Address)
	at := slices.Index(m.aliases, a)
	switch {
	case ref != nil:
	case !m.ours(a):
		ref = refuse(Failure, a.String()+" is no address of the daemon")
	case at < 0:
		ref = refuse(NotAccepted, a.String()+" is the address of a link, and no alias")
	default:
		ref = m.unusedBySAPs(a)
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	m.aliases = slices.Delete(m.aliases, at, at+1)
	m.reply(c, Reply{Request: r.Request})
	m.noteAddresses()
}

// unusedBySAPs refuses an address for which a SAP is registered.
func (m *Machine) unusedBySAPs(a vc.Addr) *refusal {
	for _, s := range m.saps {
		if s.filter.Address == a {
			return refuse(NotAccepted, fmt.Sprintf("a SAP for %s is registered by %q (process %d)", a, s.owner.name, s.owner.cred.PID))
		}
	}
	return nil
}
