package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/nicio"
)

// TestPathLogs proves that a NIC which does not transmit or receive as it must is worth a warning, and what
// may be either way a line.
func TestPathLogs(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	cfg := &config.Config{Links: []config.Link{
		{Interface: "eth1", Transmit: config.TransmitXDP, Receive: config.ReceiveAuto},
		{Interface: "eth2", Transmit: config.TransmitAuto, Receive: config.ReceiveXDP},
	}}
	log := transmitLog(cfg, zap.New(core))
	log("eth1", nicio.PathXDP, nil)
	log("eth1", nicio.PathPacket, unix.EBUSY)
	log("eth2", nicio.PathPacket, unix.EBUSY)
	log = arrivalLog(cfg, zap.New(core))
	log("eth1", nicio.PathZeroCopy, nil)
	log("eth1", nicio.PathPacket, unix.EBUSY)
	log("eth2", nicio.PathPacket, unix.EBUSY)
	var got []string
	for _, l := range lines.All() {
		m := l.ContextMap()
		text, _ := m["error"].(string)
		got = append(got, l.Level.String()+" "+l.Message+" "+m["interface"].(string)+" "+text)
	}
	want := []string{
		"info data leaves by xdp eth1 ",
		"warn data leaves by packet eth1 device or resource busy",
		"info data leaves by packet eth2 device or resource busy",
		"info data comes by xdp, zero-copy eth1 ",
		"info data comes by packet eth1 device or resource busy",
		"warn data comes by packet eth2 device or resource busy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}

func TestPathOf(t *testing.T) {
	for in, want := range map[config.Transmit]nicio.Path{
		config.TransmitPacket: nicio.PathPacket, config.TransmitXDP: nicio.PathXDP, config.TransmitAuto: nicio.PathXDP, 0: nicio.PathPacket,
	} {
		if got := pathOf(in); got != want {
			t.Errorf("%s is tried as %s, want %s", in, got, want)
		}
	}
}

func TestArrivalOf(t *testing.T) {
	for in, want := range map[config.Receive]nicio.Path{
		config.ReceivePacket: nicio.PathPacket, config.ReceiveXDP: nicio.PathXDP, config.ReceiveAuto: nicio.PathZeroCopy, 0: nicio.PathPacket,
	} {
		if got := arrivalOf(in); got != want {
			t.Errorf("%s is tried as %s, want %s", in, got, want)
		}
	}
}
