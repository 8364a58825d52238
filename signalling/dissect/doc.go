// Package dissect takes signalling apart octet by octet: SSCOP PDUs (Q.2110 clause 7) and the
// Q.2931, Q.2971, Q.2963.1 and UNI 4.0 messages in them, down to the fields of each information
// element, with the judgement of every element and what the rules of Q.2931 5.6 and 5.7 make of it.
//
//	octets ──▶ Conversation ──▶ SDU ─┬─ Message ── Elements ── Parts ── Fields
//	           who sent what          └─ PDU: data, pad, list elements, trailer words
//
// It is for people and scripts, not for machines that act: those use package msg, whose verdict is
// shown here. Nothing is lost on the way: the octets of all parts, one after the other, are the
// octets that came, whatever they are ([SDU.Octets]); broken octets are shown as far as they go and
// what is wrong stands beside them.
//
// A [Conversation] follows one signalling channel. It knows what the verdict depends on and a single
// message does not tell: which side is speaking, what our SETUP carried, whether a response is the
// first. A message alone gets what its own octets tell ([Dissect]).
//
// [Summarize] puts an SDU into one line, for traces.
//
// It is pure: no I/O, no clock, no lock. A Conversation belongs to one goroutine at a time. Results
// share no memory with the input.
package dissect
