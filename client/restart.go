package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// RestartTarget is what a restart clears: the whole link, one path of it with VPI set, one channel
// with VCI set too.
type RestartTarget struct {
	Link string
	VPI  *uint8
	VCI  *uint16
}

// RestartResult tells what a restart has cleared.
type RestartResult struct {
	// Cleared counts the calls that were ended; Calls are the first of them.
	Cleared int
	Calls   []*cmdpb.Call
}

// Restart clears calls at both ends of a link, whoever owns them, and waits until the peer has
// acknowledged. It needs root or the group cmd-admin. If the peer refuses, does not answer (which
// takes four minutes) or is out of reach the error is an *[Error], and the result tells what was
// cleared at this end all the same. If the context ends first the restart goes on.
func (c *Conn) Restart(ctx context.Context, t RestartTarget) (RestartResult, error) {
	op := &cmdpb.Restart{Link: t.Link}
	if t.VPI != nil {
		vpi := uint32(*t.VPI)
		op.Vpi = &vpi
	}
	if t.VCI != nil {
		vci := uint32(*t.VCI)
		op.Vci = &vci
	}
	m, err := c.request(ctx, "Restart", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Restart{Restart: op}}, nil)
	if err != nil {
		return RestartResult{}, err
	}
	done := m.GetRestartComplete()
	return RestartResult{Cleared: int(done.GetCleared()), Calls: done.GetCalls()},
		statusError("Restart", done.GetStatus(), done.GetCause(), done.GetDetail())
}
