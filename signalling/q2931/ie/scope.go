package ie

// Scope is how far a group address may reach.
type Scope uint8

// The organizational scopes.
const (
	ScopeLocal         Scope = 0x01
	ScopeLocalPlus1    Scope = 0x02
	ScopeLocalPlus2    Scope = 0x03
	ScopeSiteMinus1    Scope = 0x04
	ScopeIntraSite     Scope = 0x05
	ScopeSitePlus1     Scope = 0x06
	ScopeOrgMinus1     Scope = 0x07
	ScopeIntraOrg      Scope = 0x08
	ScopeOrgPlus1      Scope = 0x09
	ScopeCommMinus1    Scope = 0x0a
	ScopeCommunity     Scope = 0x0b
	ScopeCommPlus1     Scope = 0x0c
	ScopeRegional      Scope = 0x0d
	ScopeInterRegional Scope = 0x0e
	ScopeGlobal        Scope = 0x0f
)

// ConnectionScope is the connection scope selection (UNI 4.0, ATM anycast).
//
//	   8     7   6   5     4   3   2   1
//	+-----+-----------+------------------+
//	|  1  |   spare   |  type of scope   |  octet 5
//	+-----+-----------+------------------+
//	|               scope                |  octet 6
//	+------------------------------------+
type ConnectionScope struct {
	Header
	Scope Scope
}

// scopeOrganizational is the type of scope that is written. Older peers write 0, which is read too.
const scopeOrganizational = 1

// ParseContents implements Element.
func (s *ConnectionScope) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	if c.last()&0xf > scopeOrganizational {
		c.fail("unknown type of scope")
	}
	s.Scope = Scope(c.u8())
	if !s.Scope.known() {
		c.fail("unknown scope")
	}
	return c.done()
}

// AppendContents implements Element.
func (s *ConnectionScope) AppendContents(id ID, b []byte) ([]byte, error) {
	if !s.Scope.known() {
		return b, refuse(id, "unknown scope")
	}
	return append(b, 0x80|scopeOrganizational, byte(s.Scope)), nil
}

func (s Scope) known() bool { return s >= ScopeLocal && s <= ScopeGlobal }
