package ie

// GITApplication is the identifier related standard or application.
type GITApplication uint8

// The applications of the generic identifier transport.
const (
	GITDSMCC GITApplication = 0x01 // DSM-CC, ISO/IEC 13818-6
	GITH245  GITApplication = 0x02 // ITU-T H.245
)

// GITType is the type of a generic identifier.
type GITType uint8

// The types of generic identifier.
const (
	GITSession  GITType = 0x01 // at most 20 octets
	GITResource GITType = 0x02 // at most 4 octets
)

// GITIdentifier is one identifier of the generic identifier transport.
type GITIdentifier struct {
	Type  GITType
	Value []byte
}

// GIT is the generic identifier transport (UNI 4.0, Q.2941).
//
//	+-----------------+
//	|   application   |  octet 5
//	+-----------------+
//	|      type       |  one group for each identifier
//	|     length      |
//	|      value      |
//	+-----------------+
type GIT struct {
	Header
	Application GITApplication
	Identifiers []GITIdentifier
}

// The longest identifiers.
const (
	maxGITSession  = 20
	maxGITResource = 4
)

func (t GITType) known() bool { return t == GITSession || t == GITResource }

// ParseContents implements Element. Identifiers of other types are read, but not written. The values share memory with p.
func (g *GIT) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	g.Application = GITApplication(c.u8())
	if g.Application != GITDSMCC && g.Application != GITH245 {
		c.fail("unknown application")
	}
	for c.more() {
		i := GITIdentifier{Type: GITType(c.u8())}
		i.Value = c.take(int(c.u8()))
		if reason := i.check(); c.err == nil && reason != "" && i.Type.known() {
			c.fail(reason)
		}
		g.Identifiers = append(g.Identifiers, i)
	}
	if c.err == nil && len(g.Identifiers) == 0 {
		c.fail("no identifier")
	}
	return c.err
}

// AppendContents implements Element.
func (g *GIT) AppendContents(id ID, b []byte) ([]byte, error) {
	if g.Application != GITDSMCC && g.Application != GITH245 {
		return b, refuse(id, "unknown application")
	}
	if len(g.Identifiers) == 0 {
		return b, refuse(id, "no identifier")
	}
	b = append(b, byte(g.Application))
	for _, i := range g.Identifiers {
		if reason := i.check(); reason != "" {
			return b, refuse(id, reason)
		}
		b = append(b, byte(i.Type), byte(len(i.Value)))
		b = append(b, i.Value...)
	}
	return b, nil
}

func (i *GITIdentifier) check() string {
	var limit int
	switch i.Type {
	case GITSession:
		limit = maxGITSession
	case GITResource:
		limit = maxGITResource
	default:
		return "unknown type of identifier"
	}
	if len(i.Value) == 0 || len(i.Value) > limit {
		return "identifier empty or too long"
	}
	return ""
}
