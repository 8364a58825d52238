package udpcell_test

import (
	"bytes"
	"hash/crc32"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/datapath/udpcell"
	"callmanager/nicio"
	"callmanager/vc"
)

var (
	local = netip.MustParseAddrPort("127.0.0.1:2001")
	peer  = netip.MustParseAddrPort("127.0.0.1:2002")
)

// datagrams returns the cells of an SDU.
func datagrams(h cell.Header, sdu string, uu uint8) (list [][]byte) {
	var s sar.Segmenter
	var b cell.Builder
	n := vc.CellsFor(len(sdu))
	b.Begin(cell.Line, make([]byte, n*cell.Len), n)
	s.Start(h, []byte(sdu), uu)
	s.Fill(&b, n)
	for rest := b.Finish(0); len(rest) > 0; rest = rest[cell.Len:] {
		list = append(list, rest[:cell.Len])
	}
	return list
}

// A delivered is what a port gives to the engine.
type delivered struct {
	Label frame.Label
	UU    uint8
	Flags frame.Flags
	SDU   string
}

// pull reads what is in a port.
func pull(tb testing.TB, p nicio.Port) (list []delivered) {
	tb.Helper()
	frames := make([]nicio.RxFrame, nicio.BatchSize)
	for i := range frames {
		frames[i].Buf = make([]byte, nicio.HeaderLen+frame.HeadLen+udpcell.MaxSDU)
	}
	for {
		n, err := p.ReadBatch(frames)
		if err != nil {
			tb.Fatal(err)
		}
		if n == 0 {
			return list
		}
		for _, f := range frames[:n] {
			label, rest, fault := frame.DecodeLabel(f.Buf[nicio.HeaderLen:f.Len])
			if fault != frame.NoFault {
				tb.Fatal(fault)
			}
			w, sdu, fault := frame.DecodeWord(rest)
			if fault == frame.OAMCell {
				sdu = rest[frame.WordLen:]
			}
			if fault != frame.NoFault && fault != frame.OAMCell || w.Sequence() != 0 {
				tb.Fatalf("%s, number %d", fault, w.Sequence())
			}
			list = append(list, delivered{label, f.Payload()[frame.EntryLen-1], w.Flags(), string(sdu)})
		}
	}
}

// counts returns the counters that are not 0.
func counts(tr *udpcell.Transport) map[string]uint64 {
	m := map[string]uint64{}
	for _, c := range tr.Counters() {
		if c.Value != 0 {
			m[c.Name] = c.Value
		}
	}
	return m
}

// checkSums wants each datagram to be counted once.
func checkSums(tb testing.TB, tr *udpcell.Transport) {
	tb.Helper()
	m := counts(tr)
	sum := m["rx_cells_empty"] + m["rx_cells_oam"] + m["rx_cells_other"] + m["rx_cells"]
	for name, n := range m {
		if strings.HasPrefix(name, "rx_drop_") && !strings.HasPrefix(name, "rx_drop_pdu_") {
			sum += n
		}
	}
	if sum != m["rx_datagrams"] || m["rx_cells"] != m["rx_cells_delivered"]+m["rx_cells_dropped"]+uint64(tr.Pending()) {
		tb.Fatalf("the counters do not add up: %v, %d pending", m, tr.Pending())
	}
	s, c := tr.Data().Stats(), tr.Control().Stats()
	if m["rx_pdus"]+m["rx_cells_oam"] != s.RxQueued+s.RxOverrun+c.RxQueued+c.RxOverrun {
		tb.Fatalf("the SDUs do not add up: %v, %+v, %+v", m, s, c)
	}
}

func newTransport(tb testing.TB, cfg udpcell.Config) *udpcell.Transport {
	tb.Helper()
	if !cfg.Local.IsValid() {
		cfg.Local, cfg.Peer = local, peer
	}
	tr, err := udpcell.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := tr.Close(); err != nil {
			tb.Error(err)
		}
	})
	return tr
}

