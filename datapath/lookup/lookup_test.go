package lookup_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath/frame"
	"callmanager/datapath/lookup"
	"callmanager/vc"
)

// TestChannelTable compares the look-up of VCs with a map.
func TestChannelTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table lookup.Channels[int]
		model := make(map[frame.Label]*int)
		labels := rapid.Custom(func(t *rapid.T) frame.Label {
			if rapid.Bool().Draw(t, "near") {
				return frame.Label(0x10000 + rapid.IntRange(0, 600).Draw(t, "label"))
			}
			return frame.Label(rapid.IntRange(0, frame.NumLabels-1).Draw(t, "label"))
		})
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			l := labels.Draw(t, "at")
			if model[l] == nil {
				model[l] = new(int)
				table.Set(l, model[l])
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
		var of []*vc.MAC
		for i := range macs {
			of = append(of, &macs[i])
		}
		table := lookup.NewPeers(of, func(m *vc.MAC) vc.MAC { return *m })
		find := func(m vc.MAC) *vc.MAC { return table.Find(lookup.SourceKey(append(make([]byte, 6), m[:]...))) }
		model := make(map[vc.MAC]*vc.MAC)
		for i, m := range slices.Clone(macs) {
			model[m] = of[i]
		}
		for _, m := range append(macs, rapid.SliceOfN(mac, 0, 50).Draw(t, "probes")...) {
			if got := find(m); got != model[m] {
				t.Fatalf("%s: found %v, want %v", m, got, model[m])
			}
		}
		if got := find(vc.MAC{}); got != nil {
			t.Fatalf("the zero address is %v", got)
		}
	})
}
