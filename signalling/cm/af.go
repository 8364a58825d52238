package cm

import (
	"fmt"
	"maps"
	"slices"

	"callmanager/signalling/cm/operation"
	"callmanager/vc"
)

// The version of the protocol that this package serves. Clients of the same
// major version are served.
const (
	MajorVersion = 1
	MinorVersion = 3
)

// openAF serves OpenAF.
func (m *Machine) openAF(c *client, r OpenAF) {
	if r.Major != MajorVersion {
		m.refuse(c, r, wrongVersion(r))
		return
	}
	if ref := m.stepAF(c, afReqOpen); ref != nil {
		m.refuse(c, r, ref)
		return
	}
	c.name = operation.CleanName(r.Name)
	c.minor = min(r.Minor, MinorVersion)
	m.reply(c, Reply{Request: r.Request, OpenAF: &OpenAFResult{
		Major: MajorVersion, Minor: MinorVersion, Client: r.Minor, Version: m.version, Addresses: m.Addresses(),
	}})
	if c.models() { // 2.6, 27
		m.deliver(c, StatusIndication{Kind: AddressChange, Addresses: m.Addresses()})
	}
}

// wrongVersion refuses a client of another major version, and says what to do.
func wrongVersion(r OpenAF) *refusal {
	update := "the client"
	if r.Major > MajorVersion {
		update = "the daemon"
	}
	return refuse(VersionMismatch, fmt.Sprintf(
		"the client speaks version %d.%d of the protocol, the daemon %d.%d: update %s", r.Major, r.Minor, MajorVersion, MinorVersion, update))
}

// closeAF serves CloseAF. The SAPs go at once, so that no more calls come in;
// the completion waits for the calls (INV-12), and for what the client has asked for as an
// administrator.
func (m *Machine) closeAF(c *client, r CloseAF) {
	c.closeAF = r.Request
	m.closing = append(m.closing, c)
	m.reply(c, Reply{Request: r.Request, Status: Pending})
	m.dropSAPs(c)
}

// settleAFs completes every CloseAF that waits for nothing any more.
func (m *Machine) settleAFs() {
	if len(m.closing) == 0 {
		return
	}
	m.closing = slices.DeleteFunc(m.closing, func(c *client) bool {
		if c.gone {
			return true
		}
		if c.asking > 0 {
			return false
		}
		for _, v := range c.vcs {
			if v.call != vc.Idle {
				return false
			}
		}
		m.closedAF(c)
		return true
	})
}

// closedAF completes a CloseAF. VCs without a call end with their address
// family.
func (m *Machine) closedAF(c *client) {
	for _, h := range slices.Sorted(maps.Keys(c.vcs)) {
		m.removeVC(c.vcs[h])
	}
	m.stepAF(c, afDrained)
	m.deliver(c, CloseAFComplete{Request: c.closeAF})
	c.closeAF = 0
}
