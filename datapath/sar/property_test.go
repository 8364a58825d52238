package sar_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
)

// TestInterleaved: several VCs share frames in any order, an SDU of any of them stops where a frame
// ends, and each VC's SDUs arrive in order.
func TestInterleaved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vcs := rapid.IntRange(1, 6).Draw(t, "VCs")
		want, todo := make([][]sdu, vcs), make([][]sdu, vcs)
		segmenters := make([]sar.Segmenter, vcs)
		receivers := map[uint32]*receiver{}
		for i := range vcs {
			want[i] = sdus().Draw(t, "SDUs")
			todo[i] = want[i]
			receivers[channelOf(i).Channel()] = newReceiver(sar.Limits{})
		}
		most := rapid.IntRange(1, 28).Draw(t, "cells a frame")
		buf := make([]byte, cell.NToOne.Size(most))
		var b cell.Builder
		b.Begin(cell.NToOne, buf, most)
		send := func() {
			_, cells, fault := cell.NToOne.Decode(b.Finish(1), 0)
			if fault != cell.NoFault {
				t.Fatal(fault)
			}
			for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
				receivers[h.Channel()].take(one{h, *body})
			}
			b.Begin(cell.NToOne, buf, most)
		}
		for {
			var ready []int
			for i := range vcs {
				if segmenters[i].Busy() || len(todo[i]) > 0 {
					ready = append(ready, i)
				}
			}
			if len(ready) == 0 {
				break
			}
			i := rapid.SampledFrom(ready).Draw(t, "VC")
			s := &segmenters[i]
			if !s.Busy() {
				x := todo[i][0]
				todo[i] = todo[i][1:]
				s.Start(header(channelOf(i), x.Trailer), []byte(x.Octets), x.Trailer.UU)
			}
			quantum, before, left := rapid.IntRange(0, 40).Draw(t, "quantum"), b.Cells(), s.Left()
			room := b.Room()
			done := s.Fill(&b, quantum)
			if n := b.Cells() - before; n != min(quantum, room, left) || done != (n == left) {
				t.Fatalf("%d cells of %d, done %v, with %d allowed and room for %d", n, left, done, quantum, room)
			}
			if b.Room() == 0 {
				send()
			}
		}
		if b.Cells() > 0 {
			send()
		}
		for i := range vcs {
			r := receivers[channelOf(i).Channel()]
			if diff := cmp.Diff(want[i], r.got); diff != "" {
				t.Fatalf("VC %d (-want +got):\n%s", i, diff)
			}
			r.checkSums(t)
		}
	})
}

func channelOf(i int) cell.Header { return cell.NewHeader(1, 0, 0, false) | cell.Header(100+i)<<4 }

// TestHostileWire loses, doubles, spoils and swaps cells, at a VC that now and then has no memory or
// no patience. What is delivered was sent, and the counters add up after every cell. (A wrong SDU
// passes once in 2^32.)
func TestHostileWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := sdus().Draw(t, "SDUs")
		known := map[string]bool{}
		var wire []one
		for _, s := range sent {
			known[string(s.Trailer.UU)+s.Octets] = true
			wire = append(wire, cellsOf(s)...)
		}
		seed := rapid.Uint64().Draw(t, "seed")
		rate := rapid.SampledFrom([]int{2, 5, 20, 100}).Draw(t, "one cell in")
		wire = spoil(rand.New(rand.NewPCG(seed, 1)), wire, rate)
		fates := rand.New(rand.NewPCG(seed, 2))
		r := newReceiver(sar.Limits{MaxSDU: rapid.SampledFrom([]int{0, 1500, 500, 100}).Draw(t, "largest"), Timeout: 400})
		memory := r.buf
		for _, c := range wire {
			r.now += int64(fates.IntN(20))
			r.buf = memory
			if fates.IntN(3*rate) == 0 {
				r.buf = nil
			}
			r.take(c)
			r.checkSums(t)
		}
		if r.Cells != uint64(len(wire)) {
			t.Fatalf("%d cells are counted of %d", r.Cells, len(wire))
		}
		for _, s := range r.got {
			if !known[string(s.Trailer.UU)+s.Octets] {
				t.Fatalf("an SDU that was not sent: %+v", s)
			}
		}
		r.now += 401
		r.Expire(r.now, &r.Counters)
		if r.Pending() != 0 {
			t.Fatalf("%d cells are pending for ever", r.Pending())
		}
		r.checkSums(t)
	})
}

