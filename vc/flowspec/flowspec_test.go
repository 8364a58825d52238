package flowspec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/vc"
	"callmanager/vc/flowspec"
)

const none = flowspec.NotSpecified

// spec is a FLOWSPEC that specifies nothing but its service.
func spec(s flowspec.Service) flowspec.Spec {
	return flowspec.Spec{
		Service: s, TokenRate: none, PeakBandwidth: none, TokenBucketSize: none, Latency: none, DelayVariation: none,
		MaxSDUSize: none, MinimumPolicedSize: none,
	}
}

// cbr is a guaranteed rate with its sizes.
func cbr(rate, least, most uint32) flowspec.Spec {
	s := spec(flowspec.Guaranteed)
	s.TokenRate, s.MinimumPolicedSize, s.MaxSDUSize = rate, least, most
	return s
}

// TestRates are the edges of cells: an SDU of 40 octets and its trailer fill one, 41 begin the second.
func TestRates(t *testing.T) {
	for _, row := range []struct {
		rate, least, most uint32
		up, down          vc.CellRate
	}{
		{40, 40, 40, 1, 1},
		{41, 41, 41, 2, 2},
		{40, 41, 41, 2, 1},
		{4000, 0, 40, 100, 100},
		{4001, 0, 40, 101, 100},
		{4000, 0, 41, 196, 195},
		{8800, 88, 88, 200, 200}, // two full cells
		{8900, 89, 89, 300, 300}, // one octet more
		{1000, 1, 65535, 1000, 1000},
		{4000, 40, 65535, 196, 195}, // 41 octets are worse than 40
		{4100, 41, 65535, 200, 200},
		{65535, 65535, 65535, 1366, 1366}, // the largest SDU
		{6553500, 0, 65535, 136600, 136600},
		{48, none, none, 1, 1}, // sizes that nobody knows: full cells
		{49, none, none, 2, 1},
		{1500 * 1000, 0, 1500, 32000, 32000},
		{0xfffffffe, none, none, 0, vc.MaxCellRate}, // beyond a traffic descriptor
		{805306320, none, none, vc.MaxCellRate, vc.MaxCellRate},
		{805306321, none, none, 0, vc.MaxCellRate},
		{1, 0, 40, 1, 0}, // less than a cell
		{0, 0, 40, 0, 0},
	} {
		for r, want := range map[flowspec.Rounding]vc.CellRate{flowspec.RoundUp: row.up, flowspec.RoundDown: row.down} {
			name := fmt.Sprintf("%d octets/s of %d to %d octets, rounding %d", row.rate, row.least, row.most, r)
			got, err := flowspec.Convert(cbr(row.rate, row.least, row.most), flowspec.Spec{}, r)
			if err != nil && want == 0 {
				continue
			}
			if err != nil || got.Contract.Forward.PCR != want || got.Contract.Category != vc.CBR || got.Contract.Backward != (vc.Flow{}) {
				t.Errorf("%s: %+v, %v, want %d cells/s", name, got, err, want)
			}
			told, _ := flowspec.Of(&got.Contract, got.QoS)
			if got.Changed != (told.TokenRate != row.rate) {
				t.Errorf("%s: granted %d, changed %v", name, told.TokenRate, got.Changed)
			}
		}
	}
}

