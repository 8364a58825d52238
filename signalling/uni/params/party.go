package params

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// AddParty makes the ADD PARTY of a party of a call, with any endpoint reference.
// Its AAL parameters are those of the call's contract (UNI 4.0 section 5). The errors are
// *[Error].
func AddParty(call msg.CallRef, c *vc.Contract, p *primitive.Params) (*msg.Message, error) {
	called, ok := numberOf(p.Called)
	if !ok {
		return nil, &Error{ie.CauseInvalidNumberFormat, "no called address"}
	}
	m := &msg.Message{
		Type: msg.AddParty, CallRef: call, EndpointRef: &ie.EndpointRef{},
		AAL: aalOf(c), Called: &ie.CalledNumber{Number: called}, BLLI: bllisOf(p.BLLI),
	}
	if len(m.BLLI) != len(p.BLLI) || len(m.BLLI) > 1 {
		return nil, &Error{ie.CauseInvalidElementContents, "low layer information"}
	}
	if err := writeOrigin(m, p); err != nil {
		return nil, err
	}
	if _, err := m.Append(nil); err != nil {
		return nil, &Error{ie.CauseInvalidElementContents, err.Error()}
	}
	return m, nil
}

// ReadAddParty reads the parameters of an offered party but for the contract, which
// is that of its call. The errors are *[Error].
func ReadAddParty(m *msg.Message) (primitive.Params, error) {
	p, err := readParty(m)
	if err == nil && m.AAL != nil {
		err = checkAAL(m.AAL)
	}
	return p, err
}

// AnswerAddParty makes the ADD PARTY ACKNOWLEDGE of a party.
func (a Asked) AnswerAddParty(c *vc.Contract) *msg.Message {
	m := &msg.Message{}
	if a.aal {
		m.AAL = aalOf(c)
	}
	return m
}

// readParty reads what a SETUP and an ADD PARTY have in common.
func readParty(m *msg.Message) (primitive.Params, error) {
	var p primitive.Params
	var err error
	if p.Called, err = ReadAddress(m.Called.Number); err != nil {
		return p, err
	}
	if m.Calling != nil {
		// An unusable calling number is none.
		p.Calling, _ = ReadAddress(m.Calling.Number)
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
