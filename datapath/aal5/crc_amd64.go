//go:build !purego

package aal5

import (
	"math"

	"golang.org/x/sys/cpu"
)

// Each way to compute is used from so many octets on: never, if the processor has not got it. Neither may be
// called with fewer octets than the assembly needs.
var leastCLMUL, leastVPCLMUL = thresholds()

const (
	fewestCLMUL   = 16
	fewestVPCLMUL = 128
)

func thresholds() (narrow, wide int) {
	narrow, wide = math.MaxInt, math.MaxInt
	if !cpu.X86.HasPCLMULQDQ || !cpu.X86.HasSSSE3 {
		return narrow, wide
	}
	narrow = fewestCLMUL
	// The package cpu tells of VPCLMULQDQ only where there is AVX-512. Leaf 7 is there with AVX2.
	const vpclmulqdq = 1 << 10
	if cpu.X86.HasAVX2 && features7()&vpclmulqdq != 0 {
		wide = fewestVPCLMUL
	}
	return narrow, wide
}

func update(crc uint32, p []byte) uint32 {
	if n := len(p); n >= leastCLMUL {
		if n < leastVPCLMUL {
			return updateCLMUL(crc, p)
		}
		return updateVPCLMUL(crc, p)
	}
	return updateGeneric(crc, p)
}

// Both in assembly read p to its end and no further.

//go:noescape
func updateCLMUL(crc uint32, p []byte) uint32

//go:noescape
func updateVPCLMUL(crc uint32, p []byte) uint32

// features7 is register ECX of CPUID leaf 7.
func features7() (ecx uint32)