// TestServices is a row for each service and what it becomes.
func TestServices(t *testing.T) {
	full := cbr(150_000, 0, 1500)
	bursty := full
	bursty.PeakBandwidth, bursty.TokenBucketSize = 300_000, 15_000
	sdu := full
	sdu.PeakBandwidth = 300_000
	load := full
	load.Service = flowspec.ControlledLoad
	peaked := bursty
	peaked.Service = flowspec.ControlledLoad
	effort, limited, quality := spec(flowspec.BestEffort), spec(flowspec.BestEffort), spec(flowspec.Qualitative)
	limited.PeakBandwidth = 48_000
	quality.TokenRate, quality.PeakBandwidth = 48, 480
	delayed := full
	delayed.Latency, delayed.DelayVariation = 2_500, 700
	quick := full
	quick.Latency, quick.DelayVariation = 900, 1<<31
	slow := full
	slow.Latency = 1 << 31
	flow := func(pcr, scr vc.CellRate, mbs uint32, size uint16) vc.Flow {
		return vc.Flow{PCR: pcr, SCR: scr, MBS: mbs, MaxSDU: size}
	}
	for name, row := range map[string]struct {
		transmit, receive flowspec.Spec
		want              flowspec.Converted
	}{
		"guaranteed both ways": {full, full, flowspec.Converted{Contract: vc.Contract{
			Category: vc.CBR, Forward: flow(3200, 0, 0, 1500), Backward: flow(3200, 0, 0, 1500),
		}}},
		"one way": {flowspec.Spec{}, full, flowspec.Converted{Contract: vc.Contract{
			Category: vc.CBR, Backward: flow(3200, 0, 0, 1500),
		}}},
		"guaranteed with a burst, the other way without": {bursty, full, flowspec.Converted{Contract: vc.Contract{
			Category: vc.RTVBR, Forward: flow(6400, 3200, 320, 1500), Backward: flow(3200, 3200, 32, 1500),
		}}},
		"a burst of one SDU": {sdu, flowspec.Spec{}, flowspec.Converted{Contract: vc.Contract{
			Category: vc.RTVBR, Forward: flow(6400, 3200, 32, 1500),
		}}},
		"controlled load": {load, load, flowspec.Converted{Contract: vc.Contract{
			Category: vc.NRTVBR, Forward: flow(3200, 3200, 32, 1500), Backward: flow(3200, 3200, 32, 1500),
		}}},
		"controlled load with a peak": {peaked, load, flowspec.Converted{Contract: vc.Contract{
			Category: vc.NRTVBR, Forward: flow(6400, 3200, 320, 1500), Backward: flow(3200, 3200, 32, 1500),
		}}},
		"best effort": {effort, effort, flowspec.Converted{Contract: vc.Contract{Category: vc.UBR}}},
		"best effort one way": {effort, flowspec.Spec{}, flowspec.Converted{Contract: vc.Contract{
			Category: vc.UBR, Forward: vc.Flow{PCR: vc.MaxCellRate},
		}}},
		"best effort with a limit": {limited, effort, flowspec.Converted{Contract: vc.Contract{
			Category: vc.UBR, Forward: vc.Flow{PCR: 1000}, Backward: vc.Flow{PCR: vc.MaxCellRate},
		}}},
		"qualitative": {quality, quality, flowspec.Converted{Contract: vc.Contract{
			Category: vc.UBR, Forward: vc.Flow{PCR: 10, MDCR: 1}, Backward: vc.Flow{PCR: 10, MDCR: 1},
		}}},
		"delays": {delayed, quick, flowspec.Converted{
			Contract: vc.Contract{Category: vc.CBR, Forward: flow(3200, 0, 0, 1500), Backward: flow(3200, 0, 0, 1500)},
			QoS:      vc.QoS{MaxDelay: 1, Forward: vc.QoSFlow{MaxCDV: 700}, Backward: vc.QoSFlow{MaxCDV: vc.AnyCDV}},
		}},
		"a long delay": {slow, flowspec.Spec{}, flowspec.Converted{
			Contract: vc.Contract{Category: vc.CBR, Forward: flow(3200, 0, 0, 1500)}, QoS: vc.QoS{MaxDelay: vc.AnyDelay},
		}},
	} {
		got, err := flowspec.Convert(row.transmit, row.receive, flowspec.RoundUp)
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestRefused is every contradiction.
func TestRefused(t *testing.T) {
	for name, row := range map[string]struct {
		change func(s *flowspec.Spec)
		want   string
	}{
		"no rate":                      {func(s *flowspec.Spec) { s.TokenRate = none }, "needs a token_rate"},
		"rate 0":                       {func(s *flowspec.Spec) { s.TokenRate = 0 }, "less than a cell"},
		"too high a rate":              {func(s *flowspec.Spec) { s.TokenRate, s.MinimumPolicedSize = 1<<31, 1 }, "traffic descriptor ends"},
		"peak below the rate":          {func(s *flowspec.Spec) { s.PeakBandwidth = s.TokenRate - 1 }, "above peak_bandwidth"},
		"SDU too large":                {func(s *flowspec.Spec) { s.MaxSDUSize = 65536 }, "at most 65535"},
		"least SDU too large":          {func(s *flowspec.Spec) { s.MinimumPolicedSize = 65536 }, "at most 65535"},
		"least above largest":          {func(s *flowspec.Spec) { s.MinimumPolicedSize = s.MaxSDUSize + 1 }, "above max_sdu_size"},
		"burst too large":              {func(s *flowspec.Spec) { s.PeakBandwidth, s.TokenBucketSize = 200_000, none-1 }, "beyond"},
		"a burst of what":              {func(s *flowspec.Spec) { s.PeakBandwidth, s.MaxSDUSize = 1<<20, none }, "needs a token_bucket_size"},
		"unknown service":              {func(s *flowspec.Spec) { s.Service = 4 }, "Service(4)"},
		"minimum above the limit":      {func(s *flowspec.Spec) { s.Service, s.PeakBandwidth = flowspec.Qualitative, 999 }, "above peak_bandwidth"},
		"best effort at less than one": {func(s *flowspec.Spec) { s.Service, s.PeakBandwidth = flowspec.BestEffort, 0 }, "less than a cell"},
	} {
		s := cbr(100_000, 40, 1500)
		row.change(&s)
		if got, err := flowspec.Convert(flowspec.Spec{}, s, flowspec.RoundUp); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %+v, error %v, want %q", name, got, err, row.want)
		}
	}
	for name, pair := range map[string][2]flowspec.Spec{
		"nothing at all": {{}, {}},
		"two services":   {cbr(1000, 0, 40), spec(flowspec.BestEffort)},
	} {
		if got, err := flowspec.Convert(pair[0], pair[1], flowspec.RoundUp); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestCarries holds the rates against every SDU size there is: rounded up, the contract carries the
// rate whatever the size, and a cell a second less would not; rounded down it carries no more.
func TestCarries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.IntRange(1, 300).Draw(t, "least")
		most := rapid.IntRange(least, 700).Draw(t, "most")
		rate := rapid.Uint32Range(100, 10_000_000).Draw(t, "rate")
		up, err := flowspec.Convert(cbr(rate, uint32(least), uint32(most)), flowspec.Spec{}, flowspec.RoundUp)
		if err != nil {
			t.Fatal(err)
		}
		down, err := flowspec.Convert(cbr(rate, uint32(least), uint32(most)), flowspec.Spec{}, flowspec.RoundDown)
		if err != nil {
			t.Fatal(err)
		}
		high, low := uint64(up.Contract.Forward.PCR), uint64(down.Contract.Forward.PCR)
		tight, exceeds := false, false
		for n := least; n <= most; n++ {
			cells := uint64(up.Contract.Forward.Charge(n)) // of one SDU
			if high*uint64(n) < uint64(rate)*cells {
				t.Fatalf("%d cells/s carry less than %d octets/s in SDUs of %d", high, rate, n)
			}
			tight = tight || (high-1)*uint64(n) < uint64(rate)*cells
			exceeds = exceeds || low*uint64(n) <= uint64(rate)*cells
		}
		if !tight || !exceeds || high-low > 1 {
			t.Fatalf("rounded to %d and %d cells/s: tight %v, within %v", high, low, tight, exceeds)
		}
	})
}

