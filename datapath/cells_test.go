package datapath_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/datapath/sar"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// cellStation opens the two ports of an engine's NIC on a wire, for a link in cell mode.
func cellStation(tb testing.TB, w *mem.Wire, mac vc.MAC, c datapath.Cells) datapath.NIC {
	tb.Helper()
	signalling := datapath.ControlMatches(c)
	reject, err := nicio.RejectMatches(signalling...)
	must(tb, err)
	accept, err := nicio.AcceptMatches(signalling...)
	must(tb, err)
	return portsOf(tb, w, mac, reject, accept)
}

// newCellPair makes two engines with links in cell mode.
func newCellPair(tb testing.TB, w *mem.Wire, c datapath.Cells, more func(i int, cfg *datapath.Config)) *pair {
	tb.Helper()
	engine := func(i int, name string, mac, peer vc.MAC) *datapath.Engine {
		return newEngine(tb, name, cellStation(tb, w, mac, c), peer, func(cfg *datapath.Config) {
			cfg.Links[0].Cells = &c
			if more != nil {
				more(i, cfg)
			}
		})
	}
	return &pair{a: engine(0, nicA, macA, macB), b: engine(1, nicB, macB, macA)}
}

// sendFor has an engine send for so many tenths of a millisecond, and returns the time after them.
func sendFor(e *datapath.Engine, now int64, tenths int) int64 {
	for range tenths {
		e.TurnTx(now)
		now += int64(100 * time.Microsecond)
	}
	return now
}

// TestCellMode carries SDUs of every size that is at an edge as cells, with a control word and without.
func TestCellMode(t *testing.T) {
	for _, c := range []datapath.Cells{
		{Label: 32}, {Label: 65535, Bare: true}, {Label: 32, PerFrame: 1}, {Label: 32, PerFrame: 28, Delay: 100 * time.Microsecond},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			var got [][]byte
			p := newCellPair(t, mem.New(mem.Config{}), c, func(i int, cfg *datapath.Config) {
				if i == 1 {
					cfg.Receive = func(_ vc.LinkID, sdu []byte) { got = append(got, sdu) }
				}
			})
			a, b := openLarge(t, p.a), openLarge(t, p.b)
			now := int64(0)
			for serial, n := range []int{1, 40, 41, 48, 88, 89, 1492, 9180, 65534, vc.MaxSDULen} {
				want := sduOf(serial, n)
				m := ring.Meta{UU: uint8(0x1D * serial), Flags: ring.CLP}
				push(t, a, want, m)
				now = sendFor(p.a, now+int64(time.Second), 200)
				for p.b.StepRx(nicB) > 0 {
				}
				sdu, meta, ok := pull(b)
				if !ok || !bytes.Equal(sdu, want) || meta != m {
					t.Errorf("%d octets: got %d, %+v, want all of them, %+v", n, len(sdu), meta, m)
				}
			}
			for _, n := range []int{1, 40, 41, datapath.MaxControlSDU} {
				p.a.Channel(1).Send(sduOf(n, n))
			}
			for p.b.StepControl(nicB) > 0 {
			}
			if len(got) != 4 || !bytes.Equal(got[3], sduOf(datapath.MaxControlSDU, datapath.MaxControlSDU)) {
				t.Errorf("%d control SDUs", len(got))
			}
			cells := counts(p.b)
			if cells["cell_rx_cells"] != cells["cell_rx_cells_delivered"] || cells["cell_rx_pdus"] != 10 || cells["rx_sdus"] != 10 ||
				cells["control_cell_rx_pdus"] != 4 {
				t.Errorf("counters %v", changes(nil, cells))
			}
		})
	}
}

