package datapath_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/vc"
)

// TestChannelTable compares the look-up of VCs with a map.
func TestChannelTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table datapath.Channels
		model := make(map[frame.Label]any)
		labels := rapid.Custom(func(t *rapid.T) frame.Label {
			if rapid.Bool().Draw(t, "near") {
				return frame.Label(0x10000 + rapid.IntRange(0, 600).Draw(t, "label"))
			}
			return frame.Label(rapid.IntRange(0, frame.NumLabels-1).Draw(t, "label"))
		})
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			l := labels.Draw(t, "at")
			if model[l] == nil {
				model[l] = table.Set(l)
			} else {
				table.Remove(l)
				delete(model, l)
			}
			probe := labels.Draw(t, "probe")
			for _, l := range []frame.Label{l, probe} {
				if got := table.Find(l); got != model[l] {
					t.Fatalf("label %#x: found %v, want %v", l, got, model[l])
				}
			}
		}
		for l := range model {
			table.Remove(l)
		}
		if n := table.Leaves(); n != 0 {
			t.Fatalf("an empty table has %d leaves", n)
		}
	})
}

// TestPeerTable compares the look-up of links with a map.
func TestPeerTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mac := rapid.Custom(func(t *rapid.T) vc.MAC {
			n := rapid.Uint32Range(1, 200).Draw(t, "low")
			return vc.MAC{2, byte(rapid.IntRange(0, 1).Draw(t, "high")), 0, byte(n >> 16), byte(n >> 8), byte(n)}
		})
		macs := rapid.SliceOfNDistinct(mac, 1, 64, func(m vc.MAC) vc.MAC { return m }).Draw(t, "peers")
		table := datapath.NewPeers(macs)
		model := make(map[vc.MAC]vc.LinkID)
		for i, m := range macs {
			model[m] = vc.LinkID(i + 1)
		}
		for _, m := range append(macs, rapid.SliceOfN(mac, 0, 50).Draw(t, "probes")...) {
			if got := table.Find(m); got != model[m] {
				t.Fatalf("%s: link %d, want %d", m, got, model[m])
			}
		}
		if got := table.Find(vc.MAC{}); got != 0 {
			t.Fatalf("the zero address is link %d", got)
		}
	})
}

// TestSenderHeap compares the order of waiting senders with a search through all of them.
func TestSenderHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var heap datapath.SenderHeap
		due := make(map[int]int64)
		now := int64(0)
		for n := range rapid.IntRange(1, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				now += rapid.Int64Range(0, 30).Draw(t, "pause")
				for got := heap.Expire(now); got >= 0; got = heap.Expire(now) {
					if at, ok := due[got]; !ok || at > now || at != earliest(due) {
						t.Fatalf("at %d comes %d, due at %d (%v) of %v", now, got, at, ok, due)
					}
					delete(due, got)
				}
				if earliest(due) <= now {
					t.Fatalf("at %d %v are left", now, due)
				}
			case 1:
				for gone := range due {
					heap.Remove(gone)
					delete(due, gone)
					break
				}
			default:
				due[n] = now + rapid.Int64Range(0, 100).Draw(t, "wait")
				heap.Push(n, due[n])
			}
			if heap.Next() != earliest(due) {
				t.Fatalf("next is %d, want %d of %v", heap.Next(), earliest(due), due)
			}
		}
	})
}

// earliest returns the least value, or the largest number if there is none.
func earliest(due map[int]int64) int64 {
	first := int64(math.MaxInt64)
	for _, at := range due {
		first = min(first, at)
	}
	return first
}
