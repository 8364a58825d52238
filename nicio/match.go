package nicio

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// A Match is a frame with a top MPLS label and, if Mask is not 0, a word of 32 bits behind the label stack
// entry: at so many octets from its end the bits of Mask have those of Value. A frame that ends before
// does not match.
type Match struct {
	Label       uint32 // 20 bits.
	At          uint32 // Octets, at most [MaxMatchAt].
	Mask, Value uint32
}

const (
	// MaxMatchAt is how far behind the label the word of a [Match] may begin, in octets.
	MaxMatchAt = 64
	// MaxMatches is how many matches a filter takes: their program's jumps have 8 bits.
	MaxMatches = 24
	// matchSteps is how many instructions one takes at most.
	matchSteps = 8
)

// AcceptMatches returns a classic BPF program that keeps exactly the frames of which one of 1 to
// [MaxMatches] matches is true. It and [RejectMatches] are complements, as [AcceptLabels] and
// [RejectLabels] are.
func AcceptMatches(m ...Match) ([]bpf.RawInstruction, error) { return matchFilter(m, keepAll, 0) }

// RejectMatches returns the complement of [AcceptMatches].
func RejectMatches(m ...Match) ([]bpf.RawInstruction, error) { return matchFilter(m, 0, keepAll) }

// matchFilter assembles
//
//	      ld   #len
//	      jlt  #18, miss
//	      ld   [14]              of each match
//	      rsh  #12
//	      jne  #label, next
//	      ld   #len              these only with a mask
//	      jlt  #18+at+4, next
//	      ld   [18+at]
//	      and  #mask
//	      jeq  #value, hit
//	next  ...
//	miss  ret  #miss
//	hit   ret  #hit
func matchFilter(matches []Match, hit, miss uint32) ([]bpf.RawInstruction, error) {
	if len(matches) == 0 || len(matches) > MaxMatches {
		return nil, fmt.Errorf("nicio: filter: %d matches, want 1 to %d", len(matches), MaxMatches)
	}
	steps := func(m Match) int {
		if m.Mask == 0 {
			return 3
		}
		return matchSteps
	}
	left := 0 // Instructions between here and miss.
	for _, m := range matches {
		if m.Label > maxLabel || m.At > MaxMatchAt || m.Value&^m.Mask != 0 {
			return nil, fmt.Errorf("nicio: filter: %+v matches nothing", m)
		}
		left += steps(m)
	}
	prog := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLen},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: labelEnd, SkipTrue: uint8(left)},
	}
	for _, m := range matches {
		left -= steps(m)
		toHit := uint8(left + 1)
		prog = append(
			prog,
			bpf.LoadAbsolute{Off: labelOffset, Size: 4},
			bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: labelShift},
		)
		if m.Mask == 0 {
			prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: m.Label, SkipTrue: toHit})
			continue
		}
		prog = append(
			prog,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: m.Label, SkipTrue: matchSteps - 3},
			bpf.LoadExtension{Num: bpf.ExtLen},
			bpf.JumpIf{Cond: bpf.JumpLessThan, Val: labelEnd + m.At + 4, SkipTrue: matchSteps - 5},
			bpf.LoadAbsolute{Off: labelEnd + m.At, Size: 4},
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: m.Mask},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: m.Value, SkipTrue: toHit},
		)
	}
	prog = append(prog, bpf.RetConstant{Val: miss}, bpf.RetConstant{Val: hit})
	raw, err := bpf.Assemble(prog)
	if err != nil {
		return nil, fmt.Errorf("nicio: assemble filter: %w", err)
	}
	return raw, nil
}
