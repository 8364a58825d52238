package divert

import (
	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Run has the kernel run the program once over a frame that came on queue 0 of an interface, and returns its verdict.
func (p *Program) Run(frame []byte, index uint32) (uint32, error) {
	type context struct{ Data, DataEnd, DataMeta, Index, Queue, Egress uint32 }
	return p.program.Run(&ebpf.RunOptions{
		Data: frame, Repeat: 1, Context: &context{DataEnd: uint32(len(frame)), Index: index}, //nolint:gosec // a frame
	})
}

// Verdicts.
const (
	Pass     = pass
	Redirect = redirect
)

// Refused explains an error of the kernel.
func Refused(errno unix.Errno) error { return refused("do it", errno) }