// TestThereAndBack: a contract in the model's units asks for itself, and what is told is carried.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Uint16Range(1, vc.MaxSDULen).Draw(t, "size")
		flow := func(label string) vc.Flow {
			f := vc.Flow{PCR: vc.CellRate(rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(t, label)), MaxSDU: size}
			f.MinPoliced = rapid.Uint16Range(0, size).Draw(t, label+" least")
			return f
		}
		c := vc.Contract{Category: vc.Category(rapid.IntRange(int(vc.CBR), int(vc.UBR)).Draw(t, "category")), Forward: flow("forward")}
		if rapid.Bool().Draw(t, "both ways") {
			c.Backward = flow("backward")
		}
		for _, f := range []*vc.Flow{&c.Forward, &c.Backward} {
			switch {
			case f.PCR == 0:
			case c.Category == vc.RTVBR, c.Category == vc.NRTVBR:
				f.PCR = max(f.PCR, 50) // so that a peak above the rate is so in octets as well
				f.SCR = vc.CellRate(rapid.Uint32Range(1, uint32(f.PCR)-49).Draw(t, "sustained"))
				f.MBS = rapid.Uint32Range(uint32(vc.CellsFor(int(size))), uint32(vc.MaxCellRate)).Draw(t, "burst")
			}
		}
		forward, backward := flowspec.Of(&c, vc.QoS{MaxDelay: 7, Forward: vc.QoSFlow{MaxCDV: 9}})
		got, err := flowspec.Convert(forward, backward, flowspec.RoundUp)
		if err != nil {
			t.Fatalf("%+v: %v", forward, err)
		}
		if diff := cmp.Diff(c, got.Contract); diff != "" || got.Changed || got.QoS.MaxDelay != 7 || got.QoS.Forward.MaxCDV != 9 {
			t.Fatalf("%+v, %+v: changed %v, %+v (-asked +got):\n%s", forward, backward, got.Changed, got.QoS, diff)
		}
	})
}
