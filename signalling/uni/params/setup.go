package params

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// Setup makes the SETUP of a call, without call reference and connection identifier.
// The errors are *[Error].
func Setup(p *primitive.Params) (*msg.Message, error) {
	if err := p.Contract.Validate(); err != nil {
		return nil, &Error{ie.CauseUnsupportedTraffic, err.Error()}
	}
	called, ok := numberOf(p.Called)
	if !ok {
		return nil, &Error{ie.CauseInvalidNumberFormat, "no called address"}
	}
	m := &msg.Message{
		Type:   msg.Setup,
		AAL:    aalOf(&p.Contract),
		TD:     descriptorOf(&p.Contract),
		Bearer: bearerOf(&p.Contract),
		QoS:    &ie.QoS{},
		Called: &ie.CalledNumber{Number: called},
		BLLI:   bllisOf(p.BLLI),

		MinDesiredRate: desiredOf(&p.Contract),

		UserUser: UserUser(p.UserUser),
	}
	if len(m.BLLI) != len(p.BLLI) {
		return nil, &Error{ie.CauseInvalidElementContents, "low layer information"}
	}
	writeFallback(m, &p.Contract, &p.Fallback)
	writeQoS(m, &p.QoS)
	if p.Multipoint {
		if p.Contract.Backward != (vc.Flow{}) {
			return nil, &Error{ie.CauseUnsupportedTraffic, "a point-to-multipoint call carries nothing backward"}
		}
		m.Bearer.Config = ie.PointToMultipoint
		m.EndpointRef = &ie.EndpointRef{}
	}
	return m, writeOrigin(m, p)
}

// writeOrigin writes the calling number and the high layer.
func writeOrigin(m *msg.Message, p *primitive.Params) error {
	if calling, ok := numberOf(p.Calling); ok {
		m.Calling = &ie.PartyNumber{Number: calling}
	}
	if len(p.BHLI) > 0 {
		m.BHLI = &ie.BHLI{}
		if err := m.BHLI.ParseContents(ie.IDBHLI, p.BHLI); err != nil {
			return &Error{ie.CauseInvalidElementContents, err.Error()}
		}
	}
	return nil
}

// ReadSetup reads the parameters of an offered call. The errors are
// *[Error].
func ReadSetup(m *msg.Message) (primitive.Params, error) {
	p, err := readParty(m)
	if err != nil {
		return p, err
	}
	if p.Contract, err = contractOf(m); err != nil {
		return p, err
	}
	if p.Fallback, err = readFallback(m, &p.Contract); err != nil {
		return p, err
	}
	p.QoS = readQoS(m)
	p.Multipoint = m.Bearer.Config == ie.PointToMultipoint
	if p.Multipoint && p.Contract.Backward != (vc.Flow{}) {
		return p, &Error{ie.CauseUnsupportedTraffic, "a point-to-multipoint call that carries something backward"}
	}
	return p, nil
}
