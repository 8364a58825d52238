package ie_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
)

// TestCombinations reads all 128 sets of parameters of a direction, with and without tagging, in
// each descriptor: exactly those of the standard are allowed.
func TestCombinations(t *testing.T) {
	subs := [...]byte{0x82, 0x84, 0x88, 0x90, 0xa0, 0xb0, 0x92}
	allowed := map[string]bool{ // tagging allowed
		"84": false, "82 84": true, "84 90 b0": false, "84 88 a0": true, "84 92": false,
	}
	for set := range 1 << len(subs) {
		for _, tag := range []bool{false, true} {
			var p []byte
			var names []string
			for i, s := range subs {
				if set>>i&1 != 0 {
					p = append(p, s, 0, 0, 1)
					names = append(names, fmt.Sprintf("%02x", s))
				}
			}
			name := strings.Join(names, " ")
			p = append(p, 0x85, 0, 0, 1) // backward peak rate
			if tag {
				p = append(p, 0xbf, 0x01)
			}
			tagging, ok := allowed[name]
			ok = ok && (tagging || !tag)
			for _, id := range []ie.ID{ie.IDTD, ie.IDAltTD} {
				if _, err := parse(id, ie.Header{}, p); (err == nil) != ok {
					t.Errorf("%s {%s} tagging %v: %v", id, name, tag, err)
				}
			}
			minimum := !tag && (name == "" || name == "82" || name == "84" || name == "82 84")
			if _, err := parse(ie.IDMinTD, ie.Header{}, p); (err == nil) != minimum {
				t.Errorf("minimum {%s} tagging %v: %v", name, tag, err)
			}
		}
	}
}

// TestTD proves the rest of the descriptors' rules.
func TestTD(t *testing.T) {
	for _, row := range []struct {
		name, in string
		id       ie.ID
		ok       bool
	}{
		{"best effort", "84000001 85000001 be", ie.IDTD, true},
		{"best effort with options", "84000001 85000001 be bfc3", ie.IDTD, true},
		{"best effort of one direction", "84000001 be", ie.IDTD, false},
		{"best effort with CLP=0", "82000001 84000001 85000001 be", ie.IDTD, false},
		{"best effort with VBR", "84000001 85000001 90000001 b0000001 be", ie.IDTD, false},
		{"options without a bit", "84000001 85000001 bf00", ie.IDTD, true},
		{"no backward", "84000001", ie.IDTD, false},
		{"empty", "", ie.IDTD, false},
		{"different directions", "82000001 84000001 85000001 91000001 b1000001 bf01", ie.IDTD, true},
		{"full length", "84000001 85000001 90000001 91000001 b0000001 b1000001 bf00", ie.IDTD, true},
		{"unknown subfield", "84000001 85000001 c0", ie.IDTD, false},
		{"cut short", "84000001 850000", ie.IDTD, false},
		{"minimum, ABR", "92000001 93000001", ie.IDMinTD, true},
		{"minimum, ABR and peak", "84000001 93000001", ie.IDMinTD, false},
		{"minimum, best effort", "84000001 85000001 be", ie.IDMinTD, false},
		{"minimum, options", "84000001 bf00", ie.IDMinTD, false},
		{"minimum, empty", "", ie.IDMinTD, false},
	} {
		p := unhex(t, row.in)
		e, err := parse(row.id, ie.Header{}, p)
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if !row.ok {
			continue
		}
		if out, err := ie.Append(nil, row.id, e); err != nil || !bytes.Equal(out[ie.HeaderLen:], p) {
			t.Errorf("%s: wrote %x, %v", row.name, out, err)
		}
	}
}

// TestTDFields proves that each subfield ends up in its field.
func TestTDFields(t *testing.T) {
	var got ie.TD
	err := got.ParseContents(ie.IDTD, unhex(t, "84000001 85000002 90000003 89000004 b0000005 a1000006 bf82"))
	want := ie.TD{
		Fwd:     ie.Rates{PCR01: ie.Some[uint32](1), SCR01: ie.Some[uint32](3), MBS01: ie.Some[uint32](5), Discard: true},
		Bwd:     ie.Rates{PCR01: ie.Some[uint32](2), SCR0: ie.Some[uint32](4), MBS0: ie.Some[uint32](6), Tagging: true},
		Options: true,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	want.Fwd.PCR01.Value = 1 << 24
	if _, err := ie.Append(nil, ie.IDTD, &want); err == nil {
		t.Error("a rate of 25 bits was written")
	}
	want.Fwd.PCR01.Value, want.Options = 1, false
	if b, err := ie.Append(nil, ie.IDTD, &want); err != nil || b[len(b)-1] != 0x82 {
		t.Errorf("options with a bit are written anyway: %x, %v", b, err)
	}
}

// TestBearer reads all bearer classes with all transfer capabilities (signalling.md 4).
func TestBearer(t *testing.T) {
	atcs := map[byte][]byte{
		0x01: {0x07},
		0x03: {0x13, 0x09, 0x0b, 0x0c},
		0x10: {0x07, 0x04, 0x05, 0x06, 0x13, 0x01, 0x09, 0x0b, 0x00, 0x02, 0x08, 0x0a, 0x0c},
		0x18: {0x07, 0x05, 0x13, 0x09, 0x0b, 0x0a, 0x0c},
	}
	for class := range byte(32) {
		for atc := range byte(128) {
			p := []byte{class, 0x80 | atc, 0x80}
			e, err := parse(ie.IDBearer, ie.Header{}, p)
			if (err == nil) != bytes.Contains(atcs[class], []byte{atc}) {
				t.Errorf("class %#x capability %#x: %v", class, atc, err)
			}
			if err != nil {
				continue
			}
			if out, err := ie.Append(nil, ie.IDBearer, e); err != nil || !bytes.Equal(out[ie.HeaderLen:], p) {
				t.Errorf("wrote %x, %v, want %x", out, err, p)
			}
		}
		_, err := parse(ie.IDBearer, ie.Header{}, []byte{0x80 | class, 0x80})
		if _, known := atcs[class]; (err == nil) != known {
			t.Errorf("class %#x: %v", class, err)
		}
	}
	for _, bad := range []string{"", "90", "1085", "10 05 80", "90 00", "90 c0", "90 e0", "90 82", "90 80 80"} {
		if _, err := parse(ie.IDBearer, ie.Header{}, unhex(t, bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	var r ie.Bearer
	if err := r.ParseContents(ie.IDBearer, unhex(t, "109381 a1"[:6])); err != nil || r.Config != ie.PointToMultipoint || r.Clipping || r.ATC != ie.Some(ie.ATCRTVBR01) {
		t.Errorf("%+v, %v", r, err)
	}
	if err := r.ParseContents(ie.IDBearer, unhex(t, "83 a0")); err != nil || !r.Clipping || r.Class != ie.BCOBC {
		t.Errorf("%+v, %v", r, err)
	}
}
