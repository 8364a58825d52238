package api

import (
	"errors"
	"fmt"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// decodeChannel translates the channel of a PVC; nil gives nil. Whether there is such a one is the
// call manager's to say; only what does not fit the types is refused here.
func decodeChannel(ch *cmdpb.ChannelID) (*cm.Channel, error) {
	if ch == nil {
		return nil, nil //nolint:nilnil // there is none, and no error
	}
	if err := checkChannel(ch.GetVpi(), ch.GetVci()); err != nil {
		return nil, err
	}
	return &cm.Channel{Link: ch.GetLink(), VPI: vc.VPI(ch.GetVpi()), VCI: vc.VCI(ch.GetVci())}, nil
}

func checkChannel(vpi, vci uint32) error {
	if vpi > uint32(vc.MaxVPI) || vci > 0xffff {
		return fmt.Errorf("VPI/VCI %d/%d is none: VPIs are 0 to %d, VCIs 16 bits", vpi, vci, vc.MaxVPI)
	}
	return nil
}

// decodeAddPVC translates a PVC.
func decodeAddPVC(n uint64, p *cmdpb.PVCConfig) (cm.Request, error) {
	if err := checkChannel(p.GetVpi(), p.GetVci()); err != nil {
		return nil, err
	}
	contract, err := decodeContract(p.GetContract())
	if err != nil {
		return nil, err
	}
	r := cm.AddPVC{Request: n, Called: p.GetDestination(), PVC: cm.PVC{
		Link: p.GetLink(), VPI: vc.VPI(p.GetVpi()), VCI: vc.VCI(p.GetVci()), Name: text(p.GetName()),
		BHLI: p.GetBhli(), BLLI: p.GetBlli(), Contract: contract,
	}}
	if p != nil && p.Selector != nil {
		if p.GetSelector() > 0xFF {
			return nil, fmt.Errorf("selector %d is no octet", p.GetSelector())
		}
		r.PVC.Offered, r.PVC.Selector = true, uint8(p.GetSelector())
	}
	return r, nil
}

// decodeDeletePVC translates the end of a PVC.
func decodeDeletePVC(n uint64, op *cmdpb.DeletePVC) (cm.Request, error) {
	ch, err := decodeChannel(op.GetChannel())
	switch {
	case err != nil:
		return nil, err
	case ch == nil:
		return nil, errors.New("the channel of the PVC is missing")
	}
	return cm.DeletePVC{Request: n, Channel: *ch}, nil
}

// encodePVC translates a row of the list of PVCs.
func encodePVC(r *signalling.PVCRow) *cmdpb.PVC {
	c := &cmdpb.PVCConfig{
		Link: r.PVC.Link, Vpi: uint32(r.PVC.VPI), Vci: uint32(r.PVC.VCI), Name: r.PVC.Name, Destination: r.PVC.Destination.String(),
		Bhli: r.PVC.BHLI, Blli: r.PVC.BLLI, Contract: encodeContract(r.PVC.Contract),
	}
	if r.PVC.Offered {
		selector := uint32(r.PVC.Selector)
		c.Selector = &selector
	}
	return &cmdpb.PVC{
		Config: c, State: r.State, Reason: text(r.Reason), Contract: encodeContract(r.Contract),
		Reserved: uint64(max(r.Reserved.Send, r.Reserved.Receive)), Vc: uint64(r.VC), Owner: text(r.Owner),
		Pid: uint32(r.Cred.PID), Uid: r.Cred.UID, Opened: r.Opened, Counters: encodeCounters(r.Counters),
	}
}
