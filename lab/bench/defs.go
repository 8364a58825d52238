package bench

import "fmt"

// What a target is about.
const (
	OfRatio  = "ratio"
	OfFigure = "figure"
)

// A Target is what a row is held to: its ratio or its figure is at least, or at most, so much. Exactly one
// of the two bounds is set.
type Target struct {
	Of    string   `json:"of"`
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
}

// Met reports whether measurements meet the target: their median, or all of them where nothing is allowed at all.
func (t *Target) Met(s *Spread) bool {
	switch {
	case t.Least != nil:
		return s.Median >= *t.Least
	case *t.Most == 0:
		return s.Max <= 0
	}
	return s.Median <= *t.Most
}

// text is the target for people.
func (t *Target) text(unit string) string {
	sign, bound := "≥", t.Least
	if bound == nil {
		sign, bound = "≤", t.Most
	}
	if t.Of == OfRatio {
		return fmt.Sprintf("%s %g ×", sign, *bound)
	}
	return sign + " " + figure(*bound, unit)
}

// ratioLeast, ratioMost, least and most make targets.
func ratioLeast(v float64) Target { return Target{Of: OfRatio, Least: &v} }
func ratioMost(v float64) Target  { return Target{Of: OfRatio, Most: &v} }
func least(v float64) Target      { return Target{Of: OfFigure, Least: &v} }
func most(v float64) Target       { return Target{Of: OfFigure, Most: &v} }

// The packages with benchmarks of the suite. Those of whole hosts need root.
const (
	hostsPackage    = "./lab/e2e"
	datapathPackage = "./datapath"
	aal5Package     = "./datapath/aal5"
	sarPackage      = "./datapath/sar"
)

// The units of figures.
const (
	PerSecond    = "SDU/s"
	Microseconds = "µs"
	Nanoseconds  = "ns"
	Gigabytes    = "GB/s"
	SDUs         = "SDUs"
	CyclesPerS   = "cycles/s"
	Kibibytes    = "KiB"
)

// A Def says what a row measures, which benchmark does it, and what it is held to.
type Def struct {
	ID      string
	Measure string
	Unit    string
	Package string
	Bench   string // the benchmark, as Go names it; several rows may come from one
	Beside  string // what it is compared with; empty: nothing
	Target  Target
}

// NeedsRoot reports whether the row is measured in network namespaces.
func (d *Def) NeedsRoot() bool { return d.Package == hostsPackage }

