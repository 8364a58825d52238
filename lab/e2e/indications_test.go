package e2e_test

import (
	"context"
	"slices"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// follow reads what a daemon tells of its link and its addresses until a kind comes, and returns the kinds.
func follow(t *testing.T, c *client.Conn, until cmdpb.StatusKind) (kinds []cmdpb.StatusKind) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for {
		s, err := c.NextStatus(ctx)
		if err != nil {
			t.Fatalf("told %v, and then: %v", kinds, err)
		}
		if kinds = append(kinds, s.GetKind()); s.GetKind() == until {
			return kinds
		}
	}
}

// INV-63: a link that is reset, because its NIC goes down and comes back, says so to its clients, and what they
// hold stays what it is: the call carries data, the SAP takes another one, and both can be asked about.
func TestINV63ResetKeepsHandles(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	if got := follow(t, a, cmdpb.StatusKind_ADDRESS_CHANGE); len(got) != 1 {
		t.Errorf("told at first: %v", got)
	}
	calling, called := mustConnect(t, a, b, bob, 1, reserve(1e6))
	ln, err := b.Listen(t.Context(), client.SAP{Selector: new(uint8(9)), BHLIAbsent: true})
	if err != nil {
		t.Fatal(err)
	}
	ip(t, alice, "link", "set", "eth0", "down")
	follow(t, a, cmdpb.StatusKind_SIGNALING_DISABLED)
	ip(t, alice, "link", "set", "eth0", "up")
	if got := follow(t, a, cmdpb.StatusKind_RESET_END); !slices.Contains(got, cmdpb.StatusKind_SIGNALING_ENABLED) && len(got) > 1 {
		t.Errorf("told at the end: %v", got)
	}
	awaitLink(t, b, "up", "")
	wantFlow(t, calling, called)
	info, err := a.CallInformation(t.Context(), calling.Handle())
	if err != nil || len(info.GetCalls()) != 1 || info.GetCalls()[0].GetVci() != calling.Channel().GetVci() || info.GetConnectedMs() == 0 {
		t.Errorf("call information %v, %v", info, err)
	}
	if s, err := a.VCStatistics(t.Context(), calling.Handle()); err != nil || counter(s.GetCounters(), "tx_sdus") == 0 {
		t.Errorf("statistics %v, %v", s, err)
	}
	accepted := make(chan error, 1)
	go func() {
		o, err := ln.Accept(t.Context())
		if err == nil {
			_, err = o.Accept(t.Context())
		}
		accepted <- err
	}()
	another, err := a.Call(t.Context(), bob.Address, &client.CallOptions{Selector: new(uint8(9))})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-accepted; err != nil {
		t.Error(err)
	}
	for _, v := range []*client.VC{another, calling} {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAliasOverTheWire: a call to an alias of the other daemon reaches it while it has the alias.
func TestAliasOverTheWire(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	own, err := b.OwnAddresses(t.Context())
	if err != nil || len(own) != 1 {
		t.Fatalf("addresses %v, %v", own, err)
	}
	// The end system identifier leads to bob; what is before it is a plan of somebody's.
	alias := "47.0005.80ffe1000000f21a26d8" + own[0].GetAddress()[len("49.0000.00000000000000000000"):]
	if err := b.AddAddress(t.Context(), alias); err != nil {
		t.Fatal(err)
	}
	follow(t, b, cmdpb.StatusKind_ADDRESS_CHANGE)
	ln, err := b.Listen(t.Context(), client.SAP{Address: alias})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if o, err := ln.Accept(t.Context()); err == nil {
			_, _ = o.Accept(t.Context())
		}
	}()
	v, err := a.Call(t.Context(), alias, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if err := b.DeleteAddress(t.Context(), alias); err != nil {
		t.Error(err)
	}
	if _, err := a.Call(t.Context(), alias, nil); err == nil {
		t.Error("the alias takes calls after its end")
	}
}
