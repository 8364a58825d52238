package client_test

import (
	"errors"
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// pvcConfig is a PVC of the labs' one link, whose forward flow is the bigger one.
func pvcConfig(vci uint32, forward, backward uint32) *cmdpb.PVCConfig {
	return &cmdpb.PVCConfig{Link: "peer", Vci: vci, Contract: cbr(forward, backward)}
}

// exchange sends an SDU each way.
func exchange(t *testing.T, a, b *client.VC) {
	t.Helper()
	for i, vcs := range [][2]*client.VC{{a, b}, {b, a}} {
		want := fmt.Sprint("SDU ", i)
		if err := vcs[0].Send(t.Context(), client.SDU{Payload: []byte(want)}); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		got, err := vcs[1].Recv(t.Context(), buf)
		if err != nil || string(got.Payload) != want {
			t.Fatalf("received %q: %v, want %q", got.Payload, err, want)
		}
	}
}

// wantStatus checks the status of a refusal.
func wantStatus(t *testing.T, what string, err error, s cmdpb.Status) {
	t.Helper()
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != s {
		t.Errorf("%s: %v, want %v", what, err, s)
	}
}

// TestPVC takes a PVC through its life at both ends: alice finds it by its channel and by its
// destination, bob is offered it. Data goes both ways, and the end of a use is not the PVC's.
func TestPVC(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	mine := pvcConfig(100, 2000, 1000)
	mine.Destination = "bob"
	if err := alice.AddPVC(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	his := pvcConfig(100, 1000, 2000)
	his.Selector = new(uint32(9))
	if err := bob.AddPVC(t.Context(), his); err != nil {
		t.Fatal(err)
	}
	listener, err := bob.Listen(t.Context(), client.SAP{Selector: new(uint8(9))})
	if err != nil {
		t.Fatal(err)
	}
	o, err := listener.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ch := o.Channel(); !o.Permanent() || o.Link() != "peer" || ch.GetVci() != 100 {
		t.Errorf("offered %v on %v", o.Parameters(), ch)
	}
	called, err := o.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []*client.CallOptions{
		{Channel: &client.Channel{VCI: 100}}, {Channel: &client.Channel{Link: "peer", VCI: 100}}, {Permanent: true},
	} {
		to := ""
		if opt.Channel == nil {
			to = "bob"
		}
		calling, err := alice.Call(t.Context(), to, opt)
		if err != nil {
			t.Fatal(err)
		}
		if p := calling.Parameters(); !p.GetPermanent() || p.GetContract().GetForward().GetPcr() != 2000 || calling.Channel().GetVci() != 100 {
			t.Errorf("called with %v", p)
		}
		if s := calling.LinkStatus(); !s.Up {
			t.Errorf("its link is %+v", s)
		}
		exchange(t, calling, called)
		pvcs, err := alice.PVCs(t.Context())
		if err != nil || len(pvcs) != 1 || pvcs[0].GetState() != "in use" || pvcs[0].GetVc() != calling.Handle() || pvcs[0].GetReserved() == 0 {
			t.Errorf("listed %v: %v", pvcs, err)
		}
		_, err = alice.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 100}})
		wantStatus(t, "a second use", err, cmdpb.Status_FAILURE)
		if err := calling.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := called.Err(); err != nil {
		t.Errorf("bob was told of an end: %v", err)
	}
	for _, c := range []*client.Conn{alice, bob} {
		if err := c.DeletePVC(t.Context(), client.Channel{VCI: 100}); err != nil {
			t.Error(err)
		}
		if pvcs, err := c.PVCs(t.Context()); err != nil || len(pvcs) != 0 {
			t.Errorf("left: %v, %v", pvcs, err)
		}
	}
	<-called.Released()
	wantStatus(t, "bob's end", called.Err(), cmdpb.Status_REQUEST_ABORTED)
	if err := called.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range []*client.Conn{alice, bob} {
		calls, err := c.Calls(t.Context())
		links, err2 := c.Links(t.Context())
		if err != nil || err2 != nil || len(calls) != 0 || links[0].GetReserved() != 0 {
			t.Errorf("calls %v, reserved %d: %v %v", calls, links[0].GetReserved(), err, err2)
		}
		for _, n := range links[0].GetCounters() {
			if n.GetName() == "messages_out_setup" && n.GetValue() != 0 {
				t.Errorf("%d SETUPs were sent", n.GetValue())
			}
		}
	}
}

