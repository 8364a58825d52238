package flowspec

import (
	"errors"
	"fmt"

	"callmanager/vc"
)

// Change is what is asked of a contract that stands: of a call to be modified, or of an offer to be
// accepted. A direction that is nil stays as it is. Of one that is not, the service is that of the
// contract, and a field that is [NotSpecified], or just what [Of] tells of the contract, is that of the
// contract to the cell; so are sizes and delays of 0.
type Change struct {
	Transmit, Receive *Spec
	Rounding          Rounding
}

// Apply returns the contract with the change. calling tells that transmit is its forward direction. It
// fails if the change contradicts itself, asks for another service or other delays, or for more
// than a traffic descriptor can say.
func (ch *Change) Apply(stands *vc.Contract, q vc.QoS, calling bool) (Converted, error) {
	out := Converted{Contract: *stands, QoS: q}
	first, second := &out.Contract.Forward, &out.Contract.Backward
	transmit, receive := Of(stands, q)
	if !calling {
		first, second = second, first
		transmit, receive = receive, transmit
	}
	for _, d := range []struct {
		name  string
		asked *Spec
		told  *Spec
		flow  *vc.Flow
	}{
		{"transmit", ch.Transmit, &transmit, first},
		{"receive", ch.Receive, &receive, second},
	} {
		if d.asked == nil {
			continue
		}
		a := amendment{conversion{spec: d.asked, rounding: ch.Rounding}, d.told, stands.Category}
		a.amend(d.flow)
		if a.err != nil {
			return Converted{}, fmt.Errorf("%s: %w", d.name, a.err)
		}
		out.Changed = out.Changed || a.changed
	}
	return out, nil
}

// amendment is the change of one direction of which told is known.
type amendment struct {
	conversion
	told     *Spec
	category vc.Category
}

// amend changes a flow.
func (a *amendment) amend(f *vc.Flow) {
	s, told := a.spec, a.told
	switch {
	case s.Service != told.Service:
		a.fail(fmt.Errorf("%s where the call has %s: its service stays", s.Service, told.Service))
		return
	case s.Service == NoTraffic:
		return
	case given(s.Latency) && s.Latency != told.Latency, given(s.DelayVariation) && s.DelayVariation != told.DelayVariation:
		a.fail(errors.New("latency and delay_variation stay as they are, or are not specified"))
		return
	}
	if given(s.MaxSDUSize) {
		f.MaxSDU = a.size("max_sdu_size", s.MaxSDUSize)
	}
	if given(s.MinimumPolicedSize) {
		f.MinPoliced = a.size("minimum_policed_size", s.MinimumPolicedSize)
	}
	if f.MaxSDU != 0 && f.MinPoliced > f.MaxSDU {
		a.fail(fmt.Errorf("minimum_policed_size %d is above max_sdu_size %d", f.MinPoliced, f.MaxSDU))
	}
	a.unit = unit(int(f.MinPoliced), int(f.MaxSDU))
	if a.err == nil {
		a.rates(f)
	}
}

// rates changes the rates and the burst of a flow.
func (a *amendment) rates(f *vc.Flow) {
	s, told := a.spec, a.told
	if s.Service == BestEffort {
		a.amendRate("peak_bandwidth", &f.PCR, s.PeakBandwidth, told.PeakBandwidth)
		return
	}
	token, peak := s.TokenRate, s.PeakBandwidth
	if token == NotSpecified {
		token = told.TokenRate
	}
	switch {
	case peak == NotSpecified && a.category == vc.CBR:
		peak = token
	case peak == NotSpecified:
		peak = told.PeakBandwidth
	}
	switch {
	case token > peak:
		a.fail(fmt.Errorf("token_rate %d is above peak_bandwidth %d", token, peak))
	case token != peak && a.category == vc.CBR:
		a.fail(fmt.Errorf("peak_bandwidth %d is above token_rate %d where the call has one constant rate (CBR)", peak, token))
	case a.category == vc.CBR:
		a.amendRate("token_rate", &f.PCR, token, told.TokenRate)
		return
	}
	a.amendRate("peak_bandwidth", &f.PCR, peak, told.PeakBandwidth)
	if a.category == vc.UBR {
		a.amendRate("token_rate", &f.MDCR, token, told.TokenRate)
		return
	}
	a.amendRate("token_rate", &f.SCR, token, told.TokenRate)
	if given(s.TokenBucketSize) && s.TokenBucketSize != told.TokenBucketSize {
		f.MBS = a.burst(f)
	}
}

// amendRate changes one rate, unless it is the one that stands.
func (a *amendment) amendRate(name string, rate *vc.CellRate, asked, told uint32) {
	if asked != NotSpecified && asked != told {
		*rate = a.rate(name, asked)
	}
}
