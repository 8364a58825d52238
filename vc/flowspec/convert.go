package flowspec

import (
	"errors"
	"fmt"
	"math"

	"callmanager/vc"
)

// Rounding says how a rate becomes a whole number of cells a second. The zero value rounds up.
type Rounding uint8

// The roundings.
const (
	RoundUp Rounding = iota
	RoundDown
)

// Converted is what two FLOWSPECs ask for.
type Converted struct {
	// Contract has transmit forward and receive backward. What they leave open it leaves open.
	Contract vc.Contract
	// QoS has the limits of delay that they name.
	QoS vc.QoS
	// Changed tells that a rate in it differs from the one asked for by an octet a second at least.
	Changed bool
}

// Convert returns the contract and the quality of service that the caller of a call asks for. It fails
// if they contradict themselves or one another, or ask for more than a traffic descriptor can say.
func Convert(transmit, receive Spec, r Rounding) (Converted, error) {
	service, err := common(&transmit, &receive)
	if err != nil {
		return Converted{}, err
	}
	var out Converted
	for _, d := range []struct {
		name string
		spec *Spec
		flow *vc.Flow
		qos  *vc.QoSFlow
	}{
		{"transmit", &transmit, &out.Contract.Forward, &out.QoS.Forward},
		{"receive", &receive, &out.Contract.Backward, &out.QoS.Backward},
	} {
		if d.spec.Service == NoTraffic {
			continue
		}
		c := conversion{spec: d.spec, rounding: r}
		*d.flow = c.flow()
		if c.err != nil {
			return Converted{}, fmt.Errorf("%s: %w", d.name, c.err)
		}
		out.Changed = out.Changed || c.changed
		d.qos.MaxCDV = limit(d.spec.DelayVariation, vc.AnyCDV)
		if given(d.spec.Latency) {
			out.QoS.MaxDelay = lower(out.QoS.MaxDelay, latency(d.spec.Latency))
		}
	}
	out.Contract.Category = category(service, &out.Contract)
	if out.Contract.Category == vc.UBR && transmit.openEnded() && receive.openEnded() {
		out.Contract.Forward.PCR, out.Contract.Backward.PCR = 0, 0
	}
	return out, nil
}

// openEnded reports whether best effort has no peak: that of both directions is the link's.
func (s *Spec) openEnded() bool { return s.Service != NoTraffic && s.PeakBandwidth == NotSpecified }

// common returns the service of both directions.
func common(transmit, receive *Spec) (Service, error) {
	service := max(transmit.Service, receive.Service)
	switch {
	case service == NoTraffic:
		return service, errors.New("NOTRAFFIC in both directions: nothing is asked for")
	case min(transmit.Service, receive.Service) != NoTraffic && transmit.Service != receive.Service:
		return service, fmt.Errorf("%s one way and %s the other: a call has one service", transmit.Service, receive.Service)
	}
	switch service {
	case NoTraffic, BestEffort, ControlledLoad, Guaranteed, Qualitative:
		return service, nil
	}
	return service, fmt.Errorf("%s cannot be had: want BESTEFFORT, CONTROLLEDLOAD, GUARANTEED, QUALITATIVE or NOTRAFFIC", service)
}

// conversion is that of one direction. The first error stays.
type conversion struct {
	spec     *Spec
	rounding Rounding
	unit     sdu
	changed  bool
	err      error
}

func (c *conversion) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// flow converts a direction that carries something.
func (c *conversion) flow() vc.Flow {
	s := c.spec
	var f vc.Flow
	f.MaxSDU, f.MinPoliced = c.size("max_sdu_size", s.MaxSDUSize), c.size("minimum_policed_size", s.MinimumPolicedSize)
	if f.MaxSDU != 0 && f.MinPoliced > f.MaxSDU {
		c.fail(fmt.Errorf("minimum_policed_size %d is above max_sdu_size %d", f.MinPoliced, f.MaxSDU))
		return f
	}
	c.unit = unit(int(f.MinPoliced), int(f.MaxSDU))
	switch s.Service {
	case BestEffort, Qualitative:
		c.bestEffort(&f)
	case Guaranteed, ControlledLoad:
		c.reserved(&f)
	case NoTraffic: // nothing flows
	}
	return f
}

// bestEffort fills in the rates of UBR: without a peak it has the highest there is.
func (c *conversion) bestEffort(f *vc.Flow) {
	s := c.spec
	f.PCR = vc.MaxCellRate
	if s.PeakBandwidth != NotSpecified {
		f.PCR = c.rate("peak_bandwidth", s.PeakBandwidth)
	}
	if s.Service == Qualitative && s.TokenRate != NotSpecified {
		f.MDCR = c.rate("token_rate", s.TokenRate)
		if f.MDCR > f.PCR {
			c.fail(fmt.Errorf("token_rate %d is above peak_bandwidth %d", s.TokenRate, s.PeakBandwidth))
		}
	}
}

