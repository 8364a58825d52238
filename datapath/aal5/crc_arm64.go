//go:build !purego

package aal5

import (
	"math"

	"golang.org/x/sys/cpu"
)

// leastPMULL is from how many octets on PMULL is used: never, if the processor has not got it. The assembly may not
// be called with fewer than fewestPMULL.
var leastPMULL = threshold()

const fewestPMULL = 16

func threshold() int {
	if cpu.ARM64.HasPMULL {
		return fewestPMULL
	}
	return math.MaxInt
}

func update(crc uint32, p []byte) uint32 {
	if len(p) >= leastPMULL {
		return updatePMULL(crc, p)
	}
	return updateGeneric(crc, p)
}

func copyUpdate(crc uint32, dst, src []byte) uint32 {
	if len(src) >= leastPMULL {
		return copyPMULL(crc, dst, src)
	}
	return copyGeneric(crc, dst, src)
}

// Both read p or src to its end and no further, and write as many octets of dst.

//go:noescape
func updatePMULL(crc uint32, p []byte) uint32

//go:noescape
func copyPMULL(crc uint32, dst, src []byte) uint32
