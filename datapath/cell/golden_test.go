package cell_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/internal/goldentest"
	"callmanager/nicio"
)

// toWord is what stands in front of a golden frame's control word.
const toWord = nicio.HeaderLen + frame.EntryLen

// golden is a capture of frames of one implementation, and the format of each frame.
type golden struct {
	file    string
	formats []cell.Format
	number  uint16 // Of the first frame.
}

var goldens = []golden{
	{"n1_cw.pcap", []cell.Format{
		cell.NToOne, cell.NToOne, cell.NToOne, cell.NToOne, cell.NToOne, cell.NToOne, cell.NToOne,
	}, 1},
	{"one2one.pcap", []cell.Format{cell.VCC, cell.VCC, cell.VPC, cell.VPC, cell.VCC}, 1},
	{"aal5_pdu.pcap", []cell.Format{cell.PDU, cell.PDU, cell.PDU, cell.PDU, cell.PDU, cell.PDU}, 1},
}

// TestGolden reads the frames that another implementation made, and makes them again, octet for
// octet behind the label.
func TestGolden(t *testing.T) {
	for _, row := range goldens {
		t.Run(row.file, func(t *testing.T) {
			frames := goldentest.Frames(t, row.file)
			if len(frames) != len(row.formats) {
				t.Fatalf("%d frames, want %d", len(frames), len(row.formats))
			}
			for i, f := range frames {
				f = f[toWord:]
				sequence, cells, fault := row.formats[i].Decode(f, 0)
				if fault != cell.NoFault || sequence != row.number+uint16(i) {
					t.Fatalf("frame %d: %s, number %d", i, fault, sequence)
				}
				again := rebuild(t, row.formats[i], f, sequence, cells)
				if diff := cmp.Diff(hex.Dump(f), hex.Dump(again)); diff != "" {
					t.Errorf("frame %d (-theirs +ours):\n%s", i, diff)
				}
			}
		})
	}
}

// TestGoldenHeaders is what the golden cells say of themselves.
func TestGoldenHeaders(t *testing.T) {
	want := map[string][][]cell.Header{
		"n1_cw.pcap":    {{0x00100640}, {0x00100640, 0x00100642}, {0x0010064A}, {0x0010064A}, {0x0010064A}, {0x00100648}, {0x00100030}},
		"one2one.pcap":  {{0x00700150}, {0x00700150, 0x00700152}, {0x00700640}, {0x00700640, 0x00700642}, {0x0070015A}},
		"aal5_pdu.pcap": {{0x00700150, 0x00700152}, {0x00700152}, {0x00700150, 0x00700152}, {0x00700150, 0x00700152}, {0x00700150, 0x00700152}, {0x00700150, 0x00700150, 0x00700152}},
	}
	for _, row := range goldens {
		var got [][]cell.Header
		for i, f := range goldentest.Frames(t, row.file) {
			_, cells, _ := row.formats[i].Decode(f[toWord:], cell.NewHeader(7, 21, 0, false))
			var hs []cell.Header
			for _, c := range read(cells) {
				hs = append(hs, c.Header)
			}
			got = append(got, hs)
		}
		if diff := cmp.Diff(want[row.file], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.file, diff)
		}
	}
}

// TestGoldenSpoilt turns each bit of each golden frame over, and cuts each at every length, in every
// format. What is accepted is written again as it was, but for the length that RFC 4717 lets be 0.
func TestGoldenSpoilt(t *testing.T) {
	for _, row := range goldens {
		for _, f := range goldentest.Frames(t, row.file) {
			f = f[toWord:]
			for n := range f {
				for format := cell.NToOne; int(format) < cell.NumFormats; format++ {
					checkFrame(t, format, f[:n])
				}
			}
			for bit := range 8 * len(f) {
				b := bytes.Clone(f)
				b[bit/8] ^= 0x80 >> (bit % 8)
				for format := cell.NToOne; int(format) < cell.NumFormats; format++ {
					checkFrame(t, format, b)
				}
			}
		}
	}
}

