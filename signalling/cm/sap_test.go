package cm_test

import (
	"bytes"
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
)

// TestSAPWildcards proves that calls go by what they carry and by what they do not, and that the
// answer names the B-LLI by which the SAP was chosen (INV-16, Q.2931 Annex C).
func TestSAPWildcards(t *testing.T) {
	r := newRig(t)
	saps := []cm.RegisterSAP{
		{AnySelector: true},
		{AnySelector: true, BHLIAbsent: true, BLLIAbsent: true},
		{AnySelector: true, BLLI: []byte{1}, MoreBLLI: [][]byte{{2}, {3}}},
		{AnySelector: true, MoreBLLI: [][]byte{{4}}},
		{AnySelector: true, BHLI: []byte{5}},
	}
	for i, s := range saps {
		id := cm.ClientID(i + 1)
		r.attach(id)
		if got := r.ask(id, s); got.Status != cm.Success {
			t.Fatalf("RegisterSAP %+v: %+v", s, got)
		}
	}
	for i, row := range []struct {
		bhli   []byte
		bllis  [][]byte
		client cm.ClientID
		answer []byte
	}{
		{nil, nil, 2, nil},
		{[]byte{7}, nil, 1, nil},
		{nil, [][]byte{{9}}, 1, []byte{9}},
		{nil, [][]byte{{9}, {3}}, 3, []byte{3}},
		{nil, [][]byte{{4}, {3}}, 4, []byte{4}},
		{nil, [][]byte{{3}, {4}}, 3, []byte{3}},
		{[]byte{5}, [][]byte{{3}, {4}}, 5, []byte{3}},
	} {
		p := incomingParams(8)
		p.BHLI, p.BLLI = row.bhli, row.bllis
		r.indicate(labLink, primitive.SetupInd{Call: primitive.IncomingCall | primitive.CallID(i+1), Params: p})
		offer := next[cm.IncomingCall](r, row.client)
		if got := r.ask(row.client, cm.IncomingCallComplete{VC: offer.VC}); got.Status != cm.Success {
			t.Fatalf("call %d: %+v", i, got)
		}
		var answer []byte
		if got := asked[primitive.AcceptReq](r, labLink); len(got.Params.BLLI) > 0 {
			answer = got.Params.BLLI[0]
		}
		if !bytes.Equal(answer, row.answer) {
			t.Errorf("call %d is answered with B-LLI %v, want %v", i, answer, row.answer)
		}
	}
	r.empty()
}
