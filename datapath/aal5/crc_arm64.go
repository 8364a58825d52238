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

// updatePMULL reads p to its end and no further.
//
//go:noescape
func updatePMULL(crc uint32, p []byte) uint32
