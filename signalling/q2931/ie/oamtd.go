package ie

// OAMTD is the OAM traffic descriptor (Q.2931 4.5.24).
//
//	   8     7   6        5         4     3   2   1
//	+-----+---------+------------+-----+-------------+
//	|  1  | shaping | compliance |  0  |    fault    |  octet 5
//	+-----+---------+------------+-----+-------------+
//	|  1  |    forward rate      |  0  |  backward   |  octet 6
//	+-----+----------------------+-----+-------------+
type OAMTD struct {
	Header
	Shaping    uint8 // 0 no requirement, 1 no aggregate shaping of user and OAM cells
	Compliance uint8 // use of end-to-end OAM: 0 optional, 1 mandatory
	Fault      uint8 // fault management cells of the user: 0 none, 1 one a second
	Fwd, Bwd   uint8 // 3 bits: 0 none, 1 0.1 %, 4 1 % of the user cells
}

// ParseContents implements Element. Reserved values of octet 5 are read, but not written.
func (o *OAMTD) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	v := c.last()
	o.Shaping, o.Compliance, o.Fault = v>>5&3, v>>4&1, v&7
	v = c.last()
	o.Fwd, o.Bwd = v>>4&7, v&7
	if err := c.done(); err != nil {
		return err
	}
	return o.check(id)
}

// AppendContents implements Element.
func (o *OAMTD) AppendContents(id ID, b []byte) ([]byte, error) {
	if o.Shaping > 1 || o.Compliance > 1 || o.Fault > 1 {
		return b, refuse(id, "reserved value of shaping, compliance or fault management")
	}
	if err := o.check(id); err != nil {
		return b, err
	}
	return append(b, 0x80|o.Shaping<<5|o.Compliance<<4|o.Fault, 0x80|o.Fwd<<4|o.Bwd), nil
}

// check verifies the two rates of OAM cells.
func (o *OAMTD) check(id ID) error {
	for _, r := range [...]uint8{o.Fwd, o.Bwd} {
		if r != 0 && r != 1 && r != 4 {
			return refuse(id, "unknown rate of OAM cells")
		}
	}
	return nil
}
