package ie

// Repeat is the broadband repeat indicator (Q.2931 4.5.19). It stands directly before the first of
// the repeated elements, which are in order of preference.
//
//	   8     7   6   5     4   3   2   1
//	+-----+-----------+------------------+
//	|  1  |   spare   |  0   0   1   0   |  octet 5
//	+-----+-----------+------------------+
type Repeat struct {
	Header
}

// SendingComplete is the broadband sending complete element (Q.2931 4.5.21).
type SendingComplete struct {
	Header
}

// The only values of the two elements.
const (
	repeatPrioritized = 0x2 // prioritized list for selecting one possibility
	sendingComplete   = 0x21
)

// ParseContents implements Element. The three spare bits count for nothing.
func (*Repeat) ParseContents(id ID, p []byte) error {
	return parseFixed(id, p, 0xf, repeatPrioritized)
}

// AppendContents implements Element.
func (*Repeat) AppendContents(_ ID, b []byte) ([]byte, error) {
	return append(b, 0x80|repeatPrioritized), nil
}

// ParseContents implements Element.
func (*SendingComplete) ParseContents(id ID, p []byte) error {
	return parseFixed(id, p, 0x7f, sendingComplete)
}

// AppendContents implements Element.
func (*SendingComplete) AppendContents(_ ID, b []byte) ([]byte, error) {
	return append(b, 0x80|sendingComplete), nil
}

// parseFixed accepts the one octet that the contents must be in the bits of mask.
func parseFixed(id ID, p []byte, mask, want byte) error {
	c := cursor{id: id, p: p}
	if c.last()&mask != want {
		c.fail("reserved value")
	}
	return c.done()
}
