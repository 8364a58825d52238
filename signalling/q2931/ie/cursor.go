package ie

// cursor reads the contents of one element from left to right. The first short read or failed
// check is kept in err; what is read after it is zero.
type cursor struct {
	id  ID
	p   []byte
	off int
	err error
}

// more reports whether octets are left and nothing failed so far.
func (c *cursor) more() bool { return c.err == nil && c.off < len(c.p) }

// fail keeps the first complaint, which concerns the octet before the cursor.
func (c *cursor) fail(reason string) {
	if c.err == nil {
		c.err = &ContentError{ID: c.id, Offset: max(c.off-1, 0), Reason: reason}
	}
}

// take returns the next n octets, or nil if there are fewer.
func (c *cursor) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if len(c.p)-c.off < n {
		c.off = len(c.p)
		c.fail("contents cut short")
		return nil
	}
	s := c.p[c.off : c.off+n : c.off+n]
	c.off += n
	return s
}

// rest returns all octets that are left.
func (c *cursor) rest() []byte { return c.take(len(c.p) - c.off) }

// uint reads n octets, at most 4, as a big-endian number.
func (c *cursor) uint(n int) uint32 {
	var v uint32
	for _, o := range c.take(n) {
		v = v<<8 | uint32(o)
	}
	return v
}

func (c *cursor) u8() uint8   { return uint8(c.uint(1)) }
func (c *cursor) u16() uint16 { return uint16(c.uint(2)) }
func (c *cursor) u24() uint32 { return c.uint(3) }

// last reads the last octet of a group: the extension bit must be 1. It returns the other 7 bits.
func (c *cursor) last() uint8 {
	o := c.u8()
	if o&0x80 == 0 {
		c.fail("extension bit 0 where the group ends")
	}
	return o & 0x7f
}

// done returns the complaint, if any; octets left over are one.
func (c *cursor) done() error {
	if c.more() {
		c.off++
		c.fail("octets behind the last field")
	}
	return c.err
}

// keep sets a subfield; a second copy of it is ignored, as is that of an element.
func keep[T comparable](o *Opt[T], v T) {
	if !o.Present {
		*o = Some(v)
	}
}

// refuse is the complaint on a value that may not be written or read.
func refuse(id ID, reason string) error { return &ContentError{ID: id, Reason: reason} }

// put8, put16 and put24 append a subfield, identifier first, if it is present.
func put8[T ~uint8](b []byte, sub byte, o Opt[T]) []byte {
	if !o.Present {
		return b
	}
	return append(b, sub, byte(o.Value))
}

func put16(b []byte, sub byte, o Opt[uint16]) []byte {
	if !o.Present {
		return b
	}
	return append(b, sub, byte(o.Value>>8), byte(o.Value))
}

func put24(b []byte, sub byte, o Opt[uint32]) []byte {
	if !o.Present {
		return b
	}
	return append(b, sub, byte(o.Value>>16), byte(o.Value>>8), byte(o.Value))
}
