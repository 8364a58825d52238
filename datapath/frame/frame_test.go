package frame_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/frame"
	"callmanager/datapath/internal/goldentest"
	"callmanager/nicio"
	"callmanager/vc"
)

func TestLabelSpellsTheChannel(t *testing.T) {
	for _, row := range []struct {
		vpi  vc.VPI
		vci  vc.VCI
		want frame.Label
	}{
		{0, 5, 0x10005},
		{1, 100, 0x20064},
		{0, 32, 0x10020},
		{14, 65535, 0xFFFFF},
		{0, 0, 0x10000},
	} {
		got := frame.LabelOf(row.vpi, row.vci)
		if got != row.want {
			t.Errorf("LabelOf(%d, %d) = %#x, want %#x", row.vpi, row.vci, got, row.want)
		}
		vpi, vci, ok := got.Channel()
		if vpi != row.vpi || vci != row.vci || !ok {
			t.Errorf("%#x.Channel() = %d, %d, %v, want %d, %d, true", got, vpi, vci, ok, row.vpi, row.vci)
		}
	}
	for _, l := range []frame.Label{0, 15, frame.CellLabel, 0xFFFF, 0x100000} {
		if _, _, ok := l.Channel(); ok {
			t.Errorf("label %#x spells a channel", l)
		}
	}
	if got := frame.LabelOf(vc.MaxVPI+1, 5); got != 0 {
		t.Errorf("LabelOf beyond the last path = %#x, want 0", got)
	}
	for i, l := range []frame.Label{16, frame.CellLabel, 0xFFFF, 15, 0x10000} {
		if want := i < 3; l.ByHand() != want {
			t.Errorf("%#x.ByHand() = %v, want %v", l, !want, want)
		}
	}
}

func TestEntryAsSent(t *testing.T) {
	e := frame.NewEntry(frame.Signalling)
	var head [frame.HeadLen]byte
	frame.PutHead(&head, e, frame.NewWord(0, 8, 1))
	want := []byte{0x10, 0x00, 0x51, 0xFF, 0x00, 0x0C, 0x00, 0x01}
	if diff := cmp.Diff(want, head[:]); diff != "" {
		t.Errorf("head of a BGN on 0/5 (-want +got):\n%s", diff)
	}
}

func TestDecodeLabel(t *testing.T) {
	for _, row := range []struct {
		rule  string
		hex   string
		label frame.Label
		fault frame.Fault
	}{
		{"RFC 3032 2.1: bottom of stack", "100051ff", 0x10005, frame.NoFault},
		{"time to live is ignored", "10005100", 0x10005, frame.NoFault},
		{"traffic class is ignored", "10005fff", 0x10005, frame.NoFault},
		{"a second label follows (S=0)", "100050ff100051ff", 0x10005, frame.Stacked},
		{"no room for an entry", "100051", 0, frame.Truncated},
		{"nothing", "", 0, frame.Truncated},
	} {
		l, rest, f := frame.DecodeLabel(unhex(t, row.hex))
		if l != row.label || f != row.fault || len(rest) != 0 {
			t.Errorf("%s: label %#x, fault %s, rest %x; want %#x, %s, nothing", row.rule, l, f, rest, row.label, row.fault)
		}
	}
}

