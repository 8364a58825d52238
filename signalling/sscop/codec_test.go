package sscop_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscop"
)

var (
	limits  = sscop.Limits{K: 4096, J: 4096, MaxSTAT: 67}
	sameSeq = cmp.Comparer(func(a, b sscop.Seq) bool { return a == b })
)

// golden is where the captured octets are.
const golden = "../../testdata/golden"

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// TestLayouts holds one PDU of each type against octets written by hand from Q.2110 clause 7.2.
func TestLayouts(t *testing.T) {
	for _, row := range []struct {
		pdu sscop.PDU
		hex string
		str string
	}{
		{sscop.PDU{Type: sscop.BGN, NSQ: 1, NMR: seq(128)}, "00000001 01000080", "BGN N(SQ)=1 N(MR)=128"},
		{
			sscop.PDU{Type: sscop.BGN, NSQ: 255, NMR: seq(0xabcdef), Data: []byte("hello")},
			"68656c6c 6f000000 000000ff c1abcdef", "BGN N(SQ)=255 N(MR)=11259375 (5 octets)",
		},
		{sscop.PDU{Type: sscop.BGAK, NMR: seq(30)}, "00000000 0200001e", "BGAK N(MR)=30"},
		{sscop.PDU{Type: sscop.BGAK, NMR: seq(30), Data: []byte("abc")}, "61626300 00000000 4200001e", "BGAK N(MR)=30 (3 octets)"},
		{sscop.PDU{Type: sscop.END}, "00000000 03000000", "END by user"},
		{sscop.PDU{Type: sscop.END, Source: sscop.SourceSSCOP}, "00000000 13000000", "END by SSCOP"},
		{sscop.PDU{Type: sscop.END, Source: sscop.SourceSSCOP, Data: []byte("ab")}, "61620000 00000000 93000000", "END by SSCOP (2 octets)"},
		{sscop.PDU{Type: sscop.ENDAK}, "00000000 04000000", "ENDAK"},
		{sscop.PDU{Type: sscop.RS, NSQ: 2, NMR: seq(128), Data: []byte("abc")}, "61626300 00000002 45000080", "RS N(SQ)=2 N(MR)=128 (3 octets)"},
		{sscop.PDU{Type: sscop.RSAK, NMR: seq(128)}, "00000000 06000080", "RSAK N(MR)=128"},
		{sscop.PDU{Type: sscop.BGREJ}, "00000000 07000000", "BGREJ"},
		{sscop.PDU{Type: sscop.SD, Data: unhex(t, "09030000017d")}, "09030000 017d0000 88000000", "SD N(S)=0 (6 octets)"},
		{sscop.PDU{Type: sscop.SD, NS: seq(1<<24 - 1)}, "08ffffff", "SD N(S)=16777215"},
		{sscop.PDU{Type: sscop.ER, NSQ: 3, NMR: seq(5)}, "00000003 09000005", "ER N(SQ)=3 N(MR)=5"},
		{sscop.PDU{Type: sscop.POLL, NPS: seq(1)}, "00000001 0a000000", "POLL N(PS)=1 N(S)=0"},
		{sscop.PDU{Type: sscop.POLL, NPS: seq(0x010203), NS: seq(9)}, "00010203 0a000009", "POLL N(PS)=66051 N(S)=9"},
		{
			sscop.PDU{Type: sscop.STAT, NPS: seq(2), NMR: seq(30), List: []sscop.Seq{seq(0), seq(1)}},
			"00000000 00000001 00000002 0000001e 0b000000", "STAT N(PS)=2 N(MR)=30 N(R)=0 [0 1]",
		},
		{sscop.PDU{Type: sscop.STAT, NPS: seq(2), NMR: seq(32), NR: seq(2)}, "00000002 00000020 0b000002", "STAT N(PS)=2 N(MR)=32 N(R)=2"},
		{
			sscop.PDU{Type: sscop.USTAT, NMR: seq(40), NR: seq(3), List: []sscop.Seq{seq(4), seq(7)}},
			"00000004 00000007 00000028 0c000003", "USTAT N(MR)=40 N(R)=3 [4 7]",
		},
		{sscop.PDU{Type: sscop.UD, Data: []byte("ABC")}, "41424300 4d000000", "UD (3 octets)"},
		{sscop.PDU{Type: sscop.MD, Data: []byte("N")}, "4e000000 ce000000", "MD (1 octets)"},
		{sscop.PDU{Type: sscop.ERAK, NMR: seq(6)}, "00000000 0f000006", "ERAK N(MR)=6"},
	} {
		want := unhex(t, row.hex)
		if got := row.pdu.Append(nil); !cmp.Equal(got, want) {
			t.Errorf("%v: % x, want % x", &row.pdu, got, want)
		}
		if got := row.pdu.String(); got != row.str {
			t.Errorf("prints as %q, want %q", got, row.str)
		}
		var p sscop.PDU
		if err := p.Parse(want, limits); err != nil {
			t.Errorf("%v: %v", &row.pdu, err)
		} else if diff := cmp.Diff(row.pdu, p, sameSeq, emptyIsNil); diff != "" {
			t.Errorf("%v: %s", &row.pdu, diff)
		}
	}
}

