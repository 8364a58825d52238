package vc_test

import (
	"strings"
	"testing"

	"callmanager/vc"
)

func TestCellsFor(t *testing.T) {
	for _, row := range []struct{ sdu, cells int }{{0, 1}, {1, 1}, {40, 1}, {41, 2}, {88, 2}, {89, 3}, {65535, 1366}} {
		if got := vc.CellsFor(row.sdu); got != row.cells {
			t.Errorf("an SDU of %d takes %d cells, want %d", row.sdu, got, row.cells)
		}
	}
	f := vc.Flow{MinPoliced: 100}
	if f.Charge(1) != 3 || f.Charge(500) != 11 {
		t.Errorf("charged %d and %d", f.Charge(1), f.Charge(500))
	}
}

func TestRates(t *testing.T) {
	for _, row := range []struct {
		bits vc.BitRate
		pcr  vc.CellRate
	}{{1, 1}, {384, 1}, {385, 2}, {200e6, 520834}, {6442450560, vc.MaxCellRate}} {
		if c, err := vc.PCRFor(row.bits); err != nil || c != row.pcr {
			t.Errorf("%v is %v, %v, want %v", row.bits, c, err, row.pcr)
		}
	}
	for _, bad := range []vc.BitRate{6442450561, 1 << 63, ^vc.BitRate(0)} {
		if c, err := vc.PCRFor(bad); err == nil {
			t.Errorf("%v is %v", bad, c)
		}
	}
	if c := vc.CellRate(10); c.Bits() != 3840 || c.Bytes() != 480 || c.String() != "10 cells/s" {
		t.Errorf("%v: %v, %d octets/s", c, c.Bits(), c.Bytes())
	}
}

func TestParseRate(t *testing.T) {
	for _, row := range []struct {
		in   string
		want vc.BitRate
		out  string
	}{
		{"200Mbit/s", 200e6, "200Mbit/s"},
		{" 1.5 Gbit/s ", 1_500_000_000, "1.5Gbit/s"},
		{"64000bit/s", 64000, "64kbit/s"},
		{"0.001kbit/s", 1, "1bit/s"},
		{"2Tbit/s", 2e12, "2Tbit/s"},
		{"1234567bit/s", 1234567, "1.235Mbit/s"},
		{"9223372036854775807bit/s", 9223372036854775807, "9223372.037Tbit/s"},
	} {
		r, err := vc.ParseRate(row.in)
		if err != nil || r != row.want || r.String() != row.out {
			t.Errorf("%q is %d (%v), %v", row.in, r, r, err)
		}
	}
	for _, bad := range []string{
		"", "200", "Mbit/s", "200Mbps", "-1bit/s", "0bit/s", "1e3bit/s", "0.5bit/s", "1.2.3bit/s", ".bit/s",
		"9223372036854775808bit/s", "1/2kbit/s", "1_000bit/s", "200 MBIT/S",
	} {
		if r, err := vc.ParseRate(bad); err == nil {
			t.Errorf("%q is %v", bad, r)
		}
	}
	if s := vc.BitRate(0).String(); s != "0bit/s" {
		t.Errorf("zero is %q", s)
	}
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"200Mbit/s", "1.5Gbit/s", "x", "0.001kbit/s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := vc.ParseRate(s)
		if err != nil {
			return
		}
		if r == 0 {
			t.Errorf("%q is zero", s)
		}
		if _, err := vc.ParseRate(r.String()); err != nil {
			t.Errorf("%q prints as %q: %v", s, r, err)
		}
	})
}

func TestContractValidate(t *testing.T) {
	f := vc.Flow{PCR: 100, MaxSDU: 1000}
	vbr := vc.Flow{PCR: 100, SCR: 50, MBS: 10, MaxSDU: 1000}
	change := func(do func(*vc.Flow)) vc.Flow {
		g := f
		do(&g)
		return g
	}
	for _, row := range []struct {
		name string
		c    vc.Contract
		want string // part of the error; empty for none
	}{
		{"CBR", vc.Contract{Category: vc.CBR, Forward: f, Backward: f}, ""},
		{"one way", vc.Contract{Category: vc.UBR, Forward: f}, ""},
		{"VBR", vc.Contract{Category: vc.NRTVBR, Forward: vbr, Backward: vbr}, ""},
		{"VBR one way", vc.Contract{Category: vc.RTVBR, Backward: vbr}, ""},
		{"no category", vc.Contract{Forward: f}, "no service category"},
		{"unknown category", vc.Contract{Category: vc.UBR + 1, Forward: f}, "no service category"},
		{"nothing to carry", vc.Contract{Category: vc.CBR}, "nothing in either direction"},
		{"VBR without SCR", vc.Contract{Category: vc.RTVBR, Forward: f}, "needs a burst size"},
		{"SCR above PCR", vc.Contract{Category: vc.RTVBR, Forward: vc.Flow{PCR: 1, SCR: 2, MBS: 1, MaxSDU: 1}}, "needs a burst size"},
		{"CBR with SCR", vc.Contract{Category: vc.CBR, Forward: vbr}, "has none"},
		{"PCR too high", vc.Contract{Category: vc.CBR, Forward: change(func(f *vc.Flow) { f.PCR = 1 << 24 })}, "beyond"},
		{"MBS too high", vc.Contract{Category: vc.RTVBR, Forward: vc.Flow{PCR: 9, SCR: 2, MBS: 1 << 24, MaxSDU: 1}}, "beyond"},
		{"no SDU size", vc.Contract{Category: vc.CBR, Backward: change(func(f *vc.Flow) { f.MaxSDU = 0 })}, "without a maximum SDU"},
		{"minimum above maximum", vc.Contract{Category: vc.CBR, Forward: change(func(f *vc.Flow) { f.MinPoliced = 1001 })}, "above the maximum"},
		{"SCR without PCR", vc.Contract{Category: vc.RTVBR, Forward: vbr, Backward: vc.Flow{SCR: 1}}, "without a peak"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.c.Validate()
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("error is %v, want %q", err, row.want)
			}
		})
	}
}

func TestDirections(t *testing.T) {
	c := vc.Contract{Forward: vc.Flow{PCR: 1}, Backward: vc.Flow{PCR: 2}}
	if s, r := c.Directions(true); s.PCR != 1 || r.PCR != 2 {
		t.Errorf("the calling end sends %v and receives %v", s.PCR, r.PCR)
	}
	if s, r := c.Directions(false); s.PCR != 2 || r.PCR != 1 {
		t.Errorf("the called end sends %v and receives %v", s.PCR, r.PCR)
	}
}

func TestNames(t *testing.T) {
	for want, got := range map[string]string{
		"CBR": vc.CBR.String(), "rt-VBR": vc.RTVBR.String(), "nrt-VBR": vc.NRTVBR.String(), "UBR": vc.UBR.String(),
		"Category(0)": vc.Category(0).String(),
		"none":        vc.None.String(), "created": vc.Created.String(), "activating": vc.Activating.String(),
		"active": vc.Active.String(), "reactivating": vc.Reactivating.String(), "deactivating": vc.Deactivating.String(),
		"State(9)": vc.State(9).String(),
		"idle":     vc.Idle.String(), "proceeding": vc.Proceeding.String(), "offered": vc.Offered.String(),
		"accepted": vc.Accepted.String(), "connected": vc.Connected.String(), "qos_pending": vc.QoSPending.String(), "remote_closed": vc.RemoteClosed.String(),
		"closing": vc.Closing.String(), "CallState(9)": vc.CallState(9).String(),
	} {
		if got != want {
			t.Errorf("%q is printed as %q", want, got)
		}
	}
}
