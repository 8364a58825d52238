package lab

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"callmanager/config"
)

// atmtcpPort is the first port of TCP that a host listens on: the one for the first host. It is that
// of the kernel's program.
const atmtcpPort = 2812

// IP returns the host's address, which it has in a lab over atmtcp only.
func (h *Host) IP() string { return fmt.Sprintf("192.0.2.%d", h.place()+1) }

// place returns where among the lab's hosts the host stands.
func (h *Host) place() int { return slices.Index(h.lab.state.Hosts, h) }

// atmtcpEnd returns where the first of two hosts listens for the other.
func atmtcpEnd(listens, connects *Host) string {
	return net.JoinHostPort(listens.IP(), fmt.Sprint(atmtcpPort+connects.place()))
}

// atmtcpLink writes the beginning of the link of a host to another, and returns its role.
func (*Lab) atmtcpLink(b *strings.Builder, h, to *Host) config.Role {
	// A prefix is all of the address but its selector.
	fmt.Fprintf(b, "\n[[link]]\nname = %q\ntransport = \"atmtcp\"\nprefixes = [%q]\n", to.Name, strings.TrimSuffix(to.Address, ".00"))
	if h.place() < to.place() {
		fmt.Fprintf(b, "listen = %q\npeer = %q\n", atmtcpEnd(h, to), to.IP())
		return config.RoleNetwork
	}
	fmt.Fprintf(b, "connect = %q\n", atmtcpEnd(to, h))
	return config.RoleUser
}

// addIPs gives every host its address.
func (l *Lab) addIPs() error {
	for _, h := range l.state.Hosts {
		err := inside(h.Netns, func(nl *netlink.Handle) error {
			nic, err := nl.LinkByName(h.Interface)
			if err != nil {
				return err
			}
			addr, err := netlink.ParseAddr(h.IP() + "/24")
			if err != nil {
				return err
			}
			return nl.AddrAdd(nic, addr)
		})
		if err != nil {
			return fmt.Errorf("lab: address of %s: %w", h.Name, err)
		}
	}
	return nil
}
