package quota

import (
	"fmt"

	"callmanager/vc"
)

// Kind is one of the limits; its zero value is none.
type Kind uint8

// The limits, first those of the call manager, then those of its server.
const (
	// VCs, SAPs and Parties are what one client has at a time.
	VCs Kind = iota + 1
	SAPs
	Parties
	// Calls are those of one client between set-up and connection.
	Calls
	// Rings is the ring memory charged to one client, in octets.
	Rings
	// UserVCs are the VCs of all clients of one user: each may cost the daemon descriptors.
	UserVCs
	// Backlog is the calls of all clients between set-up and connection. A call beyond it is
	// refused with cause 42, congestion.
	Backlog
	// Clients and UserClients are the connections in all and of one user.
	Clients
	UserClients
)

// numKinds counts the limits.
const numKinds = int(UserClients) + 1

// kinds are the key of each limit, what is said to a client that has reached it, and its default.
var kinds = [numKinds]struct {
	key, text string
	usual     int64
}{
	VCs:         {"vcs", "the client has its %d VCs", 4096},
	SAPs:        {"saps", "the client has its %d SAPs", 256},
	Parties:     {"parties", "the client has its %d parties", 4096},
	Calls:       {"calls_in_progress", "the client has its %d calls being set up", 512},
	Rings:       {"ring_memory", "the client's %d octets of ring memory are used up", 1 << 30},
	UserVCs:     {"vcs_per_user", "the user has its %d VCs", 8192},
	Backlog:     {"backlog", "the daemon has its %d calls being set up", 4096},
	Clients:     {"clients", "the daemon has its %d clients", 1024},
	UserClients: {"clients_per_user", "the user has its %d clients", 128},
}

// String returns the key of the limit in the configuration, such as "vcs".
func (k Kind) String() string {
	if k == 0 || int(k) >= numKinds {
		return fmt.Sprintf("limit(%d)", uint8(k))
	}
	return kinds[k].key
}

// Default returns what holds unless the configuration says otherwise.
func (k Kind) Default() int64 { return kinds[k].usual }

// Reached says in words that so much of a limit is held already, and where it is set.
func (k Kind) Reached(limit int64) string {
	return fmt.Sprintf(kinds[k].text, limit) + fmt.Sprintf(" (%s below [limits] in the daemon's configuration)", k)
}

// Limits bound what clients may hold. A field that is not above zero takes its default.
type Limits struct {
	// VCs, SAPs and Parties bound what one client has at a time.
	VCs, SAPs, Parties int
	// CallsInProgress bounds a client's calls between set-up and connection.
	CallsInProgress int
	// RingBytes bounds the ring memory charged to one client, in octets.
	RingBytes int64
	// UserVCs bounds the VCs of all clients of one user.
	UserVCs int
	// Backlog bounds the calls in progress of the whole daemon.
	Backlog int
}

// WithDefaults fills in what is not set.
func (l Limits) WithDefaults() Limits {
	set := func(v *int, k Kind) {
		if *v <= 0 {
			*v = int(k.Default())
		}
	}
	set(&l.VCs, VCs)
	set(&l.SAPs, SAPs)
	set(&l.Parties, Parties)
	set(&l.CallsInProgress, Calls)
	set(&l.UserVCs, UserVCs)
	set(&l.Backlog, Backlog)
	if l.RingBytes <= 0 {
		l.RingBytes = Rings.Default()
	}
	return l
}

// Of returns a limit of the call manager; zero for one of the server.
func (l Limits) Of(k Kind) int64 {
	switch k {
	case VCs:
		return int64(l.VCs)
	case SAPs:
		return int64(l.SAPs)
	case Parties:
		return int64(l.Parties)
	case Calls:
		return int64(l.CallsInProgress)
	case Rings:
		return l.RingBytes
	case UserVCs:
		return int64(l.UserVCs)
	case Backlog:
		return int64(l.Backlog)
	case Clients, UserClients:
	}
	return 0
}

// Counts count what was refused for each limit.
type Counts [numKinds]uint64

// Counters name those of the limits from first to last.
func (c *Counts) Counters(first, last Kind) []vc.Counter {
	var out []vc.Counter
	for k := first; k <= last; k++ {
		out = append(out, vc.Counter{Name: "limited_" + k.String(), Value: c[k]})
	}
	return out
}