// TestCellsOfManyVCsShareAFrame: with a delay, single cells of many VCs go in one frame; without, those of a turn
// do.
func TestCellsOfManyVCsShareAFrame(t *testing.T) {
	for us, want := range map[int]uint64{0: 2, 100: 1} {
		delay := time.Duration(us) * time.Microsecond
		p := newCellPair(t, mem.New(mem.Config{}), datapath.Cells{Label: 32, Delay: delay}, nil)
		var ends [28]*ring.Endpoint
		for i := range ends {
			ends[i] = open(t, p.a, vc.Handle(i+1), vc.VCI(100+i), flow(40))
		}
		for half := range 2 {
			for i := range 14 {
				push(t, ends[14*half+i], sduOf(i, 40), ring.Meta{})
			}
			p.a.TurnTx(int64(half))
		}
		if n := counts(p.a)["nic_tx_frames"]; n != want {
			t.Errorf("delay %s: 28 cells in %d frames, want %d", delay, n, want)
		}
	}
	p := newCellPair(t, mem.New(mem.Config{}), datapath.Cells{Label: 32, Delay: 100 * time.Microsecond}, nil)
	end := open(t, p.a, 1, 100, flow(40))
	push(t, end, sduOf(1, 40), ring.Meta{})
	next := p.a.TurnTx(0)
	if n := counts(p.a)["nic_tx_frames"]; n != 0 || next != int64(100*time.Microsecond) {
		t.Errorf("a cell that waits: %d frames, to go on at %d ns", n, next)
	}
	if p.a.TurnTx(next); counts(p.a)["nic_tx_frames"] != 1 {
		t.Error("a cell that has waited for long enough is not sent")
	}
}

// cellFrame makes a frame of cells to b.
func cellFrame(label uint32, number uint16, fill func(b *cell.Builder)) []byte {
	var b cell.Builder
	b.Begin(cell.NToOne, make([]byte, 1496), 28)
	fill(&b)
	body := b.Finish(number)
	e := uint32(frame.NewEntry(frame.Label(label)))
	return ether(macB, macA, append([]byte{byte(e >> 24), byte(e >> 16), byte(e >> 8), byte(e)}, body...))
}

// cut makes the cells of an SDU.
func cut(b *cell.Builder, vpi uint16, vci vc.VCI, octets int) {
	var s sar.Segmenter
	s.Start(cell.NewHeader(vpi, vci, 0, false), sduOf(1, octets), 0)
	s.Fill(b, 28)
}

