package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
)

// The sizes of a page of a list: rows at first, and what the datagram has room for
// beside the list.
const (
	pageRows   = 64
	pageOctets = cmdpb.MaxMessage - 1024
)

// queryTimeout bounds how long a list may wait for the links.
const queryTimeout = 5 * time.Second

// maxQueries bounds the lists that are being made at a time: each holds up every link.
const maxQueries = 2

// beginQuery waits for the client's turn to ask for a list, and until what it has asked
// for before is served. done gives the turn on; it is never nil.
func (c *conn) beginQuery(ctx context.Context) (done func(), err error) {
	select {
	case c.server.queries <- struct{}{}:
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
	return func() { <-c.server.queries }, c.server.manager.Settle(ctx, c.id)
}

// getStatus answers GetStatus.
func (c *conn) getStatus(request uint64) {
	ctx, cancel := context.WithTimeout(c.ctx, queryTimeout)
	defer cancel()
	done, err := c.beginQuery(ctx)
	defer done()
	var s signalling.DaemonStatus
	if err == nil {
		s, err = c.server.manager.Status(ctx)
	}
	if err != nil {
		c.queryFailed(request, err)
		return
	}
	r := &cmdpb.DaemonStatus{
		Version: s.Version, UptimeMs: uint64(s.Uptime.Milliseconds()), Pid: uint32(os.Getpid()),
		Links: uint32(s.Links), LinksUp: uint32(s.LinksUp), Clients: uint32(s.Clients), Saps: uint32(s.SAPs),
		Vcs: uint32(s.VCs), Calls: uint32(s.Calls), Addresses: encodeAddrs(s.Addresses),
		Counters: encodeCounters(append(s.Counters, c.server.Counters()...)),
	}
	addHealth(r, s.Health, pageOctets-healthRoom)
	c.reply(&cmdpb.Reply{Request: request, Result: &cmdpb.Reply_DaemonStatus{DaemonStatus: r}})
}

// healthRoom is what a status keeps free for the reply around it and for saying that
// there is more.
const healthRoom = 256

// addHealth adds conditions to a status that may grow to so many octets, and says
// how many it has left out.
func addHealth(r *cmdpb.DaemonStatus, health []signalling.Health, most int) {
	const field = 6 // the tag and the length of an element
	size := proto.Size(r)
	for i, h := range health {
		item := &cmdpb.Health{Code: h.Code, Severity: h.Severity, Text: text(h.Text)}
		if size += proto.Size(item) + field; size > most {
			r.Health = append(r.Health, &cmdpb.Health{
				Code: "more", Severity: "warning", Text: fmt.Sprintf("%d more conditions are left out", len(health)-i),
			})
			return
		}
		r.Health = append(r.Health, item)
	}
}

// queryFailed answers a query that the call manager could not answer: it is busy, or
// ends, or the page token is none.
func (c *conn) queryFailed(request uint64, err error) {
	var detail string
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		detail = "the daemon is too busy to answer within " + queryTimeout.String()
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		detail = "the daemon ends"
	default:
		c.bad(request, cmdpb.Status_INVALID_DATA, err.Error())
		return
	}
	c.reply(&cmdpb.Reply{Request: request, Status: cmdpb.Status_FAILURE, Detail: detail})
}

// list answers List with one page. A page that does not fit the datagram is asked for
// again with fewer rows.
func (c *conn) list(request uint64, op *cmdpb.List) {
	ctx, cancel := context.WithTimeout(c.ctx, queryTimeout)
	defer cancel()
	done, err := c.beginQuery(ctx)
	defer done()
	for rows := pageRows; ; rows /= 2 {
		var r *cmdpb.ListResult
		if err == nil {
			r, err = c.page(ctx, op, rows)
		}
		switch {
		case err != nil:
			c.queryFailed(request, err)
			return
		case rows > 1 && proto.Size(r) > pageOctets:
			continue
		}
		c.reply(&cmdpb.Reply{Request: request, Result: &cmdpb.Reply_List{List: r}})
		return
	}
}

