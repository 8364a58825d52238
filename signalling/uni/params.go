package uni

import (
	"fmt"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// paramError tells why the parameters of a call cannot be used.
type paramError struct {
	cause  ie.CauseValue
	reason string
}

// Error implements error.
func (e *paramError) Error() string {
	return fmt.Sprintf("uni: parameters of a call: %s (%s)", e.reason, e.cause)
}

// setupMessage makes the SETUP of a call, without a connection identifier.
func setupMessage(p *primitive.Params) (*msg.Message, error) {
	if err := p.Contract.Validate(); err != nil {
		return nil, &paramError{ie.CauseUnsupportedTraffic, err.Error()}
	}
	called, ok := numberOf(p.Called)
	if !ok {
		return nil, &paramError{ie.CauseInvalidNumberFormat, "no called address"}
	}
	m := &msg.Message{
		Type:   msg.Setup,
		AAL:    aalOf(&p.Contract),
		TD:     descriptorOf(&p.Contract),
		Bearer: bearerOf(&p.Contract),
		QoS:    &ie.QoS{},
		Called: &ie.CalledNumber{Number: called},
		BLLI:   bllisOf(p.BLLI),

		UserUser: userUser(p.UserUser),
	}
	if len(m.BLLI) != len(p.BLLI) {
		return nil, &paramError{ie.CauseInvalidElementContents, "low layer information"}
	}
	writeFallback(m, &p.Contract, &p.Fallback)
	writeQoS(m, &p.QoS)
	if p.Multipoint {
		if p.Contract.Backward != (vc.Flow{}) {
			return nil, &paramError{ie.CauseUnsupportedTraffic, "a point-to-multipoint call carries nothing backward"}
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
			return &paramError{ie.CauseInvalidElementContents, err.Error()}
		}
	}
	return nil
}

// readSetup reads the parameters of an offered call. The errors are
// *paramError.
func readSetup(m *msg.Message) (primitive.Params, error) {
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
		return p, &paramError{ie.CauseUnsupportedTraffic, "a point-to-multipoint call that carries something backward"}
	}
	return p, nil
}

// readParty reads what a SETUP and an ADD PARTY have in common.
func readParty(m *msg.Message) (primitive.Params, error) {
	var p primitive.Params
	var err error
	if p.Called, err = addressOf(m.Called.Number); err != nil {
		return p, err
	}
	if m.Calling != nil {
		// An unusable calling number is none.
		p.Calling, _ = addressOf(m.Calling.Number)
	}
	if m.BHLI != nil {
		if p.BHLI, err = m.BHLI.AppendContents(ie.IDBHLI, nil); err != nil {
			p.BHLI = nil
		}
	}
	p.BLLI = contentsOf(m.BLLI)
	if m.UserUser != nil {
		p.UserUser = m.UserUser.Data
	}
	return p, nil
}

// bllisOf reads B-LLI contents; it leaves out those that are not allowed.
func bllisOf(contents [][]byte) []ie.BLLI {
	var list []ie.BLLI
	for _, c := range contents {
		var b ie.BLLI
		if b.ParseContents(ie.IDBLLI, c) == nil {
			list = append(list, b)
		}
	}
	return list
}

// contentsOf writes the contents of B-LLI elements.
func contentsOf(list []ie.BLLI) [][]byte {
	var contents [][]byte
	for i := range list {
		if b, err := list[i].AppendContents(ie.IDBLLI, nil); err == nil {
			contents = append(contents, b)
		}
	}
	return contents
}

// numberOf writes an address as a number; ok is false for no address.
func numberOf(a vc.Addr) (n ie.Number, ok bool) {
	if b, is := a.AESA(); is {
		return ie.NewAESA(b), true
	}
	return ie.NewE164(a.Digits())
}

// addressOf reads a number as an address.
func addressOf(n ie.Number) (vc.Addr, error) {
	if b, ok := n.AESA(); ok {
		return vc.AddrFromAESA(b), nil
	}
	if n.Plan == ie.PlanE164 {
		if a, err := vc.AddrFromE164(n.Digits()); err == nil {
			return a, nil
		}
	}
	return vc.Addr{}, &paramError{ie.CauseInvalidNumberFormat, "number " + n.String()}
}

// clampContract lowers the largest SDUs of a contract.
func clampContract(c *vc.Contract, forward, backward uint16) {
	clampFlow(&c.Forward, forward)
	clampFlow(&c.Backward, backward)
}

// clampFlow lowers the largest SDU of a flow to a limit; 0 is none.
func clampFlow(f *vc.Flow, limit uint16) {
	if limit != 0 && f.MaxSDU > limit {
		f.MaxSDU = limit
	}
	f.MinPoliced = min(f.MinPoliced, f.MaxSDU)
}

// adoptConnect takes over what a CONNECT answers: the rates and smaller SDUs, the
// quality of service and the chosen low layer. A larger size is clamped to the one that was asked for. An AAL
// that was not asked for is refused: nothing would be understood.
func adoptConnect(p *primitive.Params, m *msg.Message) error {
	if len(m.BLLI) > 0 {
		p.BLLI = contentsOf(m.BLLI[:1])
	}
	got, err := answered(&p.Contract, &p.Fallback, m.TD)
	if err != nil {
		return err
	}
	p.Contract, p.Fallback = got, vc.Fallback{}
	if err := adoptQoS(&p.QoS, m); err != nil {
		return err
	}
	if m.AAL == nil {
		return nil
	}
	if err := checkAAL(m.AAL); err != nil {
		return err
	}
	c := &p.Contract
	if !adoptSize(&c.Forward, m.AAL.FwdMaxSDU) || !adoptSize(&c.Backward, m.AAL.BwdMaxSDU) {
		return &paramError{ie.CauseAALNotSupportedUNI30, "an SDU size of zero"}
	}
	return nil
}

func adoptSize(f *vc.Flow, size ie.Opt[uint16]) bool {
	if !size.Present || f.PCR == 0 {
		return true
	}
	clampFlow(f, size.Value)
	return size.Value != 0
}

// adoptAccept takes over what the called client answers: rates that the caller
// accepts, smaller SDUs, larger minimum policed sizes and the chosen low layer.
func adoptAccept(p, answer *primitive.Params) {
	if p.Fallback.Accepts(&p.Contract, &answer.Contract) {
		p.Contract = p.Contract.WithRates(&answer.Contract)
	}
	p.Fallback = vc.Fallback{}
	adopt := func(f *vc.Flow, a vc.Flow) {
		clampFlow(f, a.MaxSDU)
		f.MinPoliced = min(a.MinPoliced, f.MaxSDU)
	}
	adopt(&p.Contract.Forward, answer.Contract.Forward)
	adopt(&p.Contract.Backward, answer.Contract.Backward)
	if len(answer.BLLI) > 0 {
		p.BLLI = answer.BLLI
	}
}
