package ie

// HeaderLen is the length of an element's header: identifier, octet 2 and the length of contents.
const HeaderLen = 4

// Element is what every element type of the package does; pointers to them implement it.
type Element interface {
	// Head returns the header, to read or to set.
	Head() *Header
	// ParseContents reads the contents (octet 5 on) of element id. The error is a
	// *ContentError. Octet strings are not copied: they share memory with p.
	ParseContents(id ID, p []byte) error
	// AppendContents appends the contents as element id carries them. Values that the standard
	// does not allow are refused with a *ContentError.
	AppendContents(id ID, b []byte) ([]byte, error)
}

// ContentError says what is wrong with the contents of an element.
type ContentError struct {
	ID     ID
	Offset int    // octets into the contents
	Reason string // the rule that is broken
}

// Error implements error.
func (e *ContentError) Error() string { return "ie: " + e.ID.String() + ": " + e.Reason }

// Append appends element id to b with header and length. It refuses a coding standard that the
// element does not have, an undefined action indicator, contents that the standard does not
// allow, and an element longer than its maximum, each with a *ContentError; b is then returned as
// it was.
func Append(b []byte, id ID, e Element) ([]byte, error) {
	inf := Lookup(id)
	if inf == nil {
		return b, refuse(id, "not in the element table")
	}
	octet2, err := e.Head().octet(inf)
	if err != nil {
		return b, err
	}
	start := len(b)
	out, err := e.AppendContents(id, append(b, byte(id), octet2, 0, 0))
	if err != nil {
		return b, err
	}
	n := len(out) - start - HeaderLen
	if n > 0xffff || inf.Max > 0 && n+HeaderLen > inf.Max {
		return b, refuse(id, "longer than its maximum")
	}
	out[start+2], out[start+3] = byte(n>>8), byte(n)
	return out, nil
}
