package flowspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// constant stands for 100 cells/s forward and 200 backward, in SDUs of 100 octets, which take 3 cells.
func constant() vc.Contract {
	return vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 100, MaxSDU: 100}, Backward: vc.Flow{PCR: 200, MaxSDU: 100}}
}

// TestChange applies changes to contracts that stand.
func TestChange(t *testing.T) {
	bursty := vc.Contract{Category: vc.NRTVBR, Forward: vc.Flow{PCR: 300, SCR: 100, MBS: 6, MaxSDU: 100}}
	desired := vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: 300, MDCR: 100, MaxSDU: 40}}
	oneWay := constant()
	oneWay.Backward = vc.Flow{}
	of := func(s flowspec.Service, change func(*flowspec.Spec)) *flowspec.Spec {
		out := spec(s)
		change(&out)
		return &out
	}
	token := func(rate uint32) *flowspec.Spec {
		return of(flowspec.Guaranteed, func(s *flowspec.Spec) { s.TokenRate = rate })
	}
	q := vc.QoS{MaxDelay: 7}
	for name, row := range map[string]struct {
		stands  vc.Contract
		change  flowspec.Change
		called  bool
		want    func(*vc.Contract)
		changed bool
	}{
		"nothing":                {constant(), flowspec.Change{}, false, func(*vc.Contract) {}, false},
		"nothing specified":      {constant(), flowspec.Change{Transmit: token(none), Receive: token(none)}, false, func(*vc.Contract) {}, false},
		"one way":                {constant(), flowspec.Change{Transmit: token(10000)}, false, func(c *vc.Contract) { c.Forward.PCR = 300 }, false},
		"the other way":          {constant(), flowspec.Change{Receive: token(10000)}, false, func(c *vc.Contract) { c.Backward.PCR = 300 }, false},
		"by the called end":      {constant(), flowspec.Change{Transmit: token(10000)}, true, func(c *vc.Contract) { c.Backward.PCR = 300 }, false},
		"rounded up":             {constant(), flowspec.Change{Transmit: token(10001)}, false, func(c *vc.Contract) { c.Forward.PCR = 301 }, true},
		"rounded down":           {constant(), flowspec.Change{Transmit: token(10001), Rounding: flowspec.RoundDown}, false, func(c *vc.Contract) { c.Forward.PCR = 300 }, true},
		"the rate that is told":  {constant(), flowspec.Change{Transmit: token(3333), Rounding: flowspec.RoundDown}, false, func(*vc.Contract) {}, false},
		"one less than is told":  {constant(), flowspec.Change{Transmit: token(3332), Rounding: flowspec.RoundDown}, false, func(c *vc.Contract) { c.Forward.PCR = 99 }, true},
		"a peak as well":         {constant(), flowspec.Change{Transmit: of(flowspec.Guaranteed, func(s *flowspec.Spec) { s.TokenRate, s.PeakBandwidth = 10000, 10000 })}, false, func(c *vc.Contract) { c.Forward.PCR = 300 }, false},
		"a smaller SDU":          {constant(), flowspec.Change{Transmit: of(flowspec.Guaranteed, func(s *flowspec.Spec) { s.MaxSDUSize = 40 })}, false, func(c *vc.Contract) { c.Forward.MaxSDU = 40 }, false},
		"a rate of smaller SDUs": {constant(), flowspec.Change{Transmit: of(flowspec.Guaranteed, func(s *flowspec.Spec) { s.MaxSDUSize, s.TokenRate = 40, 4000 })}, false, func(c *vc.Contract) { c.Forward.MaxSDU = 40 }, false},
		"delays as they are":     {constant(), flowspec.Change{Transmit: of(flowspec.Guaranteed, func(s *flowspec.Spec) { s.Latency, s.DelayVariation = 7000, 0 })}, false, func(*vc.Contract) {}, false},
		"no traffic stays so":    {oneWay, flowspec.Change{Receive: &flowspec.Spec{}, Transmit: token(10000)}, false, func(c *vc.Contract) { c.Forward.PCR = 300 }, false},
		"a peak of bursts":       {bursty, flowspec.Change{Transmit: of(flowspec.ControlledLoad, func(s *flowspec.Spec) { s.PeakBandwidth = 20000 })}, false, func(c *vc.Contract) { c.Forward.PCR = 600 }, false},
		"a sustained rate":       {bursty, flowspec.Change{Transmit: of(flowspec.ControlledLoad, func(s *flowspec.Spec) { s.TokenRate = 5000 })}, false, func(c *vc.Contract) { c.Forward.SCR = 150 }, false},
		"a bucket":               {bursty, flowspec.Change{Transmit: of(flowspec.ControlledLoad, func(s *flowspec.Spec) { s.TokenBucketSize = 401 })}, false, func(c *vc.Contract) { c.Forward.MBS = 13 }, false},
		"the bucket of an SDU":   {bursty, flowspec.Change{Transmit: of(flowspec.ControlledLoad, func(s *flowspec.Spec) { s.TokenBucketSize = 1 })}, false, func(c *vc.Contract) { c.Forward.MBS = 3 }, false},
		"best effort of less":    {vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: 100, MaxSDU: 40}}, flowspec.Change{Transmit: of(flowspec.BestEffort, func(s *flowspec.Spec) { s.PeakBandwidth = 2000 })}, false, func(c *vc.Contract) { c.Forward.PCR = 50 }, false},
		"a desired rate":         {desired, flowspec.Change{Transmit: of(flowspec.Qualitative, func(s *flowspec.Spec) { s.TokenRate = 2000 })}, false, func(c *vc.Contract) { c.Forward.MDCR = 50 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			want := row.stands
			row.want(&want)
			got, err := row.change.Apply(&row.stands, q, !row.called)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Contract); diff != "" || got.Changed != row.changed || got.QoS != q {
				t.Errorf("changed %v, %+v (-want +got):\n%s", got.Changed, got.QoS, diff)
			}
		})
	}
}

