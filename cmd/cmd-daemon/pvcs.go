package main

import (
	"callmanager/config"
	"callmanager/datapath"
	"callmanager/datapath/wireport"
	"callmanager/signalling/cm"
)

// permanentVCs converts the configured PVCs for the call manager.
func permanentVCs(cfg *config.Config) []cm.PVC {
	out := make([]cm.PVC, len(cfg.PVCs))
	for i := range cfg.PVCs {
		p := &cfg.PVCs[i]
		out[i] = cm.PVC{
			Link: p.Link, VPI: p.VPI, VCI: p.VCI, Name: p.Name, Destination: p.Destination,
			Offered: p.Offered, Selector: p.Selector, BHLI: p.BHLI, BLLI: p.BLLI, Contract: p.Contract, Whole: p.Wire != nil,
		}
	}
	return out
}

// wireModes are the encapsulations of pseudowires for the data plane.
var wireModes = map[config.WireMode]wireport.Mode{
	config.WireVCC: wireport.VCC, config.WireVPC: wireport.VPC, config.WirePDU: wireport.PDU, config.WireSDU: wireport.SDU,
}

// wiresOf converts the pseudowires of a link.
func wiresOf(cfg *config.Config, link string) (out []datapath.Wire) {
	for i := range cfg.PVCs {
		if p := &cfg.PVCs[i]; p.Wire != nil && p.Link == link {
			out = append(out, datapath.Wire{
				VPI: p.VPI, VCI: p.VCI, Local: p.Wire.Local, Remote: p.Wire.Remote, Mode: wireModes[p.Wire.Mode],
			})
		}
	}
	return out
}
