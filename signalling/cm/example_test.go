package cm_test

import (
	"fmt"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// A client makes a call; its link connects it.
func ExampleMachine() {
	own, peer := vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}
	m := cm.New(cm.Config{})
	m.Link(cm.LinkInfo{ID: 1, Name: "lab", Peer: peer, Address: vc.AddrFromMAC(own), Capacity: 1e9, MaxSDU: 1492, Up: true})
	m.Attach(1, cm.Credentials{})

	var handle vc.Handle
	var call primitive.CallID
	var perform func(effects []cm.Effect)
	perform = func(effects []cm.Effect) {
		var opened vc.Handle
		for _, e := range effects {
			switch e.Kind {
			case cm.Deliver:
				if r, ok := e.Event.(cm.Reply); ok {
					fmt.Println("reply", r.Request, r.Status)
					handle = max(handle, r.Handle)
				} else {
					fmt.Printf("%T\n", e.Event)
				}
			case cm.OpenVC:
				opened = e.VC
			case cm.EndVC, cm.CloseVC, cm.KeepVC, cm.NewAddresses, cm.Transition, cm.Fault:
			case cm.ToLink:
				if s, ok := e.Request.(primitive.SetupReq); ok {
					call = s.Call
				}
				fmt.Printf("to link %d: %T\n", e.Link, e.Request)
			}
		}
		if opened != 0 {
			perform(m.VCOpened(opened, nil))
		}
	}
	perform(m.Request(1, cm.OpenAF{Request: 1, Major: cm.MajorVersion, Name: "example"}))
	perform(m.Request(1, cm.CreateVC{Request: 2}))
	perform(m.Request(1, cm.MakeCall{Request: 3, VC: handle, Called: vc.AddrFromMAC(peer).String()}))
	perform(m.Indicate(1, primitive.ConnectInd{Call: call, ID: vc.ID{Link: 1, VCI: 32}}))
	// Output:
	// reply 1 SUCCESS
	// reply 2 SUCCESS
	// reply 3 PENDING
	// to link 1: primitive.SetupReq
	// operation.MakeCallComplete
}
