package cm_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

var aliasAddr = vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0xa1, 0xa5})

// addressRig has client 1, which may, and client 2, which may not; both know of indications.
func addressRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.modern(1, cm.Credentials{Admin: true})
	r.modern(2, cm.Credentials{})
	t.Cleanup(func() {
		if !t.Failed() {
			r.empty()
		}
	})
	return r
}

// TestAlias: calls and SAPs know an alias from its adding to its deletion, and what has begun by it
// lives on (the model's 2.6, 26).
func TestAlias(t *testing.T) {
	r := addressRig(t)
	before := r.m.Addresses()
	setup := func(n int) {
		p := incomingParams(5)
		p.Called = aliasAddr.WithSelector(5)
		r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | primitive.CallID(n), Params: p})
	}
	setup(1)
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseNoRouteToDestination {
		t.Errorf("before: %+v", got)
	}
	if got := r.ask(1, cm.AddAddress{Address: aliasAddr.WithSelector(99).String()}); got.Status != cm.Success {
		t.Fatalf("AddAddress: %+v", got)
	}
	want := append(slices.Clone(before), aliasAddr)
	for id := range cm.ClientID(2) {
		got := next[cm.StatusIndication](r, id+1)
		if diff := cmp.Diff(cm.StatusIndication{Kind: cm.AddressChange, Addresses: want}, got, addrs); diff != "" {
			t.Errorf("client %d (-want +got):\n%s", id+1, diff)
		}
	}
	own := r.m.OwnAddresses()
	if got := own[len(own)-1]; got.Address != aliasAddr || len(got.Links) != 0 || !slices.Equal(own[0].Links, []string{"lab"}) {
		t.Errorf("addresses %+v", own)
	}
	sap := r.ask(2, cm.RegisterSAP{Address: aliasAddr, Selector: 5})
	if sap.Status != cm.Success {
		t.Fatalf("RegisterSAP: %+v", sap)
	}
	setup(2)
	offer := next[cm.IncomingCall](r, 2)
	if got := r.ask(2, cm.MakeCall{Called: peerAddr.String(), Calling: aliasAddr.WithSelector(3)}); got.Status != cm.Pending {
		t.Errorf("a call from it: %+v", got)
	}
	if got := asked[primitive.SetupReq](r, labLink); got.Params.Calling != aliasAddr.WithSelector(3) {
		t.Errorf("the link is asked for %+v", got)
	}
	if got := r.ask(1, cm.DeleteAddress{Address: aliasAddr.String()}); got.Status != cm.NotAccepted {
		t.Errorf("DeleteAddress with a SAP: %+v", got)
	}
	if got := r.ask(2, cm.DeregisterSAP{SAP: sap.Handle}); got.Status != cm.Success {
		t.Errorf("DeregisterSAP: %+v", got)
	}
	if got := r.ask(1, cm.DeleteAddress{Address: aliasAddr.String()}); got.Status != cm.Success {
		t.Errorf("DeleteAddress: %+v", got)
	}
	if got := next[cm.StatusIndication](r, 2); !slices.Equal(got.Addresses, before) {
		t.Errorf("afterwards: %+v", got)
	}
	if got := r.ask(2, cm.IncomingCallComplete{VC: offer.VC}); got.Status != cm.Success {
		t.Errorf("the offer: %+v", got)
	}
	asked[primitive.AcceptReq](r, labLink)
	setup(3)
	if got := asked[primitive.RejectReq](r, labLink); got.Cause.Value != ie.CauseNoRouteToDestination {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestAliasRefused is every answer to a request that is not served.
func TestAliasRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		id   cm.ClientID
		q    cm.Request
		want cm.Status
	}{
		{"AddAddress without the right", 2, cm.AddAddress{Address: aliasAddr.String()}, cm.NotPermitted},
		{"AddAddress of what is none", 1, cm.AddAddress{Address: "peer"}, cm.InvalidAddress},
		{"AddAddress of a link's", 1, cm.AddAddress{Address: ownAddr.WithSelector(4).String()}, cm.Failure},
		{"AddAddress twice", 1, cm.AddAddress{Address: "+4930"}, cm.Failure},
		{"DeleteAddress without the right", 2, cm.DeleteAddress{Address: "+4930"}, cm.NotPermitted},
		{"DeleteAddress of what is none", 1, cm.DeleteAddress{}, cm.InvalidAddress},
		{"DeleteAddress of a stranger's", 1, cm.DeleteAddress{Address: peerAddr.String()}, cm.Failure},
		{"DeleteAddress of a link's", 1, cm.DeleteAddress{Address: ownAddr.String()}, cm.NotAccepted},
	} {
		r := addressRig(t)
		if got := r.ask(1, cm.AddAddress{Address: "+4930"}); got.Status != cm.Success {
			t.Fatalf("AddAddress: %+v", got)
		}
		before := r.m.Addresses()
		if got := r.ask(row.id, row.q); got.Status != row.want || got.Detail == "" {
			t.Errorf("%s: %+v, want %s with a detail", row.name, got, row.want)
		}
		if after := r.m.Addresses(); !slices.Equal(after, before) {
			t.Errorf("%s: %v became %v", row.name, before, after)
		}
	}
}

// TestAliasLimit: there are so many and no more.
func TestAliasLimit(t *testing.T) {
	r := addressRig(t)
	for i := range cm.MaxAliases {
		if got := r.ask(1, cm.AddAddress{Address: fmt.Sprintf("+%d", 1000+i)}); got.Status != cm.Success {
			t.Fatalf("alias %d: %+v", i, got)
		}
	}
	if got := r.ask(1, cm.AddAddress{Address: "+1"}); got.Status != cm.Resources {
		t.Errorf("one more: %+v", got)
	}
	if got := r.ask(1, cm.DeleteAddress{Address: "+1000"}); got.Status != cm.Success {
		t.Errorf("DeleteAddress: %+v", got)
	}
	if got := r.ask(1, cm.AddAddress{Address: "+1"}); got.Status != cm.Success {
		t.Errorf("in its place: %+v", got)
	}
}
