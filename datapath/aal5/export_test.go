package aal5

// An Implementation is one way to compute the CRC, for Least octets and more.
type Implementation struct {
	Name   string
	Least  int
	Update func(crc uint32, p []byte) uint32
}

// Implementations returns those that this processor has: the one that is in use first.
func Implementations() []Implementation {
	return append([]Implementation{
		{"chosen", 0, Update},
		{"generic", 0, updateGeneric},
	}, assembled()...)
}