var emptyIsNil = cmp.FilterValues(
	func(a, b []byte) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore(),
)

// TestLengthRules tries every length around the limits of each type, aligned or not.
func TestLengthRules(t *testing.T) {
	lim := sscop.Limits{K: 12, J: 16, MaxSTAT: 5}
	ok := func(typ sscop.PDUType, size, pl int) bool {
		if size%4 != 0 {
			return false
		}
		switch typ {
		case sscop.BGN, sscop.BGAK, sscop.END, sscop.RS, sscop.BGREJ:
			return size >= 8+pl && size <= 8+lim.J
		case sscop.SD, sscop.UD, sscop.MD:
			return size >= 4+pl && size <= 4+lim.K
		case sscop.ENDAK, sscop.RSAK, sscop.ER, sscop.POLL, sscop.ERAK:
			return size == 8
		case sscop.STAT:
			return size >= 12 && size <= 12+4*lim.MaxSTAT
		case sscop.USTAT:
			return size == 16
		}
		return false
	}
	for typ := range sscop.PDUType(16) {
		for size := range 64 {
			for pl := range 4 {
				b := make([]byte, size)
				if size >= 4 {
					binary.BigEndian.PutUint32(b[size-4:], uint32(pl)<<30|uint32(typ)<<24)
				}
				var p sscop.PDU
				err := p.Parse(b, lim)
				if want := ok(typ, size, pl); (err == nil) != want {
					t.Errorf("%v of %d octets, PL %d: %v", typ, size, pl, err)
				}
				if lengthErr, isLength := errors.AsType[*sscop.LengthError](err); err != nil &&
					(!isLength || lengthErr.Size != size || lengthErr.Error() == "") {
					t.Errorf("%v of %d octets: error %v", typ, size, err)
				}
			}
		}
	}
}

// sscopOctets returns all PDUs of the golden captures: SSCOP of VPI 0, VCI 5.
func sscopOctets(tb testing.TB) [][]byte {
	tb.Helper()
	var all [][]byte
	for _, name := range glob(tb, "sscop/*.pcap") {
		all = append(all, pcapRecords(tb, name)...)
	}
	for _, name := range glob(tb, "linux-atm/*.hex") {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) == 5 && f[2] == "0/5" {
				all = append(all, unhex(tb, f[4]))
			}
		}
	}
	return all
}

func glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(golden, pattern))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no golden files %s: %v", pattern, err)
	}
	return names
}

// pcapRecords returns the AAL5 SDUs of VPI 0, VCI 5 in a little-endian pcap file of link type 123:
// each record starts with a flags octet, VPI and VCI.
func pcapRecords(tb testing.TB, name string) [][]byte {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	le := binary.LittleEndian
	if le.Uint32(b) != 0xa1b2c3d4 || le.Uint32(b[20:]) != 123 {
		tb.Fatalf("%s is no little-endian pcap of link type 123", name)
	}
	var records [][]byte
	for b = b[24:]; len(b) >= 16; {
		n := le.Uint32(b[8:])
		record := b[16 : 16+n]
		b = b[16+n:]
		if record[1] == 0 && binary.BigEndian.Uint16(record[2:]) == 5 {
			records = append(records, record[4:])
		}
	}
	return records
}

// TestGoldenPDUs decodes what other implementations sent and encodes it to the same octets.
func TestGoldenPDUs(t *testing.T) {
	all := sscopOctets(t)
	var seen [sscop.NumPDUTypes]int
	for _, b := range all {
		var p sscop.PDU
		if err := p.Parse(b, limits); err != nil {
			t.Errorf("% x: %v", b, err)
			continue
		}
		seen[p.Type]++
		if got := p.Append(nil); !cmp.Equal(got, b) {
			t.Errorf("%v: encoded % x, captured % x", &p, got, b)
		}
	}
	t.Logf("%d PDUs: %v", len(all), seen)
	if len(all) < 400 {
		t.Errorf("only %d PDUs in the golden files", len(all))
	}
}
