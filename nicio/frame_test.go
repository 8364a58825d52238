package nicio_test

import (
	"bytes"
	"net"
	"testing"

	"callmanager/nicio"
)

func TestMAC(t *testing.T) {
	m, err := nicio.ParseMAC("02:00:5E:00:01:ff")
	if err != nil || m.String() != "02:00:5e:00:01:ff" || m.Uint64() != 0x02005e0001ff {
		t.Errorf("ParseMAC = %v (%#x), %v", m, m.Uint64(), err)
	}
	for _, s := range []string{"", "02:00", "02:00:5e:00:01:ff:00:00", "02-00:5e:00:01:ff", "x2:00:5e:00:01:ff"} {
		if _, err := nicio.ParseMAC(s); err == nil {
			t.Errorf("ParseMAC(%q): no error", s)
		}
	}
	if m.IsGroup() || m.IsZero() || !(nicio.MAC{}).IsZero() || !(nicio.MAC{1}).IsGroup() {
		t.Error("IsGroup or IsZero")
	}
}

func TestPutHeader(t *testing.T) {
	b := make([]byte, 16)
	rest := nicio.PutHeader(b, nicio.MAC{1, 2, 3, 4, 5, 6}, nicio.MAC{7, 8, 9, 10, 11, 12}, 0x8847)
	want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x47, 0, 0}
	if !bytes.Equal(b, want) || len(rest) != 2 || &rest[0] != &b[14] {
		t.Errorf("PutHeader wrote %x and left %d octets", b, len(rest))
	}
	if nicio.FrameSize(1500) != 1514 {
		t.Errorf("FrameSize(1500) = %d", nicio.FrameSize(1500))
	}
}

// FuzzHeader proves that a header written is the header read.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x88\x47payload"))
	f.Add(make([]byte, 14))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < nicio.HeaderLen {
			return // ReadBatch delivers none of them.
		}
		frame := nicio.RxFrame{Buf: b, Len: len(b)}
		again := make([]byte, len(b))
		copy(nicio.PutHeader(again, frame.Dest(), frame.Source(), frame.EtherType()), frame.Payload())
		if !bytes.Equal(again, b) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

// FuzzParseMAC proves that what is accepted is what package net reads, in 48 bits.
func FuzzParseMAC(f *testing.F) {
	f.Add("02:00:00:00:00:01")
	f.Add("0200.0000.0001")
	f.Add("02:00:00:00:00:00:00:01")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := nicio.ParseMAC(s)
		hw, want := net.ParseMAC(s)
		if (err == nil) != (want == nil && len(hw) == 6) {
			t.Fatalf("ParseMAC(%q) = %v, %v", s, m, err)
		}
		if err != nil {
			return
		}
		if again, err := nicio.ParseMAC(m.String()); again != m || err != nil {
			t.Errorf("%v became %v, %v", m, again, err)
		}
	})
}
