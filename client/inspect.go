package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// OwnAddresses returns the daemon's addresses with the links that have them; an alias has none.
func (c *Conn) OwnAddresses(ctx context.Context) ([]*cmdpb.OwnAddress, error) {
	r, err := c.askModel(ctx, "GetAddresses", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetAddresses{GetAddresses: &cmdpb.GetAddresses{}}})
	return r.GetAddresses().GetAddresses(), err
}

// AddAddress adds an alias address of the daemon until that ends: calls to it are offered to SAPs, and calls may
// come from it. How peers route to it is their configuration. It needs root or the group cmd-admin.
func (c *Conn) AddAddress(ctx context.Context, address string) error {
	_, err := c.askModel(ctx, "AddAddress", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddAddress{
		AddAddress: &cmdpb.AddAddress{Address: address},
	}})
	return err
}

// DeleteAddress deletes an alias for which no SAP is registered. It needs root or the group cmd-admin.
func (c *Conn) DeleteAddress(ctx context.Context, address string) error {
	_, err := c.askModel(ctx, "DeleteAddress", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteAddress{
		DeleteAddress: &cmdpb.DeleteAddress{Address: address},
	}})
	return err
}

// CallInformation returns what the daemon knows of a VC and its call: the parameters in force, also as FLOWSPECs,
// channel, call references, states, times and counters. The VC is this client's own, or with root
// or the group cmd-admin any.
func (c *Conn) CallInformation(ctx context.Context, handle uint64) (*cmdpb.CallInformation, error) {
	r, err := c.askModel(ctx, "GetCallInformation", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetCallInformation{
		GetCallInformation: &cmdpb.GetCallInformation{Vc: handle},
	}})
	return r.GetCallInformation(), err
}

// Statistics returns the sums of the counters of all VCs of the daemon.
func (c *Conn) Statistics(ctx context.Context) (*cmdpb.Statistics, error) {
	return c.statistics(ctx, &cmdpb.GetStatistics{})
}

// VCStatistics returns the counters of one VC, as [Conn.CallInformation] does.
func (c *Conn) VCStatistics(ctx context.Context, handle uint64) (*cmdpb.Statistics, error) {
	if handle == 0 {
		return nil, &Error{Op: "GetStatistics", Status: cmdpb.Status_FAILURE, Detail: "there is no VC 0"}
	}
	return c.statistics(ctx, &cmdpb.GetStatistics{Vc: handle})
}

// LinkStatistics returns the counters of one link.
func (c *Conn) LinkStatistics(ctx context.Context, link string) (*cmdpb.Statistics, error) {
	if link == "" {
		return nil, &Error{Op: "GetStatistics", Status: cmdpb.Status_INVALID_DATA, Detail: "a link has a name"}
	}
	return c.statistics(ctx, &cmdpb.GetStatistics{Link: link})
}

func (c *Conn) statistics(ctx context.Context, op *cmdpb.GetStatistics) (*cmdpb.Statistics, error) {
	r, err := c.askModel(ctx, "GetStatistics", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetStatistics{GetStatistics: op}})
	return r.GetStatistics(), err
}

// askModel asks a daemon that knows version 1.3 of the protocol.
func (c *Conn) askModel(ctx context.Context, op string, m *cmdpb.ClientMessage) (*cmdpb.Reply, error) {
	if err := c.knowsModel(); err != nil {
		return nil, err
	}
	return c.ask(ctx, op, m)
}
