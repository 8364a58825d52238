package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// none asks for nothing in a field of a FLOWSPEC.
const none = 1<<32 - 1

// guaranteed is a FLOWSPEC of a constant rate in octets a second, in SDUs of a size.
func guaranteed(rate, size uint32) *cmdpb.FlowSpec {
	return &cmdpb.FlowSpec{
		TokenRate: rate, ServiceType: cmdpb.ServiceType_GUARANTEED, MaxSduSize: size, PeakBandwidth: none, TokenBucketSize: none,
		Latency: none, DelayVariation: none, MinimumPolicedSize: none,
	}
}

// TestOneWayFlowspec makes calls that carry data one way alone, asked for in octets a second: the rate is
// rounded as told, reserved in its direction, and carried.
func TestOneWayFlowspec(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	const rate = 1_000_001 // 100 octets are 3 cells: 30 000.03 cells/s
	for name, row := range map[string]struct {
		o           client.CallOptions
		pcr, told   uint32
		fromCalling bool
		changed     bool
	}{
		"best effort": {client.CallOptions{Transmit: &cmdpb.FlowSpec{
			ServiceType: cmdpb.ServiceType_BESTEFFORT, TokenRate: none, PeakBandwidth: none, MaxSduSize: 100,
		}}, 1<<24 - 1, none, true, false},
		"transmit, rounded up":  {client.CallOptions{Transmit: guaranteed(rate, 100)}, 30001, 1_000_033, true, true},
		"receive, rounded down": {client.CallOptions{Receive: guaranteed(rate, 100), Rounding: cmdpb.Rounding_ROUND_DOWN}, 30000, 1_000_000, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, alice, bob, "bob", &row.o)
			p := c.calling.Parameters()
			used, unused, spec := p.GetContract().GetForward(), p.GetContract().GetBackward(), p.GetTransmit()
			from, to := c.calling, c.called
			if !row.fromCalling {
				used, unused, spec = unused, used, p.GetReceive()
				from, to = to, from
			}
			if used.GetPcr() != row.pcr || unused.GetPcr() != 0 || spec.GetTokenRate() != row.told || p.GetChanged() != row.changed {
				t.Errorf("in force: %v", p)
			}
			for i := range 20 {
				if _, err := from.Write(bytes.Repeat([]byte{byte(i)}, 100)); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, to.MaxReceive())
				if n, err := to.Read(buf); err != nil || n != 100 || buf[0] != byte(i) {
					t.Fatalf("SDU %d: %d octets, %v", i, n, err)
				}
			}
			if to.MaxSend() != 0 || from.MaxReceive() != 0 {
				t.Errorf("the other way takes %d octets", to.MaxSend())
			}
			if _, err := to.Write([]byte{1}); !errors.Is(err, client.ErrTooLarge) {
				t.Errorf("sending the other way: %v", err)
			}
			rows, err := alice.Links(t.Context())
			if reserves := row.told != none; err != nil || len(rows) != 1 || (rows[0].GetReserved() != 0) != reserves {
				t.Errorf("links %v, %v", rows, err)
			}
			_, _ = c.calling.Close(), c.called.Close()
		})
	}
	l.awaitEmpty(t)
	bad := guaranteed(rate, 100)
	bad.ServiceType = 99
	if _, err := alice.Call(t.Context(), "bob", &client.CallOptions{Transmit: bad}); !isStatus(err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("a service that there is not: %v", err)
	}
}

