package cm

import "callmanager/vc"

// client is one connection and the address family on it.
type client struct {
	id   ClientID
	cred Credentials
	name string
	af   afState
	// minor is the minor version in force: the client's or the daemon's, whichever is lower.
	minor uint32
	// notice is what it has been told of the daemon's end.
	notice notice
	// closeAF is the number of the CloseAF that is pending, while af is
	// afClosing.
	closeAF uint64
	// gone tells that the connection has ended; what is left is being released.
	gone bool

	vcs  map[vc.Handle]*conn
	saps map[vc.Handle]*sap
	// rings are charged until RingDone, also when their VC is deleted.
	rings     map[vc.Handle]*ring
	ringBytes int64
	// kept are rings without a VC that wait for one, the oldest first. Their memory
	// is not charged: what is charged takes it over when there is no other.
	kept      []keptRing
	keptBytes int64
	// parties counts those of the calls that the client has made.
	parties int
	// inProgress counts the calls between set-up and connection.
	inProgress int
	// asking counts the AdminModify, AddPVC and DeletePVC whose completions are owed.
	asking int
}

func newClient(id ClientID, cred Credentials) *client {
	return &client{
		id: id, cred: cred,
		vcs: make(map[vc.Handle]*conn), saps: make(map[vc.Handle]*sap), rings: make(map[vc.Handle]*ring),
	}
}

// ring is the memory of one VC's rings, charged to a client.
type ring struct {
	ringSizes
	// eof tells that nothing enters the client's end any more (EndVC), idle
	// that no branch uses the memory either.
	eof, idle bool
	// done tells that the client uses it no more, keep that it has not unmapped it.
	done, keep bool
	// kept is the VC that had them before, if they are not new.
	kept vc.Handle
}

// ringSizes are the octets of a VC's two rings.
type ringSizes struct{ send, receive int }

// bytes is the memory of both.
func (s ringSizes) bytes() int64 { return int64(s.send) + int64(s.receive) }

// keptRing are the rings that a client and the plane have kept of a VC.
type keptRing struct {
	ringSizes
	vc vc.Handle
}
