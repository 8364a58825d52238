package nicio_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"

	"callmanager/nicio"
)

func vmOf(tb testing.TB, raw []bpf.RawInstruction) *bpf.VM {
	tb.Helper()
	prog, ok := bpf.Disassemble(raw)
	if !ok {
		tb.Fatalf("unknown instruction in %v", raw)
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		tb.Fatal(err)
	}
	return vm
}

func TestLabelFilterRefusesBadLists(t *testing.T) {
	many := make([]uint32, 65)
	for i := range many {
		many[i] = uint32(i)
	}
	for name, labels := range map[string][]uint32{
		"none": {}, "too many": many, "21 bits": {1 << 20}, "twice": {17, 18, 17},
	} {
		if _, err := nicio.AcceptLabels(labels...); err == nil {
			t.Errorf("AcceptLabels: %s: no error", name)
		}
		if _, err := nicio.RejectLabels(labels...); err == nil {
			t.Errorf("RejectLabels: %s: no error", name)
		}
	}
	if _, err := nicio.AcceptLabels(many[:64]...); err != nil {
		t.Errorf("64 labels: %v", err)
	}
}

// FuzzLabelFilter compares both filters with what they are to do.
func FuzzLabelFilter(f *testing.F) {
	f.Add(octetsOf(frameOf(macB, macA, 0x10005, 60, 1)), uint32(0x10005), uint8(1))
	f.Add(octetsOf(frameOf(macB, macA, 0x10006, 60, 1)), uint32(0x10005), uint8(64))
	f.Add(octetsOf(frameOf(macB, macA, 0xfffff, 22, 1)), uint32(0xfffff), uint8(3))
	f.Add(octetsOf(frameOf(macB, macA, 0, 22, 1))[:17], uint32(0), uint8(2))
	f.Add([]byte{}, uint32(17), uint8(1))
	f.Fuzz(func(t *testing.T, frame []byte, first uint32, count uint8) {
		labels := make([]uint32, count%64+1)
		for i := range labels {
			labels[i] = (first + uint32(i)*7) % (1 << 20)
		}
		want := false
		if len(frame) >= 18 {
			for _, label := range labels {
				want = want || binary.BigEndian.Uint32(frame[14:18])>>12 == label
			}
		}
		accept := vmOf(t, mustFilter(t, nicio.AcceptLabels, labels...))
		reject := vmOf(t, mustFilter(t, nicio.RejectLabels, labels...))
		for _, c := range []struct {
			name string
			vm   *bpf.VM
			want bool
		}{{"accept", accept, want}, {"reject", reject, !want}} {
			keep, err := c.vm.Run(frame)
			if err != nil || (keep > 0) != c.want || (c.want && keep < len(frame)) {
				t.Errorf("%s %v: kept %d octets of %x, %v, want %v", c.name, labels, keep, frame, err, c.want)
			}
		}
	})
}
