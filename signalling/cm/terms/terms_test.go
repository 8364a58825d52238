package terms_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// TestCompleted: what is named counts, and what is not is that in force.
func TestCompleted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contract := func(label string) vc.Contract {
			flow := func(way string) vc.Flow {
				return vc.Flow{
					PCR:    vc.CellRate(rapid.IntRange(0, 2).Draw(t, label+way+" PCR")),
					MaxSDU: uint16(rapid.IntRange(0, 2).Draw(t, label+way+" size")),
				}
			}
			return vc.Contract{
				Category: rapid.SampledFrom([]vc.Category{0, vc.UBR, vc.CBR}).Draw(t, label+" category"),
				Forward:  flow(" forward"), Backward: flow(" backward"),
			}
		}
		asked, old := contract("asked"), contract("old")
		got := terms.Completed(asked, old)
		or := func(n, m uint64) uint64 {
			if n != 0 {
				return n
			}
			return m
		}
		for i, f := range [][3]vc.Flow{{asked.Forward, old.Forward, got.Forward}, {asked.Backward, old.Backward, got.Backward}} {
			if uint64(f[2].PCR) != or(uint64(f[0].PCR), uint64(f[1].PCR)) || uint64(f[2].MaxSDU) != or(uint64(f[0].MaxSDU), uint64(f[1].MaxSDU)) {
				t.Fatalf("flow %d: %+v over %+v is %+v", i, f[0], f[1], f[2])
			}
		}
		if uint64(got.Category) != or(uint64(asked.Category), uint64(old.Category)) {
			t.Fatalf("category %s over %s is %s", asked.Category, old.Category, got.Category)
		}
		if again := terms.Completed(got, old); again != got {
			t.Fatalf("%+v becomes %+v", got, again)
		}
	})
}

// TestOneWay: a rate that is missing is best effort's, for UBR alone; nothing flows backward.
func TestOneWay(t *testing.T) {
	rate := vc.DefaultRate(1e9)
	for _, row := range []struct {
		asked, want vc.Contract
		refused     bool
	}{
		{vc.Contract{}, vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: rate}}, false},
		{vc.Contract{Category: vc.UBR}, vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: rate}}, false},
		{vc.Contract{Forward: vc.Flow{PCR: 5}}, vc.Contract{Forward: vc.Flow{PCR: 5}}, false},
		{vc.Contract{Category: vc.CBR}, vc.Contract{Category: vc.CBR}, false},
		{vc.Contract{Backward: vc.Flow{PCR: 1}}, vc.Contract{}, true},
	} {
		got, err := terms.OneWay(row.asked, 1e9)
		if (err != nil) != row.refused || err == nil && got != row.want {
			t.Errorf("%+v becomes %+v, %v", row.asked, got, err)
		}
	}
}

// TestFallback: an alternative without a category has the contract's.
func TestFallback(t *testing.T) {
	c := vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 9}, Backward: vc.Flow{PCR: 100, MaxSDU: 9}}
	alternative := vc.Fallback{Alternative: vc.Contract{Forward: vc.Flow{PCR: 5}, Backward: vc.Flow{PCR: 6}}}
	got, err := terms.Fallback(alternative, &c)
	if err != nil || got.Alternative.Category != vc.CBR {
		t.Errorf("alternative: %+v, %v", got, err)
	}
	if got, err = terms.Fallback(vc.Fallback{}, &c); err != nil || got != (vc.Fallback{}) {
		t.Errorf("none: %+v, %v", got, err)
	}
	alternative.Minimum = vc.PeakRates{Forward: 1}
	if _, err = terms.Fallback(alternative, &c); err == nil {
		t.Error("a minimum and an alternative are taken")
	}
}

