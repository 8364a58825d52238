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
	// loadSteps is how many instructions it takes to have the label in the accumulator, wordSteps how many to
	// compare it and the word of a match.
	loadSteps, wordSteps = 2, 6
)

// AcceptMatches returns a classic BPF program that keeps exactly the frames of which one of 1 to
// [MaxMatches] matches is true. It and [RejectMatches] are complements, as [AcceptLabels] and
// [RejectLabels] are.
func AcceptMatches(m ...Match) ([]bpf.RawInstruction, error) { return matchFilter(m, keepAll, 0) }

// RejectMatches returns the complement of [AcceptMatches].
func RejectMatches(m ...Match) ([]bpf.RawInstruction, error) { return matchFilter(m, 0, keepAll) }

// matchFilter checks matches and assembles their program.
func matchFilter(matches []Match, hit, miss uint32) ([]bpf.RawInstruction, error) {
	if len(matches) == 0 || len(matches) > MaxMatches {
		return nil, fmt.Errorf("nicio: filter: %d matches, want 1 to %d", len(matches), MaxMatches)
	}
	for _, m := range matches {
		if m.Label > maxLabel || m.At > MaxMatchAt || m.Value&^m.Mask != 0 {
			return nil, fmt.Errorf("nicio: filter: %+v matches nothing", m)
		}
	}
	return assemble(matches, hit, miss)
}

// assemble makes the program of matches:
//
//	      ld   #len
//	      jlt  #18, miss
//	      ld   [14]              of each match; these two unless the one before has no mask
//	      rsh  #12
//	      jeq  #label, hit       without a mask
//	      jne  #label, next      these with one
//	      ld   #len
//	      jlt  #18+at+4, next
//	      ld   [18+at]
//	      and  #mask
//	      jeq  #value, hit
//	next  ...
//	miss  ret  #miss
//	hit   ret  #hit
func assemble(matches []Match, hit, miss uint32) ([]bpf.RawInstruction, error) {
	left := 0 // Instructions between here and miss.
	for i := range matches {
		left += steps(matches, i)
	}
	prog := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLen},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: labelEnd, SkipTrue: uint8(left)},
	}
	for i, m := range matches {
		left -= steps(matches, i)
		toHit := uint8(left + 1)
		if loads(matches, i) {
			prog = append(
				prog,
				bpf.LoadAbsolute{Off: labelOffset, Size: 4},
				bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: labelShift},
			)
		}
		if m.Mask == 0 {
			prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: m.Label, SkipTrue: toHit})
			continue
		}
		prog = append(
			prog,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: m.Label, SkipTrue: wordSteps - 1},
			bpf.LoadExtension{Num: bpf.ExtLen},
			bpf.JumpIf{Cond: bpf.JumpLessThan, Val: labelEnd + m.At + 4, SkipTrue: wordSteps - 3},
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

// loads reports whether the label has to be loaded for a match: the word of the one before is in its place.
func loads(matches []Match, i int) bool { return i == 0 || matches[i-1].Mask != 0 }

// steps returns how many instructions a match takes.
func steps(matches []Match, i int) (n int) {
	if loads(matches, i) {
		n = loadSteps
	}
	if matches[i].Mask == 0 {
		return n + 1
	}
	return n + wordSteps
}
