package params

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// Asked is what a SETUP, ADD PARTY or MODIFY REQUEST wants to hear in the answer.
// The zero value asks for nothing.
type Asked struct {
	aal   bool // it had AAL parameters
	rates bool // it asked for a negotiation of the traffic parameters
	blli  int  // how many B-LLI elements it had
}

// AskedBy returns what a message asks for.
func AskedBy(m *msg.Message) Asked {
	return Asked{aal: m.AAL != nil, rates: negotiates(m), blli: len(m.BLLI)}
}

// AnswerSetup adds to the CONNECT of a call the parameters that the SETUP asked
// for. Only the party of the SETUP (first) chooses among its low layers.
func (a Asked) AnswerSetup(m *msg.Message, p *primitive.Params, first bool) {
	if a.aal {
		m.AAL = aalOf(&p.Contract)
	}
	if a.blli > 1 && len(p.BLLI) > 0 && first {
		m.BLLI = bllisOf(p.BLLI[:1])
	}
	if a.rates {
		m.TD = descriptorOf(&p.Contract)
	}
	writeSums(m, &p.QoS)
}

// Clamp lowers the largest SDUs of a contract to a limit in octets; 0 is none.
func Clamp(c *vc.Contract, limit uint16) {
	clampFlow(&c.Forward, limit)
	clampFlow(&c.Backward, limit)
}

// clampFlow lowers the largest SDU of a flow to a limit; 0 is none.
func clampFlow(f *vc.Flow, limit uint16) {
	if limit != 0 && f.MaxSDU > limit {
		f.MaxSDU = limit
	}
	f.MinPoliced = min(f.MinPoliced, f.MaxSDU)
}

// AdoptConnect takes over what a CONNECT or an ADD PARTY ACKNOWLEDGE answers: the
// rates and smaller SDUs, the quality of service and the chosen low layer. A larger
// size is clamped to the one that was asked for. An AAL that was not asked for is
// refused: nothing would be understood. The errors are as of *[Error]; p may have
// changed in part then.
func AdoptConnect(p *primitive.Params, m *msg.Message) error {
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
		return &Error{ie.CauseAALNotSupportedUNI30, "an SDU size of zero"}
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

// AdoptAnswer takes over what the called client answers: rates that the caller
// accepts, smaller SDUs, larger minimum policed sizes and the chosen low layer.
func AdoptAnswer(p, answer *primitive.Params) {
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