// TestPVCRefused are PVCs that a link has no room for, and calls on PVCs that there are not.
func TestPVCRefused(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice := l.alice.dial(t)
	if err := alice.AddPVC(t.Context(), pvcConfig(100, 1_000_000, 1_000_000)); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config *cmdpb.PVCConfig
		want   cmdpb.Status
	}{
		"same channel":    {pvcConfig(100, 1, 1), cmdpb.Status_VC_NOT_AVAILABLE},
		"too fast":        {pvcConfig(101, 1_500_000, 1), cmdpb.Status_CELLRATE_NOT_AVAILABLE},
		"reserved VCI":    {pvcConfig(31, 1, 1), cmdpb.Status_INVALID_DATA},
		"no such link":    {&cmdpb.PVCConfig{Link: "moon", Vci: 102}, cmdpb.Status_INVALID_DATA},
		"no such host":    {&cmdpb.PVCConfig{Link: "peer", Vci: 102, Destination: "carol"}, cmdpb.Status_INVALID_ADDRESS},
		"no PVC at all":   {nil, cmdpb.Status_INVALID_DATA},
		"minimum too big": {&cmdpb.PVCConfig{Link: "peer", Vci: 102, Contract: &cmdpb.Contract{Category: cmdpb.Category_UBR, Forward: &cmdpb.Flow{Pcr: 1, Mdcr: 2}}}, cmdpb.Status_INVALID_DATA},
	} {
		wantStatus(t, name, alice.AddPVC(t.Context(), tt.config), tt.want)
	}
	wantStatus(t, "DeletePVC", alice.DeletePVC(t.Context(), client.Channel{VCI: 101}), cmdpb.Status_FAILURE)
	_, err := alice.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 101}})
	wantStatus(t, "a call on none", err, cmdpb.Status_FAILURE)
	_, err = alice.Call(t.Context(), "bob", &client.CallOptions{Permanent: true})
	wantStatus(t, "a call to no destination", err, cmdpb.Status_FAILURE)
	v, err := alice.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 100}})
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "Modify", v.Modify(t.Context(), cbr(1, 1)), cmdpb.Status_NOT_SUPPORTED)
	wantStatus(t, "Notify", v.Notify(t.Context(), []byte{1}), cmdpb.Status_NOT_SUPPORTED)
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

// TestPVCLinkStatus: the user of a PVC is told what becomes of the link, and none is called on while
// it is down.
func TestPVCLinkStatus(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice := l.alice.dial(t)
	for _, vci := range []uint32{100, 101} {
		if err := alice.AddPVC(t.Context(), pvcConfig(vci, 10, 10)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := alice.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 100}})
	if err != nil {
		t.Fatal(err)
	}
	down := vc.LinkStatus{MAC: vc.MAC{2, 0, 0, 0, 0, 1}, MaxSDU: 1492, Speed: 1e9, Reason: "no carrier"}
	l.alice.manager.LinkStatus(linkID, down)
	<-v.LinkChanges()
	if s := v.LinkStatus(); s.Up || s.Detail != "the link is down: no carrier" {
		t.Errorf("told %+v", s)
	}
	_, err = alice.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 101}})
	wantStatus(t, "a call while the link is down", err, cmdpb.Status_DEST_OUT_OF_ORDER)
	up := down
	up.Up, up.Reason = true, ""
	l.alice.manager.LinkStatus(linkID, up)
	<-v.LinkChanges()
	if s := v.LinkStatus(); !s.Up || s.Detail != "" {
		t.Errorf("told %+v", s)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

// TestPVCWithoutSupport asks no daemon for a PVC that would make an ordinary call of it.
func TestPVCWithoutSupport(t *testing.T) {
	_, c := startFakeOf(t, 1)
	_, errCall := c.Call(t.Context(), "bob", &client.CallOptions{Permanent: true})
	_, errMake := c.MakeCall(t.Context(), 7, "", &client.CallOptions{Channel: &client.Channel{VCI: 100}})
	_, errList := c.PVCs(t.Context())
	for _, err := range []error{errCall, errMake, errList, c.AddPVC(t.Context(), nil), c.DeletePVC(t.Context(), client.Channel{})} {
		if err == nil || err.Error() != "client: the daemon is older than PVCs" {
			t.Errorf("%v", err)
		}
	}
}
