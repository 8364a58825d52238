package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// A row of the list of PVCs, with a value of its own in every field.
func TestEncodePVC(t *testing.T) {
	turned := modelContract()
	turned.Forward, turned.Backward = turned.Backward, turned.Forward
	wire := wireContract()
	wireTurned := &cmdpb.Contract{Category: wire.GetCategory(), Forward: wire.GetBackward(), Backward: wire.GetForward()}
	row := signalling.PVCRow{
		PVCRow: cm.PVCRow{
			PVC: cm.PVC{
				Link: "lab", VPI: 3, VCI: 100, Name: "n", Destination: aesa, Offered: true, Selector: 7, BHLI: []byte{3}, BLLI: []byte{4},
				Contract: modelContract(),
			},
			Key: 9, ID: vc.ID{Link: 1, VPI: 3, VCI: 100}, State: cm.PVCInUse, Reason: "r", Contract: turned,
			Reserved: vc.Reservation{Send: 5, Receive: 6}, VC: 8, Owner: "o", Cred: cm.Credentials{PID: 10, UID: 11}, Opened: 12,
		},
		Counters: []vc.Counter{{Name: "tx_sdus", Value: 13}},
	}
	want := &cmdpb.PVC{
		Config: &cmdpb.PVCConfig{
			Link: "lab", Vpi: 3, Vci: 100, Name: "n", Destination: aesa.String(), Selector: new(uint32(7)), Bhli: []byte{3}, Blli: []byte{4},
			Contract: wire,
		},
		State: "in use", Reason: "r", Contract: wireTurned, Reserved: 6, Vc: 8, Owner: "o", Pid: 10, Uid: 11, Opened: 12,
		Counters: []*cmdpb.Counter{{Name: "tx_sdus", Value: 13}},
	}
	if diff := cmp.Diff(want, api.EncodePVC(&row), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	row.PVC.Offered = false
	if got := api.EncodePVC(&row).GetConfig(); got.Selector != nil {
		t.Errorf("offered by %d", got.GetSelector())
	}
}

// completion receives the end of AddPVC or DeletePVC.
func completion(c *rawClient) *cmdpb.PVCComplete {
	c.t.Helper()
	m, _ := c.receive()
	return m.GetPvcComplete()
}

// PVCs over the socket: an administrator adds them, lists them page by page and deletes them.
func TestPVCs(t *testing.T) {
	h := startHost(t)
	c := h.openMinor(t, cmdpb.PVCMinor)
	c.split = true
	link := c.want(cmdpb.Status_SUCCESS, listOf(cmdpb.ListKind_LINKS, "")).GetList().GetLinks()[0].GetName()
	const n = 150
	for i := range uint32(n) {
		c.want(cmdpb.Status_PENDING, addPVCOf(&cmdpb.PVCConfig{Link: link, Vpi: 1, Vci: 100 + i}))
		if got := completion(c); got.GetStatus() != cmdpb.Status_SUCCESS {
			t.Fatalf("added with %v", got)
		}
	}
	c.want(cmdpb.Status_VC_NOT_AVAILABLE, addPVCOf(&cmdpb.PVCConfig{Link: link, Vpi: 1, Vci: 100}))
	pvcs, count := pages(c, cmdpb.ListKind_PVCS, (*cmdpb.ListResult).GetPvcs)
	for i, p := range pvcs {
		if p.GetConfig().GetVci() != 100+uint32(i) {
			t.Fatalf("row %d is %v", i, p)
		}
	}
	if len(pvcs) != n || count < 2 {
		t.Errorf("%d PVCs on %d pages", len(pvcs), count)
	}
	c.want(cmdpb.Status_PENDING, deletePVCOf(&cmdpb.ChannelID{Vpi: 1, Vci: 100}))
	if got := completion(c); got.GetStatus() != cmdpb.Status_SUCCESS {
		t.Errorf("deleted with %v", got)
	}
	c.want(cmdpb.Status_FAILURE, deletePVCOf(&cmdpb.ChannelID{Vpi: 1, Vci: 100}))
}
