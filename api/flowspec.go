package api

import (
	"errors"
	"fmt"

	"callmanager/api/cmdpb"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// asked is the traffic that a call asks for, in whichever units.
type asked struct {
	flowspec.Converted
	flowspec bool
}

// decodeAsked translates the contract and the quality of service of a call, or its FLOWSPECs.
func decodeAsked(p *cmdpb.CallParameters) (a asked, err error) {
	if p.GetTransmit() == nil && p.GetReceive() == nil {
		if p.GetRounding() != cmdpb.Rounding_ROUND_UNSPECIFIED {
			return a, errors.New("a rounding without a FLOWSPEC: the rates of a contract are whole already")
		}
		if a.Contract, err = decodeContract(p.GetContract()); err != nil {
			return a, err
		}
		a.QoS, err = decodeQoS(p.GetQos())
		return a, err
	}
	if p.GetContract() != nil || p.GetQos() != nil {
		return a, errors.New("a call asks for FLOWSPECs, or for a contract and a quality of service")
	}
	rounding := flowspec.RoundUp
	switch p.GetRounding() {
	case cmdpb.Rounding_ROUND_UNSPECIFIED, cmdpb.Rounding_ROUND_UP:
	case cmdpb.Rounding_ROUND_DOWN:
		rounding = flowspec.RoundDown
	default:
		return a, fmt.Errorf("rounding %d is none of the protocol's", p.GetRounding())
	}
	transmit, err := decodeFlowspec("transmit", p.GetTransmit())
	if err != nil {
		return a, err
	}
	receive, err := decodeFlowspec("receive", p.GetReceive())
	if err != nil {
		return a, err
	}
	a.flowspec = true
	if a.Converted, err = flowspec.Convert(transmit, receive, rounding); err != nil {
		return a, fmt.Errorf("FLOWSPEC: %w", err)
	}
	return a, nil
}

// decodeFlowspec translates one FLOWSPEC; nil is no traffic.
func decodeFlowspec(name string, f *cmdpb.FlowSpec) (flowspec.Spec, error) {
	if s := f.GetServiceType(); s < 0 || s > 0xff {
		return flowspec.Spec{}, fmt.Errorf("%s: service type %d is none of the protocol's", name, s)
	}
	return flowspec.Spec{
		TokenRate: f.GetTokenRate(), TokenBucketSize: f.GetTokenBucketSize(), PeakBandwidth: f.GetPeakBandwidth(),
		Latency: f.GetLatency(), DelayVariation: f.GetDelayVariation(), Service: flowspec.Service(f.GetServiceType()),
		MaxSDUSize: f.GetMaxSduSize(), MinimumPolicedSize: f.GetMinimumPolicedSize(),
	}, nil
}

// encodeFlowspec translates one direction.
func encodeFlowspec(s flowspec.Spec) *cmdpb.FlowSpec {
	return &cmdpb.FlowSpec{
		TokenRate: s.TokenRate, TokenBucketSize: s.TokenBucketSize, PeakBandwidth: s.PeakBandwidth,
		Latency: s.Latency, DelayVariation: s.DelayVariation, ServiceType: cmdpb.ServiceType(s.Service),
		MaxSduSize: s.MaxSDUSize, MinimumPolicedSize: s.MinimumPolicedSize,
	}
}

// flowspecs are a contract in the model's units from one end's point of view; none without a contract.
func flowspecs(c *vc.Contract, q vc.QoS, calling bool) (transmit, receive *cmdpb.FlowSpec) {
	if c.Category == 0 {
		return nil, nil
	}
	forward, backward := flowspec.Of(c, q)
	if !calling {
		forward, backward = backward, forward
	}
	return encodeFlowspec(forward), encodeFlowspec(backward)
}
