package cell_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/cell"
)

// TestMost has the figures of reference frames at MTU 1500, of which a label takes four octets.
func TestMost(t *testing.T) {
	for f, want := range map[cell.Format]int{
		cell.NToOne: 28, cell.NToOneBare: 28, cell.VCC: 30, cell.VPC: 29, cell.PDU: 31, cell.PathPDU: 31, cell.Line: 28, 0: 0, 8: 0, 255: 0,
	} {
		if got := f.Most(1496); got != want {
			t.Errorf("%s: %d cells, want %d", f, got, want)
		}
		if f.Most(-1) != 0 || f.Most(0) != 0 || f.Most(45) != 0 || want > 0 && f.Most(f.Size(3)) != 3 {
			t.Errorf("%s: %d, %d and %d cells in no room, %d in that of 3", f, f.Most(-1), f.Most(0), f.Most(45), f.Most(f.Size(3)))
		}
	}
}

// TestDecode has a row for every way in which a frame is wrong, and for the limits of being right.
func TestDecode(t *testing.T) {
	const n1, bare, vcc, vpc, pdu, path, line = cell.NToOne, cell.NToOneBare, cell.VCC, cell.VPC, cell.PDU, cell.PathPDU, cell.Line
	for _, row := range []struct {
		rule   string
		format cell.Format
		word   string // The first octets.
		size   int    // Octets of the frame in all; the others are zeros.
		cells  int
		fault  cell.Fault
	}{
		{"one cell, length 0", n1, "00000007", 56, 1, cell.NoFault},
		{"one cell, length told", n1, "00380007", 56, 1, cell.NoFault},
		{"one cell, padded", n1, "00380007", 60, 1, cell.NoFault},
		{"28 cells", n1, "00000007", 1460, 28, cell.NoFault},
		{"a length in a frame of more", n1, "00380007", 108, 0, cell.BadLength},
		{"a length beyond the frame", n1, "00380007", 55, 0, cell.BadLength},
		{"a length of no cell", n1, "00370007", 56, 0, cell.BadLength},
		{"the longest length", n1, "003f0007", 63, 0, cell.BadLength},
		{"a length below the word", n1, "00010007", 56, 0, cell.BadLength},
		{"a length of the word alone", n1, "00040007", 46, 0, cell.NoCells},
		{"nothing", n1, "00000007", 4, 0, cell.NoCells},
		{"one octet too few", n1, "00000007", 107, 0, cell.PartialCell},
		{"one octet too many", n1, "00000007", 109, 0, cell.PartialCell},
		{"a first fragment", n1, "00400007", 56, 0, cell.Fragmented},
		{"a middle fragment", n1, "00c00007", 56, 0, cell.Fragmented},
		{"a last fragment", n1, "00800007", 56, 0, cell.Fragmented},
		{"T, which is of SDU mode", n1, "08000007", 56, 0, cell.Flagged},
		{"U", n1, "01000007", 56, 0, cell.Flagged},
		{"associated channel", n1, "10000007", 56, 0, cell.NotPseudowire},
		{"IPv4", n1, "45000007", 56, 0, cell.NotPseudowire},
		{"no word", n1, "000000", 3, 0, cell.Truncated},
		{"no octet", n1, "", 0, 0, cell.Truncated},

		{"one cell without word", bare, "00100640", 52, 1, cell.NoFault},
		{"a cell like IPv6", bare, "60000000", 104, 2, cell.NoFault},
		{"nothing without word", bare, "", 0, 0, cell.NoCells},
		{"half a cell without word", bare, "001006", 51, 0, cell.PartialCell},

		{"one cell of a channel", vcc, "0000070a", 52, 1, cell.NoFault},
		{"30 cells of a channel", vcc, "00000700", 1473, 30, cell.NoFault},
		{"half a cell of a channel", vcc, "00000700", 100, 0, cell.PartialCell},
		{"no cell of a channel", vcc, "00000700", 4, 0, cell.NoCells},
		{"a VCI on a channel", vcc, "00000740", 52, 0, cell.WrongV},
		{"a PDU", vcc, "00000784", 52, 0, cell.WrongM},
		{"a reserved bit of the atm octet", vcc, "00000720", 52, 0, cell.Flagged},
		{"a reserved bit of the word", vcc, "01000700", 52, 0, cell.Flagged},
		{"not a generic word", vcc, "10000700", 52, 0, cell.NotPseudowire},
		{"no generic word", vcc, "000007", 3, 0, cell.Truncated},

		{"one cell of a path", vpc, "00000740", 54, 1, cell.NoFault},
		{"no VCI on a path", vpc, "00000700", 54, 0, cell.WrongV},
		{"half a cell of a path", vpc, "00000740", 53, 0, cell.PartialCell},
		{"no cell of a path", vpc, "00000740", 4, 0, cell.NoCells},
		{"a VCI and nothing", vpc, "00000740", 6, 0, cell.PartialCell},

		{"a PDU of 31 cells", pdu, "00000784", 1492, 31, cell.NoFault},
		{"a fragment", pdu, "00000780", 52, 1, cell.NoFault},
		{"half a cell of a PDU", pdu, "00000784", 53, 0, cell.PartialCell},
		{"an empty PDU", pdu, "00000784", 4, 0, cell.NoCells},
		{"reserved bits of a PDU", pdu, "00000794", 52, 0, cell.Flagged},
		{"a VCI before a PDU", pdu, "000007c4", 54, 0, cell.WrongV},
		{"an OAM cell of PDU mode", pdu, "0000070a", 52, 1, cell.NoFault},
		{"a cell of PDU mode with a VCI", pdu, "0000074a", 54, 0, cell.WrongV},
		{"a PDU on a path", path, "000007c4", 102, 2, cell.NoFault},
		{"a PDU on a path, short of its VCI", path, "000007c4", 5, 0, cell.NoCells},
		{"a PDU on a path without VCI", path, "00000784", 102, 0, cell.WrongV},
		{"an OAM cell on a path", path, "0000074a", 54, 1, cell.NoFault},

		{"an idle cell", line, "0000000152", 53, 1, cell.NoFault},
		{"a wrong HEC", line, "0000000153", 53, 0, cell.BadHEC},
		{"a wrong HEC of a later cell", line, "0000000152", 106, 0, cell.BadHEC},
		{"half a cell of a line", line, "0000000152", 54, 0, cell.PartialCell},
		{"no cell of a line", line, "", 0, 0, cell.NoCells},

		{"no format", 0, "00000000", 56, 0, cell.NoCells},
	} {
		b := make([]byte, row.size)
		copy(b, unhex(t, row.word))
		sequence, cells, fault := row.format.Decode(b, 0)
		if fault != row.fault || cells.Len() != row.cells {
			t.Errorf("%s, %s: %s, %d cells; want %s, %d", row.format, row.rule, fault, cells.Len(), row.fault, row.cells)
		}
		if numbered := fault.Numbered() && row.format != bare && row.format != line && row.format != 0; numbered && sequence != 7 {
			t.Errorf("%s, %s: number %d, want 7", row.format, row.rule, sequence)
		}
	}
}

