package divert

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/net/bpf"
)

// A Rule says which frames are ours, whatever the address is.
type Rule struct {
	// Queue is the receive queue of the interface.
	Queue int
	// EtherType is that of an untagged frame.
	EtherType uint16
	// Filter is a classic BPF program over the whole frame, Ethernet header first: 0 is the verdict on a
	// frame that is not ours. Nil keeps everything. It uses neither the index register nor scratch memory, and
	// cuts no frame off.
	Filter []bpf.RawInstruction
	// MaxFrame is the longest frame in octets, header included.
	MaxFrame int
}

const (
	// headerLen is that of an Ethernet header, and typeAt where its EtherType is.
	headerLen, typeAt = 14, 12
	// maxFrame is the limit of a rule: what fits a page.
	maxFrame = 4096

	// Offsets in struct xdp_md.
	ctxData, ctxEnd, ctxQueue = 0, 4, 16
	// Verdicts.
	pass, redirect = 2, 4

	// nobody is an address that no frame has.
	nobody = 1 << 63
)

// key is the only one in each map.
const key = uint32(0)

// instructions assembles the program of a rule:
//
//	     queue of the frame == Queue               else pass
//	     length <= MaxFrame                        else pass
//	     length >= 14                              else pass
//	     destination == address in its map         else pass
//	     EtherType == EtherType                    else pass
//	     Filter                                    else pass
//	keep redirect to the socket, or pass if there is none
//	     count
//	pass XDP_PASS
func (r *Rule) instructions(m *maps) (asm.Instructions, error) {
	if r.MaxFrame < headerLen || r.MaxFrame > maxFrame || r.Queue < 0 {
		return nil, fmt.Errorf("divert: frames of %d octets on queue %d", r.MaxFrame, r.Queue)
	}
	filter := asm.Instructions{asm.Ja.Label("keep")}
	if len(r.Filter) > 0 {
		var err error
		if filter, err = translate(r.Filter, "keep", "pass"); err != nil {
			return nil, fmt.Errorf("divert: %w", err)
		}
	}
	prog := asm.Instructions{
		asm.Mov.Reg(regCtx, asm.R1),
		asm.LoadMem(regTmp, regCtx, ctxQueue, asm.Word),
		asm.JNE.Imm(regTmp, int32(r.Queue), "pass"), //nolint:gosec // the kernel has 16 bits for it
		asm.FnXdpGetBuffLen.Call(),
		asm.JGT.Imm(asm.R0, int32(r.MaxFrame), "pass"), //nolint:gosec // at most maxFrame
		asm.Mov.Reg(regLen, asm.R0),
		asm.LoadMem(regFrame, regCtx, ctxData, asm.Word),
		asm.LoadMem(regEnd, regCtx, ctxEnd, asm.Word),
	}
	prog = append(prog, boundTo(headerLen, "pass")...)
	prog = append(
		prog,
		asm.LoadMem(asm.R3, regFrame, 0, asm.Word),
		asm.LoadMem(asm.R4, regFrame, 4, asm.Half),
		asm.LSh.Imm(asm.R4, 32),
		asm.Or.Reg(asm.R3, asm.R4),
		asm.LoadMapValue(asm.R1, m.address.FD(), 0),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.DWord),
		asm.JNE.Reg(asm.R1, asm.R3, "pass"),
		asm.LoadMem(asm.R3, regFrame, typeAt, asm.Half),
		asm.HostTo(asm.BE, asm.R3, asm.Half),
		asm.JNE.Imm(asm.R3, int32(r.EtherType), "pass"),
	)
	// Never: but the kernel wants a way to "keep", which a filter may have none to.
	prog = append(prog, asm.JGT.Imm(regLen, maxFrame, "keep"))
	prog = append(prog, filter...)
	return append(
		prog,
		asm.LoadMapPtr(asm.R1, m.socket.FD()).WithSymbol("keep"),
		asm.Mov.Imm(asm.R2, int32(key)),
		asm.Mov.Imm(asm.R3, pass),
		asm.FnRedirectMap.Call(),
		asm.JNE.Imm(asm.R0, redirect, "end"),
		asm.LoadMapValue(asm.R1, m.count.FD(), 0),
		asm.Mov.Imm(asm.R2, 1),
		asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
		asm.Return().WithSymbol("end"),
		asm.Mov.Imm(asm.R0, pass).WithSymbol("pass"),
		asm.Return(),
	), nil
}

// addressValue returns an address as the program compares it.
func addressValue(a [6]byte) uint64 {
	return uint64(binary.NativeEndian.Uint32(a[0:4])) | uint64(binary.NativeEndian.Uint16(a[4:6]))<<32
}

// maps are what the program shares with user space, one value each.
type maps struct {
	socket  *ebpf.Map // The socket, if there is one.
	address *ebpf.Map // Our address as the program compares it.
	count   *ebpf.Map // How many frames were diverted.
}

// load makes maps and program of a rule.
func (p *Program) load(r Rule) error {
	for _, m := range []struct {
		at   **ebpf.Map
		name string
		kind ebpf.MapType
		size uint32
	}{
		{&p.socket, "cmd_socket", ebpf.XSKMap, 4}, {&p.address, "cmd_address", ebpf.Array, 8}, {&p.count, "cmd_count", ebpf.Array, 8},
	} {
		made, err := ebpf.NewMap(&ebpf.MapSpec{Name: m.name, Type: m.kind, KeySize: 4, ValueSize: m.size, MaxEntries: 1})
		if err != nil {
			return refused("make a map", err)
		}
		*m.at = made
	}
	if err := p.SetAddress([6]byte{}); err != nil {
		return err
	}
	ins, err := r.instructions(&p.maps)
	if err != nil {
		return err
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: "cmd_divert", Type: ebpf.XDP, Instructions: ins, Flags: hasFrags})
	if err != nil {
		return refused("load the program", err)
	}
	p.program = prog
	return nil
}

// hasFrags is BPF_F_XDP_HAS_FRAGS: the interface, and the other end of a veth, keep the MTUs that they have and may get.
const hasFrags = 1 << 5
