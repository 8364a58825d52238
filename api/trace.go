package api

import (
	"callmanager/api/cmdpb"
	"callmanager/signalling"
)

// traceBacklog is how many records wait for a client that reads slowly; what is beyond
// is lost and counted.
const traceBacklog = 4096

// setTrace answers Trace. A second start replaces the first.
func (c *conn) setTrace(request uint64, op *cmdpb.Trace) {
	if !c.permitted(request, "tracing needs") {
		return
	}
	c.stopTrace()
	if !op.GetOn() {
		c.reply(&cmdpb.Reply{Request: request})
		return
	}
	t, err := c.server.manager.Trace(op.GetLink(), traceBacklog)
	if err != nil {
		c.bad(request, cmdpb.Status_INVALID_DATA, err.Error())
		return
	}
	c.reply(&cmdpb.Reply{Request: request})
	c.trace = t
	c.tracing.Go(func() { c.runTrace(t) })
}

// stopTrace ends the trace, if there is one, and waits for its goroutine. Only the reader
// calls it.
func (c *conn) stopTrace() {
	if c.trace != nil {
		c.trace.Close()
		c.tracing.Wait()
		c.trace = nil
	}
}

// runTrace sends the records of a trace. It keeps the queue to the client short,
// so that a slow one loses records and not its connection.
func (c *conn) runTrace(t *signalling.TraceStream) {
	for r := range t.C() {
		if !c.out.awaitRoom() {
			continue
		}
		c.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_TraceEvent{TraceEvent: &cmdpb.TraceEvent{
			TimeNs: uint64(r.Time.UnixNano()), Link: r.Link, Sent: r.Sent, Sdu: r.SDU, Summary: text(r.Summary),
			Message: r.Message, CallReference: r.CallReference, Lost: r.Lost,
		}}}, nil)
	}
}
