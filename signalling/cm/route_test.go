package cm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

func mustAddr(t *testing.T, s string) vc.Addr {
	t.Helper()
	a, err := vc.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustPrefix(t *testing.T, s string) vc.Prefix {
	t.Helper()
	p, err := vc.ParsePrefix(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// routes is a machine with four links.
func routes(t *testing.T) *rig {
	t.Helper()
	hosts := map[string]vc.Addr{"bob": peerAddr}
	r := newRigWith(t, cm.Config{Hosts: hosts})
	r.m.Link(cm.LinkInfo{
		ID: 3, Name: "east", Address: mustAddr(t, "+4412345"), MaxSDU: 1492, Up: false,
		Prefixes: []vc.Prefix{mustPrefix(t, "47.0005.80"), mustPrefix(t, "+44")},
	})
	r.m.Link(cm.LinkInfo{
		ID: 4, Name: "west", Address: ownAddr, MaxSDU: 1492, Up: true,
		Prefixes: []vc.Prefix{mustPrefix(t, "47.0005.80"), mustPrefix(t, "49")},
	})
	r.m.Link(cm.LinkInfo{ID: 5, Name: "dark", Peer: vc.MAC{2, 0, 0, 0, 0, 5}, Address: ownAddr, Reason: "no carrier"})
	r.attach(1)
	return r
}

// TestRoute proves the choice of a link for a called address.
func TestRoute(t *testing.T) {
	aesa := func(prefix string) string { return prefix + strings.Repeat("0", 40-len(prefix)) }
	rows := []struct {
		name, called string
		link         vc.LinkID
		status       cm.Status
		cause        ie.CauseValue
	}{
		{"the peer's MAC needs no route", peerAddr.String(), labLink, cm.Pending, 0},
		{"the peer's MAC beats a prefix", vc.AddrFromMAC(peerMAC).WithSelector(9).String(), labLink, cm.Pending, 0},
		{"a name of [hosts]", "bob", labLink, cm.Pending, 0},
		{"the longest prefix, the link that is up first", aesa("47000580"), 4, cm.Pending, 0},
		{"a shorter prefix", aesa("470005ff"), otherLink, cm.Pending, 0},
		{"the shortest", aesa("49123456"), 4, cm.Pending, 0},
		{"E.164", "+44999", 3, cm.Pending, 0},
		{"no route", aesa("39"), 0, cm.NoRouteToDestination, ie.CauseNoRouteToDestination},
		{"no route for E.164", "+33999", 0, cm.NoRouteToDestination, ie.CauseNoRouteToDestination},
		{"our own address", ownAddr.String(), 0, cm.NoRouteToDestination, ie.CauseNoRouteToDestination},
		{"our own address, other selector", ownAddr.WithSelector(77).String(), 0, cm.NoRouteToDestination, ie.CauseNoRouteToDestination},
		{"our own number", "+4412345", 0, cm.NoRouteToDestination, ie.CauseNoRouteToDestination},
		{"no name", "alice", 0, cm.InvalidAddress, ie.CauseInvalidNumberFormat},
		{"nothing", "", 0, cm.InvalidAddress, ie.CauseInvalidNumberFormat},
		{"a link that has never been up", vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 5}).String(), 0, cm.DestOutOfOrder, ie.CauseDestinationOutOfOrder},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := routes(t)
			got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: row.called})
			if got.Status != row.status || got.Cause.Value != row.cause || (got.Detail == "") != (row.status == cm.Pending) {
				t.Fatalf("answer %+v, want %s and cause %d", got, row.status, row.cause)
			}
			if row.link != 0 {
				asked[primitive.SetupReq](r, row.link)
			}
			r.empty()
		})
	}
}

// TestNoDefaultRoute proves that a single link without prefixes is no default.
func TestNoDefaultRoute(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: "39" + strings.Repeat("0", 38)})
	if got.Status != cm.NoRouteToDestination || !strings.Contains(got.Detail, "prefixes") {
		t.Errorf("answer %+v: want cause 3 and what to configure", got)
	}
}

// TestCalling proves that a client calls from the daemon's own addresses only.
func TestCalling(t *testing.T) {
	for _, row := range []struct {
		calling, want vc.Addr
		status        cm.Status
	}{
		{vc.Addr{}, ownAddr, cm.Pending},
		{ownAddr.WithSelector(5), ownAddr.WithSelector(5), cm.Pending},
		{peerAddr, vc.Addr{}, cm.InvalidAddress},
	} {
		r := newRig(t)
		r.attach(1)
		got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: peerAddr.String(), Calling: row.calling})
		if got.Status != row.status {
			t.Errorf("calling %s: %+v", row.calling, got)
		}
		if row.status == cm.Pending {
			if p := asked[primitive.SetupReq](r, labLink).Params; p.Calling != row.want {
				t.Errorf("calling %s, want %s", p.Calling, row.want)
			}
		}
	}
}

