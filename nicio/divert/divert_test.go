package divert_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/nicio"
	"callmanager/nicio/divert"
	"callmanager/nicio/internal/vethtest"
	"callmanager/nicio/xsk"
)

var own = vethtest.MACB

// rig is a program with a socket on an interface, run by hand.
type rig struct {
	*divert.Program
	index uint32
}

// newRig loads the program of a rule with a socket in its map.
func newRig(t *testing.T, n *vethtest.Net, rule divert.Rule) *rig {
	t.Helper()
	p, err := divert.Load(rule)
	if errors.Is(err, unix.EPERM) {
		t.Skipf("takes CAP_BPF: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.SetAddress(own); err != nil {
		t.Fatal(err)
	}
	return &rig{p, uint32(n.Link(vethtest.B).Attrs().Index)}
}

// socket makes an AF_XDP socket for the rig.
func socket(t *testing.T, n *vethtest.Net) int {
	t.Helper()
	s, err := xsk.Open(xsk.Config{Index: n.Link(vethtest.B).Attrs().Index, Receive: 4, MaxFrame: xsk.MaxReceive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Descriptor()
}

// took runs the program and tells whether it took the frame.
func (r *rig) took(tb testing.TB, frame []byte) bool {
	tb.Helper()
	before := r.Count()
	verdict, err := r.Run(frame, r.index)
	if err != nil {
		tb.Fatalf("run over %x: %v", frame, err)
	}
	counted := r.Count() - before
	switch {
	case verdict == divert.Pass && counted == 0:
		return false
	case verdict == divert.Redirect && counted == 1:
		return true
	}
	tb.Fatalf("verdict %d, counted %d on %x", verdict, counted, frame)
	return false
}

// rule is the same in Go, for frames of which the kernel can be asked.
func rule(r *divert.Rule, frame []byte) bool {
	if len(frame) > r.MaxFrame || nicio.MAC(frame[:6]) != own || binary.BigEndian.Uint16(frame[12:]) != r.EtherType {
		return false
	}
	return classic(r.Filter, frame) != 0
}

// classic is what the machine of package bpf makes of a frame.
func classic(raw []bpf.RawInstruction, frame []byte) int {
	if len(raw) == 0 {
		return 1
	}
	var ins []bpf.Instruction
	for _, r := range raw {
		ins = append(ins, r.Disassemble())
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		panic(err)
	}
	n, err := vm.Run(frame)
	if err != nil {
		panic(err)
	}
	return n
}

// frameOf makes a frame.
func frameOf(dst nicio.MAC, etherType uint16, rest ...byte) []byte {
	b := make([]byte, nicio.HeaderLen+len(rest))
	copy(nicio.PutHeader(b, dst, vethtest.MACA, etherType), rest)
	return b
}

// labelled makes one with a label.
func labelled(label uint32, size int) []byte {
	b := make([]byte, size-nicio.HeaderLen)
	binary.BigEndian.PutUint32(b, label<<12|1<<8|255)
	return frameOf(own, nicio.EtherTypeMPLS, b...)
}

func filter(t *testing.T, assemble func(...nicio.Match) ([]bpf.RawInstruction, error), m ...nicio.Match) []bpf.RawInstruction {
	t.Helper()
	f, err := assemble(m...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var control = []nicio.Match{{Label: 0x10005}, {Label: 32, At: 0, Mask: 0x0ffffff0, Value: 0x50}, {Label: 33, At: 4, Mask: 0xffffffff, Value: 7}}

// TestProgramIsTheRule runs the program in the kernel over frames of every kind and compares its verdicts with the
// rule in Go.
func TestProgramIsTheRule(t *testing.T) {
	n := vethtest.New(t)
	r := divert.Rule{EtherType: nicio.EtherTypeMPLS, MaxFrame: 1514, Filter: filter(t, nicio.RejectMatches, control...)}
	rig := newRig(t, n, r)
	ours := labelled(0x20064, 60)
	if rig.took(t, ours) {
		t.Error("took a frame without a socket to give it to")
	}
	fd := socket(t, n)
	if err := rig.Divert(fd); err != nil {
		t.Fatal(err)
	}
	group := nicio.MAC{1, 0, 0x5e, 0, 0, 1}
	broadcast := nicio.MAC{255, 255, 255, 255, 255, 255}
	tagged := append(append(append([]byte{}, ours[:12]...), 0x81, 0, 0, 77), ours[12:]...)
	word := func(label, value uint32, at int) []byte {
		f := labelled(label, 60)
		binary.BigEndian.PutUint32(f[18+at:], value)
		return f
	}
	for _, row := range []struct {
		name  string
		frame []byte
		want  bool
	}{
		{"ours", ours, true},
		{"as long as may be", labelled(0x20064, 1514), true},
		{"longer", labelled(0x20064, 1515), false},
		{"much longer", labelled(0x20064, 3000), false},
		{"for another station", append([]byte{2, 0, 0, 0, 0, 0xfe}, ours[6:]...), false},
		{"for a station that differs in the first octet", append([]byte{4}, ours[1:]...), false},
		{"for a group", append(append([]byte{}, group[:]...), ours[6:]...), false},
		{"for all", append(append([]byte{}, broadcast[:]...), ours[6:]...), false},
		{"IPv4", frameOf(own, 0x0800, make([]byte, 46)...), false},
		{"ARP", frameOf(own, 0x0806, make([]byte, 46)...), false},
		{"MPLS multicast", frameOf(own, 0x8848, ours[14:]...), false},
		{"EtherType turned round", frameOf(own, 0x4788, ours[14:]...), false},
		{"tagged", tagged, false},
		{"header alone", frameOf(own, nicio.EtherTypeMPLS), true},
		{"header and 3 octets", frameOf(own, nicio.EtherTypeMPLS, 0, 1, 2), true},
		{"label alone", labelled(0x20064, 18), true},
		{"control label", labelled(0x10005, 60), false},
		{"control label alone", labelled(0x10005, 18), false},
		{"a control cell", word(32, 0x50, 0), false},
		{"a control cell with other bits set", word(32, 0xf0000057, 0), false},
		{"another cell", word(32, 0x60, 0), true},
		{"a control cell that ends before", labelled(32, 21), true},
		{"a control word further on", word(33, 7, 4), false},
		{"cut before it", labelled(33, 25), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if in := rule(&r, row.frame); in != row.want {
				t.Errorf("the rule says %v, want %v", in, row.want)
			}
			if got := rig.took(t, row.frame); got != row.want {
				t.Errorf("the program says %v, want %v", got, row.want)
			}
		})
	}
	if err := rig.SetAddress(nicio.MAC{}); err != nil || rig.took(t, ours) {
		t.Errorf("took a frame without an address of ours: %v", err)
	}
	if err := rig.SetAddress(nicio.MAC{2, 0, 0, 0, 0, 0xfe}); err != nil || rig.took(t, ours) {
		t.Errorf("took a frame for the former address: %v", err)
	}
	if err := rig.SetAddress(own); err != nil || !rig.took(t, ours) {
		t.Errorf("took no frame for the address that is back: %v", err)
	}
	for queue, want := range []bool{true, false} {
		other := newRig(t, n, divert.Rule{Queue: queue, EtherType: r.EtherType, MaxFrame: r.MaxFrame})
		if err := other.Divert(fd); err != nil {
			t.Fatal(err)
		}
		if other.took(t, ours) != want {
			t.Errorf("queue %d: took a frame that came on queue 0: %v", queue, !want)
		}
	}
	rig.Restore()
	if rig.took(t, ours) {
		t.Error("took a frame after the socket was taken away")
	}
}

// TestEveryLength cuts a frame at each length that the kernel takes and damages it bit by bit.
func TestEveryLength(t *testing.T) {
	n := vethtest.New(t)
	r := divert.Rule{EtherType: nicio.EtherTypeMPLS, MaxFrame: 200, Filter: filter(t, nicio.AcceptMatches, control...)}
	rig := newRig(t, n, r)
	if err := rig.Divert(socket(t, n)); err != nil {
		t.Fatal(err)
	}
	whole := labelled(33, 220)
	binary.BigEndian.PutUint32(whole[22:], 7)
	for size := nicio.HeaderLen; size <= len(whole); size++ {
		if got, want := rig.took(t, whole[:size]), rule(&r, whole[:size]); got != want {
			t.Errorf("%d octets: took %v, want %v", size, got, want)
		}
	}
	for bit := range 8 * 30 {
		f := append([]byte{}, whole[:60]...)
		f[bit/8] ^= 1 << (bit % 8)
		if got, want := rig.took(t, f), rule(&r, f); got != want {
			t.Errorf("bit %d: took %v, want %v", bit, got, want)
		}
	}
}

// TestTranslation has programs and frames drawn, and compares what the kernel makes of the translation with the classic
// machine.
func TestTranslation(t *testing.T) {
	n := vethtest.New(t)
	fd := socket(t, n)
	rapid.Check(t, func(rt *rapid.T) {
		raw := drawProgram(rt)
		r := divert.Rule{EtherType: nicio.EtherTypeMPLS, MaxFrame: 1792, Filter: raw}
		p, err := divert.Load(r)
		if err != nil {
			rt.Fatalf("%v: %v", raw, err)
		}
		defer p.Close()
		if err := errors.Join(p.SetAddress(own), p.Divert(fd)); err != nil {
			rt.Fatal(err)
		}
		rig := &rig{p, uint32(n.Link(vethtest.B).Attrs().Index)} //nolint:gosec // an index
		for range 8 {
			f := frameOf(own, nicio.EtherTypeMPLS, rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(rt, "frame")...)
			if got, want := rig.took(t, f), classic(raw, f) != 0; got != want {
				rt.Fatalf("took %v, want %v: %x by %v", got, want, f, raw)
			}
		}
	})
}

// drawProgram draws a classic program of what translates.
func drawProgram(t *rapid.T) []bpf.RawInstruction {
	const body = 12
	var prog []bpf.Instruction
	number := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 300))
	for i := range body {
		left := uint8(body - 1 - i)
		skip := func() uint8 { return rapid.Uint8Range(0, left).Draw(t, "skip") }
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			prog = append(prog, bpf.LoadConstant{Dst: bpf.RegA, Val: number.Draw(t, "value")})
		case 1:
			prog = append(prog, bpf.LoadExtension{Num: bpf.ExtLen})
		case 2:
			prog = append(prog, bpf.LoadAbsolute{
				Off: rapid.Uint32Range(0, 80).Draw(t, "offset"), Size: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "size"),
			})
		case 3:
			prog = append(prog, bpf.ALUOpConstant{Op: rapid.SampledFrom([]bpf.ALUOp{
				bpf.ALUOpAdd, bpf.ALUOpSub, bpf.ALUOpMul, bpf.ALUOpDiv, bpf.ALUOpOr, bpf.ALUOpAnd, bpf.ALUOpMod, bpf.ALUOpXor,
			}).Draw(t, "op"), Val: max(1, number.Draw(t, "operand"))})
		case 4:
			op := rapid.SampledFrom([]bpf.ALUOp{bpf.ALUOpShiftLeft, bpf.ALUOpShiftRight}).Draw(t, "shift")
			prog = append(prog, bpf.ALUOpConstant{Op: op, Val: rapid.Uint32Range(0, 31).Draw(t, "bits")})
		case 5:
			prog = append(prog, bpf.Jump{Skip: uint32(skip())})
		case 6:
			prog = append(prog, bpf.JumpIf{
				Cond: bpf.JumpTest(rapid.IntRange(int(bpf.JumpEqual), int(bpf.JumpBitsNotSet)).Draw(t, "condition")),
				Val:  number.Draw(t, "with"), SkipTrue: skip(), SkipFalse: skip(),
			})
		}
	}
	verdict := rapid.SampledFrom([]uint32{0, 1 << 18, 1<<32 - 1})
	prog = append(prog, bpf.RetConstant{Val: verdict.Draw(t, "verdict")}, bpf.RetConstant{Val: verdict.Draw(t, "other")})
	raw, err := bpf.Assemble(prog)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRefuses has rules that make no program. Nothing is asked of the kernel but maps.
func TestRefuses(t *testing.T) {
	vethtest.New(t)
	assembled := func(in ...bpf.Instruction) []bpf.RawInstruction {
		raw, err := bpf.Assemble(in)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	keep := bpf.RetConstant{Val: 1 << 18}
	for _, row := range []struct {
		name, want string
		rule       divert.Rule
	}{
		{"no room for a header", "frames of 13 octets", divert.Rule{MaxFrame: 13}},
		{"beyond a page", "frames of 4097 octets", divert.Rule{MaxFrame: 4097}},
		{"queue", "queue -1", divert.Rule{MaxFrame: 100, Queue: -1}},
		{"index register", "instruction 0", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.TAX{}, keep)}},
		{"another extension", "instruction 0", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.LoadExtension{Num: bpf.ExtRand}, keep)}},
		{"cuts off", "keeps 60 octets", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.RetConstant{Val: 60})}},
		{"no verdict", "no verdict", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.LoadConstant{})}},
		{"jump behind the end", "beyond the end", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.Jump{Skip: 1}, keep)}},
		{"comparison behind the end", "beyond the end", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.JumpIf{SkipTrue: 7}, keep)}},
		{"far load", "behind all frames", divert.Rule{MaxFrame: 100, Filter: assembled(bpf.LoadAbsolute{Off: 40000, Size: 4}, keep)}},
		{"unknown", "instruction 0", divert.Rule{MaxFrame: 100, Filter: []bpf.RawInstruction{{Op: 0xffff}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := divert.Load(row.rule)
			if errors.Is(err, unix.EPERM) {
				t.Skipf("takes CAP_BPF: %v", err)
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
			if p != nil {
				_ = p.Close()
			}
		})
	}
}

