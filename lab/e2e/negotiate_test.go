package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// configure adds lines to the links of a host's configuration.
func configure(tb testing.TB, h *lab.Host, lines string) {
	tb.Helper()
	configureBelow(tb, h, "[[link]]\n", lines)
}

// configureBelow adds lines to the tables of a host's configuration that have a header.
func configureBelow(tb testing.TB, h *lab.Host, header, lines string) {
	tb.Helper()
	text, err := os.ReadFile(h.Config())
	if err != nil {
		tb.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), header, header+lines))
	if err := os.WriteFile(h.Config(), text, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestNegotiation: alice's link carries twice what bob's does, and calls from either side that accept less get
// what bob's link has, or the alternative, or are refused; a modification the same. The link's transit delay and cell
// delay variation are told to the caller, and refused where they are too long; so is its loss of cells.
func TestNegotiation(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	const way = "transit_delay = \"7ms\"\ncell_delay_variation = \"250us\"\ncell_loss_ratio = \"1e-9\"\n"
	configure(t, alice, "capacity = \"200Mbit/s\"\n"+way)
	configure(t, bob, "capacity = \"100Mbit/s\"\n"+way)
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	const (
		most   = 200000 // cells/s, some 100 Mbit/s on the wire, and more for short SDUs
		little = 1000
	)
	low := &cmdpb.PeakRates{Forward: little, Backward: little}
	for i, ends := range [][2]*lab.Host{{alice, bob}, {bob, alice}} {
		from, to := dial(t, ends[0]), dial(t, ends[1])
		sel := uint8(i)
		call := func(o client.CallOptions) (*client.VC, *client.VC, error) {
			return connect(t.Context(), from, to, ends[1], sel, &o)
		}
		for name, o := range map[string]client.CallOptions{
			"nothing less":                  {Contract: constant(most)},
			"a minimum too high":            {Contract: constant(most), Minimum: &cmdpb.PeakRates{Forward: most - 1, Backward: most - 1}},
			"an alternative too high":       {Contract: constant(most), Alternative: constant(most - 1)},
			"a minimum and an alternative":  {Contract: constant(most), Minimum: low, Alternative: constant(little)},
			"a way that is shorter than is": {Contract: constant(little), QoS: &cmdpb.QoS{MaxDelayMs: 6}},
			"one that varies less":          {Contract: constant(little), QoS: &cmdpb.QoS{Backward: &cmdpb.QoSFlow{MaxCdvUs: 249}}},
			"one that loses less":           {Contract: constant(little), QoS: &cmdpb.QoS{Forward: &cmdpb.QoSFlow{MaxClr: 10}}},
		} {
			want := cmdpb.Status_CELLRATE_NOT_AVAILABLE
			switch {
			case o.QoS != nil:
				want = cmdpb.Status_INCOMPATIBLE_QOS
			case o.Minimum != nil && o.Alternative != nil:
				want = cmdpb.Status_INVALID_DATA
			}
			_, _, err := call(o)
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != want || o.QoS != nil && e.Cause.Value != 49 {
				t.Errorf("%s from %s: %v, want %s", name, ends[0].Name, err, want)
			}
		}
		for name, o := range map[string]client.CallOptions{
			"minimum":     {Contract: constant(most), Minimum: low},
			"alternative": {Contract: constant(most), Alternative: constant(little)},
			"room":        {Contract: constant(little), Minimum: &cmdpb.PeakRates{Forward: 1}},
			"delay":       {Contract: constant(little), QoS: &cmdpb.QoS{MaxDelayMs: 7}},
			"variation":   {Contract: constant(little), QoS: &cmdpb.QoS{Forward: &cmdpb.QoSFlow{MaxCdvUs: 250, MaxClr: 9}}},
		} {
			calling, called, err := call(o)
			if err != nil {
				t.Errorf("%s from %s: %v", name, ends[0].Name, err)
				continue
			}
			p := calling.Parameters()
			pcr := p.GetContract().GetForward().GetPcr()
			if pcr < little || pcr >= most || p.GetChanged() != (name != "room") || name != "minimum" && pcr != little {
				t.Errorf("%s from %s: in force is %v", name, ends[0].Name, p)
			}
			if q := p.GetQos(); q.GetMaxDelayMs() > 0 && q.GetDelayMs() != 7 || q.GetForward().GetMaxCdvUs() > 0 && q.GetForward().GetCdvUs() != 250 {
				t.Errorf("%s from %s: the way is %v", name, ends[0].Name, q)
			}
			wantRate(t, pcr, calling, called)
			if err := calling.ModifyWith(t.Context(), client.ModifyOptions{Contract: constant(most), Minimum: low}); err != nil {
				t.Errorf("%s from %s: modify: %v", name, ends[0].Name, err)
			}
			<-called.Changes()
			if now := calling.Parameters().GetContract().GetForward().GetPcr(); now < pcr || now >= most {
				t.Errorf("%s from %s: modified from %d to %d cells/s", name, ends[0].Name, pcr, now)
			} else {
				wantRate(t, now, calling, called)
			}
			eventually(t, "both daemons have reserved the same", func() error {
				at, there := calls(t, alice), calls(t, bob)
				if len(at) != 1 || len(there) != 1 || at[0].GetReserved() == 0 || at[0].GetReserved() != there[0].GetReserved() {
					return fmt.Errorf("calls %v and %v", at, there)
				}
				return nil
			})
			if err := errors.Join(calling.Close(), called.Close()); err != nil {
				t.Errorf("%s from %s: %v", name, ends[0].Name, err)
			}
			awaitEmpty(t, alice, bob)
		}
	}
}
