package api

import (
	"google.golang.org/protobuf/encoding/protowire"

	"callmanager/api/cmdpb"
)

// batchMinor is the minor version of the protocol that brought batches.
const batchMinor = 1

// A batch is a message with one field that has one field: the messages, which are encoded already.
const (
	batchField    protowire.Number = 50 // of ServerMessage
	messagesField protowire.Number = 1  // of ServerBatch
)

// batchRoom is how many octets the messages of a batch may take.
const batchRoom = maxMessage - 16

// batched returns what a message of n octets takes in a batch.
func batched(n int) int { return protowire.SizeTag(messagesField) + protowire.SizeBytes(n) }

// join makes one message of those that go into one datagram. One alone stays as it is. The result is
// valid until the next call.
func (w *writer) join(ms []outgoing) outgoing {
	if len(ms) == 1 {
		return ms[0]
	}
	octets := 0
	for _, m := range ms {
		octets += batched(len(m.data))
	}
	b := protowire.AppendTag(w.buf[:0], batchField, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(octets))
	for _, m := range ms {
		b = protowire.AppendTag(b, messagesField, protowire.BytesType)
		b = protowire.AppendBytes(b, m.data)
	}
	w.buf = b
	return outgoing{data: b}
}

// handleBatch answers several requests. One that is a batch again is none.
func (c *conn) handleBatch(b *cmdpb.ClientBatch) {
	for _, m := range b.GetMessages() {
		if m.GetBatch() != nil {
			c.bad(m.GetRequest(), cmdpb.Status_INVALID_DATA, "a batch within a batch")
			continue
		}
		c.handle(m)
	}
}
