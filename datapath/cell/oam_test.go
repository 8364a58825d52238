package cell_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/cell"
	"callmanager/datapath/internal/goldentest"
)

func TestCRC10(t *testing.T) {
	if got := cell.CRC10([]byte("123456789")); got != 0x199 {
		t.Errorf("CRC-10 of the digits is %#x, want 0x199", got)
	}
}

// TestGoldenOAM reads the OAM cells that another implementation made, and makes them again.
func TestGoldenOAM(t *testing.T) {
	frames := goldentest.Frames(t, "n1_cw.pcap")
	loop := cell.Loopback{Forward: true, Tag: 0x01020304, Location: cell.EndPoint, Source: cell.NoLocation}
	for i, row := range map[int]struct {
		kind     cell.Kind
		function cell.Function
		put      func(*cell.Body)
	}{
		2: {cell.F5EndToEnd, cell.LoopbackCell, func(b *cell.Body) { b.PutLoopback(loop) }},
		3: {cell.F5EndToEnd, cell.AIS, func(b *cell.Body) { b.PutDefect(cell.AIS, cell.NoDefect) }},
		4: {cell.F5EndToEnd, cell.RDI, func(b *cell.Body) { b.PutDefect(cell.RDI, cell.NoDefect) }},
		5: {cell.F5Segment, cell.ContinuityCheck, func(b *cell.Body) { b.PutContinuity() }},
		6: {cell.F4Segment, cell.LoopbackCell, func(b *cell.Body) { b.PutLoopback(loop) }},
	} {
		_, cells, fault := cell.NToOne.Decode(frames[i][toWord:], 0)
		h, body, ok := cells.Next()
		if fault != cell.NoFault || !ok || h.Kind() != row.kind {
			t.Fatalf("frame %d: %s, a cell %v of kind %s", i, fault, ok, h.Kind())
		}
		if f, fault := body.Function(); f != row.function || fault != cell.NoFault {
			t.Errorf("frame %d: %s, %s", i, f, fault)
		}
		var again cell.Body
		row.put(&again)
		if diff := cmp.Diff(body[:], again[:]); diff != "" {
			t.Errorf("frame %d (-theirs +ours):\n%s", i, diff)
		}
		if row.function != cell.LoopbackCell {
			continue
		}
		if got, fault := body.Loopback(); fault != cell.NoFault || got != loop {
			t.Errorf("frame %d: %s (-want +got):\n%s", i, fault, cmp.Diff(loop, got))
		}
	}
}

func TestLoopback(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := cell.Loopback{
			Forward: true, Tag: rapid.Uint32().Draw(t, "tag"),
			Location: location().Draw(t, "location"), Source: location().Draw(t, "source"),
		}
		var b cell.Body
		b.PutLoopback(want)
		if got, fault := b.Loopback(); fault != cell.NoFault || got != want {
			t.Fatalf("%s (-want +got):\n%s", fault, cmp.Diff(want, got))
		}
		b.LoopBack()
		want.Forward = false
		if got, fault := b.Loopback(); fault != cell.NoFault || got != want {
			t.Fatalf("looped: %s (-want +got):\n%s", fault, cmp.Diff(want, got))
		}
		spoil(t, &b)
		if _, fault := b.Loopback(); fault != cell.BadCRC10 {
			t.Fatalf("a spoilt cell: %s", fault)
		}
	})
}

func TestDefect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]cell.Function{cell.AIS, cell.RDI}).Draw(t, "function")
		want := cell.Defect{Type: rapid.Uint8().Draw(t, "type"), Location: location().Draw(t, "location")}
		var b cell.Body
		b.PutDefect(f, want)
		if gotF, got, fault := b.Defect(); fault != cell.NoFault || gotF != f || got != want {
			t.Fatalf("%s %s (-want +got):\n%s", gotF, fault, cmp.Diff(want, got))
		}
		spoil(t, &b)
		if _, _, fault := b.Defect(); fault != cell.BadCRC10 {
			t.Fatalf("a spoilt cell: %s", fault)
		}
	})
}

func TestWrongFunction(t *testing.T) {
	var b cell.Body
	b.PutContinuity()
	if _, fault := b.Loopback(); fault != cell.WrongFunction {
		t.Errorf("a continuity check read as loopback: %s", fault)
	}
	if _, _, fault := b.Defect(); fault != cell.WrongFunction {
		t.Errorf("a continuity check read as a defect: %s", fault)
	}
}

// spoil turns one or two bits of a body over: the CRC-10 finds those at this length.
func spoil(t *rapid.T, b *cell.Body) {
	for _, bit := range rapid.SliceOfNDistinct(rapid.IntRange(0, 8*cell.BodyLen-1), 1, 2, rapid.ID).Draw(t, "bits") {
		b[bit/8] ^= 0x80 >> (bit % 8)
	}
}

func location() *rapid.Generator[cell.Location] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) cell.Location { return cell.Location(b) })
}