// TestLaterCells: the atm octet of each further cell is judged before the first is handed out.
func TestLaterCells(t *testing.T) {
	for _, row := range []struct {
		format cell.Format
		atm    byte
		fault  cell.Fault
	}{
		{cell.VCC, 0x03, cell.NoFault},
		{cell.VCC, 0x80, cell.WrongM},
		{cell.VCC, 0x40, cell.WrongV},
		{cell.VCC, 0x10, cell.Flagged},
		{cell.VPC, 0x43, cell.NoFault},
		{cell.VPC, 0xC0, cell.WrongM},
		{cell.VPC, 0x00, cell.WrongV},
		{cell.VPC, 0x60, cell.Flagged},
	} {
		b := make([]byte, row.format.Size(3))
		stride := row.format.Size(2) - row.format.Size(1)
		for at := 3; at < len(b); at += stride {
			if row.format == cell.VPC {
				b[at] = 0x40
			}
		}
		b[3+2*stride] = row.atm
		if _, cells, fault := row.format.Decode(b, 0); fault != row.fault || fault != cell.NoFault && cells.Len() > 0 {
			t.Errorf("%s, third cell with %#02x: %s, %d cells; want %s", row.format, row.atm, fault, cells.Len(), row.fault)
		}
	}
}

// one is a cell with its header.
type one struct {
	Header cell.Header
	Body   cell.Body
}

