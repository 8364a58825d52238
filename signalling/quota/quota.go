package quota

// Limits bound what clients may hold. A zero field takes its default.
type Limits struct {
	// VCs and SAPs bound what one client has at a time.
	VCs, SAPs int
	// Parties bounds the parties of one client's calls.
	Parties int
	// CallsInProgress bounds a client's calls between set-up and connection.
	CallsInProgress int
	// RingBytes bounds the ring memory charged to one client, in octets.
	RingBytes int64
	// Backlog bounds the calls in progress of the whole daemon; a call beyond
	// it is refused with cause 42, congestion.
	Backlog int
}

// The default limits.
const (
	DefaultVCs             = 4096
	DefaultSAPs            = 256
	DefaultParties         = 4096
	DefaultCallsInProgress = 512
	DefaultRingBytes       = 1 << 30
	DefaultBacklog         = 4096
)

// WithDefaults replaces zero and negative fields.
func (l Limits) WithDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.VCs, DefaultVCs)
	set(&l.SAPs, DefaultSAPs)
	set(&l.Parties, DefaultParties)
	set(&l.CallsInProgress, DefaultCallsInProgress)
	set(&l.Backlog, DefaultBacklog)
	if l.RingBytes <= 0 {
		l.RingBytes = DefaultRingBytes
	}
	return l
}