// Defs are the rows of the table in their order.
var Defs = []Def{
	{"frame/1492", "1492-octet SDUs, frame mode", PerSecond, hostsPackage, "BenchmarkVC/octets=1492", bare, ratioLeast(0.95)},
	{"frame/1492/xdp", "1492-octet SDUs, frame mode, transmitted by AF_XDP", PerSecond, hostsPackage, "BenchmarkVCOverXDP/octets=1492", bare, ratioLeast(1.15)},
	{"frame/64", "64-octet SDUs, frame mode", PerSecond, hostsPackage, "BenchmarkVC/octets=64", bare, ratioLeast(0.95)},
	{"frame/64/xdp", "64-octet SDUs, frame mode, transmitted by AF_XDP", PerSecond, hostsPackage, "BenchmarkVCOverXDP/octets=64", bare, ratioLeast(1.25)},
	{"cells/40", "40-octet SDUs, cell mode, packed, CRC at both ends", PerSecond, hostsPackage, "BenchmarkCells/octets=40", bare, ratioLeast(16)},
	{"cells/40/xdp", "40-octet SDUs, cell mode, transmitted by AF_XDP", PerSecond, hostsPackage, "BenchmarkCellsOverXDP/octets=40", bare, ratioLeast(19)},
	{"both/1492", "1492 octets, both directions at once, in total", PerSecond, hostsPackage, "BenchmarkVC/both-ways/octets=1492", oneWay, ratioLeast(0.85)},
	{"both/64", "64 octets, both directions at once, in total", PerSecond, hostsPackage, "BenchmarkVC/both-ways/octets=64", oneWay, ratioLeast(0.85)},
	{"many/1492", "1492 octets, 1 000 VCs, 100 with contracts, in total", PerSecond, hostsPackage, "BenchmarkManyVCs/octets=1492", oneWay, ratioLeast(0.85)},
	{"many/64", "64 octets, 1 000 VCs, 100 with contracts, in total", PerSecond, hostsPackage, "BenchmarkManyVCs/octets=64", oneWay, ratioLeast(0.85)},
	{"rtt/p50", "round trip of 64 octets, p50", Microseconds, hostsPackage, "BenchmarkVC/round-trip", sharedCore, ratioMost(3)},
	{"rtt/p99", "round trip of 64 octets, p99", Microseconds, hostsPackage, "BenchmarkVC/round-trip", sharedCore, ratioMost(6)},
	{"rtt/p50/two-cores", "round trip of 64 octets, p50", Microseconds, hostsPackage, "BenchmarkVC/round-trip", twoCores, ratioMost(0.5)},
	{"dispatch/one", "dispatcher alone, a frame, one VC", Nanoseconds, datapathPackage, "BenchmarkDispatch", "", most(25)},
	{"dispatch/hot", "dispatcher alone, 1 000 hot VCs among 900 000", Nanoseconds, datapathPackage, "BenchmarkDispatch", "one VC", ratioMost(2)},
	{"dispatch/random", "dispatcher alone, 900 000 VCs hit at random", Nanoseconds, datapathPackage, "BenchmarkDispatch", "one VC", most(150)},
	{"crc/48", "AAL5 CRC of 48 octets", Gigabytes, aal5Package, "BenchmarkISAL", isal, ratioLeast(0.5)},
	{"crc/1536", "AAL5 CRC of 1536 octets", Gigabytes, aal5Package, "BenchmarkISAL", isal, ratioLeast(0.5)},
	{"crc/9180", "AAL5 CRC of 9180 octets", Gigabytes, aal5Package, "BenchmarkISAL", isal, ratioLeast(0.5)},
	{"sar/1500", "segment and reassemble 1500 octets, one core", Gigabytes, sarPackage, "BenchmarkSpeed", "", least(3)},
	{"calls/loaded", "call set-up under full data load, p99, none refused", Microseconds, hostsPackage, "BenchmarkManyVCs/calls", "idle", ratioMost(5)},
	{"api/1", "CreateVC, MakeCall, CloseCall, DeleteVC by 1 client", CyclesPerS, hostsPackage, "BenchmarkAPI/cycles", "", least(100)},
	{"api/1/p99", "such a cycle, p99", Microseconds, hostsPackage, "BenchmarkAPI/cycles", "", most(50_000)},
	{"api/10", "such cycles by 10 clients, in total", CyclesPerS, hostsPackage, "BenchmarkAPI/cycles", "", least(500)},
	{"api/10/p99", "such a cycle beside 9 others, p99", Microseconds, hostsPackage, "BenchmarkAPI/cycles", "", most(100_000)},
	{"api/100", "such cycles by 100 clients, in total", CyclesPerS, hostsPackage, "BenchmarkAPI/cycles", "", least(1000)},
	{"api/100/p99", "such a cycle beside 99 others, p99", Microseconds, hostsPackage, "BenchmarkAPI/cycles", "", most(500_000)},
	{"memory/client", "memory of a daemon for a client", Kibibytes, hostsPackage, "BenchmarkAPI/memory", "", most(64)},
	{"memory/vc/idle", "memory of a daemon for a VC without a call", Kibibytes, hostsPackage, "BenchmarkAPI/memory", "", most(4)},
	{"memory/call", "memory of a daemon for a call that carries nothing", Kibibytes, hostsPackage, "BenchmarkAPI/memory", "", most(64)},
	{"memory/vc/active", "memory of a daemon for a VC in use, one ring of 256 KiB full once", Kibibytes, hostsPackage, "BenchmarkAPI/memory", "", most(512)},
	{"flood", "lost by four CBR VCs beside one that floods its ring", SDUs, hostsPackage, "BenchmarkManyVCs/flood", "", most(0)},
}

// What figures are compared with.
const (
	bare       = "bare path"
	oneWay     = "one VC, one way"
	sharedCore = "blocking sockets, one core"
	twoCores   = "blocking sockets, two cores"
	isal       = "ISA-L crc32_ieee"
)

// DefOf finds a row by its name.
func DefOf(id string) (*Def, bool) {
	for i := range Defs {
		if Defs[i].ID == id {
			return &Defs[i], true
		}
	}
	return nil, false
}
