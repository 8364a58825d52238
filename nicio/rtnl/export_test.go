package rtnl

import "github.com/vishvananda/netlink"

// Tracker exposes the reduction of messages to a state.
type Tracker struct{ t tracker }

// NewTracker starts with an absent interface.
func NewTracker(name string) *Tracker {
	return &Tracker{tracker{name: name, link: Link{Name: name}}}
}

// Update applies a message.
func (x *Tracker) Update(u *netlink.LinkUpdate) bool { return x.t.update(u) }

// Link returns the state.
func (x *Tracker) Link() Link { return x.t.link }
