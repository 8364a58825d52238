package msg

// CallRef is a call reference (Q.2931 4.3). It is comparable.
type CallRef struct {
	Value uint32 // 23 bits
	// Flag is false in messages from the side that allocated the value and true in messages to it.
	Flag bool
}

// The call reference values with a meaning of their own.
const (
	GlobalCallRef uint32 = 0        // RESTART, RESTART ACKNOWLEDGE and STATUS of the restart procedure
	DummyCallRef  uint32 = 0x7fffff // Q.2932
)

// Peer returns the reference as the other side writes it.
func (c CallRef) Peer() CallRef { return CallRef{Value: c.Value, Flag: !c.Flag} }

// IsGlobal reports whether c is the global call reference.
func (c CallRef) IsGlobal() bool { return c.Value == GlobalCallRef }