func TestDecodeWord(t *testing.T) {
	payload := bytes.Repeat([]byte{0xA5}, 2000)
	of := func(n int) []byte { return payload[:n] }
	for _, row := range []struct {
		rule  string
		word  string
		after int // Octets behind the word.
		sdu   int // Octets of the SDU; -1 is none.
		fault frame.Fault
	}{
		{"length says where the padding begins", "00050001", 38, 1, frame.NoFault},
		{"length of all there is", "003f0001", 59, 59, frame.NoFault},
		{"64 octets and more have length 0", "00000001", 60, 60, frame.NoFault},
		{"a full MTU", "00000001", 1492, 1492, frame.NoFault},
		{"length 0 is accepted for 46 octets", "00000001", 42, 42, frame.NoFault},
		{"length 0 is accepted for 63 octets", "00000001", 59, 59, frame.NoFault},
		{"length 0 in a frame that may be padded", "00000001", 41, -1, frame.ZeroLength},
		{"length 0 in a padded frame", "00000001", 38, -1, frame.ZeroLength},
		{"length 0 and nothing else", "00000001", 0, -1, frame.ZeroLength},
		{"an empty SDU", "00040001", 38, -1, frame.EmptySDU},
		{"length below the word itself", "00030001", 38, -1, frame.BadLength},
		{"length of 1", "00010001", 38, -1, frame.BadLength},
		{"length beyond the frame", "00200001", 20, -1, frame.BadLength},
		{"length of a short frame in a long one", "00100001", 1000, -1, frame.BadLength},
		{"longest length in a frame of 64", "003f0001", 60, -1, frame.BadLength},
		{"first fragment (RFC 4623)", "00400001", 100, 100, frame.Fragment},
		{"last fragment", "00800001", 100, 100, frame.Fragment},
		{"middle fragment", "00c00001", 100, 100, frame.Fragment},
		{"last fragment of one octet, padded", "00850001", 38, 1, frame.Fragment},
		{"a fragment that may be padded and does not say so", "00800001", 38, -1, frame.ZeroLength},
		{"an OAM cell with its length", "08380001", 52, -1, frame.OAMCell},
		{"an OAM cell with length 0", "08000001", 52, -1, frame.OAMCell},
		{"two OAM cells", "08000001", 104, -1, frame.BadOAMCell},
		{"T=1 with an SDU", "08000001", 1492, -1, frame.BadOAMCell},
		{"T=1 with nothing", "08040001", 0, -1, frame.BadOAMCell},
		{"T=1 and a length that lies", "08100001", 1000, -1, frame.BadOAMCell},
		{"associated channel (RFC 5085)", "10000007", 50, -1, frame.NotPseudowire},
		{"IPv4", "45000054", 80, -1, frame.NotPseudowire},
		{"IPv6", "60000000", 80, -1, frame.NotPseudowire},
	} {
		b := append(unhex(t, row.word), of(row.after)...)
		w, sdu, f := frame.DecodeWord(b)
		got := -1
		if sdu != nil {
			got = len(sdu)
		}
		if f != row.fault || got != row.sdu {
			t.Errorf("%s: fault %s, SDU of %d; want %s, %d", row.rule, f, got, row.fault, row.sdu)
		}
		if f.Numbered() && w.Sequence() != 1 {
			t.Errorf("%s: sequence %d, want 1", row.rule, w.Sequence())
		}
	}
	if _, sdu, f := frame.DecodeWord(append(unhex(t, "00400000"), payload...)); f != frame.LooseFragment || sdu != nil {
		t.Errorf("a fragment without a number: fault %s, want loose_fragment", f)
	}
	for n := range 4 {
		if _, _, f := frame.DecodeWord(make([]byte, n)); f != frame.Truncated {
			t.Errorf("%d octets: fault %s, want truncated", n, f)
		}
	}
}

func TestFlagsOfTheControlWord(t *testing.T) {
	w := frame.NewWord(frame.E|frame.C|frame.U, 100, 65535)
	if w != 0x0700FFFF {
		t.Errorf("word with E, C and U = %#08x, want 0x0700ffff", uint32(w))
	}
	if got := frame.NewWord(frame.T, 52, 9); got != 0x08380009 {
		t.Errorf("word of an OAM cell = %#08x, want 0x08380009", uint32(got))
	}
	if w.Flags() != frame.E|frame.C|frame.U || w.Part() != frame.Whole || w.Length() != 0 {
		t.Errorf("word reads flags %04b, FRG %d, length %d", w.Flags(), w.Part(), w.Length())
	}
}

// TestGolden reads the frames that another implementation made, and makes them again. They use
// labels set by hand and a time to live of 64, so the label stack entry is taken from the frame.
func TestGolden(t *testing.T) {
	for _, row := range []struct {
		file string
		// faults are the frames that carry no SDU, by their place.
		faults map[int]frame.Fault
	}{
		{"aal5_sdu.pcap", map[int]frame.Fault{9: frame.OAMCell}},
		{"sig_sdu.pcap", nil},
	} {
		t.Run(row.file, func(t *testing.T) {
			frames := goldentest.Frames(t, row.file)
			if len(frames) == 0 {
				t.Fatal("no frames")
			}
			for i, f := range frames {
				label, rest, fault := frame.DecodeLabel(f[nicio.HeaderLen:])
				if fault != frame.NoFault {
					t.Fatalf("frame %d: label: %s", i, fault)
				}
				w, sdu, fault := frame.DecodeWord(rest)
				if want := row.faults[i]; fault != want {
					t.Fatalf("frame %d: fault %s, want %s", i, fault, want)
				}
				if w.Sequence() != uint16(i+1) && row.file == "aal5_sdu.pcap" {
					t.Errorf("frame %d has number %d", i, w.Sequence())
				}
				if fault != frame.NoFault {
					continue
				}
				entry := frame.NewEntry(label)&^0xFF | 64
				var head [frame.HeadLen]byte
				frame.PutHead(&head, entry, frame.NewWord(w.Flags(), len(sdu), w.Sequence()))
				again := append(append(bytes.Clone(f[:nicio.HeaderLen]), head[:]...), sdu...)
				for len(again) < 60 {
					again = append(again, 0)
				}
				if diff := cmp.Diff(hex.Dump(f), hex.Dump(again)); diff != "" {
					t.Errorf("frame %d (-theirs +ours):\n%s", i, diff)
				}
			}
		})
	}
}

