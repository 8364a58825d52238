package datapath_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/frame"
	"callmanager/datapath/internal/goldentest"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// FuzzFrame feeds arbitrary frames to the receive path. Each ends in exactly one place or waits for the rest
// of its SDU, on the data port and on the control port, and no VC is touched but the one that its label names.
func FuzzFrame(f *testing.F) {
	for _, file := range []string{"aal5_sdu.pcap", "sig_sdu.pcap", "n1_cw.pcap", "one2one.pcap"} {
		for _, b := range goldentest.Frames(f, file) {
			f.Add(b)
			ours := ether(macB, macA, b[nicio.HeaderLen:])
			f.Add(ours)
			ours[nicio.HeaderLen], ours[nicio.HeaderLen+1], ours[nicio.HeaderLen+2] = 0x10, 0x06, 0x41
			f.Add(ours)
		}
	}
	f.Add(ether(macB, macA, nil))
	f.Add(ether(macB, macA, mpls(0x10064, frame.NewWord(0, 1400, 0), make([]byte, 1400))))
	f.Add(ether(macB, macA, mpls(0x10065, frame.NewWord(frame.T, 52, 0), make([]byte, 52))))
	f.Add(ether(macB, macA, mpls(frame.Signalling, frame.NewWord(0, 8, 0), make([]byte, 8))))

	p := newPair(f)
	vcs := make(map[frame.Label]vc.Handle)
	vcs[0x10064], vcs[0x10065] = 20, 21
	var ends []*ring.Endpoint
	for l, h := range vcs {
		_, vci, _ := l.Channel()
		ends = append(ends, open(f, p.b, h, vci, flow(1000)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < nicio.HeaderLen {
			return // The port drops it.
		}
		before := counts(p.b)
		traffics := make(map[frame.Label]vc.Traffic)
		for l, h := range vcs {
			traffics[l] = traffic(t, p.b, h)
		}
		held := p.b.HeldParts(nicB)
		p.b.InjectRx(nicB, b)
		moved := p.b.HeldParts(nicB) - held // Of an SDU that is given up the parts go on to a drop.
		after := counts(p.b)
		for _, prefix := range []string{"rx_sdus", "rx_joined", "rx_drop_", "nic_rx_drop_"} {
			moved += sum(after, prefix) - sum(before, prefix)
		}
		if moved != 1 {
			t.Fatalf("%d places counted the frame: %v", moved, changes(before, after))
		}
		label, _, fault := frame.DecodeLabel(b[nicio.HeaderLen:])
		for l, h := range vcs {
			got := traffic(t, p.b, h)
			if l == label && fault == frame.NoFault {
				continue
			}
			if diff := cmp.Diff(traffics[l], got); diff != "" {
				t.Fatalf("a frame of label %#x touched the VC of %#x:\n%s", label, l, diff)
			}
		}
		for _, end := range ends {
			end.Rx.Discard()
		}
		p.b.InjectControl(nicB, b)
		last := counts(p.b)
		moved = 0
		for _, prefix := range []string{"control_rx_sdus", "control_rx_drop_", "nic_control_rx_drop_"} {
			moved += sum(last, prefix) - sum(after, prefix)
		}
		if moved != 1 {
			t.Fatalf("%d places of the control VC counted the frame: %v", moved, changes(after, last))
		}
	})
}