// TestSAPWildcards: calls go by what they carry and by what they do not.
func TestSAPWildcards(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listen := func(s client.SAP) *client.Listener {
		ln, err := bob.Listen(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	x, y, z := []byte{0xcc}, []byte{0xc1}, []byte{0xc2} // user information layer 2 protocols
	plain := listen(client.SAP{BHLIAbsent: true, BLLIAbsent: true})
	several := listen(client.SAP{BLLI: x, MoreBLLI: [][]byte{y}})
	rest := listen(client.SAP{})
	for name, row := range map[string]struct {
		blli [][]byte
		to   *client.Listener
		want [][]byte
	}{
		"without a B-LLI":        {nil, plain, nil},
		"the second of two":      {[][]byte{z, y}, several, [][]byte{y}},
		"a B-LLI that none name": {[][]byte{z}, rest, [][]byte{z}},
	} {
		called := later(func() (*client.VC, error) { return alice.Call(t.Context(), "bob", &client.CallOptions{BLLI: row.blli}) })
		o, err := row.to.Accept(ctx)
		if err != nil {
			t.Fatal(err)
		}
		v, err := o.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := <-called
		if r.err != nil {
			t.Fatal(r.err)
		}
		if got := r.value.Parameters().GetBlli(); !slices.EqualFunc(got, row.want, bytes.Equal) {
			t.Errorf("%s: the call has B-LLI %v, want %v", name, got, row.want)
		}
		_, _ = r.value.Close(), v.Close()
	}
	if _, err := bob.Listen(t.Context(), client.SAP{BLLI: y}); !isStatus(err, cmdpb.Status_SAP_IN_USE) {
		t.Errorf("a SAP for a B-LLI that is taken: %v", err)
	}
	saps, err := bob.SAPs(t.Context())
	if err != nil || len(saps) != 3 || !saps[0].GetBlliAbsent() || len(saps[1].GetBlli()) != 2 {
		t.Errorf("SAPs %v, %v", saps, err)
	}
}

// TestAliases adds an alias, calls it, and deletes it; who has an address family is told.
func TestAliases(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("adding addresses needs root")
	}
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	// Its end system identifier is bob's, by which alice finds the way.
	const alias = "47.0005.80ffe1000000f21a26d8.020000000002.00"
	next := func() *cmdpb.StatusIndication {
		t.Helper()
		s, err := bob.NextStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := next(); s.GetKind() != cmdpb.StatusKind_ADDRESS_CHANGE || !slices.Equal(s.GetAddresses(), []string{l.bob.address}) {
		t.Errorf("at first: %v", s)
	}
	if err := bob.AddAddress(t.Context(), alias); err != nil {
		t.Fatal(err)
	}
	if s := next(); s.GetKind() != cmdpb.StatusKind_ADDRESS_CHANGE || !slices.Equal(s.GetAddresses(), []string{l.bob.address, alias}) {
		t.Errorf("told %v", s)
	}
	if got := bob.Addresses(); !slices.Equal(got, []string{l.bob.address, alias}) {
		t.Errorf("addresses %v", got)
	}
	own, err := bob.OwnAddresses(t.Context())
	if err != nil || len(own) != 2 || !slices.Equal(own[0].GetLinks(), []string{"peer"}) || len(own[1].GetLinks()) != 0 {
		t.Errorf("own %v, %v", own, err)
	}
	c := connect(t, alice, bob, alias, nil)
	if got := c.called.Parameters().GetCalled(); got != alias {
		t.Errorf("called %s", got)
	}
	if err := bob.DeleteAddress(t.Context(), alias); err != nil {
		t.Error(err)
	}
	if _, err := alice.Call(t.Context(), alias, nil); !isStatus(err, cmdpb.Status_NO_ROUTE_TO_DESTINATION) {
		t.Errorf("a call afterwards: %v", err)
	}
	if err := bob.AddAddress(t.Context(), "bob"); !isStatus(err, cmdpb.Status_INVALID_ADDRESS) {
		t.Errorf("a name: %v", err)
	}
	_, _ = c.calling.Close(), c.called.Close()
	l.awaitEmpty(t)
}

// TestCallInformation asks for one call, and for its traffic in numbers.
func TestCallInformation(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	if _, err := c.calling.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.called.Read(make([]byte, c.called.MaxReceive())); err != nil {
		t.Fatal(err)
	}
	for name, side := range map[string]struct {
		conn *client.Conn
		vc   *client.VC
		in   bool
	}{"calling": {alice, c.calling, false}, "called": {bob, c.called, true}} {
		info, err := side.conn.CallInformation(t.Context(), side.vc.Handle())
		if err != nil {
			t.Fatal(err)
		}
		calls := info.GetCalls()
		if len(calls) != 1 || calls[0].GetOurs() == side.in || calls[0].GetVci() != side.vc.Channel().GetVci() || info.GetVc().GetIncoming() != side.in {
			t.Errorf("%s: %v", name, info)
		}
		spec, _ := info.GetTransmit(), info.GetReceive()
		if spec.GetServiceType() != cmdpb.ServiceType_BESTEFFORT || spec.GetMaxSduSize() != uint32(side.vc.MaxSend()) {
			t.Errorf("%s: transmit %v", name, spec)
		}
		which := map[bool]string{false: "tx_sdus", true: "rx_sdus"}[side.in]
		eventually(t, "an SDU is counted", func() error { // That it has been read does not say so yet.
			s, err := side.conn.VCStatistics(t.Context(), side.vc.Handle())
			all, errAll := side.conn.Statistics(t.Context())
			if err != nil || errAll != nil || all.GetVcs() != 1 {
				t.Fatalf("%v %v, %v %v", s, err, all, errAll)
			}
			for _, got := range []*cmdpb.Statistics{s, all} {
				i := slices.IndexFunc(got.GetCounters(), func(c *cmdpb.Counter) bool { return c.GetName() == which })
				if i < 0 || got.GetCounters()[i].GetValue() != 1 {
					return fmt.Errorf("%s: %v", name, got)
				}
			}
			return nil
		})
	}
	if s, err := alice.LinkStatistics(t.Context(), "peer"); err != nil || len(s.GetCounters()) == 0 {
		t.Errorf("link: %v, %v", s, err)
	}
	for _, err := range []error{
		func() error { _, err := alice.CallInformation(t.Context(), uint64(vc.Handle(1<<40|9))); return err }(),
		func() error { _, err := alice.VCStatistics(t.Context(), 0); return err }(),
	} {
		if !isStatus(err, cmdpb.Status_FAILURE) {
			t.Errorf("no VC: %v", err)
		}
	}
	for _, err := range []error{
		func() error { _, err := alice.LinkStatistics(t.Context(), "nowhere"); return err }(),
		func() error { _, err := alice.LinkStatistics(t.Context(), ""); return err }(),
	} {
		if !isStatus(err, cmdpb.Status_INVALID_DATA) {
			t.Errorf("no link: %v", err)
		}
	}
	_, _ = c.calling.Close(), c.called.Close()
}

// TestNextStatus: a restart is told to both sides, and what nobody takes is told once.
func TestNextStatus(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a restart needs root")
	}
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	if s, err := bob.NextStatus(t.Context()); err != nil || s.GetKind() != cmdpb.StatusKind_ADDRESS_CHANGE {
		t.Fatalf("at first: %v, %v", s, err)
	}
	const restarts = 3
	for range restarts {
		if _, err := alice.Restart(t.Context(), client.RestartTarget{Link: "peer"}); err != nil {
			t.Fatal(err)
		}
	}
	// The peer acknowledges before it has told of the end.
	told := uint32(0)
	for last := (*cmdpb.StatusIndication)(nil); told < 2*restarts || last.GetKind() != cmdpb.StatusKind_RESET_END; {
		var err error
		if last, err = bob.NextStatus(t.Context()); err != nil {
			t.Fatal(err)
		}
		told += 1 + last.GetCoalesced()
		if last.GetLink() != "peer" || !last.GetUp() {
			t.Errorf("told %v", last)
		}
	}
	if told != 2*restarts {
		t.Errorf("%d indications of %d restarts", told, restarts)
	}
}

// TestBeforeModel: what a daemon before version 1.3 does not know it is not asked for.
func TestBeforeModel(t *testing.T) {
	d, c := startFakeOf(t, cmdpb.ModelMinor-1)
	ctx := t.Context()
	for name, err := range map[string]error{
		"NextStatus":      func() error { _, err := c.NextStatus(ctx); return err }(),
		"OwnAddresses":    func() error { _, err := c.OwnAddresses(ctx); return err }(),
		"AddAddress":      c.AddAddress(ctx, "+1"),
		"DeleteAddress":   c.DeleteAddress(ctx, "+1"),
		"CallInformation": func() error { _, err := c.CallInformation(ctx, 1); return err }(),
		"Statistics":      func() error { _, err := c.Statistics(ctx); return err }(),
		"a SAP":           func() error { _, err := c.Listen(ctx, client.SAP{BLLIAbsent: true}); return err }(),
		"a call": func() error {
			_, err := c.Call(ctx, "bob", &client.CallOptions{Transmit: guaranteed(1, 1)})
			return err
		}(),
		"a change": func() error {
			_, err := c.ModifyOther(ctx, 1, client.ModifyOptions{Receive: guaranteed(1, 1)})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s was asked for", name)
		}
	}
	d.alive(c)
}
