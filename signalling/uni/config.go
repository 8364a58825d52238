package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/vc"
)

// Role is the side of the UNI that a link plays.
type Role uint8

// The roles. The zero value is RoleAuto.
const (
	// RoleAuto decides by the MACs: the lower one is the network side.
	RoleAuto Role = iota
	// RoleUser is the user side.
	RoleUser
	// RoleNetwork is the network side, which assigns VPI and VCI.
	RoleNetwork
)

// String returns the role in lower case, as lists and JSON show it.
func (r Role) String() string {
	switch r {
	case RoleUser:
		return "user"
	case RoleNetwork:
		return "network"
	case RoleAuto:
	}
	return "auto"
}

// LinkState is the state of a link. The zero value is LinkDown.
type LinkState uint8

// The states of a link.
const (
	// LinkDown: the port is down, or the link may not start.
	LinkDown LinkState = iota
	// LinkEstablishing: the SAAL or the restart procedure is under way.
	LinkEstablishing
	// LinkUp: calls are taken.
	LinkUp
)

// String returns the state in lower case, as lists and JSON show it.
func (s LinkState) String() string {
	switch s {
	case LinkEstablishing:
		return "establishing"
	case LinkUp:
		return "up"
	case LinkDown:
	}
	return "down"
}

// Config is what a [Link] is made of. Zero fields take the defaults that they
// name.
type Config struct {
	// ID is the link's identifier; it goes into every vc.ID.
	ID vc.LinkID
	// Role is the side to play. RoleAuto needs MACs at both ends.
	Role Role
	// Peer is the MAC of the other end; zero on a link without MACs.
	Peer vc.MAC
	// Addresses are the link's own. A SETUP for an address that is neither one
	// of them nor another link's of the system ([Link.SetSystem]) is refused
	// with cause 3. Empty means the one that the MAC of the port makes
	// ([vc.AddrFromMAC]).
	Addresses []vc.Addr
	// Capacity is in wire bits a second in each direction; zero takes the speed
	// of the port.
	Capacity vc.BitRate
	// Way is what the link adds to the quality of service of calls. It counts where
	// this end is the network side.
	Way vc.Way
	// Seed makes the random choices: where call references begin, and the
	// jitter of the back-off.
	Seed uint64
	// SSCOP are the parameters of the connection. K is lowered to what the port
	// carries; InitialSQ is the last value of the previous life, or random.
	SSCOP sscop.Config
	// Profile is the edition of the UNI that the peer speaks; the zero value is
	// UNI 4.0.
	Profile msg.Profile
	// Timers are the timers of Q.2931; nil takes the defaults of the side and of
	// the profile.
	Timers *q2931.Timers
	// MaxPending bounds the calls that are being set up in each direction;
	// SetupRate and SetupBurst bound how many calls a second may begin in each
	// direction. More are refused with cause 42. Defaults: 1024, 100 000 a second,
	// 100 000: twice what two processors set up and release with nothing else to do.
	MaxPending            int
	SetupRate, SetupBurst int
	// MaxParties bounds the parties of one call; more are refused with cause 47.
	// MaxPendingParties bounds those that are being added to one call; more are
	// refused with cause 92. Each ADD PARTY also counts as a call that begins
	// (SetupRate). Defaults: 1024, 64.
	MaxParties, MaxPendingParties int
	// Trace asks for a [Trace] of every PDU.
	Trace bool
}

// CallRow is one call in a snapshot.
type CallRow struct {
	Call primitive.CallID
	VC   vc.Handle
	// CallRef is the call reference value; Ours tells that this side allocated
	// it.
	CallRef uint32
	Ours    bool
	// State is the name of the Q.2931 state, such as U10 or N3; U0 and N0 stand
	// for a call that waits for its branch to end.
	State string
	// ID is the channel; zero while none is known.
	ID     vc.ID
	Params primitive.Params
	// Reserved is what the call has reserved, in wire bits a second.
	Reserved vc.Reservation
	// Parties are the parties of a point-to-multipoint call in the order in
	// which they were added; nil on other calls.
	Parties []PartyRow
}

// PartyRow is one party in a snapshot.
type PartyRow struct {
	Party primitive.PartyID
	// EndpointRef is the endpoint reference value.
	EndpointRef uint16
	// State is the name of the Q.2971 state, such as P7.
	State string
	// VC is the leaf's VC at a leaf; zero at the root and before the party is
	// accepted.
	VC     vc.Handle
	Params primitive.Params
}

// The defaults of the overload control.
const (
	defaultMaxPending = 1024
	defaultSetupRate  = 100000
	defaultSetupBurst = 100000
	defaultMaxParties = 1024
	defaultMaxAdding  = 64
)

// normal returns the configuration with its defaults filled in.
func (c Config) normal() Config {
	fill := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	fill(&c.MaxPending, defaultMaxPending)
	fill(&c.SetupRate, defaultSetupRate)
	fill(&c.SetupBurst, defaultSetupBurst)
	fill(&c.MaxParties, defaultMaxParties)
	fill(&c.MaxPendingParties, defaultMaxAdding)
	c.Timers = timersOf(c.Profile, c.Timers)
	return c
}