// FuzzDecode feeds arbitrary octets to the decoder of each format.
func FuzzDecode(f *testing.F) {
	for _, row := range goldens {
		for i, b := range goldentest.Frames(f, row.file) {
			f.Add(uint8(row.formats[i]), b[toWord:])
		}
	}
	f.Add(uint8(cell.NToOneBare), make([]byte, 104))
	f.Add(uint8(cell.Line), append([]byte{0, 0, 0, 1, 0x52}, make([]byte, 48)...))
	f.Add(uint8(cell.PathPDU), append([]byte{0, 0, 1, 0xC6, 0, 100}, make([]byte, 96)...))
	f.Add(uint8(cell.NToOne), append([]byte{0, 0x38, 0, 1}, make([]byte, 56)...))
	f.Fuzz(func(t *testing.T, format uint8, b []byte) { checkFrame(t, cell.Format(format), b) })
}

// FuzzOAM feeds arbitrary octets to the readers of OAM cells.
func FuzzOAM(f *testing.F) {
	for _, b := range goldentest.Frames(f, "n1_cw.pcap")[2:] {
		f.Add(b[toWord+8:])
	}
	f.Add(make([]byte, cell.BodyLen))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != cell.BodyLen {
			return
		}
		body := cell.Body(b)
		function, fault := body.Function()
		l, lf := body.Loopback()
		_, d, df := body.Defect()
		if (fault == cell.NoFault) != body.Sealed() || fault != cell.NoFault && (lf != fault || df != fault) {
			t.Fatalf("%x: %s, %s, %s", b, fault, lf, df)
		}
		again := body
		again.Seal()
		if fault == cell.NoFault && body[46]>>2 == 0 && again != body {
			t.Fatalf("%x is sealed as %x", body, again)
		}
		switch {
		case lf == cell.NoFault && function != cell.LoopbackCell, df == cell.NoFault && function != cell.AIS && function != cell.RDI:
			t.Fatalf("%s is read as another", function)
		case lf == cell.NoFault:
			again.PutLoopback(l)
			if l2, _ := again.Loopback(); l2 != l {
				t.Fatalf("loopback (-was +is):\n%s", cmp.Diff(l, l2))
			}
		case df == cell.NoFault:
			again.PutDefect(function, d)
			if _, d2, _ := again.Defect(); d2 != d {
				t.Fatalf("defect (-was +is):\n%s", cmp.Diff(d, d2))
			}
		}
	})
}

// FuzzHeader feeds arbitrary octets to the reader of headers.
func FuzzHeader(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x52})
	f.Add([]byte{0, 0, 0, 0, 0x55})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != cell.HeaderLen {
			return
		}
		h, fault := cell.DecodeHeader((*[cell.HeaderLen]byte)(b))
		var again [cell.HeaderLen]byte
		cell.PutHeader(&again, h)
		if (fault == cell.NoFault) != bytes.Equal(b, again[:]) {
			t.Fatalf("%x: %s, written %x", b, fault, again)
		}
		if k := h.Kind(); k == 0 || int(k) >= cell.NumKinds {
			t.Fatalf("%#08x is of kind %s", uint32(h), k)
		}
	})
}

// checkFrame reads a frame and wants what the decoder promises.
func checkFrame(t *testing.T, format cell.Format, b []byte) {
	t.Helper()
	sequence, cells, fault := format.Decode(b, 0)
	if int(fault) >= cell.NumFaults || !fault.Numbered() && fault != cell.Truncated && fault != cell.NotPseudowire && fault != cell.BadHEC {
		t.Fatalf("%s: %s", format, fault)
	}
	if fault != cell.NoFault {
		if cells.Len() != 0 {
			t.Fatalf("%s: %d cells with fault %s", format, cells.Len(), fault)
		}
		return
	}
	n := cells.Len()
	if got := len(read(cells)); n == 0 || got != n {
		t.Fatalf("%s: %d cells, read %d", format, n, got)
	}
	want := bytes.Clone(b)
	if format == cell.NToOne {
		want = want[:format.Size(n)]
		want[1] &= 0xC0
	}
	if again := rebuild(t, format, b, sequence, cells); !bytes.Equal(want, again) {
		t.Fatalf("%s (-read +written):\n%s", format, cmp.Diff(hex.Dump(want), hex.Dump(again)))
	}
}
