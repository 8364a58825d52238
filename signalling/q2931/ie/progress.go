package ie

// Progress is the progress indicator (Q.2931 4.6.5, Q.931 4.5.23).
//
//	   8     7   6   5     4   3   2   1
//	+-----+-----------+------------------+
//	|  1  |   spare   |     location     |  octet 5
//	+-----+-----------+------------------+
//	|  1  |         description          |  octet 6
//	+-----+------------------------------+
type Progress struct {
	Header
	Location    Location
	Description uint8 // progress description, 7 bits
}

// ParseContents implements Element.
func (r *Progress) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	r.Location = Location(c.last() & 0xf)
	r.Description = c.last()
	return c.done()
}

// AppendContents implements Element.
func (r *Progress) AppendContents(id ID, b []byte) ([]byte, error) {
	if !r.Location.known() || r.Description > 0x7f {
		return b, refuse(id, "unknown location, or description above 7 bits")
	}
	return append(b, 0x80|byte(r.Location), 0x80|r.Description), nil
}
