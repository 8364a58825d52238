package cell_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/cell"
	"callmanager/vc"
)

func TestHeader(t *testing.T) {
	for _, row := range []struct {
		rule string
		vpi  uint16
		vci  vc.VCI
		pti  cell.PTI
		clp  bool
		want cell.Header
	}{
		{"VPI<12> VCI<16> PTI<3> CLP<1>", 1, 100, 0, false, 0x00100640},
		{"last of a PDU", 1, 100, cell.AUU, false, 0x00100642},
		{"congested", 1, 100, cell.EFCI, false, 0x00100644},
		{"lower priority", 1, 100, 0, true, 0x00100641},
		{"end-to-end F5", 1, 100, cell.EndToEndF5, false, 0x0010064A},
		{"all ones", 4095, 65535, 7, true, 0xFFFFFFFF},
		{"a path of thirteen bits", 0x1001, 5, 0, false, 0x00100050},
	} {
		h := cell.NewHeader(row.vpi, row.vci, row.pti, row.clp)
		if h != row.want {
			t.Errorf("%s: %#08x, want %#08x", row.rule, uint32(h), uint32(row.want))
		}
		if h.VPI() != row.vpi&cell.MaxVPI || h.VCI() != row.vci || h.PTI() != row.pti || h.CLP() != row.clp {
			t.Errorf("%s: reads %d/%d PTI %d CLP %v", row.rule, h.VPI(), h.VCI(), h.PTI(), h.CLP())
		}
		if h.Channel() != uint32(row.want>>4) || h.WithPTI(3) != row.want&^0xE|6 {
			t.Errorf("%s: channel %#x, with PTI 3 %#x", row.rule, h.Channel(), uint32(h.WithPTI(3)))
		}
	}
}

func TestGFC(t *testing.T) {
	gfc, h := cell.Header(0xA1234567).SplitGFC()
	if gfc != 0xA || h != 0x01234567 || h.VPI() != 0x12 {
		t.Errorf("split into %#x and %#08x with path %d", gfc, uint32(h), h.VPI())
	}
	if got := cell.Header(0xF1234567).JoinGFC(0xA); got != 0xA1234567 {
		t.Errorf("joined to %#08x", uint32(got))
	}
}

func TestPTI(t *testing.T) {
	type facts struct{ User, Last, Congested bool }
	want := [8]facts{{User: true}, {true, true, false}, {true, false, true}, {true, true, true}}
	for p := range want {
		got := facts{cell.PTI(p).User(), cell.PTI(p).Last(), cell.PTI(p).Congested()}
		if diff := cmp.Diff(want[p], got); diff != "" {
			t.Errorf("PTI %d (-want +got):\n%s", p, diff)
		}
	}
}

func TestKind(t *testing.T) {
	for _, row := range []struct {
		header cell.Header
		want   cell.Kind
		oam    bool
	}{
		{0x00100640, cell.User, false},
		{0x00100647, cell.User, false},
		{0x00100648, cell.F5Segment, true},
		{0x0010064A, cell.F5EndToEnd, true},
		{0x0010064C, cell.Resource, false},
		{0x0010064E, cell.Reserved, false},
		{0x00100030, cell.F4Segment, true},
		{0x00100044, cell.F4EndToEnd, true},
		{0x0010004A, cell.F4EndToEnd, true},
		{0x0010006C, cell.Resource, false},
		{0x00000050, cell.User, false},
		{0x00000000, cell.Unassigned, false},
		{0x0000000E, cell.Unassigned, false},
		{0x00000001, cell.Physical, false},
		{0x00000009, cell.Physical, false},
	} {
		if got := row.header.Kind(); got != row.want || got.OAM() != row.oam {
			t.Errorf("%#08x is %s, OAM %v; want %s, %v", uint32(row.header), got, got.OAM(), row.want, row.oam)
		}
	}
}

// TestHEC has the octets of the idle cell (I.432.1 clause 4.4) and of one with nothing but zeros.
func TestHEC(t *testing.T) {
	for h, want := range map[cell.Header]uint8{0x00000001: 0x52, 0x00000000: 0x55} {
		if got := h.HEC(); got != want {
			t.Errorf("HEC of %#08x = %#02x, want %#02x", uint32(h), got, want)
		}
	}
}

// TestHeaderWithHEC: what is written is read, and one to three wrong bits are found in every place
// that rapid comes to. The code's distance is 4.
func TestHeaderWithHEC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := cell.Header(rapid.Uint32().Draw(t, "header"))
		var b [cell.HeaderLen]byte
		cell.PutHeader(&b, h)
		if got, fault := cell.DecodeHeader(&b); got != h || fault != cell.NoFault {
			t.Fatalf("%#08x is read as %#08x, %s", uint32(h), uint32(got), fault)
		}
		for _, bit := range rapid.SliceOfNDistinct(rapid.IntRange(0, 39), 1, 3, rapid.ID).Draw(t, "bits") {
			b[bit/8] ^= 0x80 >> (bit % 8)
		}
		if _, fault := cell.DecodeHeader(&b); fault != cell.BadHEC {
			t.Fatalf("%x passes for a header", b)
		}
	})
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, list := range [][]string{names[cell.Fault](cell.NumFaults), names[cell.Kind](cell.NumKinds)[1:], names[cell.Format](cell.NumFormats)[1:]} {
		for _, name := range list {
			if seen[name] || name == "" || name[len(name)-1] == ')' {
				t.Errorf("%q is no name, or names two", name)
			}
			seen[name] = true
		}
	}
	for got, want := range map[string]string{
		cell.Fault(99).String(): "Fault(99)", cell.Kind(0).String(): "Kind(0)", cell.Format(0).String(): "Format(0)",
		cell.Function(0x20).String(): "Function(0x20)", cell.LoopbackCell.String(): "loopback", cell.AIS.String(): "AIS",
		cell.RDI.String(): "RDI", cell.ContinuityCheck.String(): "continuity check",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// names returns the names of an enumeration's values.
func names[T interface {
	~uint8
	String() string
}](n int,
) (list []string) {
	for i := range n {
		list = append(list, T(i).String())
	}
	return list
}
