package signalling

import (
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// Health is a condition that lasts: a link that is down, say.
type Health struct {
	// Code is stable and in snake_case; Severity is "warning" or "error".
	Code, Severity, Text string
}

// DaemonStatus is the state of the whole call manager.
type DaemonStatus struct {
	Version        string
	Uptime         time.Duration
	Links, LinksUp int
	Clients, SAPs  int
	VCs, Calls     int
	Addresses      []vc.Addr
	Health         []Health
	Counters       []vc.Counter
}

// LinkRow is one link.
type LinkRow struct {
	Name, Interface string
	Peer            vc.MAC
	// PeerName is where the peer of a link without MACs is.
	PeerName string
	// Role is "user", "network" or, while unknown, "auto".
	Role string
	// Profile is "uni4.0", "uni3.1" or "uni3.0".
	Profile string
	Mode    string
	// State is "down", "establishing" or "up".
	State     string
	LastError string
	Address   vc.Addr
	MAC       vc.MAC
	// Capacity is in wire bits a second in each direction, Reserved what the
	// calls have reserved of it in the direction that has more.
	Capacity, Reserved vc.BitRate
	MaxSDU             uint16
	Calls              int
	// ReceiveBuffer is in milliseconds at line rate.
	ReceiveBuffer uint32
	Prefixes      []vc.Prefix
	Counters      []vc.Counter
}

// BranchRow is one branch of the call on a VC.
type BranchRow struct {
	cm.BranchRow
	// Counters are those of what the root of a point-to-multipoint call sends there.
	Counters []vc.Counter
}

// VCRow is one VC of a client.
type VCRow struct {
	Handle vc.Handle
	// Link is the name of the link, empty without a call, ID the channel there: those
	// of the first of Branches.
	Link       string
	ID         vc.ID
	Branches   []BranchRow
	State      vc.State
	CallState  vc.CallState
	Owner      string
	PID        int32
	UID        uint32
	Incoming   bool
	Parameters primitive.Params
	Changed    bool
	Counters   []vc.Counter
}

// CallRow is one branch of a call: a call reference on a link.
type CallRow struct {
	Link          string
	CallReference uint32
	// Ours tells that this side allocated the call reference.
	Ours bool
	// State is the Q.2931 state, such as U10 or N3.
	State           string
	VC              vc.Handle
	ID              vc.ID
	Called, Calling vc.Addr
	Contract        vc.Contract
	// Reserved is in wire bits a second, that of the direction that has more.
	Reserved vc.BitRate
	Age      time.Duration
}

// SAPRow is one SAP.
type SAPRow struct {
	Handle vc.Handle
	// Filter says which calls it takes.
	Filter filter.Filter
	Owner  string
	PID    int32
	// Offered counts the calls offered to the SAP.
	Offered uint64
}
