package flowspec

import "callmanager/vc"

// Of returns a contract in the model's units: what may flow forward and backward. Rates and bursts are
// rounded down: they are carried.
func Of(c *vc.Contract, q vc.QoS) (forward, backward Spec) {
	return of(c.Category, &c.Forward, q.MaxDelay, q.Forward.MaxCDV), of(c.Category, &c.Backward, q.MaxDelay, q.Backward.MaxCDV)
}

// of converts one direction.
func of(category vc.Category, f *vc.Flow, delay uint16, cdv uint32) Spec {
	s := Spec{
		TokenRate: NotSpecified, PeakBandwidth: NotSpecified, TokenBucketSize: NotSpecified,
		Latency: NotSpecified, DelayVariation: NotSpecified, MaxSDUSize: NotSpecified, MinimumPolicedSize: NotSpecified,
	}
	if f.PCR == 0 {
		return s
	}
	u := unit(int(f.MinPoliced), int(f.MaxSDU))
	rate := func(r vc.CellRate) uint32 { return u.carried(uint64(r)) }
	s.PeakBandwidth = rate(f.PCR)
	switch category {
	case vc.CBR:
		s.Service, s.TokenRate = Guaranteed, s.PeakBandwidth
	case vc.RTVBR:
		s.Service, s.TokenRate, s.TokenBucketSize = Guaranteed, rate(f.SCR), u.carried(uint64(f.MBS))
	case vc.NRTVBR:
		s.Service, s.TokenRate, s.TokenBucketSize = ControlledLoad, rate(f.SCR), u.carried(uint64(f.MBS))
	case vc.UBR:
		s.Service = BestEffort
		if f.MDCR != 0 {
			s.Service, s.TokenRate = Qualitative, rate(f.MDCR)
		}
	}
	set := func(v *uint32, known uint32) {
		if known != 0 {
			*v = known
		}
	}
	const perMillisecond = 1000
	set(&s.MaxSDUSize, uint32(f.MaxSDU))
	set(&s.MinimumPolicedSize, uint32(f.MinPoliced))
	set(&s.Latency, uint32(delay)*perMillisecond)
	set(&s.DelayVariation, cdv)
	return s
}
