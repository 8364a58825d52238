package vc_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/vc"
)

// wantRefused checks that err refuses with a cause.
func wantRefused(tb testing.TB, err error, cause uint8) {
	tb.Helper()
	r, ok := errors.AsType[*vc.RefusedError](err)
	if !ok || r.Cause != cause || r.Reason == "" || r.Error() == "" {
		tb.Errorf("error is %v, want a refusal with cause %d", err, cause)
	}
}

func TestAllocateInOrder(t *testing.T) {
	a := vc.NewAllocator(3)
	for want := vc.MinCallVCI; want < 100; want++ {
		id, err := a.Allocate()
		if err != nil || id != (vc.ID{Link: 3, VCI: want}) {
			t.Fatalf("got %v, %v, want VCI %d", id, err, want)
		}
	}
}

// TestAllocateLeastRecentlyUsed: what was released last comes last, and what
// was never used comes first.
func TestAllocateLeastRecentlyUsed(t *testing.T) {
	a := vc.NewAllocator(1)
	var ids []vc.ID
	for range 1<<16 - 32 {
		id, err := a.AllocateOn(2)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := a.AllocateOn(2); err == nil {
		t.Fatal("a full path gave another channel")
	} else {
		wantRefused(t, err, vc.CauseNoVCI)
	}
	for _, i := range []int{700, 5, 30000} {
		if !a.Release(ids[i]) {
			t.Fatalf("%v was not busy", ids[i])
		}
	}
	for _, i := range []int{700, 5, 30000} {
		if id, err := a.AllocateOn(2); err != nil || id != ids[i] {
			t.Errorf("got %v, %v, want %v", id, err, ids[i])
		}
	}
	if id, err := a.Allocate(); err != nil || id.VPI != 0 {
		t.Errorf("VPI 0 is free, got %v, %v", id, err)
	}
}

// TestAllocateAll takes every channel of a link.
func TestAllocateAll(t *testing.T) {
	if testing.Short() {
		t.Skip("takes all 982 560 channels")
	}
	a := vc.NewAllocator(1)
	n := 0
	for {
		id, err := a.Allocate()
		if err != nil {
			wantRefused(t, err, vc.CauseNoVCI)
			break
		}
		if want := vc.VPI(n / (1<<16 - 32)); id.VPI != want {
			t.Fatalf("channel %d is %v", n, id)
		}
		n++
	}
	if want := 15 * (1<<16 - 32); n != want || a.InUse() != want {
		t.Errorf("%d channels, %d in use, want %d", n, a.InUse(), want)
	}
}

func TestReserve(t *testing.T) {
	a := vc.NewAllocator(1)
	id := vc.ID{Link: 1, VPI: 14, VCI: 65535}
	if err := a.Reserve(id); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []vc.ID{id, {Link: 1, VCI: 31}, {Link: 2, VCI: 40}, {Link: 1, VPI: 15, VCI: 40}} {
		wantRefused(t, a.Reserve(bad), vc.CauseVCINotAvailable)
	}
	if _, err := a.AllocateOn(15); err == nil {
		t.Error("VPI 15 gave a channel")
	}
	if !a.Release(id) || a.Release(id) || a.Release(vc.ID{Link: 1, VCI: 3}) {
		t.Error("Release tells busy channels from others")
	}
	if a.Busy(id) || a.InUse() != 0 {
		t.Error("the channel is still busy")
	}
}

// TestAllocatorModel compares the allocator with a list of channels in the
// order of their last use.
func TestAllocatorModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := vc.NewAllocator(1)
		var idle []vc.ID // used before, longest idle first
		var busy []vc.ID
		used := make(map[vc.ID]bool)
		take := func(id vc.ID) {
			used[id] = true
			busy = append(busy, id)
			idle = slices.DeleteFunc(idle, func(x vc.ID) bool { return x == id })
		}
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				id, err := a.Allocate()
				if err != nil || used[id] {
					rt.Fatalf("Allocate gave %v, %v: never used ones are left", id, err)
				}
				for vci := vc.MinCallVCI; vci < id.VCI; vci++ {
					if !used[vc.ID{Link: 1, VCI: vci}] {
						rt.Fatalf("Allocate gave %v before VCI %d", id, vci)
					}
				}
				take(id)
			case 1:
				id := vc.ID{Link: 1, VCI: vc.VCI(rapid.IntRange(32, 60).Draw(rt, "VCI"))}
				if err := a.Reserve(id); (err == nil) == slices.Contains(busy, id) {
					rt.Fatalf("Reserve %v: %v, busy are %v", id, err, busy)
				} else if err == nil {
					take(id)
				}
			default:
				if len(busy) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(busy)-1).Draw(rt, "which")
				id := busy[i]
				busy = slices.Delete(busy, i, i+1)
				idle = append(idle, id)
				if !a.Release(id) {
					rt.Fatalf("%v was not busy", id)
				}
			}
			if a.InUse() != len(busy) {
				rt.Fatalf("%d in use, want %d", a.InUse(), len(busy))
			}
		}
		if rapid.IntRange(0, 15).Draw(rt, "fill") != 0 {
			return
		}
		for a.InUse() < 1<<16-32 { // fill the path: the idle ones come last, in their order
			id, err := a.Allocate()
			if err != nil {
				rt.Fatal(err)
			}
			if used[id] {
				if id != idle[0] {
					rt.Fatalf("got %v, longest idle is %v", id, idle[0])
				}
				idle = idle[1:]
			}
		}
		if len(idle) != 0 {
			rt.Fatalf("never given again: %v", idle)
		}
	})
}

func BenchmarkAllocate(b *testing.B) {
	a := vc.NewAllocator(1)
	b.ReportAllocs()
	for b.Loop() {
		id, err := a.Allocate()
		if err != nil {
			b.Fatal(err)
		}
		a.Release(id)
	}
}
