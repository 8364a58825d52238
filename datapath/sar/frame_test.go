package sar_test

import (
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// TestHead: what stands before an SDU that has come tells all that came with it.
func TestHead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vpi, vci := rapid.Uint16Range(0, uint16(vc.MaxVPI)).Draw(t, "VPI"), vc.VCI(rapid.Uint16().Draw(t, "VCI"))
		came := sar.Trailer{
			UU: rapid.Uint8().Draw(t, "UU"), CLP: rapid.Bool().Draw(t, "CLP"), EFCI: rapid.Bool().Draw(t, "EFCI"),
		}
		pti := cell.PTI(0)
		if came.EFCI {
			pti = cell.EFCI
		}
		var b [frame.HeadLen]byte
		e := sar.EntryOf(cell.NewHeader(vpi, vci, pti|cell.AUU, false), came)
		frame.PutHead(&b, e, frame.NewWord(came.Flags(), rapid.IntRange(1, aal5.MaxSDU).Draw(t, "octets"), 0))
		h, uu, ok := sar.ParseHead(&b)
		if want := cell.NewHeader(vpi, vci, pti, came.CLP); !ok || h != want || uu != came.UU {
			t.Fatalf("header %08x, UU %#x, %v; want %08x, %#x", h, uu, ok, want, came.UU)
		}
		if w, _, _ := frame.DecodeWord(append(b[frame.EntryLen:], make([]byte, 60)...)); w.Flags()&frame.U != frame.Flags(uu)&frame.U {
			t.Fatalf("the control word of UU %#x has flags %#x", uu, w.Flags())
		}
	})
}

// TestNoHead has a row for each frame that cells cannot carry.
func TestNoHead(t *testing.T) {
	good := frame.NewEntry(frame.LabelOf(0, 100))
	for _, row := range []struct {
		rule  string
		entry frame.Entry
		word  frame.Word
		ok    bool
	}{
		{"an SDU", good, frame.NewWord(0, 100, 1), true},
		{"a label of no channel", frame.NewEntry(frame.CellLabel), frame.NewWord(0, 100, 1), false},
		{"a second label below", good &^ (1 << 8), frame.NewWord(0, 100, 1), false},
		{"an OAM cell", good, frame.NewWord(frame.T, 52, 1), false},
		{"the first part of an SDU", good, frame.NewPart(0, frame.First, 100, 1), false},
		{"the last part of an SDU", good, frame.NewPart(0, frame.Last, 100, 2), false},
	} {
		var b [frame.HeadLen]byte
		frame.PutHead(&b, row.entry, row.word)
		if _, _, ok := sar.ParseHead(&b); ok != row.ok {
			t.Errorf("%s: taken %v", row.rule, ok)
		}
	}
}
