package filter_test

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/filter"
	"callmanager/vc"
)

var (
	here  = vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 1})
	there = vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 2})
)

// number is a native E.164 number.
func number(tb testing.TB) vc.Addr {
	tb.Helper()
	a, err := vc.AddrFromE164("4930123")
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// TestMatch is one row for each wildcard of the model's CO_SAP and ATM_SAP.
func TestMatch(t *testing.T) {
	x, y, z := []byte{1, 2}, []byte{3}, []byte{4}
	e164 := number(t)
	for _, row := range []struct {
		name   string
		f      filter.Filter
		called vc.Addr
		bhli   []byte
		bllis  [][]byte
		want   int
	}{
		{"exact address", filter.Filter{Address: here, Selector: 7}, here.WithSelector(7), nil, nil, 24},
		{"exact address, another selector", filter.Filter{Address: here, Selector: 7}, here.WithSelector(8), nil, nil, -1},
		{"exact address, another system", filter.Filter{Address: here, Selector: 7}, there.WithSelector(7), nil, nil, -1},
		{"ANY_AESA_SEL", filter.Filter{Address: here, AnySelector: true}, here.WithSelector(200), nil, nil, 16},
		{"ANY_AESA_SEL, another system", filter.Filter{Address: here, AnySelector: true}, there, nil, nil, -1},
		{"ANY_AESA_REST", filter.Filter{Selector: 7}, there.WithSelector(7), nil, nil, 8},
		{"ANY_AESA_REST, another selector", filter.Filter{Selector: 7}, there, nil, nil, -1},
		{"ANY address", filter.Filter{AnySelector: true}, there.WithSelector(7), nil, nil, 0},
		{"ANY address, a number", filter.Filter{AnySelector: true}, e164, nil, nil, 0},
		{"an E.164 number", filter.Filter{Address: e164}, e164, nil, nil, 16},
		{"an E.164 number has selector 0", filter.Filter{}, e164, nil, nil, 8},
		{"an AESA for an E.164 number", filter.Filter{Address: e164}, here, nil, nil, -1},
		{"B-HLI ANY, none there", filter.Filter{AnySelector: true}, here, nil, nil, 0},
		{"B-HLI ANY, one there", filter.Filter{AnySelector: true}, here, x, nil, 0},
		{"B-HLI ABSENT, none there", filter.Filter{AnySelector: true, BHLIAbsent: true}, here, nil, nil, 4},
		{"B-HLI ABSENT, one there", filter.Filter{AnySelector: true, BHLIAbsent: true}, here, x, nil, -1},
		{"B-HLI value", filter.Filter{AnySelector: true, BHLI: x}, here, x, nil, 4},
		{"B-HLI value, another", filter.Filter{AnySelector: true, BHLI: x}, here, y, nil, -1},
		{"B-HLI value, none there", filter.Filter{AnySelector: true, BHLI: x}, here, nil, nil, -1},
		{"B-LLI ANY, none there", filter.Filter{AnySelector: true}, here, nil, nil, 0},
		{"B-LLI ANY, one there", filter.Filter{AnySelector: true}, here, nil, [][]byte{x}, 0},
		{"B-LLI ABSENT, none there", filter.Filter{AnySelector: true, BLLIAbsent: true}, here, nil, nil, 3},
		{"B-LLI ABSENT, one there", filter.Filter{AnySelector: true, BLLIAbsent: true}, here, nil, [][]byte{x}, -1},
		{"B-LLI value, the caller's first", filter.Filter{AnySelector: true, BLLI: [][]byte{x}}, here, nil, [][]byte{x, y, z}, 3},
		{"B-LLI value, the caller's last", filter.Filter{AnySelector: true, BLLI: [][]byte{z}}, here, nil, [][]byte{x, y, z}, 1},
		{"three B-LLI, the second matches", filter.Filter{AnySelector: true, BLLI: [][]byte{{9}, y, {8}}}, here, nil, [][]byte{x, y}, 2},
		{"three B-LLI, none matches", filter.Filter{AnySelector: true, BLLI: [][]byte{{9}, y, {8}}}, here, nil, [][]byte{x}, -1},
		{"B-LLI value, none there", filter.Filter{AnySelector: true, BLLI: [][]byte{x}}, here, nil, nil, -1},
		{"everything", filter.Filter{Address: here, Selector: 1, BHLI: x, BLLI: [][]byte{y}}, here.WithSelector(1), x, [][]byte{y}, 31},
	} {
		f, err := filter.Normal(row.f)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if got := f.Match(row.called, row.bhli, row.bllis); got != row.want {
			t.Errorf("%s: rank %d, want %d", row.name, got, row.want)
		}
	}
}

// TestNormal refuses what no call could meet, or what says a thing twice.
func TestNormal(t *testing.T) {
	for _, row := range []struct {
		f    filter.Filter
		want string
	}{
		{filter.Filter{BHLI: make([]byte, 10)}, "10 octets"},
		{filter.Filter{BHLI: []byte{1}, BHLIAbsent: true}, "to be absent"},
		{filter.Filter{BLLI: [][]byte{{1}}, BLLIAbsent: true}, "to be absent"},
		{filter.Filter{BLLI: [][]byte{{1}, {2}, {3}, {4}}}, "4 B-LLI"},
		{filter.Filter{BLLI: [][]byte{{1}, {}}}, "0 octets"},
		{filter.Filter{BLLI: [][]byte{make([]byte, 14)}}, "14 octets"},
		{filter.Filter{BLLI: [][]byte{{1}, {1}}}, "twice"},
	} {
		if _, err := filter.Normal(row.f); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: error %v, want %q", row.f, err, row.want)
		}
	}
	f, err := filter.Normal(filter.Filter{Address: here.WithSelector(9), AnySelector: true, Selector: 3})
	if err != nil || f.Selector != 0 || f.Address.Selector() != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	e164 := number(t)
	if f, err = filter.Normal(filter.Filter{Address: e164, Selector: 3}); err != nil || !f.AnySelector || f.Selector != 0 {
		t.Errorf("an E.164 number has no selector: %+v, %v", f, err)
	}
}

