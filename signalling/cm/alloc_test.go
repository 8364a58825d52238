package cm_test

import (
	"testing"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// TestAllocs holds a call, from CreateVC to DeleteVC, to one allocation for each of the 4 requests that are made
// anew, the 2 indications of the link, the 7 events for the client, the 2 requests to the link, and for the VC, its
// branch and its ring.
func TestAllocs(t *testing.T) {
	own, peer := vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}
	m := cm.New(cm.Config{Hosts: map[string]vc.Addr{"peer": vc.AddrFromMAC(peer)}})
	m.Link(cm.LinkInfo{ID: 1, Name: "lab", Peer: peer, Address: vc.AddrFromMAC(own), Capacity: 1e9, MaxSDU: 1492, Up: true})
	m.Attach(1, cm.Credentials{})
	m.Request(1, cm.OpenAF{Request: 1, Major: cm.MajorVersion})
	var create cm.Request = cm.CreateVC{Request: 2}
	call := func() (told int) {
		last := func(effects []cm.Effect) (made vc.Handle, id primitive.CallID) {
			for i := range effects {
				switch e := &effects[i]; e.Kind {
				case cm.Deliver:
					told++
					if r, ok := e.Event.(cm.Reply); ok {
						made = r.Handle
					}
				case cm.ToLink:
					if r, ok := e.Request.(primitive.SetupReq); ok {
						id = r.Call
					}
				case cm.OpenVC, cm.EndVC, cm.CloseVC, cm.KeepVC, cm.NewAddresses, cm.Transition, cm.Fault:
				}
			}
			return made, id
		}
		h, _ := last(m.Request(1, create))
		last(m.Request(1, cm.MakeCall{Request: 3, VC: h, Called: "peer"}))
		_, id := last(m.VCOpened(h, nil))
		last(m.Indicate(1, primitive.ConnectInd{Call: id}))
		last(m.Request(1, cm.CloseCall{Request: 4, VC: h}))
		last(m.Indicate(1, primitive.ReleaseConf{Call: id}))
		last(m.Request(1, cm.RingDone{Request: 5, VC: h}))
		last(m.Request(1, cm.DeleteVC{Request: 6, VC: h}))
		return told
	}
	for range 100 {
		if told := call(); told != 7 {
			t.Fatalf("%d events", told)
		}
	}
	cm.Uncovered(func() {
		if n := testing.AllocsPerRun(1000, func() { call() }); n > 4+2+7+2+3 {
			t.Errorf("%v allocations a call", n)
		}
	})
}
