package api

import "callmanager/api/cmdpb"

// join makes one message of those that go into one datagram. One alone stays as it is. The result is
// valid until the next call.
func (w *writer) join(ms []outgoing) outgoing {
	if len(ms) == 1 {
		return ms[0]
	}
	w.buf = cmdpb.AppendBatch(w.buf[:0], ms, func(m outgoing) []byte { return m.data })
	return outgoing{data: w.buf}
}

// handleBatch answers several requests. One that is a batch again is none, nor is any of a client that has not said
// to know batches.
func (c *conn) handleBatch(b *cmdpb.ClientBatch) {
	for _, m := range b.GetMessages() {
		switch {
		case c.minor < cmdpb.BatchMinor:
			c.unsupported(m, c.newer("a batch", cmdpb.BatchMinor))
		case m.GetBatch() != nil:
			c.bad(m.GetRequest(), cmdpb.Status_INVALID_DATA, "a batch within a batch")
		default:
			c.handle(m)
		}
	}
}
