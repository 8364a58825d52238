package uni

import "callmanager/signalling/q2931/msg"

// The messages of calls are decoded into memory that the next message uses
// again. A message, with its elements, is gone when the link is done with it:
// who needs one of them longer copies it. Octets and lists may be kept (package
// msg). A response to SETUP that has to wait takes its decoder along.

// decoder returns one that no message is in. There are more than one when what a
// message leads to lets another be worked off.
func (l *Link) decoder() *msg.Decoder {
	n := len(l.decoders)
	if n == 0 {
		return new(msg.Decoder)
	}
	d := l.decoders[n-1]
	l.decoders = l.decoders[:n-1]
	return d
}

// doneWith ends the use of a message of a call, which is nil for none, unless it
// waits there. d is nil for a message that somebody else is not done with yet.
func (l *Link) doneWith(c *call, m *msg.Message, d *msg.Decoder) {
	switch {
	case d == nil:
	case c != nil && c.response != nil && c.response.msg == m:
		c.response.from = d
	default:
		d.Reset()
		l.decoders = append(l.decoders, d)
	}
}