// TestRefusalsSayWhatToDo wants a way out of each refusal.
func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, row := range []struct {
		errno unix.Errno
		want  string
	}{
		{unix.EPERM, "CAP_NET_ADMIN"},
		{unix.ENOSYS, "CONFIG_BPF_SYSCALL"},
		{unix.EOPNOTSUPP, `receive = "packet"`},
		{unix.EBUSY, "ip link show"},
		{unix.EEXIST, "ip link show"},
		{unix.ERANGE, "MTU"},
		{unix.EIO, "do it: input/output error"},
	} {
		if err := divert.Refused(row.errno); !errors.Is(err, row.errno) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v: %v, want %q in it", row.errno, err, row.want)
		}
	}
}

// TestAttach has one program at a time on an interface, and none after Close, on nothing but an interface with XDP of
// its own.
func TestAttach(t *testing.T) {
	n := vethtest.New(t)
	index := n.Link(vethtest.B).Attrs().Index
	r := divert.Rule{EtherType: nicio.EtherTypeMPLS, MaxFrame: 1792}
	on := func() bool { x := n.Link(vethtest.B).Attrs().Xdp; return x != nil && x.Attached }
	p, err := divert.Load(r)
	if errors.Is(err, unix.EPERM) {
		t.Skipf("takes CAP_BPF: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if on() {
		t.Error("a program that is not attached is on the interface")
	}
	if err := p.Attach(index); err != nil || !on() {
		t.Errorf("attach: %v, on the interface: %v", err, on())
	}
	other, err := divert.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Attach(index); !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EEXIST) {
		t.Errorf("a second program: %v", err)
	}
	n.SetMTU(vethtest.A, 9000) // The host's settings stay free.
	n.SetMTU(vethtest.B, 9000)
	if err := p.Close(); err != nil || on() {
		t.Errorf("close: %v, still there: %v", err, on())
	}
	if err := other.Attach(n.Link("lo").Attrs().Index); !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("on an interface without native XDP: %v", err)
	}
	if err := other.Attach(9999); !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.EINVAL) {
		t.Errorf("on no interface: %v", err)
	}
	if err := other.Attach(index); err != nil {
		t.Fatal(err)
	}
	n.Delete()
	if err := errors.Join(other.SetAddress(own), other.Close()); err != nil {
		t.Errorf("after its interface is gone: %v", err)
	}
}
