package api

import (
	"strings"

	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// maxText bounds words in a message, in octets.
const maxText = 2048

// text makes words fit for a message: they may quote at length what a client, a
// peer or the kernel has sent, and the protocol knows UTF-8 only.
func text(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// encodeEvent translates what the call manager tells a client. An event that the
// protocol lacks gives nil.
func encodeEvent(ev cm.Event) *cmdpb.ServerMessage {
	switch e := ev.(type) {
	case cm.Reply:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Reply{Reply: encodeReply(e)}}
	case cm.MakeCallComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_MakeCallComplete{MakeCallComplete: &cmdpb.MakeCallComplete{
			Request: e.Request, Vc: uint64(e.VC), Status: cmdpb.Status(e.Status), Detail: text(e.Detail),
			Cause: encodeCause(e.Cause), Parameters: inModel(e.Parameters, e.Changed, e.Flowspec, true), Channel: encodeID(e.ID, e.Link),
			UserUser: e.UserUser, Party: uint64(e.Party),
		}}}
	case cm.ModifyCallQoSComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_ModifyCallQosComplete{ModifyCallQosComplete: &cmdpb.ModifyCallQoSComplete{
			Request: e.Request, Vc: uint64(e.VC), Status: cmdpb.Status(e.Status), Detail: text(e.Detail),
			Cause: encodeCause(e.Cause), Parameters: inModel(e.Parameters, e.Changed, e.Flowspec, !e.Incoming),
		}}}
	case cm.IncomingCallQoSChange:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCallQosChange{IncomingCallQosChange: &cmdpb.IncomingCallQoSChange{
			Vc: uint64(e.VC), Parameters: inModel(e.Parameters, true, e.Flowspec, !e.Incoming),
		}}}
	case cm.CloseCallComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseCallComplete{CloseCallComplete: &cmdpb.CloseCallComplete{
			Request: e.Request, Vc: uint64(e.VC), Status: cmdpb.Status(e.Status), Cause: encodeCause(e.Cause),
			Sent: e.Drain.Sent, Dropped: e.Drain.Dropped, UserUser: e.UserUser,
		}}}
	case cm.CloseAFComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseAfComplete{CloseAfComplete: &cmdpb.CloseAFComplete{
			Request: e.Request, Status: cmdpb.Status(e.Status),
		}}}
	case cm.IncomingCall:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCall{IncomingCall: &cmdpb.IncomingCall{
			Vc: uint64(e.VC), Sap: uint64(e.SAP), Parameters: inModel(e.Parameters, false, e.Flowspec, false),
			Channel: encodeID(e.ID, e.Link), Link: e.Link, Kept: uint64(e.Kept),
		}}}
	case cm.RingsGone:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_RingsGone{RingsGone: &cmdpb.RingsGone{Vc: uint64(e.VC)}}}
	case cm.CallConnected:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CallConnected{CallConnected: &cmdpb.CallConnected{
			Vc: uint64(e.VC),
		}}}
	case cm.IncomingCloseCall:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCloseCall{IncomingCloseCall: &cmdpb.IncomingCloseCall{
			Vc: uint64(e.VC), Status: cmdpb.Status(e.Status), Cause: encodeCause(e.Cause), Detail: text(e.Detail),
			UserUser: e.UserUser,
		}}}
	case cm.Notification:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Notification{Notification: &cmdpb.Notification{
			Vc: uint64(e.VC), Indicator: e.Info,
		}}}
	case cm.CallProgress:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CallProgress{CallProgress: encodeProgress(&e)}}
	case cm.AddPartyComplete, cm.DropPartyComplete, cm.IncomingDropParty:
		return encodeParty(e)
	case cm.DeleteVCIndication:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_DeleteVcIndication{DeleteVcIndication: &cmdpb.DeleteVCIndication{
			Vc: uint64(e.VC),
		}}}
	case cm.PVCComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_PvcComplete{PvcComplete: &cmdpb.PVCComplete{
			Request: e.Request, Status: cmdpb.Status(e.Status), Detail: text(e.Detail), Cause: encodeCause(e.Cause),
		}}}
	case cm.VCStatus:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_VcStatus{VcStatus: &cmdpb.VCStatus{
			Vc: uint64(e.VC), Up: e.Up, Detail: text(e.Detail),
		}}}
	case cm.NotifyCloseAF:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_NotifyCloseAf{NotifyCloseAf: &cmdpb.NotifyCloseAF{
			Reason: text(e.Reason), TimeoutMs: uint32(e.Timeout.Milliseconds()),
			Cause: encodeCause(e.Cause), LingerMs: uint32(e.Linger.Milliseconds()),
		}}}
	case cm.StatusIndication:
		return encodeStatus(&e, 0)
	case cm.Goodbye:
		return goodbyeMessage(e.Reason)
	}
	return nil
}

// encodeParty translates what a client is told of a party.
func encodeParty(ev cm.Event) *cmdpb.ServerMessage {
	switch e := ev.(type) {
	case cm.AddPartyComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_AddPartyComplete{AddPartyComplete: &cmdpb.AddPartyComplete{
			Request: e.Request, Vc: uint64(e.VC), Party: uint64(e.Party), Status: cmdpb.Status(e.Status), Detail: text(e.Detail),
			Cause: encodeCause(e.Cause), Parameters: encodeParams(e.Parameters, e.Changed), Channel: encodeID(e.ID, e.Link),
		}}}
	case cm.DropPartyComplete:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_DropPartyComplete{DropPartyComplete: &cmdpb.DropPartyComplete{
			Request: e.Request, Vc: uint64(e.VC), Party: uint64(e.Party), Status: cmdpb.Status(e.Status), Cause: encodeCause(e.Cause),
		}}}
	case cm.IncomingDropParty:
		return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingDropParty{IncomingDropParty: &cmdpb.IncomingDropParty{
			Vc: uint64(e.VC), Party: uint64(e.Party), Status: cmdpb.Status(e.Status), Cause: encodeCause(e.Cause), Detail: text(e.Detail),
		}}}
	}
	return nil
}

