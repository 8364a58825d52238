package client

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"callmanager/api/cmdpb"
)

// A batch is a message with one field that has one field: the messages, which are encoded already.
const (
	batchField    protowire.Number = 50 // of ClientMessage
	messagesField protowire.Number = 1  // of ClientBatch
)

// batchRoom is how many octets the messages of a batch may take.
const batchRoom = maxMessage - 16

// batched returns what a message of n octets takes in a batch.
func batched(n int) int { return protowire.SizeTag(messagesField) + protowire.SizeBytes(n) }

// appendBatch appends one message that carries others to b.
func appendBatch(b []byte, messages [][]byte) []byte {
	octets := 0
	for _, m := range messages {
		octets += batched(len(m))
	}
	b = protowire.AppendTag(b, batchField, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(octets))
	for _, m := range messages {
		b = protowire.AppendTag(b, messagesField, protowire.BytesType)
		b = protowire.AppendBytes(b, m)
	}
	return b
}

// dispatchAll hands the messages of a batch on.
func (c *Conn) dispatchAll(b *cmdpb.ServerBatch) error {
	for _, m := range b.GetMessages() {
		if m.GetBatch() != nil {
			return fmt.Errorf("%w: a batch within a batch", errProtocol)
		}
		if _, err := c.dispatch(m, nil); err != nil {
			return err
		}
	}
	return nil
}