// TestChoose proves which B-LLI an answer names.
func TestChoose(t *testing.T) {
	x, y := []byte{1}, []byte{2}
	f := filter.Filter{BLLI: [][]byte{{9}, y}}
	if got := f.Choose([][]byte{x, y}); !bytes.Equal(got, y) {
		t.Errorf("chose %v", got)
	}
	all := filter.Filter{}
	if got := all.Choose([][]byte{x, y}); !bytes.Equal(got, x) {
		t.Errorf("a filter for any chose %v", got)
	}
	if got := f.Choose(nil); got != nil {
		t.Errorf("chose %v of nothing", got)
	}
}

// drawn are few values, so that they meet.
func drawn(t *rapid.T, label string) filter.Filter {
	value := rapid.SliceOfN(rapid.ByteRange(1, 2), 1, 1)
	f := filter.Filter{
		Address:     rapid.SampledFrom([]vc.Addr{{}, here, there}).Draw(t, label+" address"),
		Selector:    rapid.ByteRange(0, 1).Draw(t, label+" selector"),
		AnySelector: rapid.Bool().Draw(t, label+" any selector"),
	}
	switch rapid.IntRange(0, 2).Draw(t, label+" B-HLI") {
	case 1:
		f.BHLIAbsent = true
	case 2:
		f.BHLI = value.Draw(t, label+" B-HLI value")
	}
	switch rapid.IntRange(0, 2).Draw(t, label+" B-LLI") {
	case 1:
		f.BLLIAbsent = true
	case 2:
		f.BLLI = rapid.SliceOfNDistinct(value, 1, 2, func(b []byte) byte { return b[0] }).Draw(t, label+" B-LLI values")
	}
	f, err := filter.Normal(f)
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	return f
}

// TestNoTie proves that the choice is determined: of two filters that do not overlap no
// call meets both with the same rank, and of two that do some call does (INV-16).
func TestNoTie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, "a"), drawn(t, "b")
		if a.Overlaps(&b) != b.Overlaps(&a) {
			t.Fatalf("%+v and %+v overlap one way alone", a, b)
		}
		tie := false
		for _, called := range []vc.Addr{here, here.WithSelector(1), there, there.WithSelector(1)} {
			for _, bhli := range [][]byte{nil, {1}, {2}} {
				for _, bllis := range [][][]byte{nil, {{1}}, {{2}}, {{1}, {2}}, {{2}, {1}}} {
					m, n := a.Match(called, bhli, bllis), b.Match(called, bhli, bllis)
					tie = tie || m >= 0 && m == n
				}
			}
		}
		if tie != a.Overlaps(&b) {
			t.Fatalf("%+v and %+v: a tie %v, overlap %v", a, b, tie, a.Overlaps(&b))
		}
	})
}

// taking are filters that take a call to selector 1 here, with B-HLI 1 and the B-LLI 2 and 1.
func taking(t *rapid.T, label string) filter.Filter {
	f := filter.Filter{
		Address:     rapid.SampledFrom([]vc.Addr{{}, here}).Draw(t, label+" address"),
		AnySelector: rapid.Bool().Draw(t, label+" any selector"),
		Selector:    1,
		BHLI:        rapid.SampledFrom([][]byte{nil, {1}}).Draw(t, label+" B-HLI"),
		BLLI:        rapid.SampledFrom([][][]byte{nil, {{1}}, {{2}}, {{1}, {2}}, {{2}, {9}}}).Draw(t, label+" B-LLI"),
	}
	f, err := filter.Normal(f)
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	return f
}

// TestOrder proves the order of the ranks: what is named of the address decides before the
// selector, that before the B-HLI, and that before the B-LLI.
func TestOrder(t *testing.T) {
	called := here.WithSelector(1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := taking(t, "a"), taking(t, "b")
		m := a.Match(called, []byte{1}, [][]byte{{2}, {1}})
		n := b.Match(called, []byte{1}, [][]byte{{2}, {1}})
		if m < 0 || n < 0 {
			t.Fatalf("%+v has %d, %+v has %d: one does not take the call", a, m, b, n)
		}
		names := func(f *filter.Filter) []bool {
			return []bool{f.Address.IsValid(), !f.AnySelector, len(f.BHLI) > 0, slices.ContainsFunc(f.BLLI, func(v []byte) bool { return v[0] == 2 }), len(f.BLLI) > 0}
		}
		want := slices.CompareFunc(names(&a), names(&b), func(x, y bool) int {
			switch {
			case x == y:
				return 0
			case x:
				return 1
			}
			return -1
		})
		if got := cmp.Compare(m, n); got != want {
			t.Fatalf("%+v has %d, %+v has %d: %d, want %d", a, m, b, n, got, want)
		}
	})
}
