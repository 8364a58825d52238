package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// Status returns what the daemon says of itself.
func (c *Conn) Status(ctx context.Context) (*cmdpb.DaemonStatus, error) {
	r, err := c.ask(ctx, "GetStatus", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetStatus{GetStatus: &cmdpb.GetStatus{}}})
	return r.GetDaemonStatus(), err
}

// Links returns all links of the daemon in the order of their configuration.
func (c *Conn) Links(ctx context.Context) ([]*cmdpb.Link, error) {
	return list(ctx, c, cmdpb.ListKind_LINKS, (*cmdpb.ListResult).GetLinks)
}

// VCs returns all VCs of the daemon, whoever owns them.
func (c *Conn) VCs(ctx context.Context) ([]*cmdpb.VC, error) {
	return list(ctx, c, cmdpb.ListKind_VCS, (*cmdpb.ListResult).GetVcs)
}

// Calls returns all calls of the daemon, whoever owns them.
func (c *Conn) Calls(ctx context.Context) ([]*cmdpb.Call, error) {
	return list(ctx, c, cmdpb.ListKind_CALLS, (*cmdpb.ListResult).GetCalls)
}

// SAPs returns all SAPs of the daemon, whoever owns them.
func (c *Conn) SAPs(ctx context.Context) ([]*cmdpb.SAP, error) {
	return list(ctx, c, cmdpb.ListKind_SAPS, (*cmdpb.ListResult).GetSaps)
}

// list collects all pages of a list.
func list[T any](ctx context.Context, c *Conn, kind cmdpb.ListKind, rows func(*cmdpb.ListResult) []T) ([]T, error) {
	var all []T
	for after := ""; ; {
		r, err := c.ask(ctx, "List", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{
			List: &cmdpb.List{Kind: kind, After: after},
		}})
		if err != nil {
			return nil, err
		}
		all = append(all, rows(r.GetList())...)
		if after = r.GetList().GetNextPage(); after == "" {
			return all, nil
		}
	}
}

// CloseOther closes the call on a VC of any client. It needs root or the group
// cmd-admin. It returns when the release is under way.
func (c *Conn) CloseOther(ctx context.Context, handle uint64) error {
	_, err := c.ask(ctx, "AdminClose", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminClose{
		AdminClose: &cmdpb.AdminClose{Vc: handle},
	}})
	return err
}

// ModifyOther is [VC.ModifyWith] for a VC of any client, and returns the parameters
// in force. It needs root or the group cmd-admin. The call's owner is told by
// [VC.Changes].
//
// A refusal is an *[Error] and leaves everything as it was: NOT_SUPPORTED with cause
// 29 if the other side made the call or if it has parties, NOT_ACCEPTED if it is
// being modified already. A peer that does not answer has the call cleared after
// half a minute (T360). If the context ends first the change goes on.
func (c *Conn) ModifyOther(ctx context.Context, handle uint64, o ModifyOptions) (*cmdpb.CallParameters, error) {
	p, err := o.parameters(c)
	if err != nil {
		return nil, err
	}
	m, err := c.request(ctx, "AdminModify", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminModify{
		AdminModify: &cmdpb.AdminModify{Vc: handle, Parameters: p},
	}}, nil)
	if err != nil {
		return nil, err
	}
	d := m.GetModifyCallQosComplete()
	return d.GetParameters(), statusError("AdminModify", d.GetStatus(), d.GetCause(), d.GetDetail())
}

// Trace starts a trace of the signalling of one link, or of all if link is
// empty, and calls f for each SDU of a control VC until the connection ends or
// StopTrace is called. It replaces an earlier trace. f runs in the connection's
// reader: it must return soon and must not call methods of the connection. It
// needs root or the group cmd-admin.
func (c *Conn) Trace(ctx context.Context, link string, f func(*cmdpb.TraceEvent)) error {
	return c.trace(ctx, &cmdpb.Trace{On: true, Link: link}, f)
}

// StopTrace ends a trace. No call of its function begins or is under way when it
// returns nil.
func (c *Conn) StopTrace(ctx context.Context) error {
	return c.trace(ctx, &cmdpb.Trace{}, nil)
}

// trace switches the trace. What takes the events changes with the daemon's answer.
func (c *Conn) trace(ctx context.Context, op *cmdpb.Trace, f func(*cmdpb.TraceEvent)) error {
	m := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Trace{Trace: op}}
	return c.askThen(ctx, "Trace", m, func() { c.tracer = f })
}
