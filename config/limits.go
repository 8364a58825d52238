package config

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Limits bound what the daemon's clients may hold. A user is a user identifier of the system; limits of a
// user bind no administrator.
type Limits struct {
	// Clients are the connections at a time, UserClients those of one user.
	Clients, UserClients int
	// VCs, SAPs and Parties are what one client has at a time, UserVCs the VCs of one user's clients together.
	VCs, UserVCs, SAPs, Parties int
	// CallsInProgress are one client's calls between set-up and connection, Backlog those of all clients.
	CallsInProgress, Backlog int
	// RingMemory is what the rings of one client's VCs may take, in octets.
	RingMemory int64
}

var limitsSection = section{"limits", "[limits]", "what clients may hold; more is refused with RESOURCES"}

const (
	// mostHeld bounds the numbers: a link has fewer VCs than this.
	mostHeld = 1 << 20
	// leastRings is what the rings of one VC take at least, mostRings far beyond what a host has.
	leastRings = 1 << 20
	mostRings  = 1 << 50
)

var limitFields = []field[Limits]{
	limitField("clients", "1024", "connections at a time", func(l *Limits) *int { return &l.Clients }),
	limitField("clients_per_user", "128", "connections of one user", func(l *Limits) *int { return &l.UserClients }),
	limitField("vcs", "4096", "VCs of a client", func(l *Limits) *int { return &l.VCs }),
	limitField("vcs_per_user", "8192", "VCs of all clients of one user", func(l *Limits) *int { return &l.UserVCs }),
	limitField("saps", "256", "SAPs of a client", func(l *Limits) *int { return &l.SAPs }),
	limitField("parties", "4096", "parties of a client's point-to-multipoint calls", func(l *Limits) *int { return &l.Parties }),
	limitField("calls_in_progress", "512", "calls of a client that are not connected yet", func(l *Limits) *int { return &l.CallsInProgress }),
	limitField("backlog", "4096", "calls of all clients that are not connected yet", func(l *Limits) *int { return &l.Backlog }),
	{
		name: "ring_memory", def: `"1GiB"`, example: `"256MiB"`,
		doc: "memory that the rings of a client's VCs may take",
		set: func(l *Limits, s string) (err error) { l.RingMemory, err = parseMemory(s); return err },
	},
}

// limitField is the key of a limit that counts.
func limitField(name, def, doc string, of func(*Limits) *int) field[Limits] {
	return field[Limits]{
		name: name, kind: unstable.Integer, def: def, example: def, doc: doc,
		set: func(l *Limits, s string) error {
			n, err := strconv.ParseUint(s, 0, 32)
			if err != nil || n == 0 || n > mostHeld {
				return fmt.Errorf("%s is no limit for the %s; expected 1 to %d", shorten(s), doc, mostHeld)
			}
			*of(l) = int(n)
			return nil
		},
	}
}

// defaultLimits holds the defaults; tests compare them with the field list, and with those of who refuses.
func defaultLimits() Limits {
	return Limits{
		Clients: 1024, UserClients: 128, VCs: 4096, UserVCs: 8192, SAPs: 256, Parties: 4096,
		CallsInProgress: 512, Backlog: 4096, RingMemory: 1 << 30,
	}
}

// memory is a number and a unit.
var memory = regexp.MustCompile(`^([0-9]{1,16}) ?(KiB|MiB|GiB|TiB)$`)

// parseMemory reads a size in octets.
func parseMemory(s string) (int64, error) {
	if m := memory.FindStringSubmatch(s); m != nil {
		n, err := strconv.ParseUint(m[1], 10, 64)
		shift := map[string]int{"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[m[2]]
		if err == nil && bits.Len64(n)+shift < 64 && n<<shift >= leastRings && n<<shift <= mostRings {
			return int64(n << shift), nil
		}
	}
	return 0, fmt.Errorf("%s is no size of memory; expected a number with KiB, MiB, GiB or TiB, from \"1MiB\" to \"1024TiB\", such as \"256MiB\"", quote(s))
}