// TestHostileCells is what a peer in cell mode may send and nobody wants: each frame and each cell is counted
// where it dies.
func TestHostileCells(t *testing.T) {
	good := func(b *cell.Builder) { cut(b, 0, 100, 100) }
	one := func(h cell.Header) [][]byte {
		return [][]byte{cellFrame(32, 1, func(b *cell.Builder) { b.Append(h) })}
	}
	const delivered = "cell_rx_cells=3 cell_rx_cells_delivered=3 cell_rx_pdus=1 rx_frames=1 rx_octets=100 rx_sdus=1"
	for name, row := range map[string]struct {
		frames [][]byte
		want   string
	}{
		"an SDU":               {[][]byte{cellFrame(32, 1, good)}, delivered},
		"twice the same frame": {[][]byte{cellFrame(32, 1, good), cellFrame(32, 1, good)}, delivered + " cell_rx_drop_late=1"},
		"another label":        {[][]byte{cellFrame(33, 1, good)}, "cell_rx_drop_label=1"},
		"a frame of frame mode": {
			[][]byte{ether(macB, macA, mpls(frame.LabelOf(0, 100), frame.NewWord(0, 100, 1), sduOf(1, 100)))}, "cell_rx_drop_label=1",
		},
		"half a cell":      {[][]byte{cellFrame(32, 1, good)[:100]}, "cell_rx_drop_partial_cell=1"},
		"no cell":          {[][]byte{cellFrame(32, 1, good)[:22]}, "cell_rx_drop_no_cells=1"},
		"no pseudowire":    {[][]byte{append(cellFrame(32, 1, good)[:18:18], bytes.Repeat([]byte{0x45}, 60)...)}, "cell_rx_drop_not_pseudowire=1"},
		"a length of 0":    {one(cell.NewHeader(0, 100, cell.AUU, false)), "cell_rx_cells=1 cell_rx_cells_dropped=1 cell_rx_pdu_aborted=1"},
		"OAM":              {one(cell.NewHeader(0, 100, cell.EndToEndF5, false)), "cell_rx_cells_f5_end_to_end=1"},
		"an idle cell":     {one(cell.NewHeader(0, 0, 0, true)), "cell_rx_cells_physical=1"},
		"a path of nobody": {one(cell.NewHeader(15, 100, cell.AUU, false)), "cell_rx_cells_unknown_path=1"},
		"the control VC behind data": {
			[][]byte{cellFrame(32, 1, func(b *cell.Builder) {
				good(b)
				b.Append(cell.NewHeader(0, 5, cell.AUU, false))
			})}, delivered + " cell_rx_cells_handed_over=1",
		},
		"a channel of nobody": {
			[][]byte{cellFrame(32, 1, func(b *cell.Builder) { cut(b, 3, 99, 40) })},
			"cell_rx_cells=1 cell_rx_cells_delivered=1 cell_rx_pdus=1 rx_drop_unknown_vc=1 rx_frames=1",
		},
		"a lost end": {[][]byte{
			cellFrame(32, 1, good)[:22+2*52], cellFrame(32, 2, good),
		}, "cell_rx_cells=5 cell_rx_cells_dropped=5 cell_rx_pdu_merged=1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := mem.New(mem.Config{})
			p := newCellPair(t, w, datapath.Cells{Label: 32}, nil)
			open(t, p.b, 1, 100, flow(1000))
			peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
			must(t, err)
			for _, b := range row.frames {
				if n, err := peer.WriteBatch([]nicio.TxFrame{{Head: b}}); n != 1 || err != nil {
					t.Fatal(n, err)
				}
			}
			for p.b.StepRx(nicB) > 0 {
			}
			got := changes(nil, counts(p.b))
			maps.DeleteFunc(got, func(name string, _ uint64) bool { return strings.HasPrefix(name, "nic_") })
			want := map[string]uint64{"cell_rx_frames": uint64(len(row.frames))}
			for pair := range strings.FieldsSeq(row.want) {
				name, _, _ := strings.Cut(pair, "=")
				var n uint64
				if _, err := fmt.Sscanf(pair, name+"=%d", &n); err != nil {
					t.Fatal(err)
				}
				want[name] = n
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("counted %v, want %v", got, want)
			}
		})
	}
}

