package flowspec

import (
	"fmt"

	"callmanager/vc"
)

// NotSpecified is the value of a field that asks for nothing (QOS_NOT_SPECIFIED).
const NotSpecified uint32 = 1<<32 - 1

// Service is the service type of a FLOWSPEC, in its numbers.
type Service uint8

// The services that can be had. The zero value is no traffic.
const (
	NoTraffic      Service = 0
	BestEffort     Service = 1
	ControlledLoad Service = 2
	Guaranteed     Service = 3
	Qualitative    Service = 13
)

// String names the service as the model does.
func (s Service) String() string {
	switch s {
	case NoTraffic:
		return "NOTRAFFIC"
	case BestEffort:
		return "BESTEFFORT"
	case ControlledLoad:
		return "CONTROLLEDLOAD"
	case Guaranteed:
		return "GUARANTEED"
	case Qualitative:
		return "QUALITATIVE"
	}
	return fmt.Sprintf("Service(%d)", uint8(s))
}

// Spec is one direction of a call in the model's units. Of each field but Service [NotSpecified] asks for
// nothing, and so does 0 of sizes and delays. The zero value is no traffic.
type Spec struct {
	// TokenRate is the sustained rate and PeakBandwidth the highest one, in octets of SDUs a second.
	TokenRate, PeakBandwidth uint32
	// TokenBucketSize is the largest burst in octets.
	TokenBucketSize uint32
	// Latency is the largest acceptable delay, DelayVariation the largest difference between
	// delays, in microseconds.
	Latency, DelayVariation uint32
	Service                 Service
	// MaxSDUSize is the largest SDU in octets, and what is smaller than MinimumPolicedSize counts as
	// that.
	MaxSDUSize, MinimumPolicedSize uint32
}

// given reports whether a size or a delay is asked for.
func given(v uint32) bool { return v != 0 && v != NotSpecified }

// sdu is the SDU by which rates are converted: so many octets in so many cells.
type sdu struct{ octets, cells uint64 }

// worst returns the SDU of at least least and at most most octets that takes the most cells an octet.
// Within the SDUs of as many cells that is the smallest, and the larger they are the less it is: the
// one of the least size, or the first that begins another cell.
func worst(least, most int) sdu {
	a := sdu{uint64(least), uint64(vc.CellsFor(least))}
	next := vc.CellsFor(least)*vc.CellPayload - vc.TrailerLen + 1
	if next > most {
		return a
	}
	b := sdu{uint64(next), uint64(vc.CellsFor(next))}
	if b.cells*a.octets > a.cells*b.octets {
		return b
	}
	return a
}

// unit returns the SDU by which rates between two sizes are converted; 0 is a size that is not known.
func unit(least, most int) sdu {
	switch {
	case least == 0 && most == 0:
		return sdu{vc.CellPayload, 1}
	case least == 0:
		least = most
	case most == 0:
		most = vc.MaxSDULen
	}
	return worst(least, most)
}

// octets returns what a rate in cells carries, rounded down: octets a second of a rate in cells a second,
// octets of a burst.
func (u sdu) carried(cells uint64) uint32 {
	return uint32(min(cells*u.octets/u.cells, uint64(NotSpecified)-1))
}
