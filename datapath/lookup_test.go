package datapath_test

import (
	"fmt"
	"math"
	"strings"
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

// cpu is a processor's line of softnet_stat.
func cpu(processed, waiting string) string {
	return processed + strings.Repeat(" 00000000", 10) + " " + waiting + " 00000000 00000000 00000000\n"
}

func TestBacklog(t *testing.T) {
	for _, row := range []struct {
		rule        string
		before, now string
		want        bool
	}{
		{"nothing waits", cpu("00000010", "00000000"), cpu("00000010", "00000000"), true},
		{"what waited waits still", cpu("00000010", "00000003"), cpu("00000012", "00000001"), false},
		{"what waited has passed, others wait", cpu("00000010", "00000003"), cpu("00000013", "00000009"), true},
		{"the count wraps", cpu("fffffffe", "00000003"), cpu("00000001", "00000009"), true},
		{"the queue is empty", cpu("00000010", "00000003"), cpu("00000011", "00000000"), true},
		{
			"one processor of two", cpu("00000010", "00000000") + cpu("00000010", "00000005"),
			cpu("00000020", "00000000") + cpu("00000014", "00000001"), false,
		},
		{"an old kernel tells nothing", "00000010 00000000\n", "00000010 00000000\n", true},
		{"no numbers", cpu("zzzzzzzz", "00000000"), cpu("zzzzzzzz", "00000000"), true},
		{"nothing at all", "", "", true},
	} {
		if got := datapath.Passed([]byte(row.before), []byte(row.now)); got != row.want {
			t.Errorf("%s: passed %v, want %v", row.rule, got, row.want)
		}
	}
}

// TestHoldup: a frame that has gone through a backlog may wait in the next one.
func TestHoldup(t *testing.T) {
	const none = "00000000"
	busy := []string{cpu("00000010", "00000002")}
	for i := range 8 { // each time those two have gone through, and two wait
		busy = append(busy, cpu(fmt.Sprintf("%08x", 0x12+2*i), "00000002"))
	}
	for _, row := range []struct {
		rule     string
		readings []string
		want     int
	}{
		{"nothing waits", []string{cpu("00000010", none), cpu("00000010", none)}, 1},
		{"nothing waited, others came", []string{cpu("00000010", none), cpu("00000010", "00000001"), cpu("00000011", none)}, 2},
		{
			"behind a bridge it waits again",
			[]string{cpu("00000010", "00000001"), cpu("00000010", "00000001"), cpu("00000011", "00000001"), cpu("00000012", none)},
			3,
		},
		{
			"on another processor", []string{
				cpu("00000010", "00000001") + cpu("00000010", none), cpu("00000011", none) + cpu("00000010", "00000001"),
				cpu("00000011", none) + cpu("00000011", none),
			}, 2,
		},
		{"never idle", busy, 4},
		{"stuck", []string{cpu("00000010", "00000001"), cpu("00000010", "00000001"), cpu("00000010", "00000001")}, 0},
		{"an old kernel tells nothing", []string{"", ""}, 1},
	} {
		if got := datapath.Over(row.readings...); got != row.want {
			t.Errorf("%s: over at %d, want %d", row.rule, got, row.want)
		}
	}
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