// TestQoS: what the way has come to is nobody's to ask for.
func TestQoS(t *testing.T) {
	got, err := terms.QoS(vc.QoS{MaxDelay: 9, Delay: 7})
	if err != nil || got != (vc.QoS{MaxDelay: 9}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCheckCompatibility holds the sizes at their bounds.
func TestCheckCompatibility(t *testing.T) {
	list := func(n, size int) [][]byte {
		var bs [][]byte
		for range n {
			bs = append(bs, make([]byte, size))
		}
		return bs
	}
	for _, row := range []struct {
		bhli    int
		bllis   [][]byte
		refused bool
	}{
		{0, nil, false},
		{filter.MaxBHLI, list(filter.MaxBLLIs, filter.MaxBLLI), false},
		{filter.MaxBHLI + 1, nil, true},
		{0, list(filter.MaxBLLIs+1, 1), true},
		{0, list(1, filter.MaxBLLI+1), true},
		{0, list(1, 0), true},
	} {
		if err := terms.CheckCompatibility(make([]byte, row.bhli), row.bllis); (err != nil) != row.refused {
			t.Errorf("%d octets of B-HLI and %d B-LLI: %v", row.bhli, len(row.bllis), err)
		}
	}
}

// TestInForce: CONNECT counts as far as it goes.
func TestInForce(t *testing.T) {
	a, b, c := vc.AddrFromMAC([6]byte{2, 1}), vc.AddrFromMAC([6]byte{2, 2}), vc.AddrFromMAC([6]byte{2, 3})
	asked := primitive.Params{Called: a, Calling: b, Multipoint: true, Permanent: true, BHLI: []byte{1}}
	got := terms.InForce(asked, primitive.Params{BHLI: []byte{2}})
	want := primitive.Params{Called: a, Calling: b, Multipoint: true, Permanent: true, BHLI: []byte{2}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(vc.Addr{})); diff != "" {
		t.Errorf("addresses of SETUP (-want +got):\n%s", diff)
	}
	if got = terms.InForce(primitive.Params{Called: a, Calling: b}, primitive.Params{Called: c, Calling: c}); got.Called != c || got.Calling != c {
		t.Errorf("addresses of CONNECT: %+v", got)
	}
}

// TestAltered: an answer lowers sizes, chooses rates that are acceptable and one B-LLI of those that were
// offered, and alters nothing else.
func TestAltered(t *testing.T) {
	flow := vc.Flow{PCR: 100, MaxSDU: 1000, MinPoliced: 50}
	offered := primitive.Params{
		Contract: vc.Contract{Category: vc.CBR, Forward: flow, Backward: flow},
		Fallback: vc.Fallback{Minimum: vc.PeakRates{Forward: 10}}, BHLI: []byte{1}, BLLI: [][]byte{{1}, {2}},
	}
	for name, row := range map[string]struct {
		answer primitive.Params
		alter  func(p *primitive.Params) // nil: refused
	}{
		"nothing":      {primitive.Params{}, func(*primitive.Params) {}},
		"a size":       {primitive.Params{Contract: vc.Contract{Forward: vc.Flow{MaxSDU: 900}}}, func(p *primitive.Params) { p.Contract.Forward.MaxSDU = 900 }},
		"a large size": {primitive.Params{Contract: vc.Contract{Backward: vc.Flow{MaxSDU: 2000}}}, func(*primitive.Params) {}},
		"a small size": {primitive.Params{Contract: vc.Contract{Forward: vc.Flow{MaxSDU: 49}}}, nil},
		"a rate":       {primitive.Params{Contract: vc.Contract{Forward: vc.Flow{PCR: 10}}}, func(p *primitive.Params) { p.Contract.Forward.PCR = 10 }},
		"a low rate":   {primitive.Params{Contract: vc.Contract{Forward: vc.Flow{PCR: 9}}}, nil},
		"a category":   {primitive.Params{Contract: vc.Contract{Category: vc.UBR}}, nil},
		"a B-LLI":      {primitive.Params{BLLI: [][]byte{{2}}}, func(p *primitive.Params) { p.BLLI = [][]byte{{2}} }},
		"another":      {primitive.Params{BLLI: [][]byte{{3}}}, nil},
		"two B-LLI":    {primitive.Params{BLLI: [][]byte{{1}, {2}}}, nil},
		"the B-HLI":    {primitive.Params{BHLI: []byte{1}}, func(*primitive.Params) {}},
		"other B-HLI":  {primitive.Params{BHLI: []byte{2}}, nil},
	} {
		got, err := terms.Altered(offered, &row.answer)
		if row.alter == nil {
			if err == nil {
				t.Errorf("%s: taken as %+v", name, got)
			}
			continue
		}
		want := offered
		row.alter(&want)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(vc.Addr{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestCause holds a client's cause at its bounds. Its location is not the client's to say.
func TestCause(t *testing.T) {
	for _, row := range []struct {
		asked ie.Cause
		want  ie.CauseValue // 0: refused
	}{
		{ie.Cause{}, ie.CauseNormalClearing},
		{ie.Cause{Location: 5}, ie.CauseNormalClearing},
		{ie.Cause{Value: 1}, 1},
		{ie.Cause{Value: 127, Location: 5, Diagnostic: make([]byte, 28)}, 127},
		{ie.Cause{Value: 128}, 0},
		{ie.Cause{Value: 1, Diagnostic: make([]byte, 29)}, 0},
		{ie.Cause{Diagnostic: make([]byte, 1)}, 0},
	} {
		got, err := terms.Cause(row.asked, ie.CauseNormalClearing)
		if (err != nil) != (row.want == 0) || got.Value != row.want {
			t.Errorf("%+v becomes %+v, %v", row.asked, got, err)
		}
		if err == nil && (got.Location != ie.LocationUser || len(got.Diagnostic) != len(row.asked.Diagnostic)) {
			t.Errorf("%+v becomes %+v", row.asked, got)
		}
	}
}

// TestModified: a modification is asked for by a contract, or in the model's units from the point of view of the
// end that asks.
func TestModified(t *testing.T) {
	inForce := primitive.Params{Contract: vc.Contract{
		Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 40}, Backward: vc.Flow{PCR: 200, MaxSDU: 40},
	}}
	const none = flowspec.NotSpecified
	change := &flowspec.Change{Transmit: &flowspec.Spec{
		Service: flowspec.Guaranteed, TokenRate: 2001, PeakBandwidth: none, TokenBucketSize: none,
	}}
	for name, row := range map[string]struct {
		c                 vc.Contract
		change            *flowspec.Change
		calling           bool
		forward, backward vc.CellRate
		rounded           bool
	}{
		"by a contract":          {vc.Contract{Forward: vc.Flow{PCR: 7}}, nil, true, 7, 200, false},
		"in units":               {vc.Contract{}, change, true, 51, 200, true}, // 40 octets are a cell
		"in units, by the other": {vc.Contract{}, change, false, 100, 51, true},
	} {
		got, rounded, err := terms.Modified(row.c, row.change, &inForce, row.calling)
		if err != nil || got.Forward.PCR != row.forward || got.Backward.PCR != row.backward || rounded != row.rounded {
			t.Errorf("%s: %+v, %v, %v", name, got, rounded, err)
		}
	}
	if _, _, err := terms.Modified(vc.Contract{Forward: vc.Flow{MBS: 5}}, nil, &inForce, true); err == nil {
		t.Error("a burst of a constant rate is accepted")
	}
	if _, _, err := terms.Modified(vc.Contract{}, &flowspec.Change{Receive: &flowspec.Spec{}}, &inForce, true); err == nil {
		t.Error("a direction is shut")
	}
}
