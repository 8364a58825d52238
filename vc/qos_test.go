package vc_test

import (
	"testing"

	"callmanager/vc"
)

// TestQoS adds links until a limit is exceeded.
func TestQoS(t *testing.T) {
	w := vc.Way{Delay: 3, CDV: 100, CLR: 6}
	for name, row := range map[string]struct {
		q     vc.QoS
		links int // that it bears of those that follow
	}{
		"nothing asked":  {vc.QoS{}, 100},
		"delay":          {vc.QoS{MaxDelay: 7}, 2},
		"any delay":      {vc.QoS{MaxDelay: vc.AnyDelay}, 100},
		"delay before":   {vc.QoS{MaxDelay: 7, Delay: 5}, 0},
		"variation":      {vc.QoS{Backward: vc.QoSFlow{MaxCDV: 350}}, 3},
		"any variation":  {vc.QoS{Forward: vc.QoSFlow{MaxCDV: vc.AnyCDV}}, 100},
		"loss":           {vc.QoS{Forward: vc.QoSFlow{MaxCLR: 7}}, 0},
		"loss that is":   {vc.QoS{Forward: vc.QoSFlow{MaxCLR: 6}}, 100},
		"any loss":       {vc.QoS{Backward: vc.QoSFlow{MaxCLR: vc.AnyCLR}}, 100},
		"what overflows": {vc.QoS{MaxDelay: vc.AnyDelay, Delay: vc.AnyDelay - 1, Forward: vc.QoSFlow{MaxCDV: vc.AnyCDV, CDV: vc.AnyCDV}}, 100},
	} {
		if err := row.q.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		before, n := row.q, 0
		for ; n < 100; n++ {
			if row.q.Add(w); row.q.Exceeded(w) != "" {
				break
			}
		}
		if n != row.links {
			t.Errorf("%s: %d links, want %d", name, n, row.links)
		}
		if before == (vc.QoS{}) && row.q != before {
			t.Errorf("%s: counted %+v", name, row.q)
		}
		if row.q.Delay < before.Delay || row.q.Forward.CDV < before.Forward.CDV {
			t.Errorf("%s: %+v after %+v", name, row.q, before)
		}
	}
	for _, q := range []vc.QoS{
		{Forward: vc.QoSFlow{MaxCDV: 1 << 24}}, {Backward: vc.QoSFlow{CDV: 1 << 24}}, {Forward: vc.QoSFlow{MaxCLR: 16}},
	} {
		if q.Validate() == nil {
			t.Errorf("%+v is valid", q)
		}
	}
}