// spoil lets a wire do harm to one cell in rate.
func spoil(r *rand.Rand, list []one, rate int) (wire []one) {
	for _, c := range list {
		if r.IntN(rate) != 0 {
			wire = append(wire, c)
			continue
		}
		switch r.IntN(6) {
		case 0: // Lost.
		case 1:
			wire = append(wire, c, c)
		case 2: // A bit of the body, or a burst of them.
			for range 1 + r.IntN(3)*r.IntN(40) {
				c.Body[r.IntN(48)] ^= 1 << r.IntN(8)
			}
			wire = append(wire, c)
		case 3: // The cell that ends a PDU does not, or one in the middle does.
			c.Header = c.Header.WithPTI(c.Header.PTI() ^ cell.AUU)
			wire = append(wire, c)
		case 4: // It overtakes some.
			i := len(wire) - r.IntN(min(len(wire), 4)+1)
			wire = slices.Insert(wire, i, c)
		case 5: // A cell from elsewhere, such as one of a call that had this channel before.
			var stray cell.Body
			for i := range stray {
				stray[i] = byte(r.Uint32())
			}
			wire = append(wire, c, one{c.Header.WithPTI(cell.PTI(r.IntN(4))), stray})
		}
	}
	return wire
}

// TestEveryBit turns each bit of a PDU over, and leaves each cell out and has each twice.
func TestEveryBit(t *testing.T) {
	x := sdu{octets(130), sar.Trailer{UU: 0xA5}}
	list := cellsOf(x)
	try := func(what string, i int, spoilt []one) {
		t.Helper()
		r := newReceiver(sar.Limits{MaxSDU: 1000})
		r.takeAll(spoilt)
		r.takeAll(list)
		r.checkSums(t)
		for _, got := range r.got {
			if got != x {
				t.Errorf("%s %d: an SDU that was not sent: %+v", what, i, got)
			}
		}
		if len(r.got) != 1 && (what != "cell twice" || i != len(list)-1) {
			t.Errorf("%s %d: %d SDUs, %v", what, i, len(r.got), r.verdicts)
		}
	}
	for bit := range len(list) * 8 * cell.BodyLen {
		spoilt := slices.Clone(list)
		spoilt[bit/(8*cell.BodyLen)].Body[bit/8%cell.BodyLen] ^= 0x80 >> (bit % 8)
		try("bit", bit, spoilt)
	}
	for i := range list {
		if i < len(list)-1 {
			try("cell lost", i, slices.Delete(slices.Clone(list), i, i+1))
		}
		try("cell twice", i, slices.Insert(slices.Clone(list), i, list[i]))
	}
	if !bytes.Equal(list[0].Body[:], []byte(x.Octets[:48])) {
		t.Error("the cells themselves are spoilt")
	}
}

// TestAddRun feeds the same cells of one VC, good and bad PDUs, some with cells missing, to a reassembler cell by
// cell and to one that takes runs: what they deliver and count is the same.
func TestAddRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []one
		for _, x := range sdus().Draw(t, "SDUs") {
			for i, c := range cellsOf(x) {
				switch rapid.IntRange(0, 40).Draw(t, "fate") {
				case 0:
					continue
				case 1:
					c.Header |= 1
				case 2:
					c.Body[i%48] ^= 1
				}
				list = append(list, c)
			}
		}
		limits := sar.Limits{MaxSDU: rapid.SampledFrom([]int{0, 100, 1000}).Draw(t, "limit")}
		each, runs := newReceiver(limits), newReceiver(limits)
		each.takeAll(list)
		for len(list) > 0 {
			n := min(len(list), rapid.IntRange(1, 28).Draw(t, "cells a frame"))
			var b cell.Builder
			b.Begin(cell.NToOne, make([]byte, cell.NToOne.Size(n)), n)
			for _, c := range list[:n] {
				b.Append(c.Header).Set(&c.Body)
			}
			list = list[n:]
			_, cells, fault := cell.NToOne.Decode(b.Finish(1), 0)
			if fault != cell.NoFault {
				t.Fatal(fault)
			}
			for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
				runs.take(one{h, *body})
				runs.AddRun(h, &cells, &runs.Counters)
			}
			runs.checkSums(t)
		}
		if diff := cmp.Diff(each.got, runs.got); diff != "" {
			t.Fatalf("SDUs (-cell by cell +runs):\n%s", diff)
		}
		if each.Counters != runs.Counters || each.Pending() != runs.Pending() {
			t.Fatalf("cell by cell %+v, runs %+v", each.Counters, runs.Counters)
		}
	})
}
