package main

import (
	"callmanager/config"
	"callmanager/signalling/cm"
)

// permanentVCs converts the configured PVCs for the call manager.
func permanentVCs(cfg *config.Config) []cm.PVC {
	out := make([]cm.PVC, len(cfg.PVCs))
	for i := range cfg.PVCs {
		p := &cfg.PVCs[i]
		out[i] = cm.PVC{
			Link: p.Link, VPI: p.VPI, VCI: p.VCI, Name: p.Name, Destination: p.Destination,
			Offered: p.Offered, Selector: p.Selector, BHLI: p.BHLI, BLLI: p.BLLI, Contract: p.Contract,
		}
	}
	return out
}
