package api

import (
	"fmt"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// handle answers one request, or hands it to the call manager.
func (c *conn) handle(m *cmdpb.ClientMessage) {
	if b := m.GetBatch(); b != nil {
		c.handleBatch(b)
		return
	}
	if m.GetRequest() == 0 {
		c.bad(0, cmdpb.Status_INVALID_DATA, "a request needs a number above 0")
		return
	}
	if m.GetOp() != nil && !c.supported(m) {
		return
	}
	switch op := m.GetOp().(type) {
	case *cmdpb.ClientMessage_GetStatus:
		c.getStatus(m.GetRequest())
	case *cmdpb.ClientMessage_List:
		c.list(m.GetRequest(), op.List)
	case *cmdpb.ClientMessage_Trace:
		c.setTrace(m.GetRequest(), op.Trace)
	case *cmdpb.ClientMessage_Restart:
		c.restart(m.GetRequest(), op.Restart)
	case *cmdpb.ClientMessage_Capture:
		c.setCapture(m.GetRequest(), op.Capture)
	case *cmdpb.ClientMessage_GetAddresses:
		c.getAddresses(m.GetRequest())
	case *cmdpb.ClientMessage_GetCallInformation:
		c.getCallInformation(m.GetRequest(), op.GetCallInformation)
	case *cmdpb.ClientMessage_GetStatistics:
		c.getStatistics(m.GetRequest(), op.GetStatistics)
	case nil:
		c.bad(m.GetRequest(), cmdpb.Status_NOT_SUPPORTED,
			"this daemon does not know the operation; its version may be older than the client's")
	default:
		if op := m.GetOpenAf(); op != nil {
			c.agree(op)
		}
		r, err := decodeRequest(m)
		if err != nil {
			c.undecoded(m, err)
			return
		}
		c.server.manager.Submit(c.id, r)
	}
}

// undecoded answers a request with a field that its type does not hold.
func (c *conn) undecoded(m *cmdpb.ClientMessage, err error) {
	c.refuseRequest(m, cmdpb.Status_INVALID_DATA, ie.CauseInvalidElementContents, err.Error())
}

// refuseRequest answers a request that does not come to the call manager. A call that fails has a cause, whoever
// refuses it.
func (c *conn) refuseRequest(m *cmdpb.ClientMessage, s cmdpb.Status, cause ie.CauseValue, detail string) {
	r := &cmdpb.Reply{Request: m.GetRequest(), Status: s, Detail: detail}
	if m.GetMakeCall() != nil || m.GetAddParty() != nil {
		r.Cause = encodeCause(ie.Cause{Value: cause, Location: ie.LocationUser})
	}
	c.badRequest(r)
}

// decodeRequest translates an operation of the client model.
func decodeRequest(m *cmdpb.ClientMessage) (cm.Request, error) {
	n := m.GetRequest()
	switch op := m.GetOp().(type) {
	case *cmdpb.ClientMessage_OpenAf:
		return cm.OpenAF{Request: n, Major: op.OpenAf.GetMajor(), Minor: op.OpenAf.GetMinor(), Name: op.OpenAf.GetName()}, nil
	case *cmdpb.ClientMessage_CloseAf:
		return cm.CloseAF{Request: n}, nil
	case *cmdpb.ClientMessage_RegisterSap:
		return decodeRegisterSAP(n, op.RegisterSap)
	case *cmdpb.ClientMessage_DeregisterSap:
		return cm.DeregisterSAP{Request: n, SAP: vc.Handle(op.DeregisterSap.GetSap())}, nil
	case *cmdpb.ClientMessage_CreateVc:
		return cm.CreateVC{Request: n}, nil
	case *cmdpb.ClientMessage_DeleteVc:
		return cm.DeleteVC{Request: n, VC: vc.Handle(op.DeleteVc.GetVc())}, nil
	case *cmdpb.ClientMessage_MakeCall:
		return decodeMakeCall(n, op.MakeCall)
	case *cmdpb.ClientMessage_IncomingCallComplete:
		return decodeAnswer(n, op.IncomingCallComplete)
	case *cmdpb.ClientMessage_ModifyCallQos:
		return decodeModify(n, op.ModifyCallQos)
	case *cmdpb.ClientMessage_CloseCall:
		return decodeCloseCall(n, op.CloseCall)
	case *cmdpb.ClientMessage_Notify:
		return cm.Notify{Request: n, VC: vc.Handle(op.Notify.GetVc()), Info: op.Notify.GetIndicator()}, nil
	case *cmdpb.ClientMessage_Alert:
		return cm.Alert{Request: n, VC: vc.Handle(op.Alert.GetVc()), UserUser: op.Alert.GetUserUser()}, nil
	case *cmdpb.ClientMessage_AddParty:
		return decodeAddParty(n, op.AddParty)
	case *cmdpb.ClientMessage_DropParty:
		return decodeDropParty(n, op.DropParty)
	case *cmdpb.ClientMessage_RingDone:
		return cm.RingDone{Request: n, VC: vc.Handle(op.RingDone.GetVc()), Keep: op.RingDone.GetKeep()}, nil
	case *cmdpb.ClientMessage_AdminClose:
		return cm.AdminClose{Request: n, VC: vc.Handle(op.AdminClose.GetVc())}, nil
	case *cmdpb.ClientMessage_AdminModify:
		return decodeAdminModify(n, op.AdminModify)
	case *cmdpb.ClientMessage_AddPvc:
		return decodeAddPVC(n, op.AddPvc.GetPvc())
	case *cmdpb.ClientMessage_DeletePvc:
		return decodeDeletePVC(n, op.DeletePvc)
	case *cmdpb.ClientMessage_NotifyCloseAfComplete:
		return decodeNotifyComplete(n, op.NotifyCloseAfComplete)
	case *cmdpb.ClientMessage_AddAddress:
		return cm.AddAddress{Request: n, Address: op.AddAddress.GetAddress()}, nil
	case *cmdpb.ClientMessage_DeleteAddress:
		return cm.DeleteAddress{Request: n, Address: op.DeleteAddress.GetAddress()}, nil
	}
	return nil, fmt.Errorf("operation %T is not one of the client model", m.GetOp())
}

// decodeRegisterSAP translates a SAP.
func decodeRegisterSAP(n uint64, op *cmdpb.RegisterSAP) (cm.Request, error) {
	addr, err := decodeAddr("address", op.GetAddress())
	if err != nil {
		return nil, err
	}
	if op.GetSelector() > 0xFF {
		return nil, fmt.Errorf("selector %d is no octet", op.GetSelector())
	}
	return cm.RegisterSAP{
		Request: n, Address: addr, Selector: uint8(op.GetSelector()), AnySelector: op.GetAnySelector(),
		BHLI: op.GetBhli(), BLLI: op.GetBlli(), SendRing: op.GetSendRing(), ReceiveRing: op.GetReceiveRing(),
		MoreBLLI: op.GetMoreBlli(), BHLIAbsent: op.GetBhliAbsent(), BLLIAbsent: op.GetBlliAbsent(),
	}, nil
}

// decodeMakeCall translates the parameters of an outgoing call.
func decodeMakeCall(n uint64, op *cmdpb.MakeCall) (cm.Request, error) {
	p := op.GetParameters()
	calling, err := decodeAddr("calling address", p.GetCalling())
	if err != nil {
		return nil, err
	}
	asked, err := decodeAsked(p)
	if err != nil {
		return nil, err
	}
	selector, err := decodeSelector(p)
	if err != nil {
		return nil, err
	}
	fallback, err := decodeFallback(p)
	if err != nil {
		return nil, err
	}
	channel, err := decodeChannel(op.GetChannel())
	if err != nil {
		return nil, err
	}
	return cm.MakeCall{
		Permanent: p.GetPermanent(), Channel: channel, Fallback: fallback, QoS: asked.QoS, Flowspec: asked.flowspec, Rounded: asked.Changed,
		Request: n, CalledSelector: selector, VC: vc.Handle(op.GetVc()), Called: p.GetCalled(), Calling: calling, Contract: asked.Contract,
		Multipoint: p.GetMultipoint(),
		BHLI:       p.GetBhli(), BLLI: p.GetBlli(), UserUser: p.GetUserUser(), SendRing: op.GetSendRing(), ReceiveRing: op.GetReceiveRing(),
	}, nil
}

// decodeAddParty translates the parameters of a party.
func decodeAddParty(n uint64, op *cmdpb.AddParty) (cm.Request, error) {
	p := op.GetParameters()
	selector, err := decodeSelector(p)
	if err != nil {
		return nil, err
	}
	return cm.AddParty{
		Request: n, VC: vc.Handle(op.GetVc()), Called: p.GetCalled(), CalledSelector: selector, BHLI: p.GetBhli(), BLLI: p.GetBlli(),
	}, nil
}

// decodeDropParty translates the end of a party.
func decodeDropParty(n uint64, op *cmdpb.DropParty) (cm.Request, error) {
	cause, err := decodeCause(op.GetCause())
	if err != nil {
		return nil, err
	}
	return cm.DropParty{Request: n, Party: vc.Handle(op.GetParty()), Cause: cause}, nil
}

// decodeSelector returns the selector that a call names beside the address, or nil.
func decodeSelector(p *cmdpb.CallParameters) (*uint8, error) {
	if p == nil || p.CalledSelector == nil {
		return nil, nil
	}
	if p.GetCalledSelector() > 0xFF {
		return nil, fmt.Errorf("called selector %d is no octet", p.GetCalledSelector())
	}
	s := uint8(p.GetCalledSelector())
	return &s, nil
}

// decodeAnswer translates the answer to an offer.
func decodeAnswer(n uint64, op *cmdpb.IncomingCallComplete) (cm.Request, error) {
	cause, err := decodeCause(op.GetCause())
	if err != nil {
		return nil, err
	}
	s, err := decodeStatus(op.GetStatus())
	if err != nil {
		return nil, err
	}
	r := cm.IncomingCallComplete{Request: n, VC: vc.Handle(op.GetVc()), Status: s, Cause: cause, UserUser: op.GetParameters().GetUserUser()}
	if p := op.GetParameters(); p.GetChanged() {
		r.Changed = true
		if r.Flowspecs, err = decodeFlowspecs(p); err != nil {
			return nil, err
		}
		if r.Parameters.Contract, err = decodeContract(p.GetContract()); err != nil {
			return nil, err
		}
		r.Parameters.BHLI, r.Parameters.BLLI = p.GetBhli(), p.GetBlli()
	}
	return r, nil
}

// decodeNotifyComplete translates the answer to NotifyCloseAF.
func decodeNotifyComplete(n uint64, op *cmdpb.NotifyCloseAFComplete) (cm.Request, error) {
	s, err := decodeStatus(op.GetStatus())
	if err != nil {
		return nil, err
	}
	return cm.NotifyCloseAFComplete{Request: n, Status: s}, nil
}

// decodeStatus translates a status.
func decodeStatus(v cmdpb.Status) (cm.Status, error) {
	s := cm.Status(v)
	if v < 0 || int32(v) != int32(s) || !s.Valid() {
		return s, fmt.Errorf("status %d is none of the protocol's", v)
	}
	return s, nil
}

// decodeModify translates a modification.
func decodeModify(n uint64, op *cmdpb.ModifyCallQoS) (cm.Request, error) {
	r, err := decodeChange(op.GetParameters())
	if err != nil {
		return nil, err
	}
	r.Request, r.VC = n, vc.Handle(op.GetVc())
	return r, nil
}

// decodeAdminModify translates an administrator's modification.
func decodeAdminModify(n uint64, op *cmdpb.AdminModify) (cm.Request, error) {
	r, err := decodeChange(op.GetParameters())
	if err != nil {
		return nil, err
	}
	r.Request, r.VC = n, vc.Handle(op.GetVc())
	return cm.AdminModify(r), nil
}

// decodeChange translates what a modification asks for.
func decodeChange(p *cmdpb.CallParameters) (r cm.ModifyCallQoS, err error) {
	if r.Flowspecs, err = decodeFlowspecs(p); err != nil {
		return r, err
	}
	if r.Contract, err = decodeContract(p.GetContract()); err != nil {
		return r, err
	}
	r.Fallback, err = decodeFallback(p)
	return r, err
}

// decodeFallback translates what is acceptable in place of a contract.
func decodeFallback(p *cmdpb.CallParameters) (f vc.Fallback, err error) {
	low := p.GetMinimum()
	if low.GetForward() > uint32(vc.MaxCellRate) || low.GetBackward() > uint32(vc.MaxCellRate) {
		return f, fmt.Errorf("minimum: a rate above %d cells/s does not fit a traffic descriptor", vc.MaxCellRate)
	}
	f.Minimum = vc.PeakRates{Forward: vc.CellRate(low.GetForward()), Backward: vc.CellRate(low.GetBackward())}
	if p.GetAlternative() == nil {
		return f, nil
	}
	if f.Alternative, err = decodeContract(p.GetAlternative()); err != nil {
		return f, fmt.Errorf("alternative: %w", err)
	}
	return f, nil
}

// decodeQoS translates a quality of service.
func decodeQoS(q *cmdpb.QoS) (vc.QoS, error) {
	if max(q.GetMaxDelayMs(), q.GetDelayMs()) > uint32(vc.AnyDelay) {
		return vc.QoS{}, fmt.Errorf("a transit delay is at most %d ms", vc.AnyDelay)
	}
	if max(q.GetForward().GetMaxClr(), q.GetBackward().GetMaxClr()) > uint32(vc.AnyCLR) {
		return vc.QoS{}, fmt.Errorf("a cell loss ratio is at most %d", vc.AnyCLR)
	}
	flow := func(f *cmdpb.QoSFlow) vc.QoSFlow {
		return vc.QoSFlow{MaxCDV: f.GetMaxCdvUs(), CDV: f.GetCdvUs(), MaxCLR: uint8(f.GetMaxClr())}
	}
	return vc.QoS{
		MaxDelay: uint16(q.GetMaxDelayMs()), Delay: uint16(q.GetDelayMs()), Forward: flow(q.GetForward()), Backward: flow(q.GetBackward()),
	}, nil
}

// decodeCloseCall translates a close.
func decodeCloseCall(n uint64, op *cmdpb.CloseCall) (cm.Request, error) {
	cause, err := decodeCause(op.GetCause())
	if err != nil {
		return nil, err
	}
	r := cm.CloseCall{Request: n, VC: vc.Handle(op.GetVc()), Cause: cause, CloseData: op.GetCloseData()}
	if op.LingerMs != nil {
		linger := time.Duration(op.GetLingerMs()) * time.Millisecond
		r.Linger = &linger
	}
	return r, nil
}

// decodeAddr parses an address that may be absent.
func decodeAddr(what, s string) (vc.Addr, error) {
	if s == "" {
		return vc.Addr{}, nil
	}
	a, err := vc.ParseAddr(s)
	if err != nil {
		return vc.Addr{}, fmt.Errorf("%s: %w", what, err)
	}
	return a, nil
}

// decodeCause translates a cause; nil gives the zero Cause.
func decodeCause(c *cmdpb.Cause) (ie.Cause, error) {
	switch {
	case c.GetValue() > uint32(ie.CauseInterworking):
		return ie.Cause{}, fmt.Errorf("cause %d is not within 1 to 127", c.GetValue())
	case c.GetLocation() > 15:
		return ie.Cause{}, fmt.Errorf("cause location %d is not within 0 to 15", c.GetLocation())
	case len(c.GetDiagnostic()) > maxDiagnostic:
		return ie.Cause{}, fmt.Errorf("cause diagnostic has %d octets, want at most %d", len(c.GetDiagnostic()), maxDiagnostic)
	}
	return ie.Cause{
		Value: ie.CauseValue(c.GetValue()), Location: ie.Location(c.GetLocation()), Diagnostic: c.GetDiagnostic(),
	}, nil
}

// maxDiagnostic is what a cause element has room for (Q.2931 clause 4.5.15: 34
// octets in all).
const maxDiagnostic = 28

// decodeContract translates a contract. The rules of its numbers are the call
// manager's; only what does not fit the types is refused here.
func decodeContract(c *cmdpb.Contract) (vc.Contract, error) {
	if c.GetCategory() < 0 || c.GetCategory() > cmdpb.Category_UBR {
		return vc.Contract{}, fmt.Errorf("service category %d is none of the protocol's", c.GetCategory())
	}
	forward, err := decodeFlow("forward", c.GetForward())
	if err != nil {
		return vc.Contract{}, err
	}
	backward, err := decodeFlow("backward", c.GetBackward())
	if err != nil {
		return vc.Contract{}, err
	}
	return vc.Contract{Category: vc.Category(c.GetCategory()), Forward: forward, Backward: backward}, nil
}

// decodeFlow translates one direction.
func decodeFlow(name string, f *cmdpb.Flow) (vc.Flow, error) {
	switch {
	case f.GetPcr() > uint32(vc.MaxCellRate), f.GetScr() > uint32(vc.MaxCellRate), f.GetMdcr() > uint32(vc.MaxCellRate):
		return vc.Flow{}, fmt.Errorf("%s flow: a rate above %d cells/s does not fit a traffic descriptor", name, vc.MaxCellRate)
	case f.GetMaxSdu() > vc.MaxSDULen, f.GetMinPoliced() > vc.MaxSDULen:
		return vc.Flow{}, fmt.Errorf("%s flow: an SDU has at most %d octets", name, vc.MaxSDULen)
	}
	return vc.Flow{
		PCR: vc.CellRate(f.GetPcr()), SCR: vc.CellRate(f.GetScr()), MBS: f.GetMbs(), MDCR: vc.CellRate(f.GetMdcr()),
		MaxSDU: uint16(f.GetMaxSdu()), MinPoliced: uint16(f.GetMinPoliced()),
		Tagging: f.GetTagging(), FrameDiscard: f.GetFrameDiscard(),
	}, nil
}