func read(cells cell.Cells) (list []one) {
	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
		list = append(list, one{h, *body})
	}
	return list
}

// TestBuild: cells of any header go into frames of any size, and come out as the format can tell
// them.
func TestBuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]cell.Format{cell.NToOne, cell.NToOneBare, cell.VCC, cell.VPC, cell.Line}).Draw(t, "format")
		keep := [cell.NumFormats]cell.Header{cell.NToOne: 0xFFFFFFFF, cell.NToOneBare: 0xFFFFFFFF, cell.Line: 0xFFFFFFFF, cell.VCC: 0xF, cell.VPC: 0xFFFFF}[format]
		channel := cell.Header(rapid.Uint32().Draw(t, "channel"))
		most := rapid.IntRange(0, 40).Draw(t, "most")
		buf := make([]byte, rapid.IntRange(0, 1600).Draw(t, "octets"))
		var b cell.Builder
		b.Begin(format, buf, most)
		if want := min(most, format.Most(len(buf))); b.Room() != want {
			t.Fatalf("room for %d, want %d", b.Room(), want)
		}
		var want []one
		for {
			c := one{channel&^keep | cell.Header(rapid.Uint32().Draw(t, "header"))&keep, cell.Body{byte(len(want)), 47: 1}}
			room := b.Room()
			body := b.Append(c.Header)
			if (body == nil) != (room == 0) {
				t.Fatalf("room for %d, and a cell: %v", room, body != nil)
			}
			if body == nil {
				break
			}
			*body = c.Body
			want = append(want, c)
		}
		if b.Cells() != len(want) {
			t.Fatalf("%d cells, want %d", b.Cells(), len(want))
		}
		number := rapid.Uint16().Draw(t, "number")
		frame := b.Finish(number)
		if len(want) == 0 {
			if frame != nil {
				t.Fatalf("a frame of no cells: %x", frame)
			}
			return
		}
		if len(frame) != format.Size(len(want)) || b.Room() != 0 || b.Append(0) != nil || b.Finish(1) != nil {
			t.Fatalf("a frame of %d octets, and the builder has not ended", len(frame))
		}
		sequence, cells, fault := format.Decode(frame, channel)
		if fault != cell.NoFault || sequence != number && format != cell.NToOneBare && format != cell.Line {
			t.Fatalf("%s, number %d, want %d", fault, sequence, number)
		}
		if diff := cmp.Diff(want, read(cells)); diff != "" {
			t.Fatalf("cells (-want +got):\n%s", diff)
		}
	})
}