// TestCellsConserve sends random traffic over a wire with random faults in cell mode: no SDU arrives that was not
// sent, none out of order, and every cell is counted.
func TestCellsConserve(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		prob := func(name string) float64 {
			return rapid.SampledFrom([]float64{0, 0, 0.02, 0.2}).Draw(rt, name)
		}
		repeats, late := prob("duplicate"), prob("reorder")
		w := mem.New(mem.Config{Seed: rapid.Uint64().Draw(rt, "seed"), Faults: mem.Faults{
			Loss: prob("loss"), Duplicate: repeats, Reorder: late, Corrupt: prob("corrupt"),
			ReorderSpan: rapid.IntRange(1, 40).Draw(rt, "span"), ReorderTime: time.Hour,
		}})
		c := datapath.Cells{
			Label: 32, Bare: rapid.Bool().Draw(rt, "bare"), PerFrame: rapid.SampledFrom([]int{0, 1, 5}).Draw(rt, "cells"),
			Delay: rapid.SampledFrom([]time.Duration{0, 100 * time.Microsecond}).Draw(rt, "delay"),
		}
		p := newCellPair(t, w, c, nil)
		defer func() { _, _ = p.a.Close(), p.b.Close() }()
		vcis := []vc.VCI{100, 101, 102}
		from, to := make(map[vc.VCI]*ring.Endpoint), make(map[vc.VCI]*ring.Endpoint)
		for _, vci := range vcis {
			from[vci], to[vci] = openLargeEnd(t, p.a, vc.Handle(vci), vci), openLargeEnd(t, p.b, vc.Handle(vci), vci)
			defer closeEnd(from[vci])
			defer closeEnd(to[vci])
		}
		sent, last, got := make(map[vc.VCI]int), make(map[vc.VCI]int), uint64(0)
		size := func(vci vc.VCI, serial int) int { return 8 + (serial*7919+int(vci)*104729)%3000 }
		read := func() {
			for p.b.StepRx(nicB) > 0 {
			}
			for _, vci := range vcis {
				for sdu, _, ok := pull(to[vci]); ok; sdu, _, ok = pull(to[vci]) {
					got++
					serial := serialOf(sdu, sent[vci], func(serial int) int { return size(vci, serial) })
					if serial == 0 {
						rt.Fatalf("VC %d received %d octets that nobody has sent", vci, len(sdu))
					}
					// Without a control word nothing tells a frame that comes twice. Three that come late one
					// after the other are taken for those of a peer that has started afresh.
					if serial <= last[vci] && (c.Bare && repeats == 0 || !c.Bare) && late == 0 {
						rt.Fatalf("VC %d received SDU %d after %d", vci, serial, last[vci])
					}
					last[vci] = serial
				}
			}
		}
		for now := range int64(rapid.IntRange(1, 15).Draw(rt, "steps")) {
			for range rapid.IntRange(1, 4).Draw(rt, "burst") {
				vci := rapid.SampledFrom(vcis).Draw(rt, "vci")
				sent[vci]++
				push(t, from[vci], sduOf(sent[vci], size(vci, sent[vci])), ring.Meta{})
			}
			sendFor(p.a, now*int64(time.Second), 20)
			read()
		}
		w.Flush()
		read()
		n := counts(p.b)
		cells := n["cell_rx_cells_delivered"] + n["cell_rx_cells_dropped"]
		if pending := n["cell_rx_cells"] - cells; pending > uint64(len(vcis)*64) {
			rt.Fatalf("%d cells came, %d are accounted for", n["cell_rx_cells"], cells)
		}
		if n["cell_rx_pdus"] != n["rx_frames"] || n["rx_frames"] != n["rx_sdus"]+sum(n, "rx_drop_") || got != n["rx_sdus"] {
			rt.Fatalf("%d PDUs, %d frames, %d SDUs, %d dropped, %d read", n["cell_rx_pdus"], n["rx_frames"], n["rx_sdus"], sum(n, "rx_drop_"), got)
		}
		if tx := counts(p.a); tx["tx_sdus"] != uint64(sent[100]+sent[101]+sent[102]) || w.Stats().InFlight != 0 {
			rt.Fatalf("%d SDUs sent, %d on the wire", tx["tx_sdus"], w.Stats().InFlight)
		}
	})
}

// TestNoRoomForACell: an MTU in which no cell fits carries nothing in cell mode, not parts of SDUs either.
func TestNoRoomForACell(t *testing.T) {
	for mtu, fits := range map[int]bool{59: false, 60: true} {
		w, c := mem.New(mem.Config{}), datapath.Cells{Label: 32}
		seen := newStates()
		n := cellStation(t, w, macA, c)
		n.MTU = mtu
		e := newEngine(t, nicA, n, macB, func(cfg *datapath.Config) { cfg.Links[0].Cells, cfg.Status = &c, seen.note })
		end := open(t, e, 1, 100, flow(1000))
		push(t, end, sduOf(1, 100), ring.Meta{})
		e.TurnTx(0)
		want := map[string]uint64{"tx_drop_oversize": 1}
		if fits {
			want = map[string]uint64{"tx_sdus": 1, "tx_octets": 100, "cell_tx_cells": 3, "cell_tx_pdus": 1}
		}
		got := changes(nil, counts(e))
		maps.DeleteFunc(got, func(name string, _ uint64) bool { return strings.HasPrefix(name, "nic_") })
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("MTU %d: counted %v, want %v", mtu, got, want)
		}
		e.Start()
		seen.await(t, "told of the MTU", func(st vc.LinkStatus) bool {
			return st.Up == fits && (st.MaxSDU > 0) == fits && strings.Contains(st.Reason, "carries nothing") != fits
		})
	}
}

