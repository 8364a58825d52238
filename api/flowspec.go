package api

import (
	"errors"
	"fmt"

	"callmanager/api/cmdpb"
	"callmanager/signalling/primitive"
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
	specs, err := decodeFlowspecs(p)
	if err != nil {
		return a, err
	}
	if specs == nil {
		if a.Contract, err = decodeContract(p.GetContract()); err != nil {
			return a, err
		}
		a.QoS, err = decodeQoS(p.GetQos())
		return a, err
	}
	var transmit, receive flowspec.Spec // an unset one is no traffic
	if specs.Transmit != nil {
		transmit = *specs.Transmit
	}
	if specs.Receive != nil {
		receive = *specs.Receive
	}
	a.flowspec = true
	if a.Converted, err = flowspec.Convert(transmit, receive, specs.Rounding); err != nil {
		return a, fmt.Errorf("FLOWSPEC: %w", err)
	}
	return a, nil
}

// decodeFlowspecs translates the FLOWSPECs of call parameters; nil is none.
func decodeFlowspecs(p *cmdpb.CallParameters) (*flowspec.Change, error) {
	if p.GetTransmit() == nil && p.GetReceive() == nil {
		if p.GetRounding() != cmdpb.Rounding_ROUND_UNSPECIFIED {
			return nil, errors.New("a rounding without a FLOWSPEC: the rates of a contract are whole already")
		}
		return nil, nil
	}
	if p.GetContract() != nil || p.GetQos() != nil {
		return nil, errors.New("a call asks for FLOWSPECs, or for a contract and a quality of service")
	}
	var out flowspec.Change
	switch p.GetRounding() {
	case cmdpb.Rounding_ROUND_UNSPECIFIED, cmdpb.Rounding_ROUND_UP:
	case cmdpb.Rounding_ROUND_DOWN:
		out.Rounding = flowspec.RoundDown
	default:
		return nil, fmt.Errorf("rounding %d is none of the protocol's", p.GetRounding())
	}
	var err error
	if out.Transmit, err = decodeFlowspec("transmit", p.GetTransmit()); err != nil {
		return nil, err
	}
	out.Receive, err = decodeFlowspec("receive", p.GetReceive())
	return &out, err
}

// decodeFlowspec translates one FLOWSPEC, or none.
func decodeFlowspec(name string, f *cmdpb.FlowSpec) (*flowspec.Spec, error) {
	if f == nil {
		return nil, nil
	}
	if s := f.GetServiceType(); s < 0 || s > 0xff {
		return nil, fmt.Errorf("%s: service type %d is none of the protocol's", name, s)
	}
	return &flowspec.Spec{
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

// inModel translates call parameters, and says them in the model's units as well if specs is set.
func inModel(p primitive.Params, changed, specs, calling bool) *cmdpb.CallParameters {
	out := encodeParams(p, changed)
	if specs {
		out.Transmit, out.Receive = flowspecs(&p.Contract, p.QoS, calling)
	}
	return out
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
