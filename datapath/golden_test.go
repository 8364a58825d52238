package datapath_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/internal/goldentest"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// What stands in a golden frame in front of the control word, and of the SDU.
const (
	toWord = nicio.HeaderLen + frame.EntryLen
	toSDU  = toWord + frame.WordLen
)

// goldenSDU returns the SDU of a golden frame of AAL5 SDU mode, found by the
// length in its control word alone.
func goldenSDU(f []byte) []byte {
	if n := int(f[toWord+1] & 0x3f); n > 0 {
		return f[toSDU : toWord+n]
	}
	return f[toSDU:]
}

// on returns a golden frame as the peer of a link sends it on a label.
func on(l frame.Label, f []byte) []byte {
	b := ether(macB, macA, f[nicio.HeaderLen:])
	binary.BigEndian.PutUint32(b[nicio.HeaderLen:], uint32(l)<<12|1<<8|64)
	return b
}

// TestGoldenStrangers: the golden frames of all modes have labels of static
// pseudowires, which no channel of the link has. None reaches anybody, and
// cells are told from the rest.
func TestGoldenStrangers(t *testing.T) {
	for _, row := range []struct {
		file  string
		label frame.Label
		cells uint64 // of N-to-one mode, or an OAM cell
		other uint64
	}{
		{"n1_cw.pcap", 101, 7, 0},
		{"one2one.pcap", 102, 0, 5},
		{"aal5_pdu.pcap", 102, 0, 6},
		{"aal5_sdu.pcap", 103, 1, 9},
		{"sig_sdu.pcap", 104, 0, 5},
	} {
		p := newPair(t)
		end := open(t, p.b, 20, vc.VCI(row.label), flow(1492))
		before := counts(p.b)
		for i, f := range goldentest.Frames(t, row.file) {
			if l, _, fault := frame.DecodeLabel(f[nicio.HeaderLen:]); l != row.label || fault != frame.NoFault || !l.ByHand() {
				t.Errorf("%s: frame %d has label %d, %s", row.file, i, l, fault)
			}
			p.b.InjectRx(nicB, ether(macB, macA, f[nicio.HeaderLen:]))
		}
		want := map[string]uint64{"rx_frames": row.cells + row.other}
		if row.cells > 0 {
			want["rx_drop_other_mode"] = row.cells
		}
		if row.other > 0 {
			want["rx_drop_unknown_vc"] = row.other
		}
		if diff := cmp.Diff(want, changes(before, counts(p.b))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.file, diff)
		}
		if _, _, ok := pull(end); ok {
			t.Errorf("%s: an SDU is delivered", row.file)
		}
	}
}

// TestGoldenSDUs: on the label of a channel the frames of AAL5 SDU mode deliver
// what they carry, IP, bridged Ethernet, PPP, ARP, and not the OAM cell. The same
// SDUs leave in the same octets behind the label.
func TestGoldenSDUs(t *testing.T) {
	w := mem.New(mem.Config{})
	e := newEngine(t, nicB, station(t, w, macB), macA, nil)
	peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
	must(t, err)
	end := open(t, e, 20, 100, flow(1492))
	frames := goldentest.Frames(t, "aal5_sdu.pcap")
	for i, f := range frames {
		before := counts(e)
		e.InjectRx(nicB, on(0x10064, f))
		sdu, m, ok := pull(end)
		if i == 9 {
			if got := changes(before, counts(e)); ok || got["rx_drop_oam_cell"] != 1 {
				t.Errorf("frame %d, an OAM cell: %v", i, got)
			}
			continue
		}
		if !ok || m != (ring.Meta{}) || !bytes.Equal(sdu, goldenSDU(f)) {
			t.Fatalf("frame %d: delivered %v, %x %+v, want %x", i, ok, sdu, m, goldenSDU(f))
		}
		push(t, end, sdu, m)
		e.TurnTx(0)
		wantSent(t, peer, i, f)
	}
	if len(frames) != 10 {
		t.Errorf("%d frames", len(frames))
	}
}

// TestGoldenSignalling is the same on the control channel, with BGN, SETUP,
// CONNECT, POLL and STAT in SSCOP.
func TestGoldenSignalling(t *testing.T) {
	w := mem.New(mem.Config{})
	var in inbox
	e := newEngine(t, nicB, station(t, w, macB), macA, func(c *datapath.Config) { c.Receive = in.receive })
	peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
	must(t, err)
	var want []string
	for i, f := range goldentest.Frames(t, "sig_sdu.pcap") {
		sdu := goldenSDU(f)
		want = append(want, fmt.Sprintf("1:%s", sdu))
		e.InjectControl(nicB, on(frame.Signalling, f))
		e.Channel(1).Send(sdu)
		wantSent(t, peer, i, f)
	}
	if diff := cmp.Diff(want, in.sdus); diff != "" || len(want) != 5 {
		t.Errorf("arrived (-want +got):\n%s", diff)
	}
}

