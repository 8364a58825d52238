package cmdpb

import "google.golang.org/protobuf/encoding/protowire"

// MaxMessage is the size of the largest datagram of the protocol in octets.
const MaxMessage = 64 << 10

// BatchMinor is the minor version of the protocol that brought [ClientBatch] and [ServerBatch].
const BatchMinor = 1

// PVCMinor is the minor version of the protocol that brought permanent VCs.
const PVCMinor = 2

// ModelMinor is the minor version of the protocol that brought the rest of the model's operations: the
// wildcards of SAPs, FLOWSPECs, addresses, queries of one object, [NotifyCloseAF] and [StatusIndication].
const ModelMinor = 3

// BatchRoom is how many octets the messages of a batch may take, by [Batched].
const BatchRoom = MaxMessage - 16

// The fields of a batch on the wire: one of ClientMessage and of ServerMessage alike, and in it the messages.
const (
	batchField    protowire.Number = 50
	messagesField protowire.Number = 1
)

// Batched returns what an encoded message of n octets takes in a batch.
func Batched(n int) int { return protowire.SizeTag(messagesField) + protowire.SizeBytes(n) }

// AppendBatch appends the message to b that carries encoded messages, which all are of the client or all of the
// daemon, in their order. data returns their octets.
func AppendBatch[M any](b []byte, messages []M, data func(M) []byte) []byte {
	octets := 0
	for _, m := range messages {
		octets += Batched(len(data(m)))
	}
	b = protowire.AppendTag(b, batchField, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(octets))
	for _, m := range messages {
		b = protowire.AppendTag(b, messagesField, protowire.BytesType)
		b = protowire.AppendBytes(b, data(m))
	}
	return b
}
