package nicio_test

import (
	"slices"
	"testing"

	"golang.org/x/net/bpf"

	"callmanager/nicio"
)

func steerVM(tb testing.TB, n int) *bpf.VM {
	tb.Helper()
	prog, err := nicio.SteerProgram(n)
	if err != nil {
		tb.Fatal(err)
	}
	return vmOf(tb, prog)
}

// TestSteeringOfEveryLabel compares the program with its twin in Go over all labels, two sources and
// several numbers of ports.
func TestSteeringOfEveryLabel(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 2, 3, 4, 7, 16, 64, nicio.MaxMembers}
	vms := make([]*bpf.VM, len(sizes))
	for i, n := range sizes {
		vms[i] = steerVM(t, n)
	}
	frames := [][]byte{octetsOf(frameOf(macB, macA, 0, 60, 0)), octetsOf(frameOf(macB, foreign, 0, 60, 0))}
	for label := range uint32(1 << 20) {
		frame := frames[label&1]
		frame[14], frame[15], frame[16] = byte(label>>12), byte(label>>4), byte(label<<4)
		for _, i := range []int{int(label % 8), int((label + 3) % 8)} {
			got, err := vms[i].Run(frame)
			if want := nicio.SteerFrame(frame, sizes[i]); err != nil || got != want || want >= sizes[i] {
				t.Fatalf("label %#x among %d ports: the program says %d (%v), SteerFrame %d", label, sizes[i], got, err, want)
			}
			if want := nicio.Steer((&nicio.RxFrame{Buf: frame}).Source(), label, sizes[i]); got != want {
				t.Fatalf("label %#x among %d ports: the program says %d, Steer %d", label, sizes[i], got, want)
			}
		}
	}
}

// FuzzSteer compares them over frames of any content and length.
func FuzzSteer(f *testing.F) {
	f.Add(octetsOf(frameOf(macB, macA, 0x10020, 60, 1)), uint8(3))
	f.Add(octetsOf(frameOf(macB, macA, 32, 60, 1)), uint8(2))
	f.Add(octetsOf(frameOf(macB, macA, 32, 60, 1))[:17], uint8(255))
	f.Add([]byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, frame []byte, members uint8) {
		n := int(members) + 1
		got, err := steerVM(t, n).Run(frame)
		if want := nicio.SteerFrame(frame, n); err != nil || got != want {
			t.Errorf("%x among %d ports: the program says %d (%v), SteerFrame %d", frame, n, got, err, want)
		}
	})
}

// TestLabelsSpread has labels in a row, and at small distances, go to all ports alike: none gets half as much
// again as its share, and none less than half of it.
func TestLabelsSpread(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 16; n++ {
		for _, step := range []uint32{1, 2, 3, 4, 5} {
			for first := uint32(0x10020); first < 0x10020+500; first += 37 {
				const each = 16
				got := make([]int, n)
				for i := range uint32(each * n) { //nolint:gosec // small
					got[nicio.Steer(macA, first+i*step, n)]++
				}
				if slices.Max(got) > each*3/2 || slices.Min(got) < each/2 {
					t.Errorf("%d labels from %#x in steps of %d among %d ports: %v", each*n, first, step, n, got)
				}
			}
		}
	}
}

// TestLabelsByHandGoByTheSource proves that all labels below those of channels lead a source's frames to one
// port, and that neighbouring sources go to different ones.
func TestLabelsByHandGoByTheSource(t *testing.T) {
	t.Parallel()
	const n = 4
	seen := make([]int, n)
	for last := range byte(64) {
		src := nicio.MAC{2, 0, 0, 0, 0, last}
		want := nicio.Steer(src, 0, n)
		seen[want]++
		for label := uint32(0); label < 1<<16; label += 101 {
			if got := nicio.Steer(src, label, n); got != want {
				t.Fatalf("%v: label %d goes to port %d, label 0 to %d", src, label, got, want)
			}
		}
	}
	if slices.Min(seen) < 12 || slices.Max(seen) > 20 {
		t.Errorf("64 sources in a row go to %v", seen)
	}
}
