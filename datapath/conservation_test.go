package datapath_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// A tally is what the clients and the signalling at one end saw.
type tally struct {
	offered, got               uint64
	controlOffered, controlGot uint64
}

// TestConservation sends random traffic over a wire with random faults and accounts for every
// single frame: sent + duplicated = delivered + the sum of the drop counters, exactly.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		prob := func(name string, most float64) float64 {
			return rapid.SampledFrom([]float64{0, 0, most / 10, most}).Draw(rt, name)
		}
		faults := mem.Faults{
			Loss: prob("loss", 0.3), Corrupt: prob("corrupt", 0.5), Duplicate: prob("duplicate", 0.3),
			Reorder: prob("reorder", 0.3), ReorderSpan: rapid.IntRange(1, 100).Draw(rt, "span"), ReorderTime: time.Hour,
		}
		w := mem.New(mem.Config{Seed: rapid.Uint64().Draw(rt, "seed"), Faults: faults})
		var seen [2]tally
		engine := func(i int, name string, mac, peer vc.MAC) *datapath.Engine {
			return newEngine(t, name, station(t, w, mac), peer, func(c *datapath.Config) {
				c.Receive = func(vc.LinkID, []byte) { seen[i].controlGot++ }
			})
		}
		engines := [2]*datapath.Engine{engine(0, nicA, macA, macB), engine(1, nicB, macB, macA)}
		nics := [2]string{nicA, nicB}
		defer func() { _, _ = engines[0].Close(), engines[1].Close() }()
		// Channel 102 exists at the first end alone, 103 at the second alone; 101 has little room
		// and small SDUs.
		ends := [2]map[vc.VCI]*ring.Endpoint{make(map[vc.VCI]*ring.Endpoint), make(map[vc.VCI]*ring.Endpoint)}
		for i, e := range engines {
			for _, vci := range []vc.VCI{100, 101, vc.VCI(102 + i)} {
				f := flow(4000)
				spec := vc.RingSpec{Send: f, Receive: f}
				if vci == 101 {
					f = flow(300)
					spec.ReceiveBytes = 4096
				}
				h := vc.Handle(vci)
				ends[i][vci] = openVC(t, e, h, spec)
				must(t, e.Activate(id(vci), h, vc.BranchSpec{Send: f, Receive: f}))
				e.OpenTransmit(id(vci))
			}
		}
		run := func(i int, read bool) {
			for engines[i].TurnTx(0) == 0 {
			}
			for engines[i].StepRx(nics[i])+engines[i].StepControl(nics[i]) > 0 {
			}
			for _, end := range ends[i] {
				for read {
					if _, _, ok := pull(end); !ok {
						break
					}
					seen[i].got++
				}
			}
		}
		for range rapid.IntRange(1, 120).Draw(rt, "steps") {
			i := rapid.IntRange(0, 1).Draw(rt, "end")
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				engines[i].Channel(1).Send(make([]byte, rapid.IntRange(0, 1600).Draw(rt, "control")))
				seen[i].controlOffered++
			case 1:
				run(i, rapid.Bool().Draw(rt, "read"))
			default:
				vci := vc.VCI(rapid.SampledFrom([]int{100, 101, 102 + i}).Draw(rt, "vci"))
				m := ring.Meta{UU: uint8(rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "uu"))}
				for n := rapid.IntRange(1, 20).Draw(rt, "burst"); n > 0; n-- {
					push(t, ends[i][vci], make([]byte, rapid.IntRange(0, 4100).Draw(rt, "octets")), m)
					seen[i].offered++
				}
			}
		}
		run(0, true)
		run(1, true)
		w.Flush()
		run(0, true)
		run(1, true)
		for i, e := range engines {
			e.ExpireJoins(nics[i])
			account(rt, counts(engines[i]), seen[i])
		}
		balance(rt, w.Stats(), counts(engines[0]), counts(engines[1]))
	})
}

// account checks the books of one end against what its clients saw.
func account(t *rapid.T, c map[string]uint64, seen tally) {
	for _, row := range []struct {
		what        string
		left, right uint64
	}{
		{"offered by clients = sent + dropped", seen.offered, c["tx_sdus"] + sum(c, "tx_drop_")},
		{"offered control SDUs = sent + dropped", seen.controlOffered, c["control_tx_sdus"] + sum(c, "control_tx_drop_")},
		{"control sent = handed to the wire", c["control_tx_sdus"], c["nic_control_tx_frames"]},
		{"frames read = of the peer + of strangers", c["nic_rx_frames"], c["rx_frames"] + c["nic_rx_drop_foreign_mac"]},
		{"control frames read = of the peer + of strangers", c["nic_control_rx_frames"], c["control_rx_frames"] + c["nic_control_rx_drop_foreign_mac"]},
		{"frames = SDUs + joined + drops", c["rx_frames"], c["rx_sdus"] + c["rx_joined"] + sum(c, "rx_drop_")},
		{"control frames = SDUs + drops", c["control_rx_frames"], c["control_rx_sdus"] + sum(c, "control_rx_drop_")},
		{"SDUs = read by clients", c["rx_sdus"], seen.got},
		{"control SDUs = handed up", c["control_rx_sdus"], seen.controlGot},
	} {
		if row.left != row.right {
			t.Fatalf("%s: %d != %d", row.what, row.left, row.right)
		}
	}
}

// balance checks the whole of both ends and the wire between them.
func balance(t *rapid.T, w mem.Stats, ends ...map[string]uint64) {
	var sent, ended uint64
	for _, c := range ends {
		sent += c["nic_tx_frames"] + c["control_tx_sdus"]
		ended += c["rx_sdus"] + c["rx_joined"] + c["control_rx_sdus"]
		for _, prefix := range []string{"rx_drop_", "control_rx_drop_", "nic_rx_drop_", "nic_control_rx_drop_"} {
			ended += sum(c, prefix)
		}
	}
	ended += w.Lost + w.Down + w.Unclaimed + w.Unreachable
	if w.InFlight != 0 {
		t.Fatalf("%d frames are still on the wire", w.InFlight)
	}
	if left := sent + w.Duplicated; left != ended {
		t.Fatalf("sent + duplicated = %d, delivered + dropped = %d", left, ended)
	}
}

// sum adds up the counters with a prefix.
func sum(c map[string]uint64, prefix string) (n uint64) {
	for name, v := range c {
		if strings.HasPrefix(name, prefix) {
			n += v
		}
	}
	return n
}
