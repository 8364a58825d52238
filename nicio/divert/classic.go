package divert

import (
	"fmt"
	"math"

	"github.com/cilium/ebpf/asm"
	"golang.org/x/net/bpf"
)

// Registers of the program. Those from R6 on survive the calls of helpers.
const (
	regA     = asm.R0 // The classic accumulator.
	regTmp   = asm.R2
	regCtx   = asm.R6
	regFrame = asm.R7 // First octet,
	regEnd   = asm.R8 // the one behind the last,
	regLen   = asm.R9 // and how many there are.
)

// keepAll is the least verdict of a classic program that cuts no frame off.
const keepAll = 1 << 16

// translate makes a classic program (its verdict "keep" goes to one label, 0 to the other) that of the
// extended machine. It knows what filters without index register and scratch memory consist of.
//
// A load beyond the end of the frame is the verdict 0, as it is in the classic machine; the extended one
// wants a comparison in front of each.
func translate(raw []bpf.RawInstruction, keep, drop string) (asm.Instructions, error) {
	out := asm.Instructions{asm.Mov.Imm32(regA, 0)}
	reached := make([]bool, len(raw)+1)
	reached[0] = true
	for i, r := range raw {
		if !reached[i] { // The kernel refuses what nothing leads to.
			continue
		}
		t := translator{at: i, keep: keep, drop: drop, reached: reached}
		ins, err := t.one(r.Disassemble())
		if err != nil {
			return nil, fmt.Errorf("instruction %d of the filter: %w", i, err)
		}
		ins[0] = ins[0].WithSymbol(label(i))
		out = append(out, ins...)
	}
	if reached[len(raw)] {
		return nil, fmt.Errorf("the filter's end is no verdict")
	}
	return out, nil
}

// label names a classic instruction.
func label(i int) string { return fmt.Sprintf("classic-%d", i) }

// A translator has what it takes to translate one instruction.
type translator struct {
	at         int
	keep, drop string
	reached    []bool
}

// to returns the label of the instruction behind so many others, and notes that it is reached.
func (t *translator) to(skip uint32) (string, error) {
	n := int64(t.at) + 1 + int64(skip)
	if n >= int64(len(t.reached))-1 {
		return "", fmt.Errorf("a jump beyond the end")
	}
	t.reached[n] = true
	return label(int(n)), nil
}

// one translates an instruction.
func (t *translator) one(in bpf.Instruction) (asm.Instructions, error) {
	switch in := in.(type) {
	case bpf.RetConstant:
		switch {
		case in.Val == 0:
			return asm.Instructions{asm.Ja.Label(t.drop)}, nil
		case in.Val >= keepAll:
			return asm.Instructions{asm.Ja.Label(t.keep)}, nil
		}
		return nil, fmt.Errorf("it keeps %d octets of a frame, which may be fewer than there are", in.Val)
	case bpf.Jump:
		l, err := t.to(in.Skip)
		return asm.Instructions{asm.Ja.Label(l)}, err
	case bpf.JumpIf:
		return t.jumpIf(in)
	case bpf.LoadAbsolute:
		t.reached[t.at+1] = true
		return t.load(in)
	}
	t.reached[t.at+1] = true
	switch in := in.(type) {
	case bpf.LoadExtension:
		if in.Num == bpf.ExtLen {
			return asm.Instructions{asm.Mov.Reg32(regA, regLen)}, nil
		}
	case bpf.LoadConstant:
		if in.Dst == bpf.RegA {
			return asm.Instructions{asm.Mov.Imm32(regA, signed(in.Val))}, nil
		}
	case bpf.NegateA:
		return asm.Instructions{asm.Neg.Imm32(regA, 0)}, nil
	case bpf.ALUOpConstant:
		if op, ok := arithmetic[in.Op]; ok {
			return asm.Instructions{op.Imm32(regA, signed(in.Val))}, nil
		}
	}
	return nil, fmt.Errorf("%v has no translation", in)
}

// arithmetic has the operations with a constant.
var arithmetic = map[bpf.ALUOp]asm.ALUOp{
	bpf.ALUOpAdd: asm.Add, bpf.ALUOpSub: asm.Sub, bpf.ALUOpMul: asm.Mul, bpf.ALUOpDiv: asm.Div,
	bpf.ALUOpOr: asm.Or, bpf.ALUOpAnd: asm.And, bpf.ALUOpShiftLeft: asm.LSh, bpf.ALUOpShiftRight: asm.RSh,
	bpf.ALUOpMod: asm.Mod, bpf.ALUOpXor: asm.Xor,
}

// load reads 1, 2 or 4 octets in network order.
func (t *translator) load(in bpf.LoadAbsolute) (asm.Instructions, error) {
	end := int64(in.Off) + int64(in.Size)
	if end > math.MaxInt16 {
		return nil, fmt.Errorf("a load at %d is behind all frames", in.Off)
	}
	out := append(boundTo(int32(end), t.drop), asm.LoadMem(regA, regFrame, int16(in.Off), sizes[in.Size])) //nolint:gosec // bounded above
	switch in.Size {
	case 1:
	case 2:
		out = append(out, asm.HostTo(asm.BE, regA, asm.Half))
	case 4:
		out = append(out, asm.HostTo(asm.BE, regA, asm.Word))
	default:
		return nil, fmt.Errorf("a load of %d octets", in.Size)
	}
	return out, nil
}

var sizes = map[int]asm.Size{1: asm.Byte, 2: asm.Half, 4: asm.Word}

// boundTo goes to a label if the frame ends before so many octets.
func boundTo(octets int32, or string) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(regTmp, regFrame),
		asm.Add.Imm(regTmp, octets),
		asm.JGT.Reg(regTmp, regEnd, or),
	}
}

// conditions has the comparisons that both machines have.
var conditions = map[bpf.JumpTest]asm.JumpOp{
	bpf.JumpEqual: asm.JEq, bpf.JumpNotEqual: asm.JNE, bpf.JumpGreaterThan: asm.JGT, bpf.JumpLessThan: asm.JLT,
	bpf.JumpGreaterOrEqual: asm.JGE, bpf.JumpLessOrEqual: asm.JLE, bpf.JumpBitsSet: asm.JSet, bpf.JumpBitsNotSet: asm.JSet,
}

// jumpIf compares and goes either way.
func (t *translator) jumpIf(in bpf.JumpIf) (asm.Instructions, error) {
	yes, err := t.to(uint32(in.SkipTrue))
	if err != nil {
		return nil, err
	}
	no, err := t.to(uint32(in.SkipFalse))
	if err != nil {
		return nil, err
	}
	if in.Cond == bpf.JumpBitsNotSet {
		yes, no = no, yes
	}
	op, ok := conditions[in.Cond]
	if !ok {
		return nil, fmt.Errorf("%v has no translation", in)
	}
	return asm.Instructions{op.Imm32(regA, signed(in.Val), yes), asm.Ja.Label(no)}, nil
}

// signed returns the operand of an instruction whose 32 bits are these.
func signed(v uint32) int32 { return int32(v) } //nolint:gosec // the same 32 bits