// TestSharedFrames: signalling reaches its VC wherever its cells stand in a frame, in one with data or over several;
// data behind signalling is counted as stray.
func TestSharedFrames(t *testing.T) {
	control := func(b *cell.Builder, n, from, to int) {
		var s sar.Segmenter
		var all cell.Builder
		all.Begin(cell.NToOne, make([]byte, 1496), 28)
		s.Start(cell.NewHeader(0, 5, 0, false), sduOf(n, n), 0)
		s.Fill(&all, 28)
		_, cells, _ := cell.NToOne.Decode(all.Finish(0), 0)
		for i := range to {
			if h, body, ok := cells.Next(); ok && i >= from {
				b.Append(h).Set(body)
			}
		}
	}
	data := func(b *cell.Builder) { cut(b, 0, 100, 100) }
	for name, row := range map[string]struct {
		frames  []func(b *cell.Builder)
		control []int // Sizes of the SDUs of the control VC that come.
		want    map[string]uint64
	}{
		"behind data": {
			[]func(b *cell.Builder){func(b *cell.Builder) { data(b); control(b, 200, 0, 5) }},
			[]int{200},
			map[string]uint64{"cell_rx_cells_handed_over": 5, "control_cell_rx_cells": 5, "rx_sdus": 1},
		},
		"among data": {
			[]func(b *cell.Builder){func(b *cell.Builder) { data(b); control(b, 40, 0, 1); data(b); control(b, 41, 0, 2) }},
			[]int{40, 41},
			map[string]uint64{"cell_rx_cells_handed_over": 3, "control_cell_rx_cells": 3, "rx_sdus": 2},
		},
		"from one frame to the next": {
			[]func(b *cell.Builder){
				func(b *cell.Builder) { data(b); control(b, 200, 0, 2) },
				func(b *cell.Builder) { control(b, 200, 2, 5) },
			},
			[]int{200},
			map[string]uint64{"cell_rx_cells_handed_over": 2, "control_cell_rx_cells": 5, "rx_sdus": 1},
		},
		"before data": {
			[]func(b *cell.Builder){func(b *cell.Builder) { control(b, 200, 0, 5); data(b) }},
			[]int{200},
			map[string]uint64{"control_cell_rx_cells": 5, "control_cell_rx_cells_stray": 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := mem.New(mem.Config{})
			var got []int
			p := newCellPair(t, w, datapath.Cells{Label: 32}, func(i int, cfg *datapath.Config) {
				if i == 1 {
					cfg.Receive = func(_ vc.LinkID, sdu []byte) {
						if !bytes.Equal(sdu, sduOf(len(sdu), len(sdu))) {
							t.Errorf("an SDU of %d octets is another", len(sdu))
						}
						got = append(got, len(sdu))
					}
				}
			})
			open(t, p.b, 1, 100, flow(1000))
			peer, err := w.Open(nicio.MAC(macA), nicio.Config{})
			must(t, err)
			for i, fill := range row.frames {
				if n, err := peer.WriteBatch([]nicio.TxFrame{{Head: cellFrame(32, uint16(i+1), fill)}}); n != 1 || err != nil {
					t.Fatal(n, err)
				}
			}
			for p.b.StepRx(nicB) > 0 {
			}
			for p.b.StepControl(nicB) > 0 {
			}
			c := counts(p.b)
			for name, n := range row.want {
				if c[name] != n {
					t.Errorf("%s is %d, want %d", name, c[name], n)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(row.control) || c["control_cell_rx_cells_delivered"] != c["control_cell_rx_cells"] {
				t.Errorf("SDUs of %v octets, want %v; %v", got, row.control, changes(nil, c))
			}
		})
	}
}
