// Package msg reads, judges and writes the messages of ATM signalling: Q.2931 clauses 3, 4 and 5.6
// to 5.7 (02/95), Q.2971, Q.2963.1 and ATM Forum UNI 3.0, 3.1 and 4.0 (af-sig-0061), with the
// message types of Q.2932 and of N-ISDN interworking in a profile of their own.
//
// It is a pure codec: octets in, Message and Verdict out, and back. It keeps no state of a call
// and sends nothing. What the state machine knows and the codec does not (which side sent the
// message, whether it is the first response) comes in as Options; what is to be done with a
// message that has errors goes out as one decision in the Verdict. The state machine performs it.
//
//	octets ──▶ Decode ──▶ *Message   good elements as typed fields
//	             ▲    └──▶ Verdict    findings, one decision, cause and diagnostics
//	          Options
//
//	octets ◀── Append ◀── *Message
//
//	  8   7   6   5   4   3   2   1
//	+---------------------------------+
//	|   protocol discriminator 0x09   |  octet 1
//	+---------------+-----------------+
//	|    0 0 0 0    |     length 3    |  octet 2
//	+---+-----------+-----------------+
//	|flg|   call reference value      |  octets 3 to 5
//	+---+-----------------------------+
//	|          message type           |  octet 6
//	+---+-------+---+-------+---------+
//	| 1 | spare |flg| spare | action  |  octet 7: Instruction
//	+---+-------+---+-------+---------+
//	|         message length          |  octets 8 and 9
//	+---------------------------------+
//	|      information elements       |  octet 10 on: package ie
//	+---------------------------------+
//
// Two tables hold what the standards say: which elements a message carries, in what order they are
// written, how often and when they are mandatory (table.go), and the rules that make the decision,
// in their order (decide.go). A table that contradicts itself stops the program at its start.
//
// All functions may be called from any goroutine; a Message belongs to one at a time. Decode copies
// its input once and keeps nothing of it. A decoded message is written back to the same octets,
// bits that mean nothing apart.
//
// The call machine first looks at the header to find the call, then decodes in its context:
//
//	cref, typ, err := msg.Peek(sdu)
//	...
//	m, v, err := msg.Decode(sdu, msg.Options{FromNetwork: true, FirstResponse: first})
//	switch v.Decision {
//	case msg.Accept:
//		...
package msg
