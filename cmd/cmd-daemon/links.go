package main

import (
	"fmt"
	"net/netip"

	"go.uber.org/zap"

	"callmanager/config"
	"callmanager/datapath"
	"callmanager/datapath/atmtcp"
	"callmanager/datapath/udpcell"
	"callmanager/nicio"
	"callmanager/signalling"
	"callmanager/vc"
)

// These stand for the interface of a link that is no NIC.
const (
	tcpInterface = "tcp"
	udpInterface = "udp"
)

// dataLinks converts the configured links for the data plane. A link's identifier is its
// place in the file, from 1.
func dataLinks(cfg *config.Config) ([]datapath.LinkConfig, error) {
	out := make([]datapath.LinkConfig, len(cfg.Links))
	for i := range cfg.Links {
		l := &cfg.Links[i]
		out[i] = datapath.LinkConfig{
			ID: vc.LinkID(i + 1), Name: l.Name, Interface: l.Interface, Peer: l.Peer, Capacity: l.Capacity,
			Transmit: pathOf(l.Transmit), Receive: arrivalOf(l.Receive), Unpoliced: l.Unpoliced, Wires: wiresOf(cfg, l.Name),
		}
		if l.Mode == config.ModeCell {
			out[i].Cells = &datapath.Cells{
				Label: l.Cells.Label, Bare: l.Cells.NoControlWord, PerFrame: l.Cells.PerFrame, Delay: l.Cells.Delay,
			}
		}
		t, err := transportOf(l)
		if err != nil {
			return nil, fmt.Errorf("link %s: %w", l.Name, err)
		}
		out[i].Transport = t
	}
	return out, nil
}

// pathOf returns what is tried first; the ports know how to fall back.
func pathOf(t config.Transmit) nicio.Path {
	switch t {
	case config.TransmitXDP, config.TransmitAuto:
		return nicio.PathXDP
	case config.TransmitPacket:
	}
	return nicio.PathPacket
}

// arrivalOf does so for what comes.
func arrivalOf(r config.Receive) nicio.Path {
	switch r {
	case config.ReceiveXDP:
		return nicio.PathXDP
	case config.ReceiveAuto:
		return nicio.PathZeroCopy
	case config.ReceivePacket:
	}
	return nicio.PathPacket
}

// transmitLog returns what notes how data leaves the NICs, and arrivalLog how it comes. A NIC for which AF_XDP is
// wanted in any case and not to be had deserves a warning.
func transmitLog(cfg *config.Config, log *zap.Logger) func(nic string, by nicio.Path, err error) {
	return pathLog(cfg, log, "data leaves by ", func(l *config.Link) bool { return l.Transmit == config.TransmitXDP })
}

func arrivalLog(cfg *config.Config, log *zap.Logger) func(nic string, by nicio.Path, err error) {
	return pathLog(cfg, log, "data comes by ", func(l *config.Link) bool { return l.Receive == config.ReceiveXDP })
}

func pathLog(cfg *config.Config, log *zap.Logger, what string, wanted func(*config.Link) bool) func(nic string, by nicio.Path, err error) {
	strict := make(map[string]bool)
	for i := range cfg.Links {
		strict[cfg.Links[i].Interface] = wanted(&cfg.Links[i])
	}
	return func(nic string, by nicio.Path, err error) {
		level := zap.InfoLevel
		if err != nil && strict[nic] {
			level = zap.WarnLevel
		}
		log.Log(level, what+by.String(), zap.String("interface", nic), zap.Error(err))
	}
}

// signallingLinks converts the configured links for the call manager.
func signallingLinks(cfg *config.Config, engine *datapath.Engine) []signalling.LinkConfig {
	out := make([]signalling.LinkConfig, len(cfg.Links))
	for i := range cfg.Links {
		l := &cfg.Links[i]
		id := vc.LinkID(i + 1)
		out[i] = signalling.LinkConfig{
			ID: id, Name: l.Name, Interface: l.Interface, Peer: l.Peer, Role: l.Role.String(), Profile: l.Profile.String(), Mode: l.Mode.String(),
			Capacity: l.Capacity, Way: vc.Way{Delay: l.TransitDelay, CDV: l.CellDelayVariation, CLR: l.CellLossRatio},
			Prefixes: l.Prefixes, Address: cfg.Daemon.Address, Channel: engine.Channel(id),
		}
		switch l.Transport {
		case config.TransportEthernet:
		case config.TransportATMTCP:
			out[i].Interface, out[i].Mode, out[i].PeerName = tcpInterface, l.Transport.String(), ends(l)
		case config.TransportUDPCell:
			out[i].Interface, out[i].Mode, out[i].PeerName = udpInterface, l.Transport.String(), l.Connect
		}
	}
	return out
}

// transportOf makes what carries a link that is no NIC; nil for one that is.
func transportOf(l *config.Link) (datapath.Transport, error) {
	switch l.Transport {
	case config.TransportEthernet:
	case config.TransportATMTCP:
		return atmtcp.New(atmtcp.Config{Listen: l.Listen, Connect: l.Connect, Peers: l.Peers})
	case config.TransportUDPCell:
		local, err := netip.ParseAddrPort(l.Listen)
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(l.Connect)
		if err != nil {
			return nil, err
		}
		return udpcell.New(udpcell.Config{Local: local, Peer: peer, AnyCRC: l.AnyAAL5CRC})
	}
	return nil, nil //nolint:nilnil // a NIC is no transport, and no error
}

// ends says for people where a link over TCP leads.
func ends(l *config.Link) string {
	if l.Listen != "" {
		return "listen " + l.Listen
	}
	return "connect " + l.Connect
}