// TestContract proves how the contract of a call is completed and checked.
func TestContract(t *testing.T) {
	full := vc.Flow{PCR: 2604167, MaxSDU: 1492} // 1 Gbit/s at 384 bits a cell
	rows := []struct {
		name   string
		in     vc.Contract
		want   vc.Contract
		status cm.Status
	}{
		{"nothing asked", vc.Contract{}, vc.Contract{Category: vc.UBR, Forward: full, Backward: full}, cm.Pending},
		{
			"best effort with sizes",
			vc.Contract{Category: vc.UBR, Forward: vc.Flow{MaxSDU: 100}},
			vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: 2604167, MaxSDU: 100}, Backward: full},
			cm.Pending,
		},
		{
			"one direction",
			vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 10, MaxSDU: 65535}},
			vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 10, MaxSDU: 1492}},
			cm.Pending,
		},
		{"CBR without a rate", vc.Contract{Category: vc.CBR}, vc.Contract{}, cm.InvalidData},
		{"a rate without a category", vc.Contract{Forward: vc.Flow{PCR: 1}}, vc.Contract{}, cm.InvalidData},
		{"beyond 24 bits", vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: vc.MaxCellRate + 1}}, vc.Contract{}, cm.InvalidData},
		{"unknown category", vc.Contract{Category: 9, Forward: vc.Flow{PCR: 1}}, vc.Contract{}, cm.InvalidData},
		{
			"minimum policed size above the link's",
			vc.Contract{Category: vc.CBR, Forward: vc.Flow{PCR: 1, MaxSDU: 9000, MinPoliced: 1500}},
			vc.Contract{},
			cm.InvalidData,
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			r.attach(1)
			got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: peerAddr.String(), Contract: row.in})
			if got.Status != row.status {
				t.Fatalf("answer %+v, want %s", got, row.status)
			}
			if row.status != cm.Pending {
				return
			}
			if diff := cmp.Diff(row.want, asked[primitive.SetupReq](r, labLink).Params.Contract); diff != "" {
				t.Errorf("contract (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFastLink proves that the default rate ends where a descriptor does.
func TestFastLink(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	for _, capacity := range []vc.BitRate{0, 100e9} {
		r.m.Link(cm.LinkInfo{ID: labLink, Name: "lab", Peer: peerMAC, Address: ownAddr, Capacity: capacity, MaxSDU: 1492})
		r.ask(1, cm.MakeCall{VC: r.create(1), Called: peerAddr.String()})
		if got := asked[primitive.SetupReq](r, labLink).Params.Contract.Forward.PCR; got != vc.MaxCellRate {
			t.Errorf("capacity %s: %s", capacity, got)
		}
	}
}

// TestCompatibility proves the bounds of compatibility information.
func TestCompatibility(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	for _, q := range []cm.MakeCall{
		{BHLI: make([]byte, 10)},
		{BLLI: [][]byte{make([]byte, 14)}},
		{BLLI: [][]byte{{}}},
		{BLLI: [][]byte{{1}, {2}, {3}, {4}}},
	} {
		q.VC, q.Called = r.create(1), peerAddr.String()
		if got := r.ask(1, q); got.Status != cm.InvalidData {
			t.Errorf("%+v: %+v", q, got)
		}
	}
}

// TestSelectorOfNumber proves that a selector is not lost without a word.
func TestSelectorOfNumber(t *testing.T) {
	r := newRig(t)
	r.attach(1)
	got := r.ask(1, cm.MakeCall{VC: r.create(1), Called: "+4989", CalledSelector: new(uint8(1))})
	if got.Status != cm.InvalidData || got.Cause.Value == 0 {
		t.Errorf("%+v", got)
	}
}

// TestOfferRefusals proves the causes of what is not offered.
func TestOfferRefusals(t *testing.T) {
	foreign := incomingParams(7)
	foreign.Called = peerAddr
	crooked := incomingParams(7)
	crooked.Contract.Category = vc.CBR
	crooked.Contract.Forward.SCR = 1
	rows := []struct {
		name   string
		limits cm.Limits
		params primitive.Params
		before int // offers made before
		want   ie.CauseValue
	}{
		{"an address that is not ours", cm.Limits{}, foreign, 0, ie.CauseNoRouteToDestination},
		{"a selector that nobody has", cm.Limits{}, incomingParams(8), 0, ie.CauseIncompatibleDestination},
		{"a contract that cannot be", cm.Limits{}, crooked, 0, ie.CauseUnsupportedTraffic},
		{"too many calls of the client", cm.Limits{CallsInProgress: 2}, incomingParams(7), 2, ie.CauseUserBusy},
		{"too many calls of the daemon", cm.Limits{Backlog: 2}, incomingParams(7), 2, ie.CauseCongestion},
		{"too many VCs", cm.Limits{VCs: 2}, incomingParams(7), 2, ie.CauseResourceUnavailable},
		{"too much ring memory", cm.Limits{RingBytes: 2 << 20}, incomingParams(7), 4, ie.CauseResourceUnavailable},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRigWith(t, cm.Config{Limits: row.limits})
			r.attach(1)
			r.register(1, 7)
			for i := range row.before {
				r.offer(i + 1)
			}
			r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | 99, Params: row.params})
			got := asked[primitive.RejectReq](r, labLink)
			if got.Cause.Value != row.want || got.Call != primitive.IncomingCall|99 {
				t.Errorf("%+v, want cause %d", got, row.want)
			}
			r.quiet()
			if n := r.m.Stats().OffersRefused; n != 1 {
				t.Errorf("%d offers refused", n)
			}
			r.empty()
		})
	}
}
