package sar_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// channel is that of most tests, 1/100.
const channel cell.Header = 0x00100640

func TestSizes(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 1, 40: 1, 41: 2, 48: 2, 88: 2, 89: 3, 1500: 32, 9180: 192, 65535: 1366} {
		if vc.CellsFor(n) != want || aal5.PDULen(n) != 48*want {
			t.Errorf("an SDU of %d octets: %d cells, %d octets, want %d", n, vc.CellsFor(n), aal5.PDULen(n), want)
		}
	}
}

// TestSegmenter compares with cells that are made plainly, at all sizes about a cell's and in frames
// of all sizes up to three cells.
func TestSegmenter(t *testing.T) {
	sizes := []int{1499, 1500, 9180, 65534, 65535}
	for n := 1; n <= 145; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		x := sdu{octets(n), sar.Trailer{UU: byte(n), CLP: n&1 != 0, EFCI: n&2 != 0}}
		want := cellsOf(x)
		for _, frame := range []int{1, 2, 3, 28, 2000} {
			if diff := cmp.Diff(want, segment(t, channel, frame, x)); diff != "" {
				t.Fatalf("%d octets in frames of %d cells (-want +got):\n%s", n, frame, diff)
			}
		}
	}
}

// TestHeaderOfTheCaller: only path, channel, EFCI and CLP of it go into cells.
func TestHeaderOfTheCaller(t *testing.T) {
	x := sdu{octets(50), sar.Trailer{}}
	if diff := cmp.Diff(cellsOf(x), segment(t, channel|cell.Header(cell.AUU)<<1, 28, x)); diff != "" {
		t.Errorf("with AUU in the caller's header (-want +got):\n%s", diff)
	}
}

func TestStart(t *testing.T) {
	var s sar.Segmenter
	for _, n := range []int{0, aal5.MaxSDU + 1} {
		if s.Start(channel, make([]byte, n), 0) || s.Busy() || s.Left() != 0 {
			t.Errorf("an SDU of %d octets is taken", n)
		}
	}
	if !s.Start(channel, make([]byte, 1), 0) || s.Start(channel, make([]byte, 1), 0) {
		t.Error("not one SDU at a time")
	}
	var full cell.Builder
	if s.Fill(&full, 1) || !s.Busy() || s.Left() != 1 {
		t.Error("an SDU is done in no room")
	}
	if !new(sar.Segmenter).Fill(&full, 1) {
		t.Error("no SDU is under way, and it is not done")
	}
}

// TestAbort: an SDU that is given up after any number of cells ends with one more, and the receiver
// says so. The next SDU arrives.
func TestAbort(t *testing.T) {
	for _, n := range []int{1, 48, 90, 1500} {
		for sent := range vc.CellsFor(n) {
			t.Run(fmt.Sprintf("octets=%d/sent=%d", n, sent), func(t *testing.T) {
				var s sar.Segmenter
				var b cell.Builder
				r := newReceiver(sar.Limits{})
				s.Start(channel, []byte(octets(n)), 9)
				b.Begin(cell.NToOne, make([]byte, 3000), sent)
				s.Fill(&b, sent)
				r.takeAll(read(t, &b))
				s.Abort()
				s.Abort() // Once more changes nothing.
				b.Begin(cell.NToOne, make([]byte, 3000), 28)
				if !s.Fill(&b, 1) || s.Busy() {
					t.Fatal("the abort is not done with a cell")
				}
				r.takeAll(read(t, &b))
				r.takeAll(segment(t, channel, 28, sdu{octets(100), sar.Trailer{}}))
				want := []sar.Verdict{sar.Aborted, sar.Whole}
				if sent == 0 {
					want = want[1:]
				}
				if diff := cmp.Diff(want, r.verdicts); diff != "" {
					t.Errorf("verdicts (-want +got):\n%s", diff)
				}
				r.checkSums(t)
			})
		}
	}
	var s sar.Segmenter
	s.Abort()
	if s.Busy() {
		t.Error("an abort of nothing")
	}
}

// TestFormats: SDUs pass in the frames of every format.
func TestFormats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := cell.Format(rapid.IntRange(int(cell.NToOne), cell.NumFormats-1).Draw(t, "format"))
		most := rapid.IntRange(1, 31).Draw(t, "cells a frame")
		want := sdus().Draw(t, "SDUs")
		r := newReceiver(sar.Limits{})
		buf := make([]byte, 1600)
		var s sar.Segmenter
		var b cell.Builder
		b.Begin(format, buf, most)
		for _, x := range want {
			s.Start(header(channel, x.Trailer), []byte(x.Octets), x.Trailer.UU)
			for !s.Fill(&b, rapid.IntRange(1, 40).Draw(t, "quantum")) {
				if b.Room() > 0 {
					continue
				}
				deliver(t, r, format, b.Finish(3))
				b.Begin(format, buf, most)
			}
		}
		deliver(t, r, format, b.Finish(4))
		if diff := cmp.Diff(want, r.got); diff != "" {
			t.Fatalf("SDUs (-want +got):\n%s", diff)
		}
		r.checkSums(t)
	})
}

// deliver gives the cells of a frame to a receiver.
func deliver(t *rapid.T, r *receiver, format cell.Format, frame []byte) {
	_, cells, fault := format.Decode(frame, channel)
	if fault != cell.NoFault {
		t.Fatalf("%s: %x", fault, frame)
	}
	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
		if h.Channel() != channel.Channel() {
			t.Fatalf("a cell of channel %#x", h.Channel())
		}
		r.take(one{h, *body})
	}
}

// sdus draws SDUs, mostly short ones about the size of some cells.
func sdus() *rapid.Generator[[]sdu] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sdu {
		n := rapid.OneOf(rapid.IntRange(1, 200), rapid.SampledFrom([]int{40, 48, 88, 500, 1500})).Draw(t, "octets")
		b := []byte(octets(n))
		b[0], b[n-1] = rapid.Byte().Draw(t, "first"), rapid.Byte().Draw(t, "last")
		return sdu{string(b), sar.Trailer{
			UU: rapid.Byte().Draw(t, "UU"), CLP: rapid.Bool().Draw(t, "CLP"), EFCI: rapid.Bool().Draw(t, "EFCI"),
		}}
	}), 1, 12)
}
