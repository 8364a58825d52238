package datapath_test

import (
	"errors"
	"testing"

	"callmanager/datapath"
	"callmanager/datapath/wireport"
	"callmanager/vc"
)

// TestWireConfig refuses pseudowires that contradict each other or their link.
func TestWireConfig(t *testing.T) {
	good := datapath.Wire{VCI: 100, Local: 16, Remote: 17, Mode: wireport.VCC}
	link := datapath.LinkConfig{ID: 1, Name: "lab", Interface: "mem", Peer: macB, Wires: []datapath.Wire{good}}
	for name, change := range map[string]func(c *datapath.Config, l *datapath.LinkConfig){
		"reserved label": func(_ *datapath.Config, l *datapath.LinkConfig) { l.Wires[0].Local = 15 },
		"computed label": func(_ *datapath.Config, l *datapath.LinkConfig) { l.Wires[0].Remote = 0x10064 },
		"no mode":        func(_ *datapath.Config, l *datapath.LinkConfig) { l.Wires[0].Mode = 0 },
		"signalling":     func(_ *datapath.Config, l *datapath.LinkConfig) { l.Wires[0].VCI = 5 },
		"same channel": func(_ *datapath.Config, l *datapath.LinkConfig) {
			l.Wires = append(l.Wires, datapath.Wire{VCI: 100, Local: 18, Remote: 17, Mode: wireport.PDU})
		},
		"same label": func(_ *datapath.Config, l *datapath.LinkConfig) {
			l.Wires = append(l.Wires, datapath.Wire{VCI: 101, Local: 16, Remote: 17, Mode: wireport.PDU})
		},
		"cell mode": func(_ *datapath.Config, l *datapath.LinkConfig) { l.Cells = &datapath.Cells{Label: 32} },
		"cell mode beside": func(c *datapath.Config, _ *datapath.LinkConfig) {
			c.Links = append(c.Links, datapath.LinkConfig{
				ID: 2, Name: "cells", Interface: "mem", Peer: vc.MAC{2, 0, 0, 0, 0, 9}, Cells: &datapath.Cells{Label: 32},
			})
		},
	} {
		l := link
		l.Wires = []datapath.Wire{good}
		c := datapath.Config{Receive: func(vc.LinkID, []byte) {}, NICs: map[string]datapath.NIC{"mem": {Data: &sink{}, Control: &sink{}}}}
		change(&c, &l)
		c.Links = append([]datapath.LinkConfig{l}, c.Links...)
		if e, err := datapath.New(c); !errors.Is(err, datapath.ErrConfig) {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				_ = e.Close()
			}
		}
	}
}
