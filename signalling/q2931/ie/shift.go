package ie

// Shift is a locking (60) or non-locking shift (61) to another codeset (Q.2931 4.5.3, 4.5.4). The
// codeset holds to the end of the message, or for the next element only.
//
//	   8     7   6   5   4     3   2   1
//	+-----+-----------------+-----------+
//	|  1  |      spare      |  codeset  |   octet 5
//	+-----+-----------------+-----------+
type Shift struct {
	Header
	Codeset uint8 // 3 bits: 0 ITU-T, 5 national, 6 network, 7 user
}

// ParseContents implements Element.
func (s *Shift) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	s.Codeset = c.last() & 7
	return c.done()
}

// AppendContents implements Element.
func (s *Shift) AppendContents(id ID, b []byte) ([]byte, error) {
	if s.Codeset > 7 {
		return b, refuse(id, "codeset above 3 bits")
	}
	return append(b, 0x80|s.Codeset), nil
}