// TestGoldenModesAgree: the SDUs that are delivered in AAL5 SDU mode are those of
// the golden frames of the other modes, which carry them with PAD and trailer,
// whole or in cells. One of these has a wrong CRC.
func TestGoldenModesAgree(t *testing.T) {
	data, signalling := goldentest.Frames(t, "aal5_sdu.pcap"), goldentest.Frames(t, "sig_sdu.pcap")
	pdus := goldentest.Frames(t, "aal5_pdu.pcap")
	for i, sdu := range [][]byte{
		goldenSDU(data[0]), goldenSDU(data[1]), goldenSDU(data[2]), goldenSDU(data[0]), goldenSDU(data[3]), goldenSDU(signalling[1]),
	} {
		if same := bytes.Equal(cpcsPDU(sdu), pdus[i][toSDU:]); same != (i != 3) {
			t.Errorf("aal5_pdu.pcap: frame %d is %x, from the SDU comes %x", i, pdus[i][toSDU:], cpcsPDU(sdu))
		}
	}
	pdu := cpcsPDU(goldenSDU(data[0]))
	oam := data[9][toSDU+4:]
	n1, one := goldentest.Frames(t, "n1_cw.pcap"), goldentest.Frames(t, "one2one.pcap")
	for i, row := range []struct{ frame, cells, header, payload []byte }{
		{n1[0], n1[0][toSDU:], []byte{0, 0x10, 0x06, 0x40}, pdu[:48]},
		{n1[1], n1[1][toSDU:], []byte{0, 0x10, 0x06, 0x40}, pdu[:48]},
		{n1[1], n1[1][toSDU+52:], []byte{0, 0x10, 0x06, 0x42}, pdu[48:]}, // the last cell of the SDU
		{n1[2], n1[2][toSDU:], []byte{0, 0x10, 0x06, 0x4a}, oam},
		{one[0], one[0][toSDU-1:], []byte{0}, pdu[:48]},
		{one[1], one[1][toSDU-1:], []byte{0}, pdu[:48]},
		{one[1], one[1][toSDU+48:], []byte{2}, pdu[48:]},
		{one[3], one[3][toSDU-1:], []byte{0x40, 0, 0x64}, pdu[:48]},
		{one[3], one[3][toSDU+50:], []byte{0x42, 0, 0x64}, pdu[48:]},
		{one[4], one[4][toSDU-1:], []byte{0x0a}, oam},
	} {
		if want := append(row.header, row.payload...); !bytes.HasPrefix(row.cells, want) {
			t.Errorf("cell %d is %x, want %x, in %x", i, row.cells, want, row.frame)
		}
	}
}

// cpcsPDU makes the CPCS-PDU of an SDU: PAD, CPCS-UU and CPI 0, length and CRC-32,
// most significant bit first (I.363.5).
func cpcsPDU(sdu []byte) []byte {
	b := append(bytes.Clone(sdu), make([]byte, (48-(len(sdu)+8)%48)%48+2)...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(sdu)))
	crc := ^uint32(0)
	for _, o := range b {
		crc ^= uint32(o) << 24
		for range 8 {
			top := crc >> 31
			crc = crc<<1 ^ top*0x04c11db7
		}
	}
	return binary.BigEndian.AppendUint32(b, ^crc)
}

// wantSent wants the frame that has left to be the golden one behind its label.
// A NIC may have padded that one.
func wantSent(t *testing.T, peer nicio.Port, i int, golden []byte) {
	t.Helper()
	frames := []nicio.RxFrame{{Buf: make([]byte, 2000)}, {Buf: make([]byte, 2000)}}
	n, err := peer.ReadBatch(frames)
	must(t, err)
	if n != 1 {
		t.Fatalf("frame %d: %d frames leave", i, n)
	}
	got := frames[0].Buf[:frames[0].Len]
	rest := bytes.TrimRight(golden[min(len(got), len(golden)):], "\x00")
	if !bytes.Equal(got[toWord:], golden[toWord:min(len(got), len(golden))]) || len(rest) > 0 {
		t.Errorf("frame %d leaves as %x, want %x", i, got, golden)
	}
}
