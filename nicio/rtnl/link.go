package rtnl

import (
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
)

// A Link is the state of a network interface at one moment. It is comparable.
type Link struct {
	// Name is the name that is watched.
	Name string
	// Index is the kernel's number of the interface, 0 while there is none of that name.
	Index int
	// MAC is the unicast address; zero when the interface is not Ethernet.
	MAC nicio.MAC
	// MTU is the largest payload of a frame in octets.
	MTU int
	// Up says that the administrator has enabled the interface (IFF_UP).
	Up bool
	// Carrier says that the driver sees a peer (IFF_LOWER_UP).
	Carrier bool
	// Ethernet says that the hardware type is Ethernet. A port cannot be opened on anything else.
	Ethernet bool
	// Speed is the line rate in bit/s, 0 while it is unknown: without carrier, or for drivers that
	// have none.
	Speed uint64
}

// Exists reports whether there is an interface of that name.
func (l Link) Exists() bool { return l.Index != 0 }

// Usable reports whether frames can pass now: an Ethernet interface that exists, is up and has
// carrier.
func (l Link) Usable() bool { return l.Exists() && l.Ethernet && l.Up && l.Carrier }

// linkOf takes what matters out of an rtnetlink message, but for the speed, which is in none.
func linkOf(name string, a *netlink.LinkAttrs) Link {
	l := Link{
		Name:     name,
		Index:    a.Index,
		MTU:      a.MTU,
		Up:       a.RawFlags&unix.IFF_UP != 0,
		Carrier:  a.RawFlags&unix.IFF_LOWER_UP != 0,
		Ethernet: a.EncapType == "ether" && len(a.HardwareAddr) == len(nicio.MAC{}),
	}
	if l.Ethernet {
		l.MAC = nicio.MAC(a.HardwareAddr)
	}
	return l
}

// named reports whether an interface goes by a name: its own, or an alternative one.
func named(a *netlink.LinkAttrs, name string) bool {
	return a.Name == name || slices.Contains(a.AltNames, name)
}

// A tracker reduces the messages about all interfaces to the state of one name. It does no I/O.
type tracker struct {
	name string
	link Link
}

// update applies a message and reports whether it concerns the name.
func (t *tracker) update(u *netlink.LinkUpdate) bool {
	if u.Link == nil || u.Family != unix.AF_UNSPEC {
		return false // A bridge tells its ports in messages of its own, "deleted" when a port leaves it.
	}
	a := u.Attrs()
	ours := t.link.Exists() && a.Index == t.link.Index
	switch {
	case u.Header.Type == unix.RTM_NEWLINK && named(a, t.name):
		if a.MTU == 0 {
			return false // A partial message, as the wireless extensions send.
		}
		speed := t.link.Speed
		t.link = linkOf(t.name, a)
		t.link.Speed = speed
		return true
	case u.Header.Type == unix.RTM_NEWLINK && ours && a.MTU != 0, u.Header.Type == unix.RTM_DELLINK && ours:
		t.link = Link{Name: t.name} // Renamed, or deleted.
		return true
	}
	return false
}
