package uni

import "callmanager/signalling/dissect"

// Summarize puts an SSCOP PDU into words. message is the name of the Q.2931
// message in it, empty when there is none, and cref its call reference.
func Summarize(pdu []byte) (summary, message string, cref uint32) {
	l := dissect.Summarize(pdu)
	return l.Summary, l.Message, l.CallReference.Value
}
