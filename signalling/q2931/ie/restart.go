package ie

// RestartClass is what a RESTART concerns.
type RestartClass uint8

// The restart classes. The first two need a connection identifier in the message.
const (
	RestartVC  RestartClass = 0 // the indicated virtual channel
	RestartVP  RestartClass = 1 // all channels of the indicated path
	RestartAll RestartClass = 2 // all channels of this signalling entity
)

// Restart is the restart indicator (Q.2931 4.5.20).
//
//	   8     7   6   5   4     3   2   1
//	+-----+-----------------+-----------+
//	|  1  |      spare      |   class   |  octet 5
//	+-----+-----------------+-----------+
type Restart struct {
	Header
	Class RestartClass
}

// ParseContents implements Element.
func (r *Restart) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	r.Class = RestartClass(c.last() & 7)
	if r.Class > RestartAll {
		c.fail("unknown restart class")
	}
	return c.done()
}

// AppendContents implements Element.
func (r *Restart) AppendContents(id ID, b []byte) ([]byte, error) {
	if r.Class > RestartAll {
		return b, refuse(id, "unknown restart class")
	}
	return append(b, 0x80|byte(r.Class)), nil
}
