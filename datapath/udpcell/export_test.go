package udpcell

import "net/netip"

const (
	// Places is how many channels of data may be within a PDU.
	Places = places
	// Patience is how long a PDU may take, in nanoseconds.
	Patience = patience
)

// Receive takes a datagram at a time in nanoseconds, in place of a socket's reader.
func (t *Transport) Receive(b []byte, from netip.AddrPort, at int64) { t.receive(b, from, at) }

// Pending returns the cells of PDUs under way.
func (t *Transport) Pending() int { return t.join.pending() }

// WithBuffer has the socket hold so many octets.
func (c Config) WithBuffer(octets int) Config {
	c.buffer = octets
	return c
}
