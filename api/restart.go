package api

import (
	"fmt"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/vc"
)

// maxCleared is how many of the calls that a restart has ended a message lists. A call has less than
// 256 octets.
const maxCleared = 200

// restart answers Restart. Its completion comes when the peer has acknowledged.
func (c *conn) restart(request uint64, op *cmdpb.Restart) {
	if !c.permitted(request, "a restart needs") {
		return
	}
	r, err := decodeRestart(op)
	done := make(chan signalling.RestartResult, 1)
	if err == nil {
		err = c.server.manager.Restart(r, func(r signalling.RestartResult) { done <- r })
	}
	if err != nil {
		c.bad(request, cmdpb.Status_INVALID_DATA, err.Error())
		return
	}
	c.reply(&cmdpb.Reply{Request: request, Status: cmdpb.Status_PENDING})
	c.restarting.Go(func() {
		select {
		case r := <-done:
			c.send(encodeRestart(request, &r), nil)
		case <-c.ctx.Done():
		}
	})
}

// decodeRestart translates what is to be restarted.
func decodeRestart(op *cmdpb.Restart) (signalling.Restart, error) {
	r := signalling.Restart{Link: op.GetLink()}
	if op.Vpi != nil {
		if op.GetVpi() > uint32(vc.MaxVPI) {
			return r, fmt.Errorf("VPI %d is not within 0 to %d", op.GetVpi(), vc.MaxVPI)
		}
		vpi := vc.VPI(op.GetVpi())
		r.VPI = &vpi
	}
	if op.Vci != nil {
		if op.GetVci() > 0xffff || op.GetVci() < uint32(vc.MinCallVCI) {
			return r, fmt.Errorf("VCI %d is none for calls: they have %d to 65535", op.GetVci(), vc.MinCallVCI)
		}
		vci := vc.VCI(op.GetVci())
		r.VCI = &vci
	}
	return r, nil
}

// encodeRestart translates the outcome of a restart.
func encodeRestart(request uint64, r *signalling.RestartResult) *cmdpb.ServerMessage {
	m := &cmdpb.RestartComplete{
		Request: request, Detail: text(r.Detail), Cause: encodeCause(r.Cause), Cleared: uint32(len(r.Cleared)),
	}
	if r.Cause.Value != 0 {
		m.Status = cmdpb.Status_FAILURE
	}
	for i := range r.Cleared[:min(len(r.Cleared), maxCleared)] {
		m.Calls = append(m.Calls, encodeCall(&r.Cleared[i]))
	}
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_RestartComplete{RestartComplete: m}}
}
