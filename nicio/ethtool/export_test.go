package ethtool

import "unsafe"

// Bits joins the halves of a speed.
var Bits = bits

// Sizes of what the kernel reads and writes.
const (
	CommandSize = unsafe.Sizeof(command{})
	RequestSize = unsafe.Sizeof(request{})
)