// reserved fills in the rates of CBR and VBR.
func (c *conversion) reserved(f *vc.Flow) {
	s := c.spec
	if s.TokenRate == NotSpecified {
		c.fail(fmt.Errorf("%s needs a token_rate", s.Service))
		return
	}
	f.PCR = c.rate("token_rate", s.TokenRate)
	bursts := s.PeakBandwidth != NotSpecified && s.PeakBandwidth > s.TokenRate
	switch {
	case s.PeakBandwidth < s.TokenRate:
		c.fail(fmt.Errorf("token_rate %d is above peak_bandwidth %d", s.TokenRate, s.PeakBandwidth))
	case !bursts && s.Service == Guaranteed:
		return // CBR
	case bursts:
		f.SCR = f.PCR
		f.PCR = c.rate("peak_bandwidth", s.PeakBandwidth)
	default:
		f.SCR = f.PCR
	}
	f.MBS = c.burst(f)
}

// burst returns the burst size of a VBR flow in cells: the bucket, but at least one SDU.
func (c *conversion) burst(f *vc.Flow) uint32 {
	least := uint64(vc.CellsFor(int(max(f.MaxSDU, f.MinPoliced, 1))))
	bucket := c.spec.TokenBucketSize
	if !given(bucket) {
		if f.MaxSDU == 0 {
			c.fail(errors.New("a burst needs a token_bucket_size or a max_sdu_size"))
		}
		return uint32(least)
	}
	cells := max(least, (uint64(bucket)*c.unit.cells+c.unit.octets-1)/c.unit.octets)
	if cells > uint64(vc.MaxCellRate) {
		c.fail(fmt.Errorf("token_bucket_size %d is beyond %d cells", bucket, vc.MaxCellRate))
	}
	return uint32(min(cells, uint64(vc.MaxCellRate)))
}

// rate converts a rate in octets a second.
func (c *conversion) rate(name string, octets uint32) vc.CellRate {
	cells := uint64(octets) * c.unit.cells
	if c.rounding == RoundUp {
		cells += c.unit.octets - 1
	}
	cells /= c.unit.octets
	switch {
	case cells == 0:
		c.fail(fmt.Errorf("%s %d is less than a cell a second", name, octets))
	case cells > uint64(vc.MaxCellRate) && c.rounding == RoundDown:
		cells = uint64(vc.MaxCellRate)
	case cells > uint64(vc.MaxCellRate):
		c.fail(fmt.Errorf("%s %d needs %d cells/s, and a traffic descriptor ends at %d", name, octets, cells, vc.MaxCellRate))
		return vc.MaxCellRate
	}
	c.changed = c.changed || c.unit.carried(cells) != octets
	return vc.CellRate(cells)
}

// size reads a size of SDUs.
func (c *conversion) size(name string, octets uint32) uint16 {
	switch {
	case !given(octets):
		return 0
	case octets > vc.MaxSDULen:
		c.fail(fmt.Errorf("%s %d: an SDU has at most %d octets", name, octets, vc.MaxSDULen))
		return 0
	}
	return uint16(octets)
}

// category returns the service category of a contract. A guaranteed one is rt-VBR if one of its
// directions bursts; the other then bursts by an SDU.
func category(s Service, c *vc.Contract) vc.Category {
	switch s {
	case ControlledLoad:
		return vc.NRTVBR
	case Guaranteed:
		if c.Forward.MBS == 0 && c.Backward.MBS == 0 {
			return vc.CBR
		}
		for _, f := range []*vc.Flow{&c.Forward, &c.Backward} {
			if f.PCR != 0 && f.MBS == 0 {
				f.SCR, f.MBS = f.PCR, uint32(vc.CellsFor(int(max(f.MaxSDU, 1))))
			}
		}
		return vc.RTVBR
	case NoTraffic, BestEffort, Qualitative:
	}
	return vc.UBR
}

// latency returns a delay in milliseconds, rounded down so that no more is accepted than is asked for,
// but to 1 at least: 0 would ask for nothing.
func latency(us uint32) uint16 {
	const perMillisecond = 1000
	return uint16(min(max(1, us/perMillisecond), math.MaxUint16))
}

// lower returns the lower one of two limits; 0 is none.
func lower(a, b uint16) uint16 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// limit returns a limit, at most the value that stands for any; 0 if it is not asked for.
func limit(v, most uint32) uint32 {
	if !given(v) {
		return 0
	}
	return min(v, most)
}