// FuzzDecode feeds arbitrary octets to the decoders. What they accept, the encoder writes again,
// but for a length of 0 where the standard has it set.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"aal5_sdu.pcap", "sig_sdu.pcap", "one2one.pcap", "n1_cw.pcap", "aal5_pdu.pcap"} {
		for _, b := range goldentest.Frames(f, file) {
			f.Add(b[nicio.HeaderLen:])
		}
	}
	f.Add([]byte{})
	f.Add([]byte{0x10, 0x00, 0x51, 0xFF, 0x00, 0x05, 0x00, 0x01, 0x55})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, rest, fault := frame.DecodeLabel(b)
		if fault != frame.NoFault {
			if rest != nil {
				t.Fatalf("octets behind a label with fault %s", fault)
			}
			return
		}
		w, sdu, fault := frame.DecodeWord(rest)
		if fault != frame.NoFault && fault != frame.Fragment {
			if sdu != nil {
				t.Fatalf("an SDU with fault %s", fault)
			}
			return
		}
		if len(sdu) == 0 || len(sdu) > len(rest)-frame.WordLen {
			t.Fatalf("SDU of %d octets in %d", len(sdu), len(rest))
		}
		var head [frame.HeadLen]byte
		frame.PutHead(&head, frame.NewEntry(l), frame.NewPart(w.Flags(), w.Part(), len(sdu), w.Sequence()))
		l2, rest2, none := frame.DecodeLabel(append(head[:], sdu...))
		if none != frame.NoFault || l2 != l {
			t.Fatalf("label %#x became %#x, %s", l, l2, none)
		}
		w2, sdu2, again := frame.DecodeWord(rest2)
		if again != fault || w2.Part() != w.Part() || w2.Flags() != w.Flags() || w2.Sequence() != w.Sequence() || !bytes.Equal(sdu, sdu2) {
			t.Fatalf("word %#x with %d octets became %#x with %d, %s", uint32(w), len(sdu), uint32(w2), len(sdu2), again)
		}
	})
}

func TestNoAllocs(t *testing.T) {
	b := append(unhex(t, "100051ff00000001"), make([]byte, 100)...)
	var o frame.Order
	var n frame.Numbering
	var head [frame.HeadLen]byte
	for name, f := range map[string]func(){
		"Decode": func() {
			_, rest, _ := frame.DecodeLabel(b)
			_, _, _ = frame.DecodeWord(rest)
		},
		"Order": func() { _, _ = o.Admit(n.Next(), b) },
		"PutHead": func() {
			frame.PutHead(&head, frame.NewEntry(frame.Signalling), frame.NewWord(frame.C, 100, n.Next()))
		},
	} {
		if got := testing.AllocsPerRun(1000, f); got != 0 {
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

// Padding goes when the length field tells of it, and nothing else does.
func TestUnpad(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want int
	}{
		{nil, 0},
		{[]byte{0, 5, 0}, 3},
		{[]byte{0, 6, 0, 1, 9, 9, 0, 0, 0}, 6},           // two octets and padding
		{[]byte{0, 6, 0, 1, 9, 9}, 6},                    // exactly
		{[]byte{0, 60, 0, 1, 9, 9}, 6},                   // a length beyond the end
		{[]byte{0, 3, 0, 1, 9, 9}, 6},                    // less than the word
		{append([]byte{0, 0, 0, 1}, "no length"...), 13}, // not told
	} {
		if got := frame.Unpad(c.b); len(got) != c.want || !bytes.Equal(got, c.b[:c.want]) {
			t.Errorf("%x became %x, want %d octets", c.b, got, c.want)
		}
	}
}
