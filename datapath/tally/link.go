package tally

import (
	"sync/atomic"

	"callmanager/datapath/drop"
)

// cacheLines keeps what two goroutines write apart: two lines, as processors fetch them in pairs.
type cacheLines [128]byte

// Received counts what came from a link's peer. Every frame is in SDUs, in Joined, in one of Drops, or
// a part of an SDU that waits for more.
type Received struct {
	Frames, SDUs, Octets atomic.Uint64
	Lost, Tagged         atomic.Uint64
	Joined               atomic.Uint64 // Frames beside the last one of SDUs that came in parts.
	Drops                [drop.NumRx]atomic.Uint64
	_                    cacheLines
}

// Sent counts what clients or the signalling wanted to send. Every SDU is in SDUs or in one of Drops.
type Sent struct {
	SDUs, Octets atomic.Uint64
	Drops        [drop.NumTx]atomic.Uint64
	_            cacheLines
}

// Sum adds up one counter of several workers.
func Sum[T any](of []T, value func(T) uint64) (n uint64) {
	for _, w := range of {
		n += value(w)
	}
	return n
}
