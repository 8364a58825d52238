package api

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// ask answers a question about one object by what f finds; its error is a refusal, or a query that failed.
func (c *conn) ask(request uint64, f func(context.Context) (*cmdpb.Reply, error)) {
	ctx, cancel := context.WithTimeout(c.ctx, queryTimeout)
	defer cancel()
	r, err := f(ctx)
	if refused, ok := errors.AsType[*signalling.RefusedError](err); ok {
		r, err = &cmdpb.Reply{Status: cmdpb.Status(refused.Status), Detail: text(refused.Detail)}, nil
	}
	if err != nil {
		c.queryFailed(request, err)
		return
	}
	r.Request = request
	c.reply(r)
}

// getAddresses answers GetAddresses.
func (c *conn) getAddresses(request uint64) {
	c.ask(request, func(ctx context.Context) (*cmdpb.Reply, error) {
		own, err := c.server.manager.OwnAddresses(ctx)
		if err != nil {
			return nil, err
		}
		return &cmdpb.Reply{Result: &cmdpb.Reply_Addresses{Addresses: encodeOwnAddresses(own)}}, nil
	})
}

// maxLinksShown is how many links of an address a message lists.
const maxLinksShown = 8

// encodeOwnAddresses translates the daemon's addresses, as many as a message has room for.
func encodeOwnAddresses(own []cm.OwnAddress) *cmdpb.AddressesResult {
	const field = 6 // the tag and the length of an element
	r := new(cmdpb.AddressesResult)
	size := 0
	for _, a := range own {
		row := &cmdpb.OwnAddress{Address: a.Address.String(), Links: slices.Clone(a.Links[:min(len(a.Links), maxLinksShown)])}
		if size += proto.Size(row) + field; size > pageOctets-field {
			break
		}
		r.Addresses = append(r.Addresses, row)
	}
	return r
}

// getCallInformation answers GetCallInformation.
func (c *conn) getCallInformation(request uint64, op *cmdpb.GetCallInformation) {
	c.ask(request, func(ctx context.Context) (*cmdpb.Reply, error) {
		info, err := c.server.manager.CallInformation(ctx, c.id, vc.Handle(op.GetVc()))
		if err != nil {
			return nil, err
		}
		return &cmdpb.Reply{Result: &cmdpb.Reply_CallInformation{CallInformation: encodeCallInformation(&info)}}, nil
	})
}

// encodeCallInformation translates what is known of a VC and its call.
func encodeCallInformation(info *signalling.CallInformation) *cmdpb.CallInformation {
	r := &cmdpb.CallInformation{
		Vc: encodeVC(&info.VC), ConnectedMs: uint64(info.Connected.Milliseconds()), Parties: uint32(info.Parties),
	}
	for i := range info.Calls[:min(len(info.Calls), pageRows)] {
		r.Calls = append(r.Calls, encodeCall(&info.Calls[i]))
	}
	p := &info.VC.Parameters
	r.Transmit, r.Receive = flowspecs(&p.Contract, p.QoS, !info.VC.Incoming)
	return r
}

// getStatistics answers GetStatistics.
func (c *conn) getStatistics(request uint64, op *cmdpb.GetStatistics) {
	c.ask(request, func(ctx context.Context) (*cmdpb.Reply, error) {
		s, err := c.statistics(ctx, op)
		if err != nil {
			return nil, err
		}
		return &cmdpb.Reply{Result: &cmdpb.Reply_Statistics{Statistics: s}}, nil
	})
}

// statistics asks for the counters of a VC, of a link, or of all VCs.
func (c *conn) statistics(ctx context.Context, op *cmdpb.GetStatistics) (*cmdpb.Statistics, error) {
	m := c.server.manager
	switch {
	case op.GetVc() != 0 && op.GetLink() != "":
		return nil, &signalling.RefusedError{Status: cm.InvalidData, Detail: "statistics are those of a VC or of a link, not of both"}
	case op.GetVc() != 0:
		cs, err := m.VCStatistics(ctx, c.id, vc.Handle(op.GetVc()))
		return &cmdpb.Statistics{Counters: encodeCounters(cs), Vcs: 1}, err
	case op.GetLink() != "":
		cs, err := m.LinkStatistics(ctx, op.GetLink())
		return &cmdpb.Statistics{Counters: encodeCounters(cs)}, err
	}
	cs, n, err := m.TotalStatistics(ctx)
	return &cmdpb.Statistics{Counters: encodeCounters(cs), Vcs: uint32(n)}, err
}
