package signalling

import (
	"go.uber.org/zap"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// Config is what a [Manager] is made of.
type Config struct {
	// Log takes one Info line for the life of links and calls, sampled Warn
	// lines on what peers do wrong, and Debug lines for transitions; nil logs
	// nothing.
	Log *zap.Logger
	// Links are the links, with distinct identifiers and names.
	Links []LinkConfig
	// Hosts are the names that MakeCall may use in place of addresses.
	Hosts map[string]vc.Addr
	// PVCs are the permanent VCs of the links.
	PVCs []cm.PVC
	// Plane is the data plane.
	Plane Plane
	// Version is the daemon's version, for lists and OpenAF.
	Version string
	// SQStore keeps SSCOP's connection sequence variable over restarts; nil
	// keeps nothing.
	SQStore SQStore
	// Limits bound what clients may hold.
	Limits cm.Limits
}

// LinkConfig is one link.
type LinkConfig struct {
	ID vc.LinkID
	// Name and Interface are for lists and logs.
	Name, Interface string
	// Peer is the MAC of the other end; an AESA with this end system identifier
	// is reached over the link without a prefix.
	Peer vc.MAC
	// PeerName is for lists: where the peer of a link without MACs is. Empty
	// shows the MAC.
	PeerName string
	// Role is "auto", "user" or "network"; empty means auto.
	Role string
	// Profile is the edition of the UNI that the peer speaks: "uni4.0", "uni3.1"
	// or "uni3.0"; empty means uni4.0.
	Profile string
	// Mode is for lists: "frame", or "atmtcp".
	Mode string
	// Capacity is in wire bits a second; zero takes the NIC's speed.
	Capacity vc.BitRate
	// Way is what the link adds to the quality of service of calls.
	Way vc.Way
	// Prefixes are the addresses reached over the link.
	Prefixes []vc.Prefix
	// Address is this end's; the zero value makes one of the NIC's MAC.
	Address vc.Addr
	// Channel carries the link's control VC.
	Channel ControlChannel
}

// SQStore keeps the last value of SSCOP's VT(SQ) of each link. It is called
// from the links' goroutines, for different links at once; the calls may write
// a small file.
type SQStore interface {
	// Load returns the value saved last; ok is false if there is none.
	Load(link string) (last uint8, ok bool)
	// Save keeps the value. A failure is the store's to report.
	Save(link string, last uint8)
}
