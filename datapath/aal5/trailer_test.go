package aal5_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/aal5"
)

// TestLengths is I.363.5 clause 9.2.1.2: SDU, PAD and trailer are the least multiple of 48 octets.
func TestLengths(t *testing.T) {
	for _, row := range []struct{ sdu, pad, pdu int }{
		{1, 39, 48},
		{39, 1, 48},
		{40, 0, 48}, // the longest in one cell
		{41, 47, 96},
		{88, 0, 96},
		{9180, 28, 9216},
		{65512, 0, 65520},
		{65513, 47, 65568},
		{aal5.MaxSDU, 25, 65568},
	} {
		if pad, pdu := aal5.PadLen(row.sdu), aal5.PDULen(row.sdu); pad != row.pad || pdu != row.pdu {
			t.Errorf("SDU of %d octets: PAD %d, PDU %d; want %d, %d", row.sdu, pad, pdu, row.pad, row.pdu)
		}
	}
	if aal5.MaxPDU != 65568 {
		t.Errorf("the longest PDU has %d octets", aal5.MaxPDU)
	}
	for sdu := 1; sdu <= aal5.MaxSDU; sdu++ {
		pad, pdu := aal5.PadLen(sdu), aal5.PDULen(sdu)
		if pad < 0 || pad > 47 || sdu+pad+aal5.TrailerLen != pdu || pdu%aal5.CellLen != 0 {
			t.Fatalf("SDU of %d octets: PAD %d, PDU %d", sdu, pad, pdu)
		}
	}
}

// TestFits wants one number of cells for each length, and none for that of an abort.
func TestFits(t *testing.T) {
	for _, row := range []struct {
		length uint16
		pdu    int
		want   bool
	}{
		{0, 48, false},
		{1, 48, true},
		{40, 48, true},
		{40, 96, false},
		{41, 48, false},
		{41, 96, true},
		{41, 0, false},
		{65535, 65568, true},
		{65535, 65520, false},
		{65535, 65616, false},
	} {
		if got := (aal5.Trailer{Length: row.length}).Fits(row.pdu); got != row.want {
			t.Errorf("length %d in a PDU of %d octets: %t, want %t", row.length, row.pdu, got, row.want)
		}
	}
	if !(aal5.Trailer{}).Aborts() || (aal5.Trailer{Length: 1}).Aborts() {
		t.Error("length 0, and no other, aborts")
	}
}

// TestFinishCell writes PAD and trailer of a PDU of one cell; the CRC is the model's.
func TestFinishCell(t *testing.T) {
	pdu := append([]byte("abc"), bytes.Repeat([]byte{0x6A}, 45)...)
	aal5.Finish(pdu, 3, 0x12, 0x34, 3, 0)
	begins := append([]byte("abc"), make([]byte, 37)...)
	begins = append(begins, 0x12, 0x34, 0, 3)
	crc := model(0, begins)
	want := append(begins, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
	if !bytes.Equal(pdu, want) {
		t.Errorf("PDU\n% x, want\n% x", pdu, want)
	}
	got := aal5.ParseTrailer((*[aal5.TrailerLen]byte)(pdu[40:]))
	if diff := cmp.Diff(aal5.Trailer{UU: 0x12, CPI: 0x34, Length: 3, CRC: crc}, got); diff != "" {
		t.Error(diff)
	}
	if !aal5.Intact(aal5.Update(0, pdu)) {
		t.Error("the PDU is not intact")
	}
}

// TestPDU makes a PDU at once and by its last part alone; both are the model's. No octet of it can change
// without notice.
func TestPDU(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sdu := rapid.SliceOfN(rapid.Byte(), 1, 2000).Draw(t, "sdu")
		uu, cpi := rapid.Byte().Draw(t, "uu"), rapid.Byte().Draw(t, "cpi")
		length := uint16(len(sdu))

		want := append(bytes.Clone(sdu), make([]byte, aal5.PadLen(len(sdu)))...)
		want = append(want, uu, cpi, byte(length>>8), byte(length))
		crc := model(0, want)
		want = append(want, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))

		whole := bytes.Repeat([]byte{0x6A}, aal5.PDULen(len(sdu)))
		copy(whole, sdu)
		aal5.Finish(whole, len(sdu), uu, cpi, length, 0)
		if !bytes.Equal(whole, want) {
			t.Fatalf("PDU\n% x, want\n% x", whole, want)
		}

		at := rapid.IntRange(0, len(sdu)).Draw(t, "at")
		last := bytes.Repeat([]byte{0x6A}, len(want)-at)
		copy(last, sdu[at:])
		aal5.Finish(last, len(sdu)-at, uu, cpi, length, aal5.Update(0, sdu[:at]))
		if !bytes.Equal(last, want[at:]) {
			t.Fatalf("last part\n% x, want\n% x", last, want[at:])
		}

		trailer := aal5.ParseTrailer((*[aal5.TrailerLen]byte)(whole[len(whole)-aal5.TrailerLen:]))
		if diff := cmp.Diff(aal5.Trailer{UU: uu, CPI: cpi, Length: length, CRC: crc}, trailer); diff != "" {
			t.Fatal(diff)
		}
		if !trailer.Fits(len(whole)) || !aal5.Intact(aal5.Update(0, whole)) {
			t.Fatalf("refused: %+v of %d octets", trailer, len(whole))
		}
		i := rapid.IntRange(0, len(whole)-1).Draw(t, "octet")
		whole[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		if aal5.Intact(aal5.Update(0, whole)) {
			t.Fatalf("octet %d has changed unnoticed", i)
		}
	})
}

// TestFinishRefuses wants a panic if there is no room for a trailer.
func TestFinishRefuses(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a trailer went into 7 octets")
		}
	}()
	aal5.Finish(make([]byte, 47, 96), 40, 0, 0, 40, 0)
}