// TestBadChange: what contradicts itself or the contract is told in words.
func TestBadChange(t *testing.T) {
	bursty := vc.Contract{Category: vc.RTVBR, Forward: vc.Flow{PCR: 300, SCR: 100, MBS: 6, MaxSDU: 100}}
	for name, row := range map[string]struct {
		stands vc.Contract
		change func(*flowspec.Spec)
		want   string
	}{
		"another service":       {constant(), func(s *flowspec.Spec) { s.Service = flowspec.BestEffort }, "transmit: BESTEFFORT where the call has GUARANTEED"},
		"no service":            {constant(), func(s *flowspec.Spec) { s.Service = 99 }, "transmit: Service(99) where"},
		"a direction shut":      {constant(), func(s *flowspec.Spec) { s.Service = flowspec.NoTraffic }, "NOTRAFFIC where the call has GUARANTEED"},
		"a direction opened":    {vc.Contract{Category: vc.CBR, Backward: vc.Flow{PCR: 1, MaxSDU: 1}}, func(*flowspec.Spec) {}, "GUARANTEED where the call has NOTRAFFIC"},
		"a delay":               {constant(), func(s *flowspec.Spec) { s.Latency = 6000 }, "latency and delay_variation stay"},
		"a variation":           {constant(), func(s *flowspec.Spec) { s.DelayVariation = 1 }, "latency and delay_variation stay"},
		"no rate":               {constant(), func(s *flowspec.Spec) { s.TokenRate = 0 }, "token_rate 0 is less than a cell a second"},
		"a peak below the rate": {constant(), func(s *flowspec.Spec) { s.TokenRate, s.PeakBandwidth = 3, 2 }, "token_rate 3 is above peak_bandwidth 2"},
		"a peak above the rate": {constant(), func(s *flowspec.Spec) { s.TokenRate, s.PeakBandwidth = 2, 3 }, "peak_bandwidth 3 is above token_rate 2 where the call has one constant rate"},
		"a rate above its peak": {bursty, func(s *flowspec.Spec) { s.TokenRate = 10001 }, "token_rate 10001 is above peak_bandwidth 10000"},
		"too high a rate":       {constant(), func(s *flowspec.Spec) { s.TokenRate = none - 1 }, "a traffic descriptor ends at"},
		"too large an SDU":      {constant(), func(s *flowspec.Spec) { s.MaxSDUSize = 65536 }, "max_sdu_size 65536"},
		"too large a policed":   {constant(), func(s *flowspec.Spec) { s.MinimumPolicedSize = 65536 }, "minimum_policed_size 65536"},
		"policed above SDU":     {constant(), func(s *flowspec.Spec) { s.MinimumPolicedSize = 101 }, "minimum_policed_size 101 is above max_sdu_size 100"},
		"too large a bucket":    {bursty, func(s *flowspec.Spec) { s.TokenBucketSize = none - 1 }, "token_bucket_size 4294967294 is beyond"},
	} {
		s := spec(flowspec.Guaranteed)
		row.change(&s)
		_, err := (&flowspec.Change{Transmit: &s}).Apply(&row.stands, vc.QoS{}, true)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

// TestChangeToItself: what is told of a contract is no change of it, whichever way it is rounded and
// whose end asks, and each of its fields may be left out.
func TestChangeToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flow := func(label string) vc.Flow {
			f := vc.Flow{PCR: vc.CellRate(rapid.Uint32Range(1, uint32(vc.MaxCellRate)).Draw(t, label)), MaxSDU: rapid.Uint16Range(1, vc.MaxSDULen).Draw(t, label+" size")}
			f.MinPoliced = rapid.Uint16Range(0, f.MaxSDU).Draw(t, label+" least")
			return f
		}
		c := vc.Contract{Category: vc.Category(rapid.IntRange(int(vc.CBR), int(vc.UBR)).Draw(t, "category")), Forward: flow("forward")}
		if rapid.Bool().Draw(t, "both ways") {
			c.Backward = flow("backward")
		}
		for _, f := range []*vc.Flow{&c.Forward, &c.Backward} {
			if f.PCR != 0 && (c.Category == vc.RTVBR || c.Category == vc.NRTVBR) {
				f.SCR, f.MBS = vc.CellRate(rapid.Uint32Range(1, uint32(f.PCR)).Draw(t, "sustained")), rapid.Uint32Range(1, 1<<32-1).Draw(t, "burst")
			}
		}
		q := vc.QoS{MaxDelay: rapid.Uint16().Draw(t, "delay"), Forward: vc.QoSFlow{MaxCDV: rapid.Uint32Range(0, vc.AnyCDV).Draw(t, "variation")}}
		calling := rapid.Bool().Draw(t, "calling")
		transmit, receive := flowspec.Of(&c, q)
		if !calling {
			transmit, receive = receive, transmit
		}
		for _, s := range []*flowspec.Spec{&transmit, &receive} {
			for _, field := range []*uint32{&s.TokenRate, &s.PeakBandwidth, &s.TokenBucketSize, &s.Latency, &s.DelayVariation, &s.MaxSDUSize, &s.MinimumPolicedSize} {
				if rapid.Bool().Draw(t, "left out") {
					*field = none
				}
			}
		}
		change := flowspec.Change{Transmit: &transmit, Receive: &receive, Rounding: rapid.SampledFrom([]flowspec.Rounding{flowspec.RoundUp, flowspec.RoundDown}).Draw(t, "rounding")}
		got, err := change.Apply(&c, q, calling)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got.Contract); diff != "" || got.Changed || got.QoS != q {
			t.Fatalf("changed %v (-stands +got):\n%s", got.Changed, diff)
		}
	})
}