// TestBuildPDU: in AAL5 PDU mode a frame ends with the PDU, is of one channel, has EFCI of its last
// cell and CLP of any, and OAM cells travel alone.
func TestBuildPDU(t *testing.T) {
	const a, b = cell.Header(0x00100640), cell.Header(0x00100650)
	const auu, efci, clp, oam = cell.Header(cell.AUU << 1), cell.Header(cell.EFCI << 1), cell.Header(1), cell.Header(cell.EndToEndF5 << 1)
	for _, row := range []struct {
		rule   string
		give   []cell.Header
		frames [][]cell.Header
	}{
		{"a PDU", []cell.Header{a, a, a | auu}, [][]cell.Header{{a, a, a | auu}}},
		{"the next PDU has its own frame", []cell.Header{a | auu, a | auu}, [][]cell.Header{{a | auu}, {a | auu}}},
		{"a fragment does not end the PDU", []cell.Header{a, a, a, a, a | auu}, [][]cell.Header{{a, a, a, a}, {a | auu}}},
		{"EFCI of the last cell", []cell.Header{a | efci, a | auu}, [][]cell.Header{{a, a | auu}}},
		{"EFCI of the last cell", []cell.Header{a, a | auu | efci}, [][]cell.Header{{a | efci, a | auu | efci}}},
		{"CLP of any cell", []cell.Header{a | clp, a | auu}, [][]cell.Header{{a | clp, a | auu | clp}}},
		{"another channel", []cell.Header{a, b | auu}, [][]cell.Header{{a}, {b | auu}}},
		{"an OAM cell goes alone", []cell.Header{a, a | oam, a | auu}, [][]cell.Header{{a}, {a | oam}, {a | auu}}},
		{"an OAM cell with CLP", []cell.Header{a | oam | clp, a | auu}, [][]cell.Header{{a | oam | clp}, {a | auu}}},
	} {
		for _, format := range []cell.Format{cell.PDU, cell.PathPDU} {
			var builder cell.Builder
			var got [][]cell.Header
			finish := func(channel cell.Header) {
				_, cells, fault := format.Decode(builder.Finish(1), channel)
				if fault != cell.NoFault {
					t.Fatalf("%s: %s", row.rule, fault)
				}
				var hs []cell.Header
				for _, c := range read(cells) {
					hs = append(hs, c.Header)
				}
				got = append(got, hs)
			}
			begin := func() { builder.Begin(format, make([]byte, format.Size(4)), 4) }
			begin()
			last := row.give[0]
			for _, h := range row.give {
				body := builder.Append(h)
				if body == nil {
					finish(last)
					begin()
					body = builder.Append(h)
				}
				body[0], last = 1, h
			}
			finish(last)
			if diff := cmp.Diff(row.frames, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", format, row.rule, diff)
			}
		}
	}
}

func TestNoAllocs(t *testing.T) {
	buf := make([]byte, 1496)
	var b cell.Builder
	var body cell.Body
	for name, f := range map[string]func(){
		"frame": func() {
			for format := cell.NToOne; int(format) < cell.NumFormats; format++ {
				b.Begin(format, buf, 28)
				for b.Append(0x00100640) != nil {
				}
				_, cells, _ := format.Decode(b.Finish(1), 0x00100640)
				for _, _, ok := cells.Next(); ok; _, _, ok = cells.Next() {
				}
			}
		},
		"OAM": func() {
			body.PutLoopback(cell.Loopback{Forward: true, Location: cell.EndPoint})
			_, _ = body.Loopback()
			body.LoopBack()
			body.PutDefect(cell.AIS, cell.NoDefect)
			_, _, _ = body.Defect()
		},
		"header": func() {
			var h [cell.HeaderLen]byte
			cell.PutHeader(&h, 0x00100640)
			_, _ = cell.DecodeHeader(&h)
		},
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// rebuild writes cells again, in the format that a frame of theirs has: in AAL5 PDU mode cells
// (M=0) are those of one-to-one mode.
func rebuild(tb testing.TB, format cell.Format, frame []byte, sequence uint16, cells cell.Cells) []byte {
	tb.Helper()
	if as := [cell.NumFormats]cell.Format{cell.PDU: cell.VCC, cell.PathPDU: cell.VPC}[format]; as != 0 && frame[3]&0x80 == 0 {
		format = as
	}
	var b cell.Builder
	b.Begin(format, bytes.Repeat([]byte{0xEE}, len(frame)), cells.Len())
	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
		c := b.Append(h)
		if c == nil {
			tb.Fatalf("no room for cell %d of %x", b.Cells(), frame)
		}
		*c = *body
	}
	return b.Finish(sequence)
}