// page asks for one page of a list.
func (c *conn) page(ctx context.Context, op *cmdpb.List, limit int) (*cmdpb.ListResult, error) {
	m := c.server.manager
	r := new(cmdpb.ListResult)
	var err error
	switch op.GetKind() {
	case cmdpb.ListKind_LINKS:
		r.Links, r.NextPage, err = encodePage(ctx, m.Links, op.GetAfter(), limit, encodeLink)
	case cmdpb.ListKind_VCS:
		r.Vcs, r.NextPage, err = encodePage(ctx, m.VCs, op.GetAfter(), limit, encodeVC)
	case cmdpb.ListKind_CALLS:
		r.Calls, r.NextPage, err = encodePage(ctx, m.Calls, op.GetAfter(), limit, encodeCall)
	case cmdpb.ListKind_SAPS:
		r.Saps, r.NextPage, err = encodePage(ctx, m.SAPs, op.GetAfter(), limit, encodeSAP)
	case cmdpb.ListKind_PVCS:
		r.Pvcs, r.NextPage, err = encodePage(ctx, m.PVCs, op.GetAfter(), limit, encodePVC)
	case cmdpb.ListKind_LIST_UNSPECIFIED:
		err = errors.New("a list needs a kind")
	default:
		err = fmt.Errorf("list kind %d is none of the protocol's", op.GetKind())
	}
	return r, err
}

// encodePage asks for rows and translates them.
func encodePage[Row, Message any](
	ctx context.Context,
	ask func(context.Context, string, int) ([]Row, string, error),
	after string, limit int,
	encode func(*Row) *Message,
) ([]*Message, string, error) {
	rows, next, err := ask(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	out := make([]*Message, len(rows))
	for i := range rows {
		out[i] = encode(&rows[i])
	}
	return out, next, nil
}

// maxPrefixes is how many prefixes of a link a row lists, so that each row fits a
// message.
const maxPrefixes = 512

// encodeLink translates a row of the list of links.
func encodeLink(r *signalling.LinkRow) *cmdpb.Link {
	shown := r.Prefixes[:min(len(r.Prefixes), maxPrefixes)]
	prefixes := make([]string, len(shown))
	for i, p := range shown {
		prefixes[i] = p.String()
	}
	peer := r.PeerName
	if peer == "" {
		peer = r.Peer.String()
	}
	return &cmdpb.Link{
		Name: r.Name, Interface: r.Interface, Peer: peer, Role: r.Role, Profile: r.Profile, Mode: r.Mode, State: r.State,
		LastError: text(r.LastError), Address: r.Address.String(), Mac: r.MAC.String(), Capacity: uint64(r.Capacity),
		Reserved: uint64(r.Reserved), MaxSdu: uint32(r.MaxSDU), Calls: uint32(r.Calls),
		ReceiveBufferMs: r.ReceiveBuffer, Counters: encodeCounters(r.Counters), Prefixes: prefixes,
	}
}

// encodeVC translates a row of the list of VCs.
func encodeVC(r *signalling.VCRow) *cmdpb.VC {
	v := &cmdpb.VC{
		Handle: uint64(r.Handle), Link: r.Link, Vpi: uint32(r.ID.VPI), Vci: uint32(r.ID.VCI),
		State: r.State.String(), CallState: r.CallState.String(), Owner: text(r.Owner), Pid: uint32(r.PID), Uid: r.UID,
		Incoming: r.Incoming, Parameters: encodeParams(r.Parameters, r.Changed), Counters: encodeCounters(r.Counters),
	}
	for i := range r.Branches {
		b := &r.Branches[i]
		v.Branches = append(v.Branches, &cmdpb.Branch{
			Channel: encodeID(b.ID, b.Link), Parties: uint32(b.Parties), Opening: b.Opening, Counters: encodeCounters(b.Counters),
		})
	}
	return v
}

// encodeCall translates a row of the list of calls.
func encodeCall(r *signalling.CallRow) *cmdpb.Call {
	return &cmdpb.Call{
		Link: r.Link, CallReference: r.CallReference, Ours: r.Ours, State: r.State, Vc: uint64(r.VC),
		Vpi: uint32(r.ID.VPI), Vci: uint32(r.ID.VCI), Called: r.Called.String(), Calling: r.Calling.String(),
		Contract: encodeContract(r.Contract), Reserved: uint64(r.Reserved), AgeMs: uint64(r.Age.Milliseconds()),
	}
}

// encodeSAP translates a row of the list of SAPs.
func encodeSAP(r *signalling.SAPRow) *cmdpb.SAP {
	selector := "any"
	if !r.Filter.AnySelector {
		selector = fmt.Sprintf("%02x", r.Filter.Selector)
	}
	return &cmdpb.SAP{
		Handle: uint64(r.Handle), Address: r.Filter.Address.String(), Selector: selector, Owner: text(r.Owner),
		Pid: uint32(r.PID), Offered: r.Offered,
		Bhli: r.Filter.BHLI, BhliAbsent: r.Filter.BHLIAbsent, Blli: r.Filter.BLLI, BlliAbsent: r.Filter.BLLIAbsent,
	}
}
