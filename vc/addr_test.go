package vc_test

import (
	"strings"
	"testing"

	"callmanager/vc"
)

const aesaText = "47.0005.80ffe1000000f21a2eed.0020ea000bbb.07"

func mustAddr(tb testing.TB, s string) vc.Addr {
	tb.Helper()
	a, err := vc.ParseAddr(s)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestParseAddr(t *testing.T) {
	for _, row := range []struct {
		in, out string
		kind    vc.AddrKind
	}{
		{aesaText, aesaText, vc.AESA},
		{strings.ReplaceAll(aesaText, ".", ""), aesaText, vc.AESA},
		{strings.ToUpper(aesaText), aesaText, vc.AESA},
		{"+4989123456", "+4989123456", vc.E164},
		{"123456789012345", "+123456789012345", vc.E164},
		{"7", "+7", vc.E164},
	} {
		a := mustAddr(t, row.in)
		if a.String() != row.out || a.Kind() != row.kind || !a.IsValid() {
			t.Errorf("%q reads as %q, kind %d", row.in, a, a.Kind())
		}
		if b, err := a.MarshalText(); err != nil || string(b) != row.out {
			t.Errorf("%q marshals as %q, %v", row.in, b, err)
		}
		if again := mustAddr(t, a.String()); again != a {
			t.Errorf("%q does not read back", row.out)
		}
	}
	for _, bad := range []string{
		"", "+", "+12a", "1234567890123456", "+1234567890123456", aesaText + "0", aesaText[1:], "zz" + aesaText[2:],
		"1.2.3", "bob", "+1.2", "０１", strings.Repeat(".", 40),
	} {
		if a, err := vc.ParseAddr(bad); err == nil || a.IsValid() {
			t.Errorf("%q reads as %v", bad, a)
		}
	}
}

func TestAddrParts(t *testing.T) {
	a := mustAddr(t, aesaText)
	if esi, ok := a.ESI(); !ok || esi != [6]byte{0, 0x20, 0xea, 0, 0xb, 0xbb} {
		t.Errorf("ESI %x", esi)
	}
	if a.Selector() != 7 || a.WithSelector(9).Selector() != 9 || a.Digits() != "" {
		t.Errorf("selector %d, digits %q", a.Selector(), a.Digits())
	}
	if b, ok := a.AESA(); !ok || vc.AddrFromAESA(b) != a {
		t.Error("the octets do not make the address again")
	}
	e := mustAddr(t, "+4989")
	if e.Digits() != "4989" || e.Selector() != 0 || e.WithSelector(3) != e {
		t.Errorf("an E.164 number with parts of an AESA: %v", e)
	}
	if _, ok := e.ESI(); ok {
		t.Error("an E.164 number has no ESI")
	}
	if _, ok := e.AESA(); ok {
		t.Error("an E.164 number has no octets")
	}
	if !a.SameSystem(a.WithSelector(200)) || a.SameSystem(e) || !e.SameSystem(e) || e.SameSystem(mustAddr(t, "+49890")) {
		t.Error("SameSystem compares all but the selector")
	}
	var none vc.Addr
	if none.IsValid() || none.String() != "" || none.Kind() != vc.NoAddr {
		t.Errorf("the zero address is %q", none)
	}
}

func TestAddrFromMAC(t *testing.T) {
	want := "49.0000.00000000000000000000.020000000001.00"
	if a := vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 1}); a.String() != want {
		t.Errorf("got %v, want %s", a, want)
	}
}

func TestPrefix(t *testing.T) {
	a, e := mustAddr(t, aesaText), mustAddr(t, "+498912")
	for _, row := range []struct {
		prefix string
		out    string
		match  vc.Addr
		want   bool
	}{
		{"47", "47", a, true},
		{"47.0005.8", "4700058", a, true},
		{"47.0006", "470006", a, false},
		{strings.ToUpper(aesaText[:len(aesaText)-3]), strings.ReplaceAll(aesaText[:len(aesaText)-3], ".", ""), a, true},
		{"4", "4", e, false},
		{"+49", "+49", e, true},
		{"+498912", "+498912", e, true},
		{"+4989123", "+4989123", e, false},
		{"+47", "+47", a, false},
	} {
		p, err := vc.ParsePrefix(row.prefix)
		if err != nil {
			t.Fatal(err)
		}
		if p.Match(row.match) != row.want || p.String() != row.out || p.Len() != len(strings.TrimPrefix(row.out, "+")) {
			t.Errorf("%q (%q, %d digits) matches %v: %v", row.prefix, p, p.Len(), row.match, !row.want)
		}
	}
	for _, bad := range []string{"", "+", ".", "xyz", strings.Repeat("4", 39), "+1234567890123456", "+4a"} {
		if p, err := vc.ParsePrefix(bad); err == nil {
			t.Errorf("%q reads as %v", bad, p)
		}
	}
	if (vc.Prefix{}).Match(a) || (vc.Prefix{}).Match(vc.Addr{}) {
		t.Error("the zero prefix matches")
	}
}

func TestMAC(t *testing.T) {
	m, err := vc.ParseMAC("02:00:00:00:00:02")
	if err != nil || m != (vc.MAC{2, 0, 0, 0, 0, 2}) || m.String() != "02:00:00:00:00:02" {
		t.Errorf("got %v, %v", m, err)
	}
	for _, bad := range []string{"", "02:00:00:00:00", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "02:00:00:00:00:00:00:02"} {
		if m, err := vc.ParseMAC(bad); err == nil {
			t.Errorf("%q reads as %v", bad, m)
		}
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{aesaText, "+4989", "123", "", "+", "..", "47.0005"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := vc.ParseAddr(s); err == nil {
			if b, err := vc.ParseAddr(a.String()); err != nil || b != a {
				t.Errorf("%q reads as %v, which reads as %v, %v", s, a, b, err)
			}
		}
		if p, err := vc.ParsePrefix(s); err == nil {
			if q, err := vc.ParsePrefix(p.String()); err != nil || q != p {
				t.Errorf("%q reads as %v, which reads as %v, %v", s, p, q, err)
			}
		}
	})
}