// encodeProgress translates how far a call is.
func encodeProgress(e *cm.CallProgress) *cmdpb.CallProgress {
	p := &cmdpb.CallProgress{Vc: uint64(e.VC), Alerting: e.Alerting, UserUser: e.UserUser}
	for _, i := range e.Indicators {
		p.Indicators = append(p.Indicators, &cmdpb.ProgressIndicator{Location: uint32(i.Location), Description: uint32(i.Description)})
	}
	return p
}

// encodeReply translates an immediate answer.
func encodeReply(e cm.Reply) *cmdpb.Reply {
	r := &cmdpb.Reply{
		Request: e.Request, Status: cmdpb.Status(e.Status), Detail: text(e.Detail), Cause: encodeCause(e.Cause),
		Kept: uint64(e.Kept),
	}
	switch {
	case e.OpenAF != nil:
		r.Result = &cmdpb.Reply_OpenAf{OpenAf: &cmdpb.OpenAFResult{
			Major: e.OpenAF.Major, Minor: e.OpenAF.Minor, Version: e.OpenAF.Version, Addresses: encodeAddrs(e.OpenAF.Addresses),
		}}
	case e.Handle != 0:
		r.Result = &cmdpb.Reply_Handle{Handle: &cmdpb.HandleResult{Handle: uint64(e.Handle)}}
	}
	return r
}

// maxAddresses is how many addresses of the daemon a message lists. Links on one NIC
// share theirs.
const maxAddresses = 512

// encodeAddrs formats addresses, as many as a message has room for.
func encodeAddrs(addrs []vc.Addr) []string {
	addrs = addrs[:min(len(addrs), maxAddresses)]
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String()
	}
	return out
}

// encodeCause translates a cause; the zero Cause gives nil.
func encodeCause(c ie.Cause) *cmdpb.Cause {
	if c.Value == 0 {
		return nil
	}
	return &cmdpb.Cause{
		Value: uint32(c.Value), Location: uint32(c.Location), Diagnostic: c.Diagnostic, Text: c.Value.String(),
	}
}

// encodeParams translates call parameters.
func encodeParams(p primitive.Params, changed bool) *cmdpb.CallParameters {
	out := &cmdpb.CallParameters{
		Called: p.Called.String(), Calling: p.Calling.String(), Contract: encodeContract(p.Contract),
		Bhli: p.BHLI, Blli: p.BLLI, Changed: changed, UserUser: p.UserUser, Multipoint: p.Multipoint, Permanent: p.Permanent, Qos: encodeQoS(p.QoS),
	}
	if p.Fallback.HasMinimum() {
		out.Minimum = &cmdpb.PeakRates{Forward: uint32(p.Fallback.Minimum.Forward), Backward: uint32(p.Fallback.Minimum.Backward)}
	}
	if p.Fallback.HasAlternative() {
		out.Alternative = encodeContract(p.Fallback.Alternative)
	}
	return out
}

// encodeQoS translates a quality of service; nothing asked for gives nil.
func encodeQoS(q vc.QoS) *cmdpb.QoS {
	if q == (vc.QoS{}) {
		return nil
	}
	flow := func(f vc.QoSFlow) *cmdpb.QoSFlow {
		return &cmdpb.QoSFlow{MaxCdvUs: f.MaxCDV, CdvUs: f.CDV, MaxClr: uint32(f.MaxCLR)}
	}
	return &cmdpb.QoS{
		MaxDelayMs: uint32(q.MaxDelay), DelayMs: uint32(q.Delay), Forward: flow(q.Forward), Backward: flow(q.Backward),
	}
}

// encodeContract translates a contract.
func encodeContract(c vc.Contract) *cmdpb.Contract {
	return &cmdpb.Contract{
		Category: cmdpb.Category(c.Category), Forward: encodeFlow(c.Forward), Backward: encodeFlow(c.Backward),
	}
}

// encodeFlow translates one direction.
func encodeFlow(f vc.Flow) *cmdpb.Flow {
	return &cmdpb.Flow{
		Pcr: uint32(f.PCR), Scr: uint32(f.SCR), Mbs: f.MBS, Mdcr: uint32(f.MDCR), MaxSdu: uint32(f.MaxSDU),
		MinPoliced: uint32(f.MinPoliced), Tagging: f.Tagging, FrameDiscard: f.FrameDiscard,
	}
}

// encodeID translates a channel; without a link there is none.
func encodeID(id vc.ID, link string) *cmdpb.ChannelID {
	if id.Link == 0 {
		return nil
	}
	return &cmdpb.ChannelID{Link: link, Vpi: uint32(id.VPI), Vci: uint32(id.VCI)}
}

// encodeCounters translates counters.
func encodeCounters(cs []vc.Counter) []*cmdpb.Counter {
	out := make([]*cmdpb.Counter, len(cs))
	for i, c := range cs {
		out[i] = &cmdpb.Counter{Name: c.Name, Value: c.Value}
	}
	return out
}