// TestReceive has a row for each thing that a datagram can be.
func TestReceive(t *testing.T) {
	h := cell.NewHeader(1, 100, 0, false)
	sdu := strings.Repeat("the quick brown fox ", 10)
	good := datagrams(h, sdu, 1)
	spoil := func(list [][]byte, i, octet int) [][]byte {
		list = append([][]byte(nil), list...)
		list[i] = bytes.Clone(list[i])
		list[i][octet] ^= 1
		return list
	}
	oam := bytes.Clone(datagrams(cell.NewHeader(0, 4, 0, false), "x", 0)[0])
	whole := map[string]uint64{"rx_datagrams": 5, "rx_cells": 5, "rx_cells_delivered": 5, "rx_pdus": 1}
	bad := func(why string) map[string]uint64 {
		return map[string]uint64{"rx_datagrams": 5, "rx_cells": 5, "rx_cells_dropped": 5, "rx_drop_pdu_" + why: 1}
	}
	for _, row := range []struct {
		rule      string
		from      netip.AddrPort
		datagrams [][]byte
		data      []delivered
		control   []delivered
		counts    map[string]uint64
	}{
		{"an SDU", peer, good, []delivered{{0x20064, 1, frame.U, sdu}}, nil, whole},
		{
			"CLP and EFCI", peer, datagrams(cell.NewHeader(1, 100, cell.EFCI, true), sdu, 0),
			[]delivered{{0x20064, 0, frame.C | frame.E, sdu}},
			nil, whole,
		},
		{"signalling", peer, datagrams(cell.NewHeader(0, 5, 0, false), sdu, 0), nil, []delivered{{0x10005, 0, 0, sdu}}, whole},
		{
			"a whole user-to-user octet", peer, datagrams(h, sdu, 0xA6),
			[]delivered{{0x20064, 0xA6, 0, sdu}},
			nil, whole,
		},
		{"a spoilt body", peer, spoil(good, 1, 9), nil, nil, bad("bad_crc")},
		{
			"a spoilt header", peer, spoil(good, 1, 2), nil, nil,
			map[string]uint64{"rx_datagrams": 5, "rx_cells": 4, "rx_cells_dropped": 4, "rx_drop_pdu_bad_length": 1, "rx_drop_bad_hec": 1},
		},
		{"another port", netip.MustParseAddrPort("127.0.0.1:2003"), good, nil, nil, map[string]uint64{"rx_datagrams": 5, "rx_drop_foreign": 5}},
		{"another host", netip.MustParseAddrPort("127.0.0.2:2002"), good, nil, nil, map[string]uint64{"rx_datagrams": 5, "rx_drop_foreign": 5}},
		{"IPv4 as IPv6 has it", netip.MustParseAddrPort("[::ffff:127.0.0.1]:2002"), good, []delivered{{0x20064, 1, frame.U, sdu}}, nil, whole},
		{"52 octets", peer, [][]byte{good[0][:52]}, nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_drop_size": 1}},
		{"two cells", peer, [][]byte{bytes.Join(good[:2], nil)}, nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_drop_size": 1}},
		{"nothing", peer, [][]byte{{}}, nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_drop_size": 1}},
		{"a path of no link", peer, datagrams(cell.NewHeader(15, 100, 0, false), "x", 0), nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_drop_unknown_vpi": 1}},
		{"a path of twelve bits", peer, datagrams(cell.NewHeader(0x801, 100, 0, false), "x", 0), nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_drop_unknown_vpi": 1}},
		{"an idle cell", peer, datagrams(1, "x", 0), nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_cells_empty": 1}},
		{"an unassigned cell", peer, datagrams(0, "x", 0), nil, nil, map[string]uint64{"rx_datagrams": 1, "rx_cells_empty": 1}},
		{
			"an OAM cell", peer,
			[][]byte{oam},
			[]delivered{{0x10004, 0, frame.T, string(oam[:4]) + string(oam[5:])}},
			nil,
			map[string]uint64{"rx_datagrams": 1, "rx_cells_oam": 1},
		},
	} {
		tr := newTransport(t, udpcell.Config{})
		for _, d := range row.datagrams {
			tr.Receive(d, row.from, 0)
		}
		checkSums(t, tr)
		if diff := cmp.Diff(row.counts, counts(tr)); diff != "" {
			t.Errorf("%s: counters (-want +got):\n%s", row.rule, diff)
		}
		if diff := cmp.Diff(row.data, pull(t, tr.Data())); diff != "" {
			t.Errorf("%s: data (-want +got):\n%s", row.rule, diff)
		}
		if diff := cmp.Diff(row.control, pull(t, tr.Control())); diff != "" {
			t.Errorf("%s: control (-want +got):\n%s", row.rule, diff)
		}
	}
}

// TestReflectedCRC: what dynamips sends is refused, and accepted where the link is told to.
func TestReflectedCRC(t *testing.T) {
	d := datagrams(cell.NewHeader(0, 32, 0, false), "hello", 0)[0]
	crc := crc32.ChecksumIEEE(d[5:49])
	copy(d[49:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
	for accept, want := range map[bool]int{false: 0, true: 1} {
		tr := newTransport(t, udpcell.Config{AnyCRC: accept})
		tr.Receive(d, peer, 0)
		if got := pull(t, tr.Data()); len(got) != want {
			t.Errorf("any CRC %v: %d SDUs", accept, len(got))
		}
		checkSums(t, tr)
	}
}

// TestCrowded: half PDUs on as many channels as there are places keep out others until they are too
// old, and never the control VC.
func TestCrowded(t *testing.T) {
	tr := newTransport(t, udpcell.Config{})
	send := func(vci vc.VCI, at int64, half bool) int {
		list := datagrams(cell.NewHeader(0, vci, 0, false), strings.Repeat("x", 100), 0)
		if half {
			list = list[:1]
		}
		for _, d := range list {
			tr.Receive(d, peer, at)
		}
		checkSums(t, tr)
		return len(pull(t, tr.Data())) + len(pull(t, tr.Control()))
	}
	for i := range udpcell.Places {
		send(vc.VCI(100+i), 0, true)
	}
	if send(50, 0, false) != 0 || counts(tr)["rx_drop_crowded"] != 3 {
		t.Errorf("a channel too many: %v", counts(tr))
	}
	if send(5, 0, false) != 1 {
		t.Error("signalling is kept out")
	}
	if send(50, udpcell.Patience, false) != 0 {
		t.Error("a place is taken away too soon")
	}
	if send(50, udpcell.Patience+1, false) != 1 {
		t.Error("no place is free after the others are too old")
	}
	if send(163, udpcell.Patience+1, false) != 1 {
		t.Error("a channel does not begin again after its time")
	}
}

// TestManyChannels: a place is free after its PDU, whole or not.
func TestManyChannels(t *testing.T) {
	tr := newTransport(t, udpcell.Config{})
	const channels = 5 * udpcell.Places
	for i := range channels {
		list := datagrams(cell.NewHeader(0, vc.VCI(32+i), 0, false), strings.Repeat("x", 100), 0)
		for _, d := range list[i%2:] { // Every other one without its first cell.
			tr.Receive(d, peer, 0)
		}
	}
	checkSums(t, tr)
	if n := len(pull(t, tr.Data())); n != channels/2 || counts(tr)["rx_drop_crowded"] != 0 {
		t.Errorf("%d SDUs of %d: %v", n, channels/2, counts(tr))
	}
}

// TestFullInbox: what nobody reads is dropped and counted.
func TestFullInbox(t *testing.T) {
	tr := newTransport(t, udpcell.Config{})
	list := datagrams(cell.NewHeader(0, 32, 0, false), strings.Repeat("x", 60000), 0)
	for range 100 {
		for _, d := range list {
			tr.Receive(d, peer, 0)
		}
	}
	checkSums(t, tr)
	if s := tr.Data().Stats(); s.RxOverrun == 0 || s.RxQueued+s.RxOverrun != 100 || len(pull(t, tr.Data())) != int(s.RxQueued) {
		t.Errorf("%+v", s)
	}
}

func TestNoAllocs(t *testing.T) {
	tr := newTransport(t, udpcell.Config{})
	list := datagrams(cell.NewHeader(0, 32, 0, false), strings.Repeat("x", 1500), 0)
	frames := []nicio.RxFrame{{Buf: make([]byte, 2000)}}
	got := testing.AllocsPerRun(100, func() {
		for _, d := range list {
			tr.Receive(d, peer, 0)
		}
		if n, _ := tr.Data().ReadBatch(frames); n != 1 {
			t.Fatal("no SDU")
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for an SDU", got)
	}
}

// FuzzReceive feeds datagrams, each behind its length.
func FuzzReceive(f *testing.F) {
	var b []byte
	for _, d := range datagrams(cell.NewHeader(0, 32, 0, false), strings.Repeat("x", 100), 0) {
		b = append(append(b, byte(len(d))), d...)
	}
	f.Add(b)
	f.Add(append([]byte{3, 1, 2, 3}, b...))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := newTransport(t, udpcell.Config{})
		for at := int64(0); len(b) > 0; at += udpcell.Patience / 3 {
			n := min(int(b[0]), len(b)-1)
			tr.Receive(b[1:1+n], peer, at)
			b = b[1+n:]
			checkSums(t, tr)
		}
		pull(t, tr.Data())
		pull(t, tr.Control())
	})
}
