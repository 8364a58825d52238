package nicio

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
)

const (
	// steerLabels is the first of the labels by which frames are dealt out. What those below carry, many
	// channels of a peer share, and they are dealt out by their source.
	steerLabels = 1 << 16
	// steerFactor is 2^32 divided by the golden ratio: its multiples, and so those of keys in a row or at any
	// small distance, lie evenly between 0 and 2^32.
	steerFactor = 0x9E3779B1
	// steerShift leaves 16 bits of a product, the most significant ones.
	steerShift = 16
	// sourceTail is where the last four octets of the source address are in a frame.
	sourceTail = 8
	// linkLayer is where the kernel has a program find the Ethernet header when the frame begins behind it
	// (SKF_LL_OFF).
	linkLayer = 0xFFE00000
)

// MaxMembers is the largest number of ports among which frames are dealt out: what the kernel takes.
const MaxMembers = 256

// Steer returns which of n ports of a [Fanout], from 0, gets the frames of a source with a label: labels from
// 65536 on go by the label, wherever they come from, and those below by the source. Keys in a row, and keys at
// a distance of 2 or 3 as well, spread evenly. n is 1 to [MaxMembers].
func Steer(source MAC, label uint32, n int) int {
	key := label
	if label < steerLabels {
		key = binary.BigEndian.Uint32(source[2:])
	}
	return int(key * steerFactor >> steerShift * uint32(n) >> steerShift) //nolint:gosec // n has 9 bits
}

// SteerFrame returns which of n ports gets a frame that begins with its Ethernet header. One that ends before
// its label does goes to the first.
func SteerFrame(frame []byte, n int) int {
	if len(frame) < labelEnd {
		return 0
	}
	return Steer(MAC(frame[6:12]), binary.BigEndian.Uint32(frame[labelOffset:])>>labelShift, n)
}

// steerProgram assembles what does so in the kernel, for frames whose label and source are at these offsets:
//
//	     ld   [label]        none: ret #0
//	     rsh  #12
//	     jge  #65536, hash
//	     ld   [source]
//	hash mul  #0x9E3779B1
//	     rsh  #16
//	     mul  #n
//	     rsh  #16
//	     ret  a
func steerProgram(label, source uint32, n int) ([]bpf.RawInstruction, error) {
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: label, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: labelShift},
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: steerLabels, SkipTrue: 1},
		bpf.LoadAbsolute{Off: source, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: steerFactor},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: steerShift},
		bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: uint32(n)}, //nolint:gosec // at most MaxMembers
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: steerShift},
		bpf.RetA{},
	})
	if err != nil {
		return nil, fmt.Errorf("nicio: assemble steering: %w", err)
	}
	return raw, nil
}
