package frame_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/frame"
)

func TestNumberingSkipsZero(t *testing.T) {
	var n frame.Numbering
	for want := 1; want <= 65535; want++ {
		if got := n.Next(); got != uint16(want) {
			t.Fatalf("number %d, want %d", got, want)
		}
	}
	if got := n.Next(); got != 1 {
		t.Fatalf("after 65535 comes %d, want 1 (RFC 4385 clause 4.1)", got)
	}
}

// step is a frame with a number and contents, and what becomes of it.
type step struct {
	Number uint16
	Octets byte
	Want   frame.Verdict
	Lost   int
}

const (
	ok   = frame.InOrder
	late = frame.Late
)

func TestOrder(t *testing.T) {
	for _, row := range []struct {
		rule  string
		steps []step
	}{
		{"in order", []step{{1, 0, ok, 0}, {2, 0, ok, 0}, {3, 0, ok, 0}}},
		{"any first frame is the base", []step{{700, 0, ok, 0}, {701, 0, ok, 0}}},
		{"a gap counts as lost", []step{{1, 0, ok, 0}, {5, 0, ok, 3}, {6, 0, ok, 0}}},
		{"a duplicate is late", []step{{7, 0, ok, 0}, {7, 0, late, 0}, {8, 0, ok, 0}}},
		{"an overtaken frame is late", []step{{7, 0, ok, 0}, {9, 0, ok, 1}, {8, 0, late, 0}, {10, 0, ok, 0}}},
		{"64 behind is late", []step{{100, 0, ok, 0}, {37, 0, late, 0}, {101, 0, ok, 0}}},
		{"65 behind is far ahead", []step{{100, 0, ok, 0}, {36, 0, ok, 65535 - 65}, {37, 0, ok, 0}}},
		{"number 0 is not checked", []step{{5, 0, ok, 0}, {0, 0, ok, 0}, {0, 0, ok, 0}, {6, 0, ok, 0}, {6, 0, late, 0}}},
		{"a peer without numbers", []step{{0, 0, ok, 0}, {0, 0, ok, 0}}},
		{"65535 is followed by 1", []step{{65534, 0, ok, 0}, {65535, 0, ok, 0}, {1, 0, ok, 0}, {2, 0, ok, 0}}},
		{"a gap across the end", []step{{65534, 0, ok, 0}, {2, 0, ok, 2}, {65535, 0, late, 0}, {3, 0, ok, 0}}},
		{"number 1 lost and late at the end of the numbers", []step{{65535, 0, ok, 0}, {2, 0, ok, 1}, {1, 0, late, 0}}},
		{"65535 lost before 1", []step{{65534, 0, ok, 0}, {1, 0, ok, 1}}},
		{"number 1 from afar is a new start", []step{{30000, 0, ok, 0}, {1, 0, ok, 0}, {2, 0, ok, 0}}},
		{"number 1 within the window with other contents", []step{{1, 1, ok, 0}, {2, 2, ok, 0}, {1, 3, ok, 0}, {2, 4, ok, 0}}},
		{"number 1 again is a duplicate", []step{{1, 1, ok, 0}, {1, 1, late, 0}, {2, 0, ok, 0}, {1, 1, late, 0}, {3, 0, ok, 0}}},
		{"number 1 overtaken is late", []step{{2, 2, ok, 0}, {1, 1, late, 0}, {3, 0, ok, 0}}},
		{
			"number 1 of the last lap does not count",
			[]step{{1, 1, ok, 0}, {40000, 0, ok, 39998}, {65535, 0, ok, 25534}, {2, 2, ok, 1}, {1, 9, late, 0}},
		},
		{
			"three late frames in a row are a new start",
			[]step{{50, 0, ok, 0}, {2, 0, late, 0}, {3, 0, late, 0}, {4, 0, ok, 0}, {5, 0, ok, 0}},
		},
		{
			"late frames not in a row are not",
			[]step{{50, 0, ok, 0}, {2, 0, late, 0}, {3, 0, late, 0}, {51, 0, ok, 0}, {4, 0, late, 0}, {52, 0, ok, 0}},
		},
		{
			"one frame three times is no new start",
			[]step{{50, 0, ok, 0}, {50, 0, late, 0}, {50, 0, late, 0}, {50, 0, late, 0}, {51, 0, ok, 0}},
		},
		{
			"a new start whose first frames are lost",
			[]step{{10, 0, ok, 0}, {3, 0, late, 0}, {5, 0, late, 0}, {6, 0, ok, 0}, {7, 0, ok, 0}},
		},
	} {
		t.Run(row.rule, func(t *testing.T) {
			var o frame.Order
			got := make([]step, 0, len(row.steps))
			for _, s := range row.steps {
				v, lost := o.Admit(s.Number, []byte{s.Octets})
				got = append(got, step{s.Number, s.Octets, v, lost})
			}
			if diff := cmp.Diff(row.steps, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOrderKeepsOrder lets a wire lose, double and overtake within the window. Whatever passes is
// in the order of sending and passes once, and every frame sent is admitted, late, or lost for
// good.
func TestOrderKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n frame.Numbering
		for range rapid.IntRange(0, 65534).Draw(t, "numbers used") {
			n.Next()
		}
		type sent struct {
			serial int
			number uint16
		}
		var wire []sent
		count := rapid.IntRange(1, 300).Draw(t, "frames")
		for i := range count {
			f := sent{i, n.Next()}
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0: // Lost.
			case 1:
				wire = append(wire, f, f)
			case 2: // Overtakes its predecessor.
				wire = append(wire, f)
				if k := len(wire); k > 1 {
					wire[k-2], wire[k-1] = wire[k-1], wire[k-2]
				}
			default:
				wire = append(wire, f)
			}
		}
		var o frame.Order
		last, run := -1, 0
		for _, f := range wire {
			v, _ := o.Admit(f.number, binary.BigEndian.AppendUint64(nil, uint64(f.serial)))
			if v == frame.Late {
				run++
				continue
			}
			if f.serial <= last && run < 2 {
				t.Fatalf("frame %d passes after %d", f.serial, last)
			}
			last, run = f.serial, 0
		}
	})
}
